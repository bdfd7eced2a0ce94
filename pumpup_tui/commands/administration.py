"""`keys` and `projects create`: who may call, and the projects of the local folder."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pumpup_tui.commands.failure import Failed, in_words
from pumpup_tui.commands.places import reason, usable_folder

if TYPE_CHECKING:
    from api_client.commands import CreateProject
    from api_client.models import Project, Role

_STEPS_BYTES = 1_000_000
_LIKE = """{"initialStep": "todo", "steps": [{"name": "todo", "owner": "AGENT", "exits": ["done"]}, """
_EXAMPLE = _LIKE + """{"name": "done", "owner": "PLATFORM", "exits": []}]}"""


def add_key(data: Path | None, name: str, role: Role, tags: Sequence[str]) -> None:
    """Make a key and print it, alone, on stdout."""
    from api_client.times import utc_now
    from store.keys import KeyRing

    folder = usable_folder(data)
    with in_words():
        secret = KeyRing(folder, utc_now).add(name, role, tuple(tags))
    click.echo(f"A key for {name} ({role}), shown this once:", err=True)
    click.echo(secret)


def list_keys(data: Path | None) -> None:
    """Print what is known of each key, a line each."""
    from store.keys import KeyRing

    folder = usable_folder(data)
    with in_words():
        found = KeyRing(folder).listing()
    if not found:
        click.echo(f"No one has a key yet: pumpup-tui keys add NAME --role agent --data {folder}", err=True)
        return
    rows = [("NAME", "ROLE", "ID", "ADDED", "LAST USED", "TAGS")]
    for key in found:
        used = _to_the_second(key.last_used_at) if key.last_used_at else "never"
        rows.append((key.name, key.role, key.id, _to_the_second(key.added_at), used, ", ".join(key.tags)))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        click.echo("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())


def _to_the_second(wire_time: str) -> str:
    return f"{wire_time[:10]} {wire_time[11:19]}Z"


def revoke_keys(data: Path | None, name: str, key_id: str | None) -> None:
    """Take back a name's keys, or one of them."""
    from store.keys import KeyRing

    folder = usable_folder(data)
    with in_words():
        count = KeyRing(folder).revoke(name, key_id)
    click.echo(f"Revoked {count} key{'s' if count != 1 else ''} of {name}: in effect at once.", err=True)


def create_project(data: Path | None, name: str, steps: Path, reviewer: str) -> None:
    """Make a project out of a file of steps and print the name that agents use."""
    with in_words():
        command = read_project(name, steps)
        folder = usable_folder(data)
        project = asyncio.run(_create(folder, command, reviewer))
    click.echo(f"Made the project {project.name}; agents name it:", err=True)
    click.echo(project.project_name)


def read_project(name: str, steps: Path) -> CreateProject:
    """Return the command that makes a project of these steps.

    Raises:
        Failed: the file can't be read, or is no JSON.
        InvalidRequest: its keys are not those of CONTRACT.md part 1, Steps.
    """
    from api_client.commands import CreateProject, read_command
    from api_client.errors import InvalidRequest

    try:
        return read_command(CreateProject, {"name": name, "steps": _json(steps)})
    except InvalidRequest as fault:
        raise Failed(f"The steps in {steps} can't be used: {fault.message}. They look like {_EXAMPLE}") from None


def _json(file: Path) -> object:
    try:
        with file.open("rb") as opened:
            content = opened.read(_STEPS_BYTES + 1)
    except OSError as fault:
        raise Failed(f"The steps file {file} can't be read: {reason(fault)}.") from None
    if len(content) > _STEPS_BYTES:
        raise Failed(f"The steps file {file} is over {_STEPS_BYTES:,} bytes: is it the right one?")
    try:
        return json.loads(content)
    except json.JSONDecodeError as fault:
        raise Failed(f"The steps file {file} is no JSON: {fault.msg} in line {fault.lineno}.") from None
    except (UnicodeDecodeError, RecursionError, ValueError):
        raise Failed(f"The steps file {file} is no JSON text.") from None


async def _create(folder: Path, command: CreateProject, reviewer: str) -> Project:
    from api_client.actor import Actor
    from api_client.models import Project
    from store.local import open_local, random_token

    backend = await open_local(folder, Actor(reviewer, "reviewer"))
    try:
        return Project.model_validate((await backend.submit(command, key=random_token())).answer)
    finally:
        await backend.aclose()
