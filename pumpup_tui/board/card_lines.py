"""The lines of a column's head and of its cards, at a width: clean text, nothing shown by colour alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.cache import LRUCache

from pumpup_tui.board.column_model import ColumnState
from pumpup_tui.context import Context
from pumpup_tui.text.firewall import line
from pumpup_tui.text.labels import request_kind, status_run
from pumpup_tui.text.layout import Line, Run, columns, crop, fit, joined, width_of

if TYPE_CHECKING:
    from api_client.models import Card
    from pumpup_tui.keys.key_names import KeyNames

HEAD = 3
"""Lines above the cards: the column's name, its owner and counts, a rule."""
CARD = 4
"""Lines of a card, the last one blank."""
CARDS_CACHED = 1000
"""Cards whose lines are cached as they were drawn."""


@dataclass(frozen=True)
class Drawn:
    """One line of one column; `over` is the tone that goes under all of it."""

    runs: tuple[Run, ...]
    over: str = ""


@dataclass(frozen=True)
class Place:
    """The place of a column among those in view."""

    width: int
    here: bool
    """Whether the cursor is in it."""
    more_left: bool = False
    more_right: bool = False


class CardCache:
    """The lines of cards as they were drawn, until time passes: most cards in view stay as they are with a key."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._cache: LRUCache[tuple[int, int, bool], tuple[Card, list[Drawn]]] = LRUCache(CARDS_CACHED)

    def lines(self, card: Card, width: int, *, at_cursor: bool) -> list[Drawn]:
        """Return a card's lines at a width."""
        # By the object, for comparing cards costs what drawing them does; it is cached so that its id stays its own.
        key = (id(card), width, at_cursor)
        if (cached := self._cache.get(key)) is None:
            cached = card, card_lines(card, width, self._context, at_cursor=at_cursor)
            self._cache[key] = cached
        return cached[1]

    @property
    def key(self) -> KeyNames:
        """Names the key of a binding."""
        return self._context.key

    def clear(self) -> None:
        """Drop all: ages have changed."""
        self._cache.clear()


def column_lines(column: ColumnState, place: Place, height: int, cards: CardCache) -> list[Drawn]:
    """Return the `height` lines of a column, each a cell short of its width: the gap to the next one."""
    width = place.width - 1
    lines = [Drawn(_padded(one, width)) for one in head_lines(column, place)]
    index = column.top
    while len(lines) < height and index < len(column.cards):
        at_cursor = place.here and index == column.cursor
        lines += cards.lines(column.cards[index], width, at_cursor=at_cursor)
        index += 1
    if index >= len(column.cards):
        lines += [Drawn(_padded([(f"  {words}", "muted")], width)) for words in _after_cards(column, cards.key)]
    blank = Drawn(_padded([], width))
    return [*lines, *[blank] * (height - len(lines))][:height]


def head_lines(column: ColumnState, place: Place) -> Sequence[Line]:
    """Return name and count, owner and waiting tasks, and a rule."""
    about, width = column.about, place.width - 1
    left = "< " if place.more_left else "▌ " if place.here else "  "
    right = " >" if place.more_right else ""
    end = "■ " if about.terminal else ""
    count = f"{about.count:,}" if column.matched is None else f"{column.matched:,} of {about.count:,}"
    name = columns(f"{left}{end}{line(about.step, 80)}", f"{count}{right}", width)
    waiting = f"◌ {about.waiting:,} waiting" if about.waiting else ""
    owner = joined((line(about.owner.lower(), 12), "final" if about.terminal else ""))
    return (
        [(name, "accent" if place.here else "")],
        [(columns(f"  {owner}", waiting, width), "muted")],
        [("─" * width, "muted")],
    )


def card_lines(card: Card, width: int, context: Context, *, at_cursor: bool) -> list[Drawn]:
    """Return a card's lines: name; status and age; count and oldest of the open requests, assignee; a blank one.

    Only the name and the mark show the cursor: lines that stay the same are not sent again.
    """
    mark: Run = ("▌", "accent") if at_cursor else (" ", "")
    room = width - 2
    name = Drawn(_padded([mark, (fit(line(card.name, 200), room), "")], width), "cursor" if at_cursor else "")
    rest = (_status_line(card, room, context), _request_line(card, room))
    return [name, *(Drawn(_padded([mark, *one], width)) for one in rest), Drawn(_padded([], width))]


def is_overdue(card: Card, context: Context) -> bool:
    """Return whether a card has been in its step for too long."""
    return card.overdue_at is not None and card.overdue_at <= context.clock() and card.status != "CLOSED"


def _status_line(card: Card, width: int, context: Context) -> Line:
    overdue = is_overdue(card, context)
    status = status_run(card.status)
    since = card.step_entered_at
    age = context.age(since) + (" ◷ overdue" if overdue else " in step") if since else ""
    room = width - width_of([status])
    text = " " * (room - cell_len(age)) + age if room > cell_len(age) else crop(f" {age}", room)
    return [status, (text, "bad" if overdue else "muted")]


def _request_line(card: Card, width: int) -> Line:
    open_ = card.open_request
    several = f"{card.open_request_count} open · " if card.open_request_count > 1 else ""
    asks = f"? {several}{request_kind(open_.event_type)}: {line(open_.summary, 200)}" if open_ else ""
    who = crop(f"@{line(card.assignee_id, 40)}", width // 2) if card.assignee_id else ""
    return [(columns(asks, who, width), "warn" if open_ else "muted")]


def _after_cards(column: ColumnState, key: KeyNames) -> tuple[str, ...]:
    """Return the words under the last card."""
    if column.matched is not None and column.matched > len(column.cards):
        return (f"… and {column.matched - len(column.cards):,} more match", "narrow the filter to see them")
    if column.failed:
        return ("could not be read", f"{key('screens.refresh')} tries again")
    if not column.loaded:
        return ("reading…",)
    if not column.cards:
        return ("no matching cards",) if column.matched is not None else ("no tasks",)
    return () if column.complete else ("reading more…",)


def _padded(runs: Line, width: int) -> tuple[Run, ...]:
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
