"""`projects`: which there are, one with its steps, and making one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pumpup_tui.commands.failure import Failed
from pumpup_tui.commands.json_files import read_json
from pumpup_tui.commands.options import FILE, Given, json_option, place_options, writing_options
from pumpup_tui.commands.output import Column, after_recording, tell, tell_fields, tell_json, tell_table
from pumpup_tui.text.firewall import line

if TYPE_CHECKING:
    from api_client.backend import Backend
    from api_client.commands import CreateProject
    from api_client.models import Board, Project

_LIKE = """{"initialStep": "todo", "steps": [{"name": "todo", "owner": "AGENT", "exits": ["done"]}, """
_EXAMPLE = _LIKE + """{"name": "done", "owner": "PLATFORM", "exits": []}]}"""


@click.group()
def projects() -> None:
    """The projects, and the steps of each."""


@projects.command("list")
@json_option
@place_options
def list_(given: Given, as_json: bool) -> None:
    """List the projects.

    Example: pumpup-tui projects list --json
    """
    from pumpup_tui.commands.backend_session import work

    found = work(given, lambda backend: backend.projects())
    if as_json:
        tell_json({"items": [one.wire() for one in found]})
        return
    columns = (
        Column("name", "NAME", least=12, tone="strong"),
        Column("projectName", "AGENTS NAME IT", least=12),
        Column("steps", "STEPS"),
        Column("id", "ID", tone="accent"),
    )
    tell_table(columns, [(one.name, one.project_name, len(one.steps.steps), one.id) for one in found], empty="None.")


@projects.command("show")
@click.argument("project", metavar="NAME")
@json_option
@place_options
def show(given: Given, project: str, as_json: bool) -> None:
    """Show a project's steps, in graph order, and how many tasks are in each.

    Example: pumpup-tui projects show claims
    """
    from pumpup_tui.commands.backend_session import work

    async def task(backend: Backend) -> tuple[Project, Board | None]:
        from pumpup_tui.commands.id_lookup import project_of

        found = await project_of(backend, project)
        can = (await backend.me()).capabilities
        return found, await backend.board(found.id) if "board" in can and not as_json else None

    found, board = work(given, task)
    if as_json:
        tell_json(found.wire())
        return
    tell_fields((("Name", found.name), ("Agents name it", found.project_name), ("ID", found.id)))
    tell()
    counts = {one.step: (one.count, one.waiting) for one in board.columns} if board else {}
    columns = (
        Column("step", "STEP", least=10, tone="strong"),
        Column("owner", "OWNER"),
        Column("tasks", "TASKS"),
        Column("waiting", "WAITING"),
        Column("exits", "EXITS", least=10),
    )
    rows = [
        (one.name, one.owner, *counts.get(one.name, ("", "")), ", ".join(one.exits) or "none: it closes the task")
        for one in found.steps.in_graph_order()
    ]
    tell_table(columns, rows, empty="It has no steps.")


@projects.command("create")
@click.argument("name")
@click.option("--steps", type=FILE, metavar="FILE", required=True, help="The step graph, as JSON.")
@json_option
@writing_options
def create(given: Given, name: str, steps: Path, as_json: bool) -> None:
    """Make the project NAME; the name that agents use is printed on stdout.

    Example: pumpup-tui projects create Claims --steps claims.json --data ./work
    """
    from pumpup_tui.commands.backend_session import work
    from pumpup_tui.commands.failure import in_words

    with in_words():
        command = read_project(name, steps)

    async def task(backend: Backend) -> Project:
        import secrets

        from api_client.models import Project
        from api_client.wire import read
        from pumpup_tui.commands.submission import check_can, send

        check_can(await backend.me(), "create_project")
        return read(Project, (await send(backend, command, secrets.token_hex(16))).answer)

    project = work(given, task, make=True)
    with after_recording(project.project_name):
        if as_json:
            tell_json(project.wire())
            return
        tell(f"Made the project {line(project.name)}; agents name it:", err=True)
        tell(line(project.project_name))


def read_project(name: str, steps: Path) -> CreateProject:
    """Return the command that makes a project of these steps.

    Raises:
        Failed: the file can't be read, is no JSON, or its keys are not those of CONTRACT.md part 1, Steps.
    """
    from api_client.commands import CreateProject, read_command
    from api_client.errors import InvalidRequest

    try:
        return read_command(CreateProject, {"name": name, "steps": read_json(steps, "The steps file")})
    except InvalidRequest as fault:
        raise Failed(f"The steps in {steps} can't be used: {fault.message}. They look like {_EXAMPLE}") from None
