"""Requests, recommendations and events in words and glyphs: clean text, ready to draw."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pumpup_tui.text.firewall import line

if TYPE_CHECKING:
    from api_client.models import Event
    from pumpup_tui.text.layout import Run

PAYLOAD_KEPT = 20_000
"""Characters of a payload that are shown; the rest is counted."""

OUTCOMES: Mapping[str, tuple[str, str, str]] = {
    "APPROVE": ("▲", "approve", "good"),
    "REJECT": ("▼", "deny", "bad"),
    "EDIT_AND_APPROVE": ("◆", "edit and approve", "warn"),
    "ESCALATE": ("!", "escalate", "warn"),
    "REQUEST_MORE_INFO": ("?", "ask for more", "warn"),
}
"""Glyph, word and tone of an outcome."""

EVENT_WORDS: Mapping[str, tuple[str, str, str]] = {
    "TASK_CREATED": ("+", "task created", "muted"),
    "ACTION": ("·", "action", ""),
    "EXCEPTION": ("✗", "exception", "bad"),
    "NOTE": ("✎", "note", ""),
    "APPROVAL_REQUESTED": ("?", "approval requested", "warn"),
    "APPROVAL_DECIDED": ("✓", "decided", "good"),
    "ELICITATION_REQUESTED": ("?", "elicitation requested", "warn"),
    "ELICITATION_PROVIDED": ("✓", "answered", "good"),
    "ASSIGNMENT": ("→", "assignment", "muted"),
    "TIMEOUT": ("◷", "timeout", "warn"),
    "TASK_CLOSED": ("■", "task closed", "muted"),
}
"""Glyph, word and tone of an event type."""

STATUSES: Mapping[str, tuple[str, str]] = {"RUNNING": ("▶", "good"), "WAITING": ("◌", "warn"), "CLOSED": ("■", "muted")}
"""Glyph and tone of a task's status."""


class ShortPayload(dict[str, Any]):
    """A large payload as lists hold it: what its line says and what its page shows, in clean words.

    Attributes:
        said: The event's text in one line.
        shown: Its JSON up to `PAYLOAD_KEPT` characters; the rest is counted.
    """

    __slots__ = ("said", "shown")

    def __init__(self, kept: Mapping[str, Any], *, said: str, shown: str) -> None:
        super().__init__(kept)
        self.said, self.shown = said, shown


def status_run(status: str) -> Run:
    """Return a task's status as glyph and word."""
    glyph, tone = STATUSES.get(status, ("·", ""))
    return f"{glyph} {line(status.lower(), 20)}", tone


def outcome_of(raw: Any) -> tuple[str, str, str]:
    """Return glyph, word and tone of a raw outcome object; its own word where it is not known."""
    kind = raw.get("type") if isinstance(raw, Mapping) else None
    return OUTCOMES.get(str(kind), ("·", line(kind, 40) or "no outcome", ""))


def recommended_type(recommendation: Any) -> str:
    """Return the raw type of the outcome that an agent recommends, empty where it recommends none."""
    outcome = recommendation.get("outcome") if isinstance(recommendation, Mapping) else None
    return str(outcome.get("type") or "") if isinstance(outcome, Mapping) else ""


def confidence_value(raw: Any) -> float | None:
    """Return how sure an agent is (0..1), None where it does not say."""
    found = raw.get("confidence") if isinstance(raw, Mapping) else None
    return None if isinstance(found, bool) or not isinstance(found, (int, float)) else float(found)


def confidence_of(raw: Any) -> str:
    """Return a confidence as `.91`, empty where there is none."""
    found = confidence_value(raw)
    return "" if found is None else f"{found:.2f}".removeprefix("0")


def recommendation_run(recommendation: Any, field_count: int | None) -> Run:
    """Return what the agent would do, short: `▲ approve .91`, or how many fields it asks for."""
    if isinstance(recommendation, Mapping) and "outcome" in recommendation:
        glyph, word, tone = outcome_of(recommendation["outcome"])
        return f"{glyph} {word} {confidence_of(recommendation)}".rstrip(), tone
    if field_count is not None:
        return f"{field_count} field{'s' if field_count != 1 else ''}", "muted"
    return "", ""


def kind_of(event_type: str) -> str:
    """Return what a request is called."""
    return {"APPROVAL_REQUESTED": "approval", "ELICITATION_REQUESTED": "elicitation"}.get(event_type, "request")


def event_type_run(event_type: str) -> Run:
    """Return an event's type as glyph and word."""
    glyph, word, tone = EVENT_WORDS.get(event_type, ("·", line(event_type.lower().replace("_", " "), 30), ""))
    return f"{glyph} {word}", tone


def event_text(event: Event) -> str:
    """Return what an event says, in one clean line."""
    payload = event.payload
    if isinstance(payload, ShortPayload):
        return payload.said
    if event.event_type == "APPROVAL_DECIDED":
        outcome = payload.get("outcome")
        note = outcome.get("note") if isinstance(outcome, Mapping) else None
        return _by(outcome_of(outcome)[1], _subject(payload.get("authority"))) + (f": {line(note)}" if note else "")
    if event.event_type == "ELICITATION_PROVIDED":
        answers = payload.get("answers")
        count = len(answers) if isinstance(answers, Mapping) else 0
        return _by(f"{count} answer{'s' if count != 1 else ''}", _subject(payload.get("answeredBy")))
    if event.event_type == "ASSIGNMENT":
        return f"to {line(payload.get('assigneeId'))}" if payload.get("assigneeId") else "given back"
    for key in ("description", "message", "summary", "name", "terminalState", "state"):
        if payload.get(key):
            return line(payload[key])
    return ""


def reviewer_of(event: Event) -> str:
    """Return the raw name of the person that an event is by, empty where it is by none."""
    if event.subject and event.source == "HUMAN":
        return event.subject
    payload: Mapping[str, Any] = event.payload
    for key in ("authority", "answeredBy"):
        who = payload.get(key)
        if isinstance(who, Mapping):
            return str(who.get("subject") or "")
        if isinstance(who, str):
            return who
    return ""


def who_of(event: Event) -> str:
    """Return who an event is by, in clean words: its source, and the subject where there is one."""
    source = line(event.source.lower(), 20)
    subject = event.subject or reviewer_of(event)
    return f"{source} {line(subject, 80)}" if subject else source


def asker_words(requested_by: str, source: str) -> str:
    """Return who asks, in clean words: the subject of the key that asked, and its source."""
    kind = line(source.lower(), 20)
    return f"{line(requested_by, 80)} ({kind})" if requested_by else kind


def move_of(event: Event) -> str:
    """Return an event's step change, empty where it made none."""
    if event.transition_to is None:
        return ""
    return f"{line(event.transition_from, 80)} → {line(event.transition_to, 80)}".removeprefix(" ")


def answer_text(value: Any) -> str:
    """Return an answer, or an agent's bid for one, in one clean line: a switch is yes or no."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(answer_text(one) for one in value[:50]) or "none"
    return line(value)


def size_words(size: int) -> str:
    """Return a size in bytes as people read it."""
    if size < 1000:
        return f"{size} B"
    return f"{size / 1000:.0f} kB" if size < 1_000_000 else f"{size / 1_000_000:.1f} MB"


def _subject(raw: Any) -> str:
    return line(raw.get("subject"), 80) if isinstance(raw, Mapping) else line(raw, 80)


def _by(what: str, who: str) -> str:
    return f"{what} by {who}" if who else what
