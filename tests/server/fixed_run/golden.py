"""The golden files, what a run makes of them, and how a difference is shown."""

from __future__ import annotations

import re
from difflib import unified_diff
from pathlib import Path

from tests.server.fixed_run.acts import Acts
from tests.server.fixed_run.authority_acts import AuthorityActs
from tests.server.fixed_run.places import at_the_folder, through_the_server, written
from tests.server.fixed_run.proof_acts import proof_acts, raw_proof_calls
from tests.server.fixed_run.raw import raw_calls
from tests.server.fixed_run.run import Run

GOLDEN = Path(__file__).parent / "golden"
FILES = ("journal.jsonl", "head", "export.jsonl", "export.csv", "answers.txt", "wire.txt", "openapi.json")
"""The record and its exports; what the local backend returned; what went over the wire; what the server describes."""
SHOWN = 120
"""Lines of a difference that are shown."""


async def results(folder: Path) -> dict[str, bytes]:
    """Run at a folder and through a server; return the content of each golden file.

    Raises:
        AssertionError: the record of the run through the server is not the folder's.
    """
    async with at_the_folder(folder / "local") as place:
        local = Run(place)
        await Acts(local).all()
        await AuthorityActs(local).all()
        await proof_acts(local, folder / "local")
    async with through_the_server(folder / "served") as place:
        served = Run(place)
        acts = Acts(served)
        await acts.all()
        await AuthorityActs(served).all()
        await raw_calls(served, acts)
        await proof_acts(served, folder / "served")
        await raw_proof_calls(served, acts.ids["plain"])
    record, over_http = written(folder / "local"), written(folder / "served")
    for name, content in record.items():
        assert over_http[name] == content, f"{name} differs where the same is written through the server"
    return {**record, "answers.txt": local.answers(), "wire.txt": served.wire(), "openapi.json": served.openapi}


def difference(name: str, content: bytes, golden: bytes | None = None) -> str:
    """Return how `content` differs from the golden file, as a diff that can be read; empty where it does not."""
    if golden is None:
        file = GOLDEN / name
        golden = file.read_bytes() if file.exists() else b""
    if content == golden:
        return ""
    lines = list(unified_diff(_lines(golden), _lines(content), f"golden/{name}", f"{name} now", n=8, lineterm=""))
    more = [f"... and {len(lines) - SHOWN} lines more"] if len(lines) > SHOWN else []
    return "\n".join([*lines[:SHOWN], *more])


def _lines(content: bytes) -> list[str]:
    """Return text as lines; long ones of JSON are cut between their keys and items."""
    text = content.decode("utf-8", "backslashreplace")
    return re.sub(r'([,{\[])(?=["{\[])', "\\1\n", text).split("\n")
