"""The screens in a real terminal: first frame, first rows, keys, bytes, rest, memory; beside an empty app."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple

from store.demo.workspace import generate
from tests.benchmarks.rows import Row, Table, median, p95
from tests.benchmarks.terminals import Answer, Measured, measured

STARTS = 9
PRESSES = 40
BESIDE = "tests.benchmarks.beside"
KEYS = {"down": b"j", "page down": b"\x1b[6~", "end": b"G", "home": b"g", "next column": b"l"}
LIST_KEYS = ("down", "page down", "end", "home")
"""Those that a plain list has too."""
SCREENS = {"inbox": (b"1", b"\xe2\x96\x8c"), "board": (b"2", b"oldest "), "timeline": (b"3", b"claims-ag")}
"""Each screen's key, and what stands on it once its rows are there."""
MANY = 10_000
"""Events from which a twentieth of them in tasks fills every list; in a smaller folder most tasks wait for a person."""
SCROLLS = 5
"""Pages that every list is long enough for, also in a small folder: where less is drawn, a key is quicker."""
INSIGHTS_MS = 1_000
BYTES = {"board": 1_500, "inbox": 6_000, "timeline": 6_000}


class Beside(NamedTuple):
    """What our keys are measured beside, in milliseconds."""

    cards: float
    """One card down on a board with a widget a card."""
    options: Mapping[str, float]
    """Each key of a plain list with a detail."""


def ours(folder: Path) -> AbstractContextManager[Measured]:
    """Run our app over a folder."""
    return measured("pumpup_tui", "--data", folder, "--create", "--reviewer", "alice")


def starts(table: Table, big: Path, events: int, bare: Path) -> None:
    """First frame and first rows, in turns with the empty app."""
    found: dict[str, list[float]] = {"empty": [], "frame": [], "rows": [], "bare": []}
    for _ in range(STARTS):
        with measured(BESIDE, "empty") as app:
            found["empty"].append(app.shows(b" " * 100))
        with ours(big) as app:
            found["frame"].append(app.shows(b"1 Inbox"))
            found["rows"].append(app.shows(SCREENS["inbox"][1]))
        with ours(bare) as app:
            found["bare"].append(app.shows(b"Nothing waits"))
    middle = {name: median(times) for name, times in found.items()}
    beside = middle["empty"], "an empty Textual app"
    table.add(Row(f"first frame, {events:,} events", middle["frame"], "ms", *beside, 1.5))
    table.add(Row(f"the inbox's first rows, {events:,} events", middle["rows"], "ms", *beside, 2.5))
    table.add(Row("the inbox of an empty folder", middle["bare"], "ms", *beside, 2.0))


def naive(table: Table, count: int = 1_000) -> float:
    """The widget-per-card board, for the record; return its p95 for one card down."""
    with measured(BESIDE, "cards", str(count)) as app:
        frame = app.shows(b"Claim C-0")
        app.rest(2)
        answers = [app.press(b"j") for _ in range(PRESSES)]
    table.add(Row(f"naive board, a widget per card, {count:,} cards: first frame", frame, "ms"))
    table.add(Row("naive board: key to last byte, down, p95", p95([one.last for one in answers]), "ms"))
    table.add(Row("naive board: bytes for one card down", _bytes(answers), "B"))
    return p95([one.last for one in answers])


def plain(table: Table, count: int = 100) -> dict[str, float]:
    """Textual's own list with a detail, for the record; return the median of each key."""
    middle: dict[str, float] = {}
    with measured(BESIDE, "options", str(count)) as app:
        app.shows(b"Refund $0")
        app.rest(2)
        for name in LIST_KEYS:
            answers = _answers(app, name)
            middle[name] = median([one.last for one in answers])
            table.add(Row(f"an OptionList of {count} with a detail, {name}: median", middle[name], "ms"))
            if name == "down":
                table.add(Row(f"an OptionList of {count} with a detail, {name}: bytes", _bytes(answers), "B"))
    return middle


def keys(table: Table, folder: Path, events: int, first: dict[str, float], beside: Beside) -> None:
    """Each key on each screen: how long until its last byte, and how many bytes."""
    with ours(folder) as app:
        app.shows(SCREENS["inbox"][1])
        for screen, (key, shown) in SCREENS.items():
            app.raw.clear()
            app.press(key)
            if screen != "inbox":
                app.shows(shown)
            if screen == "board":  # all projects at first
                app.press(b"\r")
                app.shows(b"running")
            app.rest(1)
            for name in KEYS:
                if name == "next column" and screen != "board":
                    continue
                _key(table, app, screen, name, events, first, beside)
        back = [app.press(key).last for _ in range(PRESSES // 4) for key in (b"1", b"2")]
        table.add(Row(f"back to a screen, key to last byte, {events:,} events, p95", p95(back), "ms"))
        app.press(b"1")
        app.rest(1.5)
        table.add(Row(f"bytes in 10 s at rest, {events:,} events", app.rest(10), "B", limit=0))
        table.add(Row(f"peak memory, {events:,} events", app.memory(), "MB", limit=250))


def _answers(app: Measured, name: str) -> list[Answer]:
    """Press a key again and again, each time where there is room for it; return its answers."""
    answers: list[Answer] = []
    for number in range(PRESSES):
        if name in ("end", "home"):
            app.press(KEYS["home"] if name == "end" else KEYS["end"])
        elif name == "next column":
            app.press(b"h")
        elif number % SCROLLS == 0:
            app.press(KEYS["home"])
        answers.append(app.press(KEYS[name]))
    return answers


def _key(
    table: Table, app: Measured, screen: str, name: str, events: int, first: dict[str, float], beside: Beside
) -> None:
    answers, what = _answers(app, name), f"{screen}, {name}"
    last, middle = p95([one.last for one in answers]), median([one.last for one in answers])
    table.add(Row(f"{what}, key to last byte, {events:,} events, p95", last, "ms", limit=16))
    if name in beside.options:
        own = beside.options[name], "the same key in an OptionList of 100 with a detail"
        table.add(Row(f"{what}, {events:,} events, median", middle, "ms", *own, 0.5))
    if what in first:
        table.add(Row(f"{what}, {events:,} events, median", middle, "ms", first[what], "itself at the first size", 1.2))
    first.setdefault(what, middle)
    if name == "down":
        table.add(Row(f"{what}, bytes, {events:,} events", _bytes(answers), "B", limit=BYTES[screen]))
    if what == "board, down":
        table.add(Row(f"{what}, {events:,} events", last, "ms", beside.cards, "a widget per card, 1,000 cards"))


def _bytes(answers: list[Answer]) -> float:
    return sum(one.size for one in answers) / len(answers)


def insights(table: Table, folder: Path, events: int) -> None:
    """The insights' first figures: of the last week on the record, and of all of it, of which more is still counted."""
    spans = {"a week": b"2026-06-20..2026-06-26", "all": b"2026-01-01..2026-07-31"}
    with ours(folder) as app:
        app.shows(SCREENS["inbox"][1])
        app.rest(1)
        first = app.answered(b"4", b"Load by reviewer")
        table.add(Row(f"insights, first opened, {events:,} events", first, "ms", limit=INSIGHTS_MS))
        for name, span in spans.items():
            app.press(b"f")
            for key in span:
                app.press(bytes([key]))
            took = app.answered(b"\r", b"Load by reviewer")
            table.add(Row(f"insights, {name}: first figures, {events:,} events", took, "ms", limit=INSIGHTS_MS))
            app.rest(1)


def slow_link(table: Table, folder: Path) -> None:
    """Keys while every page comes 100 ms late: none waits for one."""
    with measured(BESIDE, "slow", folder, "0.1") as app:
        app.shows(SCREENS["inbox"][1])
        for screen, (key, shown) in SCREENS.items():
            app.raw.clear()
            app.press(key)
            if screen != "inbox":
                app.shows(shown)
            if screen == "board":  # all projects at first: the second is the first that was made
                app.press(b"j")
                app.press(b"\r")
                app.shows(b"running")
            app.rest(1)
            answers = [app.press(pressed) for pressed in (b"j", b"\x1b[6~", b"j", b"k") * (PRESSES // 4)]
            table.add(
                Row(f"{screen}, pages 100 ms late: first byte, p95", p95([a.first for a in answers]), "ms", limit=16)
            )


def run(table: Table, folder: Path, sizes: tuple[int, ...]) -> None:
    """Measure the screens at the first and the last of `sizes` events."""
    first: dict[str, float] = {}
    beside = Beside(naive(table), plain(table))
    for events in sorted({sizes[0], sizes[-1]}):
        place = folder / f"events-{events}"
        if events < MANY:
            place = folder / f"waiting-{events}"
            generate(place, tasks=events * 9 // 20, events=events, closed=0, waiting=1)
        elif not place.exists():
            generate(place, tasks=events // 20, events=events)
        keys(table, place, events, first, beside)
    insights(table, place, events)
    starts(table, place, events, folder / "bare")
    slow_link(table, place)
