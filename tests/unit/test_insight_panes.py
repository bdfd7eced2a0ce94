"""The panes of the insights as they are drawn: without a terminal, from figures to lines."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from msgspec.structs import replace

from pumpup_tui.insights.figure_panes import Stuck, StuckTask, panes
from pumpup_tui.insights.pane_grid import PaneGrid
from pumpup_tui.insights.pane_lines import Bar, Pane, bar_runs, drawn
from pumpup_tui.insights.ranges import Range
from pumpup_tui.text.layout import width_of
from tests.unit.test_figures import DAY, NOW, START, days, figures, settled, waiting

STUCK = Stuck([StuckTask("tsk_9", "Claim C-9", "nothing happened", NOW - 3 * DAY)], more=True)


def busy(chosen: Range | None = None) -> list[Pane]:
    """Return the panes of four days: thirty decisions that follow few sure recommendations, and two open requests."""
    rows = [settled(60 * n, "REJECT" if n % 3 else "APPROVE", "APPROVE", 0.95, f"reviewer {n % 12}") for n in range(30)]
    items = waiting(START, START + DAY, "alice"), waiting(START + DAY)
    return panes(figures(chosen or days(), rows, *items), STUCK)


def text(grid: PaneGrid) -> list[str]:
    """Return all lines of a grid."""
    parts = range(grid.count)
    return [
        "".join("".join(run for run, _ in grid.line(column, y, "now")).ljust(grid.span(column)[1]) for column in parts)
        for y in range(grid.height)
    ]


@pytest.mark.parametrize(("width", "columns"), [(40, 1), (80, 1), (99, 1), (100, 2), (119, 2), (165, 3), (199, 3)])
def test_panes_fill_one_two_or_three_columns(width: int, columns: int) -> None:
    """No line is wider than its column, and every row can be reached, whatever the width."""
    grid = PaneGrid(busy(), width)
    assert grid.count == columns
    assert {len(line) for line in text(grid)} == {width}
    for column in range(columns):
        widths = {width_of(grid.line(column, y, "")) for y in range(grid.height)}
        assert widths <= {0, grid.span(column)[1]}
    shown = {(spot.column, spot.y) for spot in grid.spots}
    assert len(shown) == len(grid.spots)
    assert {spot.pane for spot in grid.spots} == {pane.key for pane in busy()}


def test_each_figure_stands_in_numbers_beside_its_bar() -> None:
    """What is late, how sure the agents are, who has what, and how many rows are not shown."""
    shown = re.sub(" +", " ", "\n".join(text(PaneGrid(busy(), 199))))
    for words in (
        "overdue 1 oldest 3.0d",
        "33 % 30 too sure",
        "▼ deny",
        "and 4 more",
        "C-9 3.0d nothing happened",
    ):
        assert words in shown, words
    assert "─ 1+ ─" in shown


def test_numbers_go_before_a_name_is_cut() -> None:
    """On a narrow screen the last columns are left out, and the name and the first number stay."""
    (line,) = (line for line in text(PaneGrid(busy(), 30)) if "claims" in line)
    assert line.split()[1:3] == ["claims", "2"]


def test_a_range_by_the_hour_names_its_hours() -> None:
    """The newest first, from the first hour in which anything happened."""
    chosen = Range("", START - timedelta(hours=2), START + timedelta(hours=2), "hour", START.tzinfo, NOW)
    (pane,) = (pane for pane in busy(chosen) if pane.key == "periods")
    assert pane.caption == "Settled by hour"
    assert [line.lead[0] for line in pane.lines] == ["Mon 10:00", "Mon 09:00"]


@pytest.mark.parametrize(
    ("bar", "drawn"),
    [(Bar(0), "    "), (Bar(0.001), "╸   "), (Bar(0.5), "━━  "), (Bar(1), "━━━━"), (Bar(0.25, mark=0.99), "━  │")],
)
def test_a_bar_is_as_long_as_its_share(bar: Bar, drawn: str) -> None:
    """To half a cell; anything at all is seen."""
    assert "".join(run for run, _ in bar_runs(bar, 4)) == drawn


def test_what_was_hidden_is_compared_with_what_was_shown_without_a_ranking() -> None:
    """One's own figures stand before those of all together, and nobody else's are given; grants count apart."""
    shown = [settled(60 * n, "APPROVE", "APPROVE", 0.9, ("bob", "alice")[n % 2]) for n in range(4)]
    hidden = [settled(60 * n, ("APPROVE", "REJECT")[n % 2], "APPROVE", 0.9, ("bob", "alice")[n % 2]) for n in range(4)]
    granted = replace(settled(900, "APPROVE", "APPROVE", 0.9, "zoe"), grant="grt_1", by_platform=True)
    rows = [*shown, *(replace(row, blind=True) for row in hidden), granted]
    made = panes(figures(days(), rows), STUCK, "alice")
    pane = next(pane for pane in made if pane.key == "following")
    lines = ["".join(run for run, _ in line).split() for line in drawn(pane, 60)]
    assert [[*line[:2], *line[-3:]] for line in lines[1:5]] == [
        ["you,", "shown", "100", "%", "2"],
        ["you,", "hidden", "0", "%", "2"],
        ["everyone,", "shown", "100", "%", "4"],
        ["everyone,", "hidden", "50", "%", "4"],
    ]
    assert lines[5] == ["decided", "by", "grants", "1"]
    assert not any("bob" in line for line in lines)
    people = next(pane for pane in made if pane.key == "reviewers")
    assert [line.lead[0] for line in people.lines] == ["alice", "bob"]
    assert "followed" not in people.heads
    for width in (80, 120, 199):
        assert {spot.pane for spot in PaneGrid(made, width).spots} == {pane.key for pane in made}
