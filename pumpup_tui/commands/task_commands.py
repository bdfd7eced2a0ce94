"""`move`, `assign` and `note`: what a reviewer does to a task."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from pumpup_tui.commands.options import Given, json_option, writing_options
from pumpup_tui.commands.output import after_recording, tell, tell_json
from pumpup_tui.text.firewall import line

if TYPE_CHECKING:
    from api_client.backend import Backend
    from api_client.commands import Command
    from api_client.models import Receipt

key_option = click.option(
    "--key", metavar="KEY", help="The key of an earlier try, to learn what became of it: it is never done twice."
)


@click.command()
@click.argument("task", metavar="TASK")
@click.argument("step", metavar="STEP")
@click.option("--note", metavar="TEXT", help="Why; it stands on the record.")
@key_option
@json_option
@writing_options
def move(given: Given, task: str, step: str, note: str | None, **how: Any) -> None:
    """Move a task to another step, along an exit of the one it is in.

    Example: pumpup-tui move tsk_0123456789ab in_review
    """

    def command(task_id: str) -> Command:
        from api_client.commands import Move

        return Move(task_id=task_id, transitions_to=step, note=note)

    _write(given, task, "move", command, **how)


@click.command()
@click.argument("task", metavar="TASK")
@click.argument("assignee", metavar="[NAME]", required=False)
@key_option
@json_option
@writing_options
def assign(given: Given, task: str, assignee: str | None, **how: Any) -> None:
    """Give a task to NAME; without one it is given back.

    Example: pumpup-tui assign tsk_0123456789ab alice
    """

    def command(task_id: str) -> Command:
        from api_client.commands import Assign

        return Assign(task_id=task_id, assignee_id=assignee or "")

    _write(given, task, "assign", command, **how)


@click.command()
@click.argument("task", metavar="TASK")
@click.argument("message", metavar="TEXT")
@key_option
@json_option
@writing_options
def note(given: Given, task: str, message: str, **how: Any) -> None:
    """Write a note on a task's timeline.

    Example: pumpup-tui note tsk_0123456789ab "Called the customer back."
    """
    if not message.strip():
        raise click.UsageError("The note is empty.")

    def command(task_id: str) -> Command:
        from api_client.commands import Comment

        return Comment(task_id=task_id, message=message)

    _write(given, task, "note", command, **how)


def _write(
    given: Given, task: str, needed: str, command: Callable[[str], Command], *, key: str | None, as_json: bool
) -> None:
    from pumpup_tui.commands.backend_session import work

    async def run(backend: Backend) -> Receipt:
        from pumpup_tui.commands.id_lookup import task_of
        from pumpup_tui.commands.submission import check_can, send

        check_can(await backend.me(), needed)
        found = await task_of(backend, task)
        return await send(backend, command(found.task.id), key or secrets.token_hex(16))

    receipt = work(given, run, writes=True)
    with after_recording(receipt.event_id):
        if as_json:
            tell_json(receipt.answer)
        else:
            tell(f"recorded {line(receipt.event_id, 80)}")
