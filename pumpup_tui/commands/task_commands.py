"""`move`, `assign` and `note`: changes to a task by a reviewer."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from pumpup_tui.commands.name_completion import complete_task
from pumpup_tui.commands.options import PlaceOptions, json_option, key_option, writing_options
from pumpup_tui.commands.output import after_recording, print_json, print_line
from pumpup_tui.text.firewall import line

if TYPE_CHECKING:
    from api_client.backend import Backend
    from api_client.commands import Command
    from api_client.models import Receipt


@click.command()
@click.argument("task", metavar="TASK", shell_complete=complete_task)
@click.argument("step", metavar="STEP")
@click.option("--note", metavar="TEXT", help="The reason; it is recorded.")
@key_option
@json_option
@writing_options
def move(options: PlaceOptions, task: str, step: str, note: str | None, **submitting: Any) -> None:
    """Move a task to another step. The current step's exits say where it may go.

    Example: pumpup-tui move tsk_0123456789ab in_review
    """

    def command(task_id: str) -> Command:
        from api_client.commands import Move

        return Move(task_id=task_id, transitions_to=step, note=note)

    _write(options, task, "move", command, **submitting)


@click.command()
@click.argument("task", metavar="TASK", shell_complete=complete_task)
@click.argument("assignee", metavar="[NAME]", required=False)
@key_option
@json_option
@writing_options
def assign(options: PlaceOptions, task: str, assignee: str | None, **submitting: Any) -> None:
    """Assign a task to NAME; without a name it becomes unassigned.

    Example: pumpup-tui assign tsk_0123456789ab alice
    """

    def command(task_id: str) -> Command:
        from api_client.commands import Assign

        return Assign(task_id=task_id, assignee_id=assignee or "")

    _write(options, task, "assign", command, **submitting)


@click.command()
@click.argument("task", metavar="TASK", shell_complete=complete_task)
@click.argument("message", metavar="TEXT")
@key_option
@json_option
@writing_options
def note(options: PlaceOptions, task: str, message: str, **submitting: Any) -> None:
    """Write a note on a task's timeline.

    Example: pumpup-tui note tsk_0123456789ab "Called the customer back."
    """
    if not message.strip():
        raise click.UsageError("The note is empty.")

    def command(task_id: str) -> Command:
        from api_client.commands import Comment

        return Comment(task_id=task_id, message=message)

    _write(options, task, "note", command, **submitting)


def _write(
    options: PlaceOptions,
    task: str,
    capability: str,
    command: Callable[[str], Command],
    *,
    key: str | None,
    as_json: bool,
) -> None:
    from pumpup_tui.commands.backend_session import run_on_backend

    async def submit(backend: Backend) -> Receipt:
        from pumpup_tui.commands.id_lookup import task_of
        from pumpup_tui.commands.submission import check_capability, send

        check_capability(await backend.me(), capability)
        detail = await task_of(backend, task)
        return await send(backend, command(detail.task.id), key or secrets.token_hex(16))

    receipt = run_on_backend(options, submit, writes=True)
    with after_recording(receipt.event_id):
        if as_json:
            print_json(receipt.answer)
        else:
            print_line(f"recorded {line(receipt.event_id, 80)}")
