"""A timeline as a file: JSON lines, or a CSV that no spreadsheet runs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, BinaryIO

from api_client.export_columns import Names, csv_header, csv_row
from api_client.times import wire_time
from pumpup_tui.backend.timeline_query import DECISIONS
from pumpup_tui.backend.timeline_scan import Timeline, TimelineNames
from pumpup_tui.local_state.save_policy import Saving
from pumpup_tui.text.labels import reviewer_of

if TYPE_CHECKING:
    from api_client.models import Event

SUMMARY = 500
"""Characters of a request's summary in a cell of its own."""


class Export:
    """The events of a timeline, written to a file: CSV where its name ends so, else JSON lines; times in UTC."""

    def __init__(self, timeline: Timeline, path: str, saving: Saving, *, overwrite: bool) -> None:
        """Take the path as it was typed, and what says whether anything may be saved there."""
        self._timeline = timeline
        self._path = path
        self._saving = saving
        self._overwrite = overwrite
        self._lines: Callable[[Sequence[Event]], bytes] = _json_lines

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
            if self._path.lower().endswith(".csv"):
                self._lines = CsvLines(await self._timeline.names())
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


class CsvLines:
    """Lines of CSV, with the names that the events refer to: of requests, those that were written before."""

    def __init__(self, names: TimelineNames) -> None:
        self._names = names
        self._open: dict[str, tuple[str, str]] = {}

    def __call__(self, events: Sequence[Event]) -> bytes:
        """Return the events as lines."""
        return b"".join(map(self._line, events))

    def _line(self, event: Event) -> bytes:
        at = wire_time(event.timestamp)
        asked = ("", "")
        if event.event_type in ("APPROVAL_REQUESTED", "ELICITATION_REQUESTED"):
            asked = (str(event.payload.get("summary") or "")[:SUMMARY], at)
            if self._names.oldest_first:
                self._open[event.id] = asked
        elif event.event_type in DECISIONS:
            asked = self._open.pop(event.in_response_to or "", asked)
        project, task = self._names.projects.get(event.project_id, ""), self._names.tasks.get(event.task_id, "")
        wire = {**event.wire(), "timestamp": at, "subject": event.subject or reviewer_of(event)}
        return csv_row(wire, json.dumps(event.payload, ensure_ascii=False), Names(project, task, *asked))
