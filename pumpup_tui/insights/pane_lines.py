"""One pane of figures: a table whose rows have a label, a bar and numbers, drawn in as many cells as there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from pumpup_tui.text.layout import Line, Run, fit, width_of

GAP = 2
"""Cells between two columns."""
LEAST_BAR = 5
"""Cells under which no bar is drawn: the numbers say it."""
MOST_BAR = 40
LEAST_LABEL = 10
SHORT_LABEL = 20
"""Cells up to which a label is whole rather than followed by a bar."""


class Target(NamedTuple):
    """The place that a row leads to; `id` is raw."""

    kind: Literal["project", "reviewer", "agent", "task", "period", "deed"]
    id: str


class Bar(NamedTuple):
    """A share of the room for it, from 0 to 1; a mark stands where it would be if all were as told."""

    share: float
    tone: str = "muted"
    mark: float | None = None


class FigureLine(NamedTuple):
    """One row of a pane, of clean text."""

    lead: Run
    numbers: tuple[Run, ...] = ()
    bar: Bar | None = None
    remark: Run = ("", "")
    """Words behind the numbers."""
    target: Target | None = None


class Pane(NamedTuple):
    """A titled table. Numbers that there is no room for are left out, the last column first."""

    key: str
    """Identifies it, also when its figures have changed."""
    caption: str
    lines: Sequence[FigureLine] = ()
    heads: tuple[str, ...] = ()
    """Above the label, and above each number."""
    tally: Line = ()
    """In the upper right of the frame."""
    foot: str = ""
    """What the bars and marks mean, under all rows."""


def percent(share: float | None) -> str:
    """Return a share in percent; `-` where there is none."""
    return "-" if share is None else f"{share * 100:.0f} %"


def drawn(pane: Pane, cells: int) -> list[Line]:
    """Return the lines of a pane, each as wide as `cells` or less: the heads, if any, then its rows, then the foot."""
    widths = _number_widths(pane, cells)
    label = _label_width(pane, cells, widths)
    bar = _bar_width(pane, cells, label, widths)
    heads: list[Line] = [_head(pane.heads, label, bar, widths)] if pane.heads else []
    foot: list[Line] = [[(fit(pane.foot, cells).rstrip(), "muted")]] if pane.foot else []
    return [*heads, *(_line(line, cells, label, bar, widths) for line in pane.lines), *foot]


def _number_widths(pane: Pane, cells: int) -> list[int]:
    """Return the widths of the columns of numbers that there is room for."""
    most = max((len(line.numbers) for line in pane.lines), default=0)
    rows = [[text for text, _ in line.numbers] for line in pane.lines] + [list(pane.heads[1:])]
    widths = [max((len(row[at]) for row in rows if at < len(row)), default=0) for at in range(most)]
    while widths and sum(widths) + GAP * len(widths) + LEAST_LABEL > cells:
        widths.pop()
    return widths


def _label_width(pane: Pane, cells: int, widths: Sequence[int]) -> int:
    room = cells - sum(widths) - GAP * len(widths)
    wanted = max((width_of([line.lead]) for line in pane.lines), default=0)
    if any(line.bar for line in pane.lines):
        room = max(room - GAP - LEAST_BAR, min(room, SHORT_LABEL))
    elif any(line.remark[0] for line in pane.lines):
        room = room * 3 // 5
    return max(1, min(wanted, max(room, LEAST_LABEL)))


def _bar_width(pane: Pane, cells: int, label: int, widths: Sequence[int]) -> int:
    if not any(line.bar for line in pane.lines):
        return 0
    room = cells - label - sum(widths) - GAP * (len(widths) + 1)
    note = max((width_of([line.remark]) for line in pane.lines), default=0)
    if note and room - note - GAP >= 2 * LEAST_BAR:
        room -= note + GAP
    return min(MOST_BAR, room) if room >= LEAST_BAR else 0


def _head(heads: Sequence[str], label: int, bar: int, widths: Sequence[int]) -> Line:
    numbers = "".join(" " * GAP + head.rjust(width) for head, width in zip(heads[1:], widths, strict=False))
    return [(fit(heads[0], label) + " " * (bar + GAP if bar else 0) + numbers, "muted")]


def _line(line: FigureLine, cells: int, label: int, bar: int, widths: Sequence[int]) -> Line:
    runs: list[Run] = [(fit(line.lead[0], label), line.lead[1])]
    if bar:
        runs += [(" " * GAP, ""), *(bar_runs(line.bar, bar) if line.bar else [(" " * bar, "")])]
    for (text, tone), width in zip(line.numbers, widths, strict=False):
        runs += [(" " * GAP, ""), (text.rjust(width), tone)]
    words, tone = line.remark
    room = cells - width_of(runs) - GAP
    if words and room > 0:
        runs += [(" " * GAP, ""), (fit(words, min(room, width_of([line.remark]))), tone)]
    return runs


def bar_runs(bar: Bar, cells: int) -> list[Run]:
    """Return a bar in exactly `cells` cells, to half a cell; anything at all is half a cell at least."""
    share = min(1.0, max(0.0, bar.share))
    halves = max(1, round(share * cells * 2)) if share else 0
    text = ("━" * (halves // 2) + "╸" * (halves % 2)).ljust(cells)
    if bar.mark is None:
        return [(text, bar.tone)]
    at = min(cells - 1, int(min(1.0, max(0.0, bar.mark)) * cells))
    return [(text[:at], bar.tone), ("│", "strong"), (text[at + 1 :], bar.tone)]
