"""The detail of an event: all of it, to read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pumpup_tui.context import Context
from pumpup_tui.text import durations
from pumpup_tui.text.firewall import INDENT, clean, line
from pumpup_tui.text.json_text import json_bytes, json_text
from pumpup_tui.text.labels import PAYLOAD_SHOWN, ShortPayload, event_text, event_type_run, reviewer_of, transition_text
from pumpup_tui.text.layout import fit
from pumpup_tui.text.paragraphs import Paragraph, foreign, led, ours

if TYPE_CHECKING:
    from api_client.models import Event


def event_document(event: Event, context: Context) -> list[Paragraph]:
    """Return all of an event: its place, what it answers, and its payload."""
    pairs = (
        ("time", durations.full(event.timestamp, context.zone)),
        ("source", event.source.lower()),
        ("by", event.subject or reviewer_of(event)),
        ("step of", event.owner.lower()),
        ("moved", transition_text(event)),
        ("project", context.project_name(event.project_id)),
        ("task", event.task_id),
        ("event", event.id),
        ("answers", event.in_response_to),
        ("trace", event.external_trace_id),
        ("place", event.seq),
        ("hash", event.hash),
    )
    lines = [ours(event_type_run(event.event_type)), foreign((event_text(event), "strong")), ours()]
    given = [(name, value) for name, value in pairs if value not in (None, "")]
    # not foreign: our own name of a row
    lines += [led([(fit(name, 8) + "  ", "muted")], (line(value), "")) for name, value in given]
    lines += [ours(), ours(("Payload", "muted"))]
    return [*lines, *(foreign((part, "")) for part in payload_text(event.payload).split("\n"))]


def payload_text(payload: dict[str, Any]) -> str:
    """Return a payload as JSON in clean words, up to `PAYLOAD_SHOWN` characters; the rest is counted."""
    if isinstance(payload, ShortPayload):
        # cleaned again: where it was truncated
        return clean(payload.page_text, limit=len(payload.page_text), padding=INDENT)
    return clean(json_text(json_bytes(payload)), limit=PAYLOAD_SHOWN, padding=INDENT)
