"""The lines above a column's cards: name and count, owner and oldest, load."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size

from pumpup_tui.text.firewall import line
from pumpup_tui.text.layout import Line, Run, columns, fit, joined, width_of

if TYPE_CHECKING:
    from api_client.models import Column
    from pumpup_tui.board.column_model import ColumnState
    from pumpup_tui.board.column_widths import Place
    from pumpup_tui.components.task_turn import Age

HEAD = 3
"""Lines above the cards."""
FINAL, OVERDUE, WAITING, RUNNING = "■", "◷", "◌", "▶"


def head_lines(column: ColumnState, place: Place, age: Age) -> Sequence[Line]:
    """Return the lines above a column's cards: in a narrow one the name, which may go on below, and the count."""
    if place.slot.is_narrow:
        return _narrow_head(column, place)
    about, width = column.about, place.width
    left = "< " if place.more_left else "▌ " if place.here else "  "
    right = " >" if place.more_right else ""
    name = columns(f"{left}{_name(about)}", f"{_count(column)}{right}", width)
    oldest = f"oldest {age(about.oldest_at)}" if about.oldest_at else ""
    owner = joined((line(about.owner.lower(), 12), "final" if about.terminal else ""))
    return (
        [(name, "accent" if place.here else "strong")],
        [(columns(f"  {owner}", oldest, width), "muted")],
        [("  ", ""), *load_runs(about, width - 2)],
    )


def load_runs(about: Column, cells: int) -> Line:
    """Return how many tasks of a step are overdue, wait for a person and run: in words where these fit."""
    if about.terminal or not about.count:
        return []
    parts = [
        (OVERDUE, about.overdue or 0, "overdue", "needs"),
        (WAITING, about.waiting, "waiting", "needs"),
        (RUNNING, about.count - about.waiting, "running", "muted"),
    ]
    in_words = _parts([(f"{glyph} {count:,} {word}", tone) for glyph, count, word, tone in parts if count])
    if width_of(in_words) <= cells:
        return in_words
    return _parts([(f"{glyph} {count:,}", tone) for glyph, count, _, tone in parts if count])


def _parts(parts: Sequence[Run]) -> Line:
    runs: list[Run] = []
    for number, part in enumerate(parts):
        runs += [("  ", ""), part] if number else [part]
    return runs


def _narrow_head(column: ColumnState, place: Place) -> Sequence[Line]:
    """Return the name in two lines, as much of it as fits, and the count."""
    left, right = "<" if place.more_left else " ", ">" if place.more_right else ""
    room = place.width - 1 - len(right)
    name = _name(column.about)
    first = fit(name, room) if cell_len(name) <= room else set_cell_size(name, room)
    rest = name[len(first.rstrip()) :] if cell_len(name) > room else ""
    lines = (f"{left}{first}{right}", f" {rest}", f" {_count(column)}")
    return [[(fit(one, place.width), "muted")] for one in lines]


def one_line(column: ColumnState) -> int:
    """Return the cells of a narrow column with its name in one line."""
    return cell_len(_name(column.about)) + 3


def _name(about: Column) -> str:
    return f"{FINAL} {line(about.step, 80)}" if about.terminal else line(about.step, 80)


def _count(column: ColumnState) -> str:
    about = column.about
    return f"{column.matched:,} of {about.count:,}" if column.is_filtered else f"{about.count:,}"
