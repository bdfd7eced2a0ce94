"""The names that exported events only refer to: of projects, of tasks, and of the requests that they settle."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import orjson

from api_client.export_columns import Names
from store.core.event_shapes import recognised

if TYPE_CHECKING:
    from store.core.state_view import Doc, Table

REQUESTS = ("APPROVAL_REQUESTED", "ELICITATION_REQUESTED")
SETTLING = ("APPROVAL_DECIDED", "ELICITATION_PROVIDED")
SUMMARY = 500
"""Characters of a request's summary."""
_CACHED = 4096


class NamedEvents(Protocol):
    """A record, as far as names are looked up in it."""

    def get(self, table: Table, doc_id: str) -> Doc | None:
        """Return a task or project, None where there is none."""
        ...

    def timeline(self, *, task: int, project: int, types: tuple[str, ...]) -> Iterator[tuple[int, bytes, str]]:
        """Yield seq, JSON and hash of the events of these types, in their order."""
        ...


class _Asked(NamedTuple):
    summary: str
    at: str


class EventNames:
    """The names for a record's events, which are asked for in their order.

    The requests are read beside the events: those that are exported may leave them out. Only open ones are remembered.
    """

    def __init__(self, record: NamedEvents) -> None:
        self._record = record
        self._open: dict[str, _Asked] = {}
        self._requests = self._read()
        self._done = 0
        """The seq of the last event that was read beside them."""
        self._settles: _Asked | None = None
        """The request that this event settles."""
        self._read_name = lru_cache(_CACHED)(self._name)

    def of(self, event: Doc) -> Names:
        """Return the names for an event as it was recorded, which comes after those that were asked for before."""
        project, task = self._name_of("projects", event.get("projectId")), self._name_of("tasks", event.get("taskId"))
        if event.get("eventType") in REQUESTS:
            return Names(project, task, _summary(event.get("payload")))
        asked = self._asked_before(event.get("seq")) if event.get("eventType") in SETTLING else None
        return Names(project, task, *(asked or ()))

    def _asked_before(self, seq: Any) -> _Asked | None:
        """Return the request that the event at a place settles."""
        while isinstance(seq, int) and self._done < seq:
            self._done = next(self._requests, seq)
        return self._settles if self._done == seq else None

    def _read(self) -> Iterator[int]:
        """Yield the seq of each event that asks or settles, once it is taken note of."""
        for seq, text, _ in self._record.timeline(task=0, project=0, types=(*REQUESTS, *SETTLING)):
            event = recognised(orjson.loads(text), seq)
            self._settles = None
            if event["eventType"] in REQUESTS:
                self._open[event["id"]] = _Asked(_summary(event["payload"]), event["timestamp"])
            else:
                self._settles = self._open.pop(event.get("inResponseTo") or "", None)
            yield seq

    def _name_of(self, table: str, doc_id: object) -> str:
        return self._read_name(table, doc_id) if isinstance(doc_id, str) else ""

    def _name(self, table: str, doc_id: str) -> str:
        doc = self._record.get(table, doc_id)
        return str(doc.get("name") or "") if doc else ""


def _summary(payload: object) -> str:
    return str(payload.get("summary") or "")[:SUMMARY] if isinstance(payload, dict) else ""
