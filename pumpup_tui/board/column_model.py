"""A board's columns as they are loaded: the cards near each cursor, and the page to read next. Pure, without a screen.

A column is a queue: cards join at its end and leave anywhere. So the cursor that a page was read with keeps its place
for good, and a page that was dropped is read again with it. A column holds a window of pages around its
cursor, and the starts of the pages before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from api_client.models import Board, Card, Column, Page

PAGE = 100
"""Cards of a page."""
WINDOW = 500
"""Cards of a column that are held at the most; one page of a backend can hold as many."""
AHEAD = 40
"""Cards between the cursor and the window's end at which the next page is asked for."""


class Start(NamedTuple):
    """The beginning of a page: the cursor that it is read with, and the number of cards that were asked for."""

    cursor: str | None
    size: int


@dataclass(frozen=True)
class Ask:
    """A page that a column waits for."""

    kind: Literal["first", "after", "before", "again", "top", "end"]
    cursor: str | None
    limit: int


@dataclass
class Stretch:
    """A page that is loaded."""

    start: Start
    cards: list[Card]


class Window(NamedTuple):
    """The loaded part of a column, held while the cursor is at the column's other end."""

    stretches: list[Stretch]
    behind: list[Start]
    next: str | None
    complete: bool


class Walked(NamedTuple):
    """The result of a walk to a column's end: the pages that it passed, the last ones, and the cursor after them."""

    past: Sequence[Start]
    last: Sequence[Stretch]
    next_cursor: str | None


@dataclass
class ColumnState:
    """One column: its window of cards, its cursor pinned to a task, and the first card in view."""

    about: Column
    page: int = PAGE
    window: int = WINDOW
    ahead: int = AHEAD
    cards: list[Card] = field(default_factory=list)
    cursor: int = 0
    top: int = 0
    complete: bool = False
    """Whether the window reaches the column's end."""
    loaded: bool = False
    stale: bool = False
    """Whether something changed since the window was read."""
    failed: bool = False
    waiting: Ask | None = None
    matched: int | None = None
    """Under a filter: how many cards match; the window holds the first of them."""
    _sought: str = ""
    """The task that the cursor is to be on as soon as it is loaded."""
    _stretches: list[Stretch] = field(default_factory=list)
    _behind: list[Start] = field(default_factory=list)
    _next: str | None = None
    _other: Window | None = None
    _far: list[Start] = field(default_factory=list)
    """The beginnings of the pages that a walk to the end passed, from the column's first to its last."""

    @property
    def card(self) -> Card | None:
        """The card under the column's cursor."""
        return self.cards[self.cursor] if self.cards else None

    @property
    def is_filtered(self) -> bool:
        """Whether a filter hides some of its cards."""
        return self.matched is not None and self.matched < self.about.count

    @property
    def begins(self) -> bool:
        """Whether the window starts at the column's first card."""
        return not self._behind

    # What to read.

    def wants(self) -> Ask | None:
        """Return the page that is missing most, None where none is or one is in flight."""
        if self.waiting is not None or self.matched is not None:
            return None
        if not self.loaded:
            return Ask("first", None, self.page)
        if self.stale:
            more = self.page if self.complete else 0
            limit = min(self.window, max(self.page, len(self.cards) + more))
            return Ask("again", self._stretches[0].start.cursor, limit)
        if not self.complete and len(self.cards) - self.cursor <= self.ahead:
            return Ask("after", self._next, self.page)
        if self._behind and self.cursor < self.ahead:
            return Ask("before", *self._behind[-1])
        return None

    def top_ask(self) -> Ask:
        """Return the first page, for a cursor that goes there from far away."""
        return Ask("top", None, self.page)

    def walk_from(self) -> Ask:
        """Return where a walk to the end begins: two pages before where the last one ended."""
        return Ask("end", self._far[-2:][0].cursor if self._far else self._next, self.page)

    def ask(self, ask: Ask) -> None:
        """Wait for a page."""
        self.waiting, self.failed = ask, False
        if ask.kind == "again":
            self.stale, self._other = False, None

    def give_up(self) -> None:
        """Wait no more: the call failed or was stopped."""
        if self.waiting is not None:
            self.stale = self.stale or self.waiting.kind == "again"
            self.failed = not self.loaded
            self.waiting = None

    # What was read.

    def take(self, ask: Ask, page: Page[Card]) -> Card | None:
        """Take the page that was asked for; return the card under the cursor if it is no longer in the column."""
        if ask != self.waiting:
            return None
        self.waiting = None
        before = self.card
        cards = list(page.items)
        if ask.kind == "before":
            self._take_before(ask, page, cards)
        elif ask.kind == "again":
            self._take_again(ask, page, cards)
        else:
            # A card that left and came back stands at the end now, whatever the window still says.
            ids = {card.id for card in cards}
            for stretch in self._stretches:
                stretch.cards = [card for card in stretch.cards if card.id not in ids]
            if ask.kind != "after":
                self._other = self._window() if ask.kind == "top" and self.complete else None
                self._stretches, self._behind = [], []
            self._stretches.append(Stretch(Start(ask.cursor, ask.limit), cards))
            self._end(ask, page)
        self.loaded = True
        if ask.kind == "top":
            self.cursor = self.top = 0
            before = None
        gone = self._settle(before)
        return None if ask.kind == "first" else gone

    def take_end(self, walked: Walked) -> bool:
        """Take the end of the column, and go to its last card; return False where it has to be walked to once more."""
        self.waiting = None
        if self._far and not walked.last:
            self._far = []  # all that stood at the end has left
            return False
        if walked.last:
            self._other = self._window() if self.begins else None
            before = self._far[:-2] if self._far else [*self._behind, *(stretch.start for stretch in self._stretches)]
            self._behind = [*before, *walked.past]
            self._stretches = list(walked.last)
            self._far = [*self._behind, *(stretch.start for stretch in walked.last)]
        self._next, self.complete = walked.next_cursor or self._next, True
        self._lay_out()
        self.move_to(len(self.cards) - 1)
        return True

    def take_matches(self, cards: Sequence[Card], matched: int) -> Card | None:
        """Show only these cards, of `matched` that there are; return the card under the cursor if it is not there."""
        before = self.card
        self._stretches, self._behind = [Stretch(Start(None, self.page), list(cards))], []
        self.waiting, self.complete, self.loaded, self.matched = None, True, True, matched
        self._other = None
        return self._settle(before)

    def begin_anew(self) -> None:
        """Drop what is loaded; the cursor's card is looked for in what is read next."""
        self.waiting, self.matched, self._other = None, None, None
        self.loaded = self.stale = self.complete = self.failed = False

    def _take_before(self, ask: Ask, page: Page[Card], cards: list[Card]) -> None:
        self._behind.pop()
        known = {card.id for card in self.cards}
        if not known:
            self._stretches = []
            self._end(ask, page)
        # Cards that left since let the page reach into the window.
        upto = next((index for index, card in enumerate(cards) if card.id in known), len(cards))
        self._stretches.insert(0, Stretch(Start(ask.cursor, ask.limit), cards[:upto]))

    def _take_again(self, ask: Ask, page: Page[Card], cards: list[Card]) -> None:
        # A card that left and came back stands at the end: only one that stayed tells its page.
        places = {
            (card.id, card.step_entered_at): number
            for number, stretch in enumerate(self._stretches)
            for card in stretch.cards
        }
        parts: list[list[Card]] = [[] for _ in self._stretches]
        at = 0
        for card in cards:
            at = max(at, places.get((card.id, card.step_entered_at), len(parts) - 1))
            parts[at].append(card)
        for stretch, part in zip(self._stretches, parts, strict=True):
            stretch.cards = part
        self._stretches = self._stretches[:1] + [stretch for stretch in self._stretches[1:] if stretch.cards]
        self._end(ask, page)

    def _end(self, ask: Ask, page: Page[Card]) -> None:
        self._next = page.next_cursor or self._next
        self.complete = page.is_last(ask.limit) or page.next_cursor is None

    def _settle(self, before: Card | None) -> Card | None:
        """Put the cursor where its card is now, and drop far pages; return the card where it is gone."""
        self._lay_out()
        place = {card.id: index for index, card in enumerate(self.cards)}
        if self._sought in place:
            before, self._sought = self.cards[place[self._sought]], ""
        index = place.get(before.id if before else "")
        self.top += (index if index is not None else self.cursor) - self.cursor
        self.move_to(self.cursor if index is None else index)
        self._drop_far_pages()
        return before if before is not None and index is None else None

    def _drop_far_pages(self) -> None:
        total = len(self.cards)
        while total > self.window and len(self._stretches) > 1:
            first, last = len(self._stretches[0].cards), len(self._stretches[-1].cards)
            if self.cursor >= first and self.cursor >= total // 2:
                self._behind.append(self._stretches.pop(0).start)
                self.cursor, self.top, total = self.cursor - first, max(0, self.top - first), total - first
            elif self.cursor + self.ahead < total - last:
                self._next, self.complete = self._stretches.pop().start.cursor, False
                total -= last
            else:
                break
        self._lay_out()

    def _lay_out(self) -> None:
        self.cards = [card for stretch in self._stretches for card in stretch.cards]

    # The window at the other end.

    def _window(self) -> Window:
        return Window(self._stretches, self._behind, self._next, self.complete)

    def go_over(self, *, first: bool) -> bool:
        """Go to the column's first card, or the last; return False where that end has to be read."""
        other = self._other
        if other is None or self.stale or (other.behind if first else not other.complete):
            return False
        self._other = self._window()
        self._stretches, self._behind, self._next, self.complete = other
        self._lay_out()
        self.move_to(0 if first else len(self.cards) - 1)
        return True

    def heed(self, task_ids: set[str]) -> bool:
        """Return whether one of these tasks is loaded; a window of the other end that holds one is dropped."""
        if self._other is not None and any(
            card.id in task_ids for stretch in self._other.stretches for card in stretch.cards
        ):
            self._other = None
        return any(card.id in task_ids for card in self.cards)

    # The cursor.

    def seek(self, task_id: str) -> None:
        """Put the cursor on a task, once it is loaded."""
        index = next((number for number, card in enumerate(self.cards) if card.id == task_id), None)
        self._sought = task_id if index is None else ""
        if index is not None:
            self.move_to(index)

    def move_to(self, index: int) -> None:
        """Put the cursor on a card, or the nearest there is."""
        self.cursor = max(0, min(index, len(self.cards) - 1))

    def keep_in_view(self, rows: int) -> None:
        """Scroll by half a view where the cursor is not among the `rows` cards in view.

        By half a view, for a scrolled line is drawn whole: card by card it would cost that with every key.
        """
        rows = max(1, rows)
        if not self.top <= self.cursor < self.top + rows:
            self.top = self.cursor - rows // 2
        self.top = max(0, min(self.top, len(self.cards) - rows))


class Columns:
    """All columns of a board and which of them has the cursor."""

    def __init__(self) -> None:
        self.all: list[ColumnState] = []
        self.at = 0

    @property
    def here(self) -> ColumnState | None:
        """The column with the cursor."""
        return self.all[self.at] if self.all else None

    def take(self, board: Board) -> None:
        """Take a board's columns and counts; what is loaded of a column stays."""
        known = {column.about.step: column for column in self.all}
        here = self.here.about.step if self.here else None
        fresh = []
        for about in board.columns:
            column = known.get(about.step) or ColumnState(about)
            column.about = about
            fresh.append(column)
        self.all = fresh
        steps = [column.about.step for column in fresh]
        if here in steps:
            self.at = steps.index(here)
        else:
            self.at = next((index for index, column in enumerate(fresh) if column.about.count), 0)

    def column(self, step: str) -> ColumnState | None:
        """Return the column of a step."""
        return next((column for column in self.all if column.about.step == step), None)

    def touch(self, steps: Iterable[str | None], task_ids: Iterable[str]) -> set[str]:
        """Mark the columns of these steps, and those that show one of these tasks, as changed; return their steps."""
        touched, ids = set(steps), set(task_ids)
        changed: set[str] = set()
        for column in self.all:
            if column.heed(ids) or column.about.step in touched:
                column.stale = True
                changed.add(column.about.step)
        return changed
