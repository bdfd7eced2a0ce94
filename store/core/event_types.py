"""The event types (CONTRACT.md part 1, Events), and the codes by which an index stores them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PROJECT_CREATED = "PROJECT_CREATED"
UPLOAD_RECEIVED = "UPLOAD_RECEIVED"
POLICY_SET = "POLICY_SET"
GRANT_GIVEN = "GRANT_GIVEN"
GRANT_ENDED = "GRANT_ENDED"
PAUSED = "PAUSED"
RESUMED = "RESUMED"
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
    POLICY_SET,
    GRANT_GIVEN,
    GRANT_ENDED,
    PAUSED,
    RESUMED,
)
"""The event types by their code: add at the end only, for codes are stored. 0 is a type of another version."""
CODES = {name: code for code, name in enumerate(TYPES)}
OFF_TIMELINES = frozenset((PROJECT_CREATED, UPLOAD_RECEIVED, POLICY_SET, GRANT_GIVEN, GRANT_ENDED, PAUSED, RESUMED))
"""The types of entries of the chain that are on no task's timeline."""
OFF_TIMELINE_CODES = frozenset(CODES[name] for name in OFF_TIMELINES)
"""Their codes."""
SETTLING = frozenset(("APPROVAL_DECIDED", "ELICITATION_PROVIDED", "REQUEST_WITHDRAWN"))
"""The types that settle the request which they answer. An agreement answers one too, and leaves it open."""


def settled_by(event: Mapping[str, Any]) -> str:
    """Return the id of the request that an event settles; empty where it settles none."""
    return (event.get("inResponseTo") or "") if event.get("eventType") in SETTLING else ""
