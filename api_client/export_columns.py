"""The columns of a timeline's CSV export: one list, for the screens and the command line."""

from __future__ import annotations

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
