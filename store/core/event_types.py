"""The event types (CONTRACT.md part 1, Events), and the codes by which an index stores them."""

from __future__ import annotations

PROJECT_CREATED = "PROJECT_CREATED"
UPLOAD_RECEIVED = "UPLOAD_RECEIVED"
TYPES = (
    "",
    "TASK_CREATED",
    "ACTION",
    "EXCEPTION",
    "NOTE",
    "APPROVAL_REQUESTED",
    "APPROVAL_DECIDED",
    "ELICITATION_REQUESTED",
    "ELICITATION_PROVIDED",
    "ASSIGNMENT",
    "TIMEOUT",
    "TASK_CLOSED",
    PROJECT_CREATED,
    UPLOAD_RECEIVED,
    "REQUEST_WITHDRAWN",
)
"""The event types by their code: add at the end only, for codes are stored. 0 is a type of another version."""
CODES = {name: code for code, name in enumerate(TYPES)}
OFF_TIMELINES = frozenset((PROJECT_CREATED, UPLOAD_RECEIVED))
"""The types of entries of the chain that are on no task's timeline."""
OFF_TIMELINE_CODES = frozenset(CODES[name] for name in OFF_TIMELINES)
"""Their codes."""
