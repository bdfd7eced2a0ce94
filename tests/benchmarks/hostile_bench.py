"""Screens full of what hurts, in a real terminal: 1 MB lines, 5,000 blocks, 10,000 pairs, and forms of 500 fields."""

from __future__ import annotations

import asyncio
from itertools import count
from pathlib import Path
from typing import Any

from api_client.actor import Actor
from api_client.commands import CreateTask, RequestApproval, RequestElicitation, read_command
from api_client.times import utc_now
from store.folder.local_backend import open_local
from tests.benchmarks.rows import Row, Table, median, p95
from tests.benchmarks.terminals import measured
from tests.conftest import counting_tokens
from tests.hostile import ESCAPES

PRESSES = 20
CASES: dict[str, dict[str, Any]] = {
    "a line of 900 kB": {"summary": "PWNED" * 180_000},
    "5,000 blocks": {"summary": "# PWNED\n\n> - *a*\n\n" * 5_000},
    "10,000 context pairs": {"summary": "PWNED", "keyValueContext": {f"k{n}": "v" * 50 for n in range(10_000)}},
    "escapes": {"summary": ESCAPES * 2_000},
    "bidi": {"summary": "\u202ePWNED\u200b" * 50_000},
}


async def _ask(folder: Path, bodies: list[dict[str, Any]]) -> None:
    local = await open_local(folder, Actor("alice", "reviewer"), clock=utc_now, tokens=counting_tokens())
    agent = local.acting_as(Actor("agent-1", "agent"))
    keys = (f"key-{number}" for number in count(1))
    for body in bodies:
        task = (await agent.submit(CreateTask(project_name="general", name="PWNED"), key=next(keys))).answer["id"]
        kind = RequestElicitation if "fields" in body else RequestApproval
        await agent.submit(read_command(kind, {"projectName": "general", "taskId": task, **body}), key=next(keys))
    await local.aclose()


def texts(table: Table, folder: Path) -> None:
    """Each text in the detail: from the key that goes to it to the last byte, and the keys after."""
    for number, (what, body) in enumerate(CASES.items()):
        place = folder / f"hostile-{number}"
        asyncio.run(_ask(place, [{"summary": "first"}, body]))
        with measured("pumpup_tui", "--data", place, "--reviewer", "alice") as app:
            app.shows(b"first")
            app.rest(1)
            painted = app.press(b"j").last
            app.rest(0.5)
            app.press(b"\r")
            app.rest(0.5)
            after = p95([app.press(key).last for key in (b"j", b"k") * (PRESSES // 2)])
        table.add(Row(f"{what}: key to all of it drawn", painted, "ms", limit=1_000))
        table.add(Row(f"{what}: the next keys, p95", after, "ms", limit=100))


def forms(table: Table, folder: Path) -> None:
    """A form of 500 fields beside one of 5: opening it, going on, typing."""
    found: dict[int, tuple[float, float, float]] = {}
    for size in (5, 500):
        place = folder / f"form-{size}"
        kinds = ("Text", "DateField", "Switch", "TextArea", "Time")
        fields = [{"type": kinds[n % 5], "id": f"f{n}", "label": f"Field {n}", "required": False} for n in range(size)]
        asyncio.run(_ask(place, [{"summary": "a form", "fields": fields}]))
        with measured("pumpup_tui", "--data", place, "--reviewer", "alice") as app:
            app.shows(b"Asks for")
            app.rest(1)
            opened = app.press(b"a").last
            app.rest(1)
            going = median([app.press(b"\t").last for _ in range(PRESSES)])
            typing = median([app.press(b"1").last for _ in range(PRESSES)])
        found[size] = opened, going, typing
    for what, large, small in zip(
        ("open", "next field, median", "a character, median"), found[500], found[5], strict=True
    ):
        table.add(Row(f"form of 500 fields: {what}", large, "ms", small, "a form of 5 fields", 1.3))


def run(table: Table, folder: Path) -> None:
    """Measure both."""
    texts(table, folder)
    forms(table, folder)
