"""A timeline as a file: JSON lines, or a CSV that no spreadsheet runs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, BinaryIO

from api_client.export_columns import Names, csv_header, csv_row
from api_client.times import wire_time
from pumpup_tui.backend.timeline_query import DECISIONS
from pumpup_tui.backend.timeline_scan import Timeline, TimelineNames
from pumpup_tui.local_state.save_policy import Saving
from pumpup_tui.text.json_text import json_bytes
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
        self._csv: CsvLines | None = None

    def _open(self) -> BinaryIO:
        return self._saving.open(self._path, overwrite=self._overwrite)

    async def _put(self, file: BinaryIO, events: Sequence[Event]) -> None:
        if self._csv is None:
            await asyncio.to_thread(lambda: file.write(_json_lines(events)))
            return
        csv, asked = self._csv, await self._timeline.asked(events)
        await asyncio.to_thread(lambda: file.write(csv.lines(events, asked)))

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
                self._csv = CsvLines(await self._timeline.names())
                await asyncio.to_thread(file.write, csv_header())
            async for count, events in self._timeline.all():
                await self._put(file, events)
                looked, written = looked + count, written + len(events)
                progressed(looked, written)
        finally:
            await asyncio.to_thread(file.close)
        return written


def _json_lines(events: Sequence[Event]) -> bytes:
    return b"".join(json.dumps(event.wire(), ensure_ascii=False).encode("utf-8", "replace") + b"\n" for event in events)


class CsvLines:
    """Lines of CSV, with the names that the events refer to."""

    def __init__(self, names: TimelineNames) -> None:
        self._names = names

    def lines(self, events: Sequence[Event], asked: Mapping[str, Event]) -> bytes:
        """Return the events as lines; `asked` has the requests that they settle, by id."""
        return b"".join(self._line(event, asked.get(event.in_response_to or "")) for event in events)

    def _line(self, event: Event, asked: Event | None) -> bytes:
        at, request = wire_time(event.timestamp), ("", "")
        if event.event_type in ("APPROVAL_REQUESTED", "ELICITATION_REQUESTED"):
            request = _asked(event)
        elif event.event_type in DECISIONS and asked is not None:
            request = _asked(asked)
        project, task = self._names.projects.get(event.project_id, ""), self._names.tasks.get(event.task_id, "")
        wire = {**event.wire(), "timestamp": at, "subject": event.subject or reviewer_of(event)}
        payload = json_bytes(event.payload).decode("utf-8", "replace")
        return csv_row(wire, payload, Names(project, task, *request))


def _asked(request: Event) -> tuple[str, str]:
    return str(request.payload.get("summary") or "")[:SUMMARY], wire_time(request.timestamp)
