"""`projects`: the list of projects, one with its steps, and making one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pumpup_tui.commands.failure import Failed
from pumpup_tui.commands.json_files import read_json
from pumpup_tui.commands.name_completion import complete_project
from pumpup_tui.commands.options import FILE, PlaceOptions, json_option, place_options, writing_options
from pumpup_tui.commands.output import TableColumn, after_recording, print_fields, print_json, print_line, print_table
from pumpup_tui.commands.policy_commands import policy
from pumpup_tui.text.firewall import line

if TYPE_CHECKING:
    from api_client.backend import Backend
    from api_client.commands import CreateProject
    from api_client.models import Board, Project

_EXAMPLE_START = """{"initialStep": "todo", "steps": [{"name": "todo", "owner": "AGENT", "exits": ["done"]}, """
_EXAMPLE = _EXAMPLE_START + """{"name": "done", "owner": "PLATFORM", "exits": []}]}"""


@click.group()
def projects() -> None:
    """List, show and create projects, and set their policies."""


projects.add_command(policy)


@projects.command("list")
@json_option
@place_options
def list_(options: PlaceOptions, as_json: bool) -> None:
    """List the projects.

    Example: pumpup-tui projects list --json
    """
    from pumpup_tui.commands.backend_session import run_on_backend

    listed = run_on_backend(options, lambda backend: backend.projects())
    if as_json:
        print_json({"items": [project.wire() for project in listed]})
        return
    columns = (
        TableColumn("name", "NAME", min_width=12, tone="strong"),
        TableColumn("projectName", "NAME FOR AGENTS", min_width=12),
        TableColumn("steps", "STEPS"),
        TableColumn("id", "ID", tone="accent"),
    )
    rows = [(project.name, project.project_name, len(project.steps.steps), project.id) for project in listed]
    print_table(columns, rows, empty="No projects.")


@projects.command("show")
@click.argument("project", metavar="NAME", shell_complete=complete_project)
@json_option
@place_options
def show(options: PlaceOptions, project: str, as_json: bool) -> None:
    """Show a project's steps, in graph order, and how many tasks are in each.

    Example: pumpup-tui projects show claims
    """
    from pumpup_tui.commands.backend_session import run_on_backend

    async def read(backend: Backend) -> tuple[Project, Board | None]:
        from pumpup_tui.commands.id_lookup import project_of

        chosen = await project_of(backend, project)
        capabilities = (await backend.me()).capabilities
        return chosen, await backend.board(chosen.id) if "board" in capabilities and not as_json else None

    chosen, board = run_on_backend(options, read)
    if as_json:
        print_json(chosen.wire())
        return
    print_fields((("Name", chosen.name), ("Name for agents", chosen.project_name), ("ID", chosen.id)))
    print_line()
    _print_steps(chosen, board)


def _print_steps(project: Project, board: Board | None) -> None:
    counts = {column.step: (column.count, column.waiting) for column in board.columns} if board else {}
    columns = (
        TableColumn("step", "STEP", min_width=10, tone="strong"),
        TableColumn("owner", "OWNER"),
        TableColumn("tasks", "TASKS"),
        TableColumn("waiting", "WAITING"),
        TableColumn("exits", "EXITS", min_width=10),
    )
    rows = [
        (step.name, step.owner, *counts.get(step.name, ("", "")), ", ".join(step.exits) or "none: closes the task")
        for step in project.steps.in_graph_order()
    ]
    print_table(columns, rows, empty="It has no steps.")


@projects.command("create")
@click.argument("name")
@click.option("--steps", type=FILE, metavar="FILE", required=True, help="The step graph, as JSON.")
@json_option
@writing_options
def create(options: PlaceOptions, name: str, steps: Path, as_json: bool) -> None:
    """Create the project NAME; the name that agents use is printed on stdout.

    Example: pumpup-tui projects create Claims --steps claims.json --data ./work
    """
    from pumpup_tui.commands.backend_session import run_on_backend
    from pumpup_tui.commands.failure import in_words

    with in_words():
        command = read_project(name, steps)

    async def submit(backend: Backend) -> Project:
        import secrets

        from api_client.models import Project
        from api_client.wire import read
        from pumpup_tui.commands.submission import check_capability, send

        check_capability(await backend.me(), "create_project")
        return read(Project, (await send(backend, command, secrets.token_hex(16))).answer)

    project = run_on_backend(options, submit, make=True)
    with after_recording(project.project_name):
        if as_json:
            print_json(project.wire())
            return
        print_line(f"Created the project {line(project.name)}; agents use the name:", err=True)
        print_line(line(project.project_name))


def read_project(name: str, steps: Path) -> CreateProject:
    """Return the command that makes a project with the steps in a file.

    Raises:
        Failed: the file can't be read, is no JSON, or its keys are not those of CONTRACT.md part 1, Steps.
    """
    from api_client.commands import CreateProject, read_command
    from api_client.errors import InvalidRequest

    try:
        return read_command(CreateProject, {"name": name, "steps": read_json(steps, "The steps file")})
    except InvalidRequest as fault:
        raise Failed(f"The steps in {steps} can't be used: {fault.message}. They look like {_EXAMPLE}") from None
