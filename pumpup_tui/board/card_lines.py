"""The lines of a column's cards, at a width: clean text, nothing shown by colour alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.cache import LRUCache

from pumpup_tui.board.column_head import head_lines
from pumpup_tui.board.column_model import ColumnState
from pumpup_tui.board.column_widths import FRAMED, Place
from pumpup_tui.components.task_turn import TaskRules, edge_tone, lateness_run, turn_run
from pumpup_tui.text import durations
from pumpup_tui.text.firewall import line
from pumpup_tui.text.layout import Line, Run, crop, fit, width_of

if TYPE_CHECKING:
    from api_client.models import Card
    from pumpup_tui.keys.key_names import KeyNames

CARDS_CACHED = 1000
"""Cards whose lines are cached as they were drawn."""


@dataclass(frozen=True)
class Drawn:
    """One line of one column; `over` is the tone that goes under all of it."""

    runs: tuple[Run, ...]
    over: str = ""


class CardCache:
    """The lines of cards as they were drawn, until time passes: most cards in view stay as they are with a key."""

    def __init__(self, key: KeyNames, rules: TaskRules) -> None:
        self.key = key
        """Names the key of a binding."""
        self.rules = rules
        self._cache: LRUCache[tuple[int, int, int, bool], tuple[Card, list[Drawn]]] = LRUCache(CARDS_CACHED)

    def age(self, since: datetime) -> str:
        """Return how long ago a moment was."""
        return durations.age(since, self.rules.now)

    def lines(self, card: Card, place: Place, *, at_cursor: bool) -> list[Drawn]:
        """Return a card's lines in a column."""
        # By the object, for comparing cards costs what drawing them does; it is cached so that its id stays its own.
        key = (id(card), place.width, place.card_height, at_cursor)
        if (cached := self._cache.get(key)) is None:
            draw = framed_card if place.card_height == FRAMED else card_line
            cached = card, draw(card, place.width, self, at_cursor=at_cursor)
            self._cache[key] = cached
        return cached[1]

    def renew(self, rules: TaskRules) -> None:
        """Drop all: ages have changed."""
        self.rules = rules
        self._cache.clear()


def column_lines(column: ColumnState, place: Place, height: int, cards: CardCache) -> list[Drawn]:
    """Return the `height` lines of a column."""
    width = place.width
    lines = [Drawn(padded(one, width)) for one in head_lines(column, place, cards.age)]
    index = column.top
    while len(lines) < height and index < len(column.cards):
        at_cursor = place.here and index == column.cursor
        lines += cards.lines(column.cards[index], place, at_cursor=at_cursor)
        index += 1
    if index >= len(column.cards):
        lines += after_cards(column, place, cards.key)
    return [*lines, *[Drawn(padded([], width))] * (height - len(lines))][:height]


def framed_card(card: Card, width: int, cards: CardCache, *, at_cursor: bool) -> list[Drawn]:
    """Return a card in a frame whose tone tells its state: name and age; whose turn it is, and the assignee.

    Only these two lines show the cursor: the frame stays, and is not sent again.
    """
    tone, line_ = edge_tone(card, cards.rules), "─" * (width - 2)
    mark: Run = ("▌", "accent") if at_cursor else ("│", tone)
    over = "cursor" if at_cursor else ""
    rows = (_name_line(card, width - 4, cards), _turn_line(card, width - 4, cards))
    inside = [Drawn((mark, (" ", ""), *padded(row, width - 4), (" ", ""), ("│", tone)), over) for row in rows]
    return [Drawn(((f"╭{line_}╮", tone),)), *inside, Drawn(((f"╰{line_}╯", tone),))]


def card_line(card: Card, width: int, cards: CardCache, *, at_cursor: bool) -> list[Drawn]:
    """Return a card in one line: a glyph for its turn, the name, the age, and where there is room the assignee."""
    mark: Run = ("▌", "accent") if at_cursor else (" ", "")
    turn, tone = turn_run(card, cards.rules, cards.age)
    late, who = lateness_run(card, cards.rules, cards.age), _who(card, width // 4)
    beside: list[Run] = [] if width < LEAST_BESIDE else [(f" {late[0]}", late[1])]
    beside += [(f" {who}", "muted")] if who and width >= LEAST_BESIDE else []
    room = width - 3 - width_of(beside)
    runs = [mark, (turn[:1], tone), (" " + fit(line(card.name, 200), room), ""), *beside]
    return [Drawn(padded(runs, width), "cursor" if at_cursor else "")]


LEAST_BESIDE = 20
"""Cells from which a card of one line has room for more than its name."""


def _name_line(card: Card, width: int, cards: CardCache) -> Line:
    words, tone = lateness_run(card, cards.rules, cards.age)
    name = line(card.name, 200)
    if cell_len(name) + 1 + cell_len(words) > width:
        words = " ".join((*words.split()[:1], *words.split()[2:]))  # the glyph and the age say it too
    room = max(4, width - 1 - cell_len(words))
    return [(fit(name, room), "strong"), (" ", ""), (words, tone)]


def _turn_line(card: Card, width: int, cards: CardCache) -> Line:
    turn, tone = turn_run(card, cards.rules, cards.age)
    who = _who(card, width // 3)
    if not who or (card.open_request is None and cell_len(turn) + cell_len(who) >= width):
        return [(crop(turn, width), tone)]
    return [(fit(turn, width - cell_len(who) - 1), tone), (" ", ""), (who, "muted")]


def _who(card: Card, cells: int) -> str:
    return crop(f"@{line(card.assignee_id, 40)}", cells) if card.assignee_id else ""


def after_cards(column: ColumnState, place: Place, key: KeyNames) -> list[Drawn]:
    """Return the lines under the last card."""
    indent = " " if place.slot.is_narrow else "  "
    words = (crop(f"{indent}{one}", place.width) for one in _words_after(column, key))
    return [Drawn(padded([(one, "muted")], place.width)) for one in words]


def _words_after(column: ColumnState, key: KeyNames) -> Sequence[str]:
    if column.matched is not None and column.matched > len(column.cards):
        return (f"… and {column.matched - len(column.cards):,} more", "a filter shows fewer")
    if column.failed:
        return ("could not be read", f"{key('screens.refresh')} tries again")
    if not column.loaded:
        return ("reading…",)
    if not column.cards:
        return ("no match",) if column.is_filtered else ("no tasks",)
    return () if column.complete else ("reading more…",)


def padded(runs: Line, width: int) -> tuple[Run, ...]:
    """Return a line filled with blanks to its width."""
    gap = width - width_of(runs)
    return (*runs, (" " * gap, "")) if gap > 0 else tuple(runs)


def changed_span(old: Drawn, new: Drawn) -> tuple[int, int] | None:
    """Return the first cell that differs and the one after the last; None where nothing does."""
    if old == new:
        return None
    whole = sum(cell_len(text) for text, _ in new.runs)
    if old.over != new.over:
        return 0, whole
    start = _same(old.runs, new.runs)
    end = whole - _same(tuple(reversed(old.runs)), tuple(reversed(new.runs)))
    return start, max(end, start)


def _same(old: Sequence[Run], new: Sequence[Run]) -> int:
    """Return the cells of the runs that both begin with."""
    cells = 0
    for one, other in zip(old, new, strict=False):
        if one != other:
            break
        cells += cell_len(one[0])
    return cells
