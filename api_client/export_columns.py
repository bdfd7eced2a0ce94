"""The CSV export of a timeline: its columns and rows, for the screens and the command line."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from io import StringIO

from api_client.spreadsheet_cells import harmless
from api_client.wire import Json

EXPORT_COLUMNS = (
    "seq",
    "id",
    "timestamp",
    "eventType",
    "source",
    "owner",
    "subject",
    "projectId",
    "taskId",
    "transitionFrom",
    "transitionTo",
    "inResponseTo",
    "externalTraceId",
    "payload",
    "hash",
)
"""Keys of an event on the wire (CONTRACT.md part 1, Event; `subject`, `seq` and `hash` are our server's)."""


def csv_header() -> bytes:
    """Return the names of the columns as a line of CSV."""
    return _csv_line(EXPORT_COLUMNS)


def csv_row(event: Mapping[str, Json], payload: str) -> bytes:
    """Return an event as a line of CSV in UTF-8; a cell that a spreadsheet might run begins with an apostrophe.

    Args:
        event: The event as it is on the wire; what it lacks is an empty cell.
        payload: The JSON of its payload.
    """
    cells = {**event, "payload": payload}
    return _csv_line(harmless(str(cells.get(column, ""))) for column in EXPORT_COLUMNS)


def _csv_line(cells: Iterable[str]) -> bytes:
    line = StringIO()
    csv.writer(line, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow(cells)
    return line.getvalue().encode("utf-8", "replace")
