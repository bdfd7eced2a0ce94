"""Pages of timelines: what is asked for, and how events that must be looked into are picked out of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import orjson

from api_client.backend import PAGE, PAGE_MAX
from api_client.errors import InvalidRequest
from api_client.event_filter import NO_FILTER, EventFilter
from api_client.models import Order
from store.core.cursors import Scope
from store.core.event_types import OFF_TIMELINES
from store.core.paging import PAGE_BYTES
from store.core.state_view import Doc

if TYPE_CHECKING:
    from store.core.deed_search import DeedCheck


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineAsked:
    """A page of a timeline as a caller asks for it (`Backend.events`)."""

    project_id: str | None = None
    task_id: str | None = None
    types: Sequence[str] = ()
    order: Order = "asc"
    cursor: str | None = None
    limit: int = PAGE
    only: EventFilter = NO_FILTER

    @property
    def scope(self) -> Scope:
        """Names the list in its cursors."""
        return ("events", self.project_id or "", self.task_id or "", *sorted(self.types), *self.only.scope())

    @property
    def wanted(self) -> tuple[str, ...] | None:
        """The types to read, none for all; None where no event can be of them."""
        types = self.only.types(self.types)
        wanted = tuple(name for name in types or () if name not in OFF_TIMELINES)
        return None if types is None or (types and not wanted) else wanted


@dataclass(frozen=True, slots=True)
class PickedEvents:
    """The events of a page that were picked, and how far was looked for them."""

    events: list[Doc]
    last: int
    """The seq of the last event that was looked at; 0 where none was."""
    more: bool | None
    """True where the looking was ended before the page was full."""


def pick(
    only: EventFilter,
    seqs: Iterable[int],
    limit: int,
    text_at: Callable[[int], bytes],
    event_at: Callable[[int], dict[str, Any]],
    *,
    deeds: DeedCheck | None = None,
) -> PickedEvents:
    """Return the events of a page: of those at `seqs` the ones that pass, looking at `PAGE_MAX` at the most.

    What can't pass by its JSON, as it was recorded, is not made an event. Those whose deeds don't fit are left out too.
    """
    picked: list[Doc] = []
    looked = last = size = 0
    for seq in islice(seqs, PAGE_MAX):
        if looked and deeds is not None and deeds.is_spent:
            return PickedEvents(picked, last, more=True)
        text = text_at(seq)
        looked, last = looked + 1, seq
        if not passes(only, orjson.loads(text)) or (deeds is not None and not deeds.fits(seq)):
            continue
        if passes(only, event := event_at(seq)):
            picked.append(event)
            size += len(text)
        if len(picked) == limit:
            return PickedEvents(picked, last, more=None)
        if size > PAGE_BYTES:
            return PickedEvents(picked, last, more=True)
    return PickedEvents(picked, last, more=looked == PAGE_MAX or None)


def passes(only: EventFilter, event: dict[str, Any]) -> bool:
    """Return whether an event passes a filter, but for its time and its deeds."""
    event_type, payload = event.get("eventType"), event.get("payload")
    is_shaped = isinstance(event_type, str) and isinstance(payload, dict)
    return is_shaped and only.takes_decision(str(event_type), event.get("subject"), payload or {})


def no_place(event_id: str) -> InvalidRequest:
    """Return the error for a cursor that is an event's id in form, and names no event."""
    return InvalidRequest(f"The cursor {event_id!r} is no event's id.")
