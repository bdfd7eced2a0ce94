"""The screens in a real terminal over the README's record."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from api_client.actor import Actor
from api_client.commands import CreateTask, RequestElicitation, read_command
from store.folder.local_backend import open_local
from tests.cli.conftest import command, environment
from tests.cli.terminal import Terminal, terminal
from tests.cli.watched import Watched
from tests.sample import FILE


def imported_record(folder: Path) -> Path:
    """Return a data folder, made of the README's record: two approvals and an elicitation wait in it."""
    subprocess.run(command("import", FILE, "--data", folder), check=True, capture_output=True)
    return folder


def as_reviewer(data: Path, reviewer: str = "alice") -> tuple[str | Path, ...]:
    """Return the options that open a folder under a name."""
    return "--data", data, "--reviewer", reviewer


@contextmanager
def screens(
    home: Path,
    *place: str | Path,
    sees: str = "Refund $240",
    size: tuple[int, int] = (80, 24),
    words: Sequence[str] = tuple(command()),
    **variables: str,
) -> Iterator[tuple[Terminal, Watched]]:
    """Open the screens in a terminal, and wait until the inbox is drawn.

    Args:
        home: The home folder of the login.
        place: The options that name the place, and under which name it is opened.
        sees: Words of the inbox.
        size: The terminal's columns and rows.
        words: The command without these options.
        variables: Variables of the environment beside the usual ones.
    """
    columns, rows = size
    options = [*words, *map(str, place)]
    with terminal(options, environment(home, **variables), columns=columns, rows=rows) as shell:
        watched = Watched(shell, columns, rows)
        watched.sees(sees, "live")
        watched.settled()
        yield shell, watched


def open_form(shell: Terminal, watched: Watched) -> None:
    """Open the form of the record's elicitation, which is the inbox's third request."""
    for _ in range(2):
        shell.press("]")
        watched.settled()
    shell.press("a")
    watched.sees("field 1/3")


async def ask_for(data: Path, summary: str, fields: Sequence[Mapping[str, Any]]) -> None:
    """Make a folder with one elicitation waiting in it."""
    backend = await open_local(data, Actor("agent-1", "agent"))
    raw = {"projectName": "general", "name": "Claim C-1"}
    task = (await backend.submit(read_command(CreateTask, raw), key="task")).answer["id"]
    asked = {"projectName": "general", "taskId": task, "summary": summary, "fields": fields}
    await backend.submit(read_command(RequestElicitation, asked), key="asked")
    await backend.aclose()
