"""Labels of requests, recommendations and events: words and glyphs, clean and ready to draw."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from api_client.request_facts import agreed_id, confidence_value
from pumpup_tui.text.decision_evidence import rule_text
from pumpup_tui.text.firewall import line
from pumpup_tui.text.outcomes import OUTCOMES

if TYPE_CHECKING:
    from api_client.models import Event
    from pumpup_tui.text.layout import Run

PAYLOAD_SHOWN = 20_000
"""Characters of a payload that are shown; the rest is counted."""

TAGS_MOST = 20
"""Tags of an authority that are listed; the rest is counted."""

EVENT_WORDS: Mapping[str, tuple[str, str, str]] = {
    "TASK_CREATED": ("+", "task created", "muted"),
    "ACTION": ("·", "action", ""),
    "EXCEPTION": ("✗", "exception", "bad"),
    "NOTE": ("¶", "note", ""),
    "APPROVAL_REQUESTED": ("◌", "approval requested", "needs"),
    "APPROVAL_DECIDED": ("✓", "decided", "good"),
    "ELICITATION_REQUESTED": ("◌", "elicitation requested", "needs"),
    "ELICITATION_PROVIDED": ("✓", "answered", "good"),
    "REQUEST_WITHDRAWN": ("⊘", "withdrawn", "muted"),
    "ASSIGNMENT": ("→", "assignment", "muted"),
    "TIMEOUT": ("◷", "timeout", "warn"),
    "TASK_CLOSED": ("■", "task closed", "muted"),
}
"""Glyph, word and tone of an event type."""

AGREED: Run = ("▲ agreed", "approve")
"""One person's approval where it takes several: an action of which the record says so."""

STATUSES: Mapping[str, tuple[str, str]] = {
    "RUNNING": ("▶", "good"),
    "WAITING": ("◌", "needs"),
    "CLOSED": ("■", "muted"),
}
"""Glyph and tone of a task's status."""


class ShortPayload(dict[str, Any]):
    """A large payload as lists hold it: its texts for a line and for a page, both clean.

    Attributes:
        line_text: The event's text in one line.
        page_text: Its JSON up to `PAYLOAD_SHOWN` characters; the rest is counted.
    """

    __slots__ = ("line_text", "page_text")

    def __init__(self, fields: Mapping[str, Any], *, line_text: str, page_text: str) -> None:
        super().__init__(fields)
        self.line_text, self.page_text = line_text, page_text


def status_run(status: str) -> Run:
    """Return a task's status as glyph and word."""
    glyph, tone = STATUSES.get(status, ("·", ""))
    return f"{glyph} {line(status.lower(), 20)}", tone


def outcome_of(raw: Any) -> tuple[str, str, str]:
    """Return glyph, word and tone of a raw outcome object; its own name where that is unknown."""
    kind = raw.get("type") if isinstance(raw, Mapping) else None
    act = OUTCOMES.get(str(kind))
    return (act.glyph, act.word, act.tone) if act else ("·", line(kind, 40) or "no outcome", "")


def confidence_of(raw: Any) -> str:
    """Return a confidence as `91 %`, empty where there is none."""
    confidence = confidence_value(raw)
    if confidence is None:
        return ""
    return f"{confidence * 100:.0f} %" if 0 <= confidence <= 1 else f"{confidence:g}"


def recommendation_run(recommendation: Any, field_count: int | None) -> Run:
    """Return an agent's recommendation in short: `▲ approve 91 %`, or the number of fields that it asks for."""
    if isinstance(recommendation, Mapping) and "outcome" in recommendation:
        glyph, word, tone = outcome_of(recommendation["outcome"])
        return f"{glyph} {word} {confidence_of(recommendation)}".rstrip(), tone
    if field_count is not None:
        return f"{field_count} field{'s' if field_count != 1 else ''}", "muted"
    return "", ""


def event_type_run(event_type: str) -> Run:
    """Return an event's type as glyph and word."""
    glyph, word, tone = EVENT_WORDS.get(event_type, ("·", line(event_type.lower().replace("_", " "), 30), ""))
    return f"{glyph} {word}", tone


def event_run(event: Event) -> Run:
    """Return what an event is as glyph and word: by its type, and one person's agreement as such."""
    return AGREED if agreed_id(event) is not None else event_type_run(event.event_type)


def event_text(event: Event) -> str:
    """Return an event's text, in one clean line."""
    payload = event.payload
    if isinstance(payload, ShortPayload):
        return payload.line_text
    if event.event_type == "APPROVAL_DECIDED":
        outcome = payload.get("outcome")
        note = outcome.get("note") if isinstance(outcome, Mapping) else None
        return _by(outcome_of(outcome)[1], _subject(payload.get("authority"))) + (f": {line(note)}" if note else "")
    if event.event_type == "ELICITATION_PROVIDED":
        answers = payload.get("answers")
        count = len(answers) if isinstance(answers, Mapping) else 0
        return _by(f"{count} answer{'s' if count != 1 else ''}", _subject(payload.get("answeredBy")))
    if event.event_type == "ASSIGNMENT":
        return f"to {line(payload.get('assigneeId'))}" if payload.get("assigneeId") else "unassigned"
    for key in ("description", "message", "summary", "name", "terminalState", "state"):
        if payload.get(key):
            return line(payload[key]) + _agreed_note(event)
    return ""


def _agreed_note(event: Event) -> str:
    """Return the note of an agreement, clean, to follow its text; empty where it is none, or has none."""
    detail = event.payload.get("detail") if agreed_id(event) is not None else None
    agreement = detail.get("agreement") if isinstance(detail, Mapping) else None
    note = agreement.get("note") if isinstance(agreement, Mapping) else None
    return f": {line(note)}" if note else ""


def reviewer_of(event: Event) -> str:
    """Return the raw name of the person who caused an event, empty where nobody did."""
    if event.subject and event.source == "HUMAN":
        return event.subject
    payload: Mapping[str, Any] = event.payload
    for key in ("authority", "answeredBy"):
        person = payload.get(key)
        if isinstance(person, Mapping):
            return str(person.get("subject") or "")
        if isinstance(person, str):
            return person
    return ""


def decision_facts(payload: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what a decision holds beside its outcome and note, raw, by name: reason code, tags, what it is under.

    Args:
        payload: The payload of its event, one person's agreement in it, or the result that is made of that.
    """
    outcome, authority = payload.get("outcome"), payload.get("authority") or payload.get("authoritySnapshot")
    code = outcome.get("reasonCode") if isinstance(outcome, Mapping) else None
    tags = authority.get("tags") if isinstance(authority, Mapping) else None
    listed = ", ".join(str(tag) for tag in tags[:TAGS_MOST]) if isinstance(tags, list) else ""
    more = f" and {len(tags) - TAGS_MOST} more" if isinstance(tags, list) and len(tags) > TAGS_MOST else ""
    facts = (("reason", str(code or "")), ("tags", listed + more), *_authority_facts(payload))
    return [(name, value) for name, value in facts if value]


def grant_of(payload: Mapping[str, Any]) -> tuple[str, str]:
    """Return the id of the grant that made a decision and who gave it, raw; both empty where a person decided."""
    authority = payload.get("authority") or payload.get("authoritySnapshot")
    if not isinstance(authority, Mapping) or not authority.get("grant"):
        return "", ""
    return str(authority["grant"]), str(authority.get("subject") or "")


def _authority_facts(payload: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what policies and grants have to do with a decision, raw, by name."""
    grant, giver = grant_of(payload)
    agreements, to, sample = (payload.get(key) for key in ("agreements", "escalatedTo", "sampleOf"))
    if grant:
        # not foreign: cleaned where it is drawn
        yield "grant", f"{grant} of {giver}: nobody was asked"
    if isinstance(agreements, list) and agreements:
        yield "agreed", f"{len(agreements)} other {'person' if len(agreements) == 1 else 'people'} before"
    if rule := rule_text(payload):
        yield "rule", rule
    if payload.get("blind"):
        yield "blind", "the recommendation was hidden until the decision"
    if isinstance(to, list):
        yield "sent to", ", ".join(str(tag) for tag in to[:TAGS_MOST])
    if sample:
        # not foreign: cleaned where it is drawn
        yield "sample", f"of the grant {sample}, which asked all the same"


def actor_text(event: Event) -> str:
    """Return an event's source, and its subject where there is one, in clean words."""
    source = line(event.source.lower(), 20)
    subject = event.subject or reviewer_of(event)
    return f"{source} {line(subject, 80)}" if subject else source


def asker_words(requested_by: str, source: str) -> str:
    """Return the asker in clean words: the subject of the API key, and the source."""
    kind = line(source.lower(), 20)
    return f"{line(requested_by, 80)} ({kind})" if requested_by else kind


def transition_text(event: Event) -> str:
    """Return an event's transition between steps, empty where there is none."""
    if event.transition_to is None:
        return ""
    return f"{line(event.transition_from, 80)} → {line(event.transition_to, 80)}".removeprefix(" ")


def answer_text(value: Any) -> str:
    """Return an answer, or an agent's bid for one, in one clean line: a switch is yes or no."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(answer_text(item) for item in value[:50]) or "none"
    return line(value)


def size_words(size: int) -> str:
    """Return a size in bytes as people read it."""
    if size < 1000:
        return f"{size} B"
    return f"{size / 1000:.0f} kB" if size < 1_000_000 else f"{size / 1_000_000:.1f} MB"


def _subject(raw: Any) -> str:
    return line(raw.get("subject"), 80) if isinstance(raw, Mapping) else line(raw, 80)


def _by(action: str, person: str) -> str:
    return f"{action} by {person}" if person else action
