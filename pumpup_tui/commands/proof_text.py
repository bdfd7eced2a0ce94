"""The content of a checked proof, as lines for people: what others wrote is clean and marked as theirs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from api_client.models import Event
from api_client.proofs import ProvenAttachment
from api_client.wire import read
from pumpup_tui.commands.request_text import row_of
from pumpup_tui.text.firewall import line
from pumpup_tui.text.labels import actor_text, decision_facts, event_text, size_words

_TEXT = 300
"""Characters of an event's text."""


def event_lines(recorded: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of a proved event: its place, time and id; what it is and of whom; what it says."""
    yield f"event {recorded['seq']:,}  {line(recorded.get('timestamp'), 40)}  {line(recorded.get('id'), 60)}"
    try:
        event = read(Event, recorded)
    except ValueError:  # an entry of the chain that is on no timeline
        yield f"  {line(recorded.get('eventType'), 40)}  {line(recorded.get('subject') or '', 80)}"
        return
    yield f"  {row_of(event, None)['type']}, {actor_text(event)}"
    if text := event_text(event):
        yield f"  │ {line(text, _TEXT)}"
    for name, value in decision_facts(event.payload):
        yield f"  │ {name}: {line(value, _TEXT)}"


def attachment_line(attachment: ProvenAttachment) -> str:
    """Return the line of an attachment, which is that of a proved event."""
    content = f", content of {size_words(attachment.size)} included" if attachment.content is not None else ""
    return f"attachment  {line(attachment.label, 120)}  SHA-256 {line(attachment.sha256, 64)}{content}"
