"""Requests of a paged list for pages, and their results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar

T = TypeVar("T")
PAGE = 100
PAGE_MOST = 500
"""Rows of a page where many are passed over."""
Kind = Literal["first", "last", "down", "up", "new", "tail", "again"]


@dataclass(frozen=True, slots=True)
class PageRequest:
    """A page that is missing.

    `first` and `last` begin at an end of the list. The others go on from `cursor`, `down` or up the list as it is
    shown: `down` and `up` into the gap, `new` above the top, `tail` below the bottom, `again` what was given up.
    """

    kind: Kind
    number: int
    cursor: str | None = None
    """Of `first`: the id of the event about which to begin; None for the list's own end."""
    down: bool = True
    limit: int = PAGE


@dataclass(frozen=True, slots=True)
class PageResult(Generic[T]):
    """A page as it came; rows in the order in which the list shows them.

    Of `first` and `last`, `edge` is the outermost row (none where the filter leaves it out) and `edge_cursor` its
    cursor; `rows` are those next to it.
    """

    rows: Sequence[T]
    cursor: str | None
    more: bool
    """Whether there may be rows beyond these."""
    edge: Sequence[T] = ()
    edge_cursor: str | None = None
    begins_within: bool = False
    """Of `first`: whether there may be rows above these, for it began at an event and not at the list's own end."""
    start: int = 0
    """Of `first`: the row among these to begin on."""


@dataclass(eq=False, slots=True)
class Slot(Generic[T]):
    """A page's place. Without `anchor` (where to read it again) it is never given up."""

    rows: list[T] | None
    count: int
    anchor: tuple[str, bool] | None = None
    ends: tuple[str, str] = ("", "")
    """The ids of its first and its last row."""
    asked: bool = False
    shape: object = None
    """What a list that draws its rows makes of them; kept where they are given up."""


@dataclass(slots=True)
class Edges:
    """The cursors from which the list grows."""

    top: str | None = None
    above_gap: str | None = None
    below_gap: str | None = None
    bottom: str | None = None


@dataclass(slots=True)
class SlotLayout:
    """The places of a list's pages."""

    version: int
    """Names it among all layouts of the list."""
    starts: list[int] = field(default_factory=list)
    of: dict[int, int] = field(default_factory=dict)
    gap: int | None = None
    total: int = 0


def laid_out(slots: Sequence[Slot[T]], gap: int | None, *, version: int) -> SlotLayout:
    """Return where pages stand, with the gap of one row before the page with that number."""
    layout = SlotLayout(version)
    for number, slot in enumerate(slots):
        if number == gap:
            layout.gap, layout.total = layout.total, layout.total + 1
        layout.starts.append(layout.total)
        layout.of[id(slot)] = layout.total
        layout.total += slot.count
    if gap == len(slots):
        layout.gap, layout.total = layout.total, layout.total + 1
    return layout
