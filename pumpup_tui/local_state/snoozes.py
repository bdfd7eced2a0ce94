"""Snoozed requests: put off by one reviewer until a time, on this machine. They are no part of the record."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from api_client.times import Clock
    from pumpup_tui.local_state.document_store import DocumentStore

DOCUMENT = "snoozed"
Run: TypeAlias = Callable[[Callable[[], Awaitable[None]]], object]
"""Runs the writing, as a worker."""


class Snoozes:
    """The time until which each snoozed request is put off. Those whose time has come are forgotten when it is stored.

    Other terminals of the same reviewer may snooze too: what they stored is read again with each reading of the list,
    and kept when this one writes.
    """

    def __init__(self, documents: DocumentStore, run: Run) -> None:
        self._documents = documents
        self._run = run
        self._unwritten: dict[str, datetime | None] = {}
        """What was changed here and is not on the disk yet; None takes a request back."""
        self.by_request: Mapping[str, datetime] = {}
        """The time by request id, also of those that are over."""

    async def read(self) -> None:
        """Take in what is stored."""
        self.by_request = _changed(_times(await self._documents.read(DOCUMENT)), self._unwritten)

    def put_off(self, request_id: str, until: datetime | None, clock: Clock) -> None:
        """Snooze a request until a time; None has it back at once."""
        self._unwritten[request_id] = until
        self.by_request = _changed(self.by_request, {request_id: until})
        self._run(lambda: self._write(clock))

    async def _write(self, clock: Clock) -> None:
        """Store what was changed, over what others stored meanwhile.

        Raises:
            OSError: it could not be written; it is tried again with the next change.
        """
        unwritten, now = dict(self._unwritten), clock()
        times = _changed(_times(await self._documents.read(DOCUMENT)), unwritten)
        stored = {request_id: until.isoformat() for request_id, until in times.items() if until > now}
        await self._documents.write(DOCUMENT, dict(stored))
        left = {name: until for name, until in self._unwritten.items() if unwritten.get(name, now) != until}
        self._unwritten = left


def _changed(times: Mapping[str, datetime], changes: Mapping[str, datetime | None]) -> dict[str, datetime]:
    merged = {**times, **changes}
    return {request_id: until for request_id, until in merged.items() if until is not None}


def _times(document: Mapping[str, Any]) -> dict[str, datetime]:
    """Return the times of a document; what is none is left out: it is a convenience, not the record."""
    times: dict[str, datetime] = {}
    for request_id, text in document.items():
        try:
            until = datetime.fromisoformat(text)
        except (TypeError, ValueError):
            continue
        if until.tzinfo is not None:
            times[request_id] = until
    return times
