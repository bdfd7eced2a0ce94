"""A timeline as a file: JSON lines, or a CSV that no spreadsheet runs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, BinaryIO

from api_client.export_columns import csv_header, csv_row
from api_client.times import wire_time
from pumpup_tui.backend.timeline_scan import Timeline
from pumpup_tui.local_state.save_policy import Saving
from pumpup_tui.text.labels import reviewer_of

if TYPE_CHECKING:
    from api_client.models import Event


class Export:
    """The events of a timeline, written to a file: CSV where its name ends so, else JSON lines; times in UTC."""

    def __init__(self, timeline: Timeline, path: str, saving: Saving, *, overwrite: bool) -> None:
        """Take the path as it was typed, and what says whether anything may be saved there."""
        self._timeline = timeline
        self._path = path
        self._saving = saving
        self._overwrite = overwrite
        self._lines = _csv_lines if path.lower().endswith(".csv") else _json_lines

    def _open(self) -> BinaryIO:
        return self._saving.open(self._path, overwrite=self._overwrite)

    def _put(self, file: BinaryIO, events: Sequence[Event]) -> None:
        file.write(self._lines(events))

    async def write(self, progressed: Callable[[int, int], None]) -> int:
        """Write all, and return how many events were written.

        Args:
            progressed: Called with the numbers of events that were looked at and written so far.

        Raises:
            ApiError: the backend could not be read; what was written stays.
            FileExistsError: it is there already, and was not to be overwritten.
            OSError: the file could not be written, or may not be.
        """
        looked = written = 0
        file = await asyncio.to_thread(self._open)
        try:
            if self._lines is _csv_lines:
                await asyncio.to_thread(file.write, csv_header())
            async for count, events in self._timeline.all():
                await asyncio.to_thread(self._put, file, events)
                looked, written = looked + count, written + len(events)
                progressed(looked, written)
        finally:
            await asyncio.to_thread(file.close)
        return written


def _json_lines(events: Sequence[Event]) -> bytes:
    return b"".join(json.dumps(event.wire(), ensure_ascii=False).encode("utf-8", "replace") + b"\n" for event in events)


def _csv_lines(events: Sequence[Event]) -> bytes:
    return b"".join(map(_csv_event, events))


def _csv_event(event: Event) -> bytes:
    wire = {
        **event.wire(),
        "timestamp": wire_time(event.timestamp),
        "subject": event.subject or reviewer_of(event),
    }
    return csv_row(wire, json.dumps(event.payload, ensure_ascii=False))
