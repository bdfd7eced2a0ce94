"""The commands: how long `--help` takes beside bare Python and click, and the first frame with a configuration."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from store.demo.workspace import generate
from tests.benchmarks.rows import Row, Table, median
from tests.benchmarks.terminals import ROOT, measured

RUNS = 15
STARTS = 9
HELP_LIMIT_MS = 150
CONFIGURED = """\
reviewer = "alice"
theme = "nord"
grace_seconds = 3

[keys]
"decide.approve" = "A"

[filters]
mine = "@alice"
"""


def run(table: Table, folder: Path, sizes: tuple[int, ...]) -> None:
    """Measure the commands, one of them on the first of `sizes` events."""
    _help(table)
    place = folder / f"events-{sizes[0]}"
    if not place.exists():
        generate(place, tasks=max(10, sizes[0] // 20), events=sizes[0])
    _inbox(table, place, sizes[0])
    _first_frame(table, folder)


def _help(table: Table) -> None:
    words = {
        "bare": ["-c", "pass"],
        "click": ["-c", "import click"],
        "help": ["-m", "pumpup_tui", "--help"],
        "version": ["-m", "pumpup_tui", "--version"],
    }
    found = _in_turns(words)
    table.add(Row("pumpup-tui --help", found["help"], "ms", limit=HELP_LIMIT_MS))
    table.add(Row("pumpup-tui --help", found["help"], "ms", found["bare"], "bare Python"))
    table.add(Row("pumpup-tui --help", found["help"], "ms", found["click"], "Python and click", limit=2.5))
    table.add(Row("pumpup-tui --version", found["version"], "ms", limit=HELP_LIMIT_MS))


def _inbox(table: Table, place: Path, events: int) -> None:
    imports = "import click, msgspec, orjson, asyncio, tinydb"
    words = {
        "inbox": ["-m", "pumpup_tui", "inbox", "--json", "--data", str(place)],
        "imports": ["-c", imports],
    }
    found = _in_turns(words)
    beside = "importing what it needs"
    table.add(Row(f"pumpup-tui inbox --json, {events:,} events", found["inbox"], "ms", found["imports"], beside, 3.0))


def _in_turns(words: dict[str, list[str]]) -> dict[str, float]:
    times: dict[str, list[float]] = {name: [] for name in words}
    for number in range(RUNS + 1):
        for name, arguments in words.items():
            took = _timed(arguments)
            if number:  # the first run writes what Python compiles
                times[name].append(took)
    return {name: median(found) for name, found in times.items()}


def _timed(arguments: Sequence[str]) -> float:
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**environment, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return (time.perf_counter() - start) * 1e3


def _first_frame(table: Table, folder: Path) -> None:
    """The shell's first frame without a configuration, with one, and with one that was never checked before."""
    file = folder / "config.toml"
    found: dict[str, list[float]] = {"none": [], "with": [], "changed": []}
    for number in range(STARTS):
        found["none"].append(_frame(folder, None))
        file.write_text(f"{CONFIGURED}# {number}\n", encoding="utf-8")
        found["changed"].append(_frame(folder, file))
        found["with"].append(_frame(folder, file))
    middle = {name: median(times) for name, times in found.items()}
    beside = "without a configuration"
    table.add(Row("first frame with a configuration", middle["with"], "ms", middle["none"], beside, 1.06))
    table.add(Row("what a configuration costs the first frame", middle["with"] - middle["none"], "ms", limit=15))
    table.add(Row("first frame after the configuration was changed", middle["changed"], "ms", middle["none"], beside))


def _frame(folder: Path, file: Path | None) -> float:
    before = dict(os.environ)
    os.environ.update(HOME=str(folder / "home"), XDG_CACHE_HOME=str(folder / "cache"))
    os.environ.pop("PUMPUP_CONFIG", None)
    if file is not None:
        os.environ["PUMPUP_CONFIG"] = str(file)
    try:
        with measured("pumpup_tui", "--data", folder / "bare", "--create", "--reviewer", "alice") as app:
            return app.shows(b"1 Inbox")
    finally:
        os.environ.clear()
        os.environ.update(before)
