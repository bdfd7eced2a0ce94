"""The CSV export of a timeline: its columns and rows, for the screens and the command line."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from datetime import datetime
from io import StringIO
from typing import NamedTuple

from api_client.outcome_words import OUTCOME_WORDS
from api_client.spreadsheet_cells import harmless
from api_client.wire import Json

READ_COLUMNS = (
    "project",
    "task",
    "request",
    "outcome",
    "note",
    "reason_code",
    "decided_by",
    "recommended",
    "confidence",
    "blind",
    "grant",
    "seconds_waited",
)
"""Columns for people: names, and what a decision says; the last is from the request to its decision or answer.

`blind` is `yes` where the recommendation was hidden until the decision; `grant` is the id of the one that decided.
"""
EXPORT_COLUMNS = (
    "seq",
    "timestamp",
    "eventType",
    *READ_COLUMNS,
    "id",
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
"""Those, and the keys of an event (CONTRACT.md part 1, Event; `subject`, `seq` and `hash` are our server's)."""


class Names(NamedTuple):
    """Names that an event only refers to, raw; empty where they are not known."""

    project: str = ""
    task: str = ""
    request: str = ""
    """The summary of the request that it is, or that it settles."""
    requested_at: str = ""
    """When that was asked, in ISO 8601."""


def csv_header() -> bytes:
    """Return the names of the columns as a line of CSV."""
    return _csv_line(EXPORT_COLUMNS)


def csv_row(event: Mapping[str, Json], payload: str, names: Names) -> bytes:
    """Return an event as a line of CSV in UTF-8; a cell that a spreadsheet might run begins with an apostrophe.

    Args:
        event: The event as it is on the wire; what it lacks is an empty cell.
        payload: The JSON of its payload.
        names: What it refers to.
    """
    cells = {**event, **_read_cells(event, names), "payload": payload}
    return _csv_line(harmless(str(cells.get(column, ""))) for column in EXPORT_COLUMNS)


def _read_cells(event: Mapping[str, Json], names: Names) -> dict[str, Json]:
    payload = _object(event.get("payload"))
    recommendation = _object(payload.get("recommendationSnapshot") or payload.get("recommendation"))
    outcome, is_answer = _object(payload.get("outcome")), event.get("eventType") == "ELICITATION_PROVIDED"
    authority = _object(payload.get("authority")) if outcome else {}  # who set a policy has decided no request
    decided_by = payload.get("answeredBy") if is_answer else authority.get("subject")
    return {
        "project": names.project,
        "task": names.task,
        "request": names.request,
        "outcome": "answer" if is_answer else _word(outcome),
        "note": outcome.get("note") or (payload.get("message") if event.get("eventType") == "NOTE" else ""),
        "reason_code": outcome.get("reasonCode") or "",
        "decided_by": decided_by or "",
        "recommended": _word(_object(recommendation.get("outcome"))),
        "confidence": recommendation.get("confidence", ""),
        "blind": "yes" if payload.get("blind") else "",
        "grant": authority.get("grant") or "",
        "seconds_waited": _seconds(names.requested_at, event) if outcome or is_answer else "",
    }


def _object(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, dict) else {}


def _word(outcome: Mapping[str, Json]) -> str:
    kind = str(outcome.get("type") or "")
    return OUTCOME_WORDS.get(kind, kind.lower())


def _seconds(requested_at: str, event: Mapping[str, Json]) -> str:
    """Return the seconds from a request to the event that settles it; empty where one of the times is not known."""
    try:
        waited = datetime.fromisoformat(str(event.get("timestamp"))) - datetime.fromisoformat(requested_at)
        return f"{max(0.0, waited.total_seconds()):.3f}"
    except (ValueError, TypeError):
        return ""


def _csv_line(cells: Iterable[str]) -> bytes:
    line = StringIO()
    csv.writer(line, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow(cells)
    return line.getvalue().encode("utf-8", "replace")
