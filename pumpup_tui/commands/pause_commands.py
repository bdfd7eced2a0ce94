"""`pause` and `resume`: agents stop, in one project or all; and the line that says so in other commands."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

import click

from pumpup_tui.commands.name_completion import complete_project
from pumpup_tui.commands.options import PlaceOptions, json_option, key_option, writing_options
from pumpup_tui.commands.output import after_recording, print_json, print_line, styled
from pumpup_tui.text.firewall import line
from pumpup_tui.text.pause_words import pause_words, resume_remedy

if TYPE_CHECKING:
    from collections.abc import Callable

    from api_client.authority import Paused
    from api_client.backend import Backend
    from api_client.commands import Command

project_option = click.option(
    "--project", metavar="NAME", shell_complete=complete_project, help="Only this project (id or name).  [default: all]"
)


@click.command()
@project_option
@click.option("--reason", metavar="TEXT", required=True, help="Why; agents and everybody else read it.")
@key_option
@json_option
@writing_options
def pause(options: PlaceOptions, *, project: str | None, reason: str, **submitting: Any) -> None:
    """Stop agents: their writes are refused with the reason, no grant decides, nothing expires. Reviewers decide on.

    Example: pumpup-tui pause --project claims --reason "wrong prices, we are looking into it"
    """
    if not reason.strip():
        raise click.UsageError("--reason is empty: a pause needs one.")

    def command(project_id: str | None) -> Command:
        from api_client.commands import Pause

        return Pause(project_id=project_id, reason=reason.strip())

    _write(options, project, command, "paused", **submitting)


@click.command()
@project_option
@key_option
@json_option
@writing_options
def resume(options: PlaceOptions, *, project: str | None, **submitting: Any) -> None:
    """End the pause of a project, or the pause of all.

    Example: pumpup-tui resume --project claims
    """

    def command(project_id: str | None) -> Command:
        from api_client.commands import Resume

        return Resume(project_id=project_id)

    _write(options, project, command, "resumed", **submitting)


def _write(
    options: PlaceOptions,
    project: str | None,
    command: Callable[[str | None], Command],
    done: str,
    *,
    key: str | None,
    as_json: bool,
) -> None:
    from pumpup_tui.commands.backend_session import run_on_backend

    async def submit(backend: Backend) -> tuple[dict[str, Any], str]:
        from pumpup_tui.commands.id_lookup import project_of
        from pumpup_tui.commands.submission import check_changes_authority, send

        check_changes_authority(await backend.me())
        chosen = await project_of(backend, project) if project else None
        receipt = await send(backend, command(chosen.id if chosen else None), key or secrets.token_hex(16))
        return receipt.answer, chosen.name if chosen else "all projects"

    answer, name = run_on_backend(options, submit, writes=True)
    with after_recording(name):
        if as_json:
            print_json(answer)
        else:
            print_line(f"{done} {line(name, 80)}")


async def paused_projects(backend: Backend, project_id: str | None = None) -> list[tuple[Paused, str]]:
    """Return the pauses that a project is under, or all, each with the raw name of its project, empty for all.

    Raises:
        ApiError: the backend could not be read.
    """
    if "authority" not in (await backend.me()).capabilities:
        return []
    all_pauses = (await backend.authority()).pauses
    pauses = [paused for paused in all_pauses if project_id is None or paused.project_id in (None, project_id)]
    names = {listed.id: listed.project_name for listed in await backend.projects()} if pauses else {}
    return [(paused, names.get(paused.project_id, paused.project_id) if paused.project_id else "") for paused in pauses]


async def print_pauses(backend: Backend, project_id: str | None = None) -> None:
    """Print the pauses on stderr, so that a listing on stdout stays what it is.

    Raises:
        ApiError: the backend could not be read.
    """
    for paused, name in await paused_projects(backend, project_id):
        words = pause_words(name, paused.at, paused.by, paused.reason)
        print_line(styled(f"{words} {resume_remedy(name)}", "bad"), err=True)
