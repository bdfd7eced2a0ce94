"""The detail of an event: in words first, and all of it as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pumpup_tui.context import Context
from pumpup_tui.text import durations
from pumpup_tui.text.decision_evidence import evidence_of, opened_in, opened_word
from pumpup_tui.text.firewall import INDENT, clean, line
from pumpup_tui.text.json_text import json_bytes, json_text
from pumpup_tui.text.labels import (
    PAYLOAD_SHOWN,
    ShortPayload,
    answer_text,
    decision_facts,
    recommendation_run,
    reviewer_of,
    transition_text,
)
from pumpup_tui.text.layout import Run, fit
from pumpup_tui.text.paragraphs import Paragraph, foreign, led, ours
from pumpup_tui.timeline.event_words import own_text, said_text, verb_run, who_text
from pumpup_tui.timeline.lookups import Lookups

if TYPE_CHECKING:
    from api_client.models import Event

LABEL = 10
"""Cells of a row's label."""
ANSWERS_MOST = 20
"""Answers that are listed; the JSON has all."""
ATTACHMENTS_MOST = 20
"""Attachments that are listed, likewise."""
RUN_MOST = 200
"""Actions of a run that are listed."""


def event_document(
    event: Event, context: Context, lookups: Lookups, since: Sequence[Paragraph] = ()
) -> list[Paragraph]:
    """Return what happened in words: who did what, on which task, about what, and what was said.

    `since` says what came of it, where it is an approval.
    """
    key = context.key
    task = lookups.known_name(event.task_id) or event.task_id
    pairs = (
        ("task", task),
        ("about", lookups.known_name(event.in_response_to)),
        ("moved", transition_text(event)),
        ("said", own_text(event)),
        *decision_facts(evidence_of(event)),
        ("when", durations.full(event.timestamp, context.zone)),
        ("project", context.project_name(event.project_id)),
    )
    lines = [ours(verb_run(event), ("  by ", "muted"), (who_text(event), "strong")), ours()]
    lines += [_row(name, value) for name, value in pairs if value]
    lines += [*_suggested(event), *_answers(event), *_attachments(event, lookups), *since, ours()]
    past = f" · {key('past.show')} the task as it was then" if context.can("history") else ""
    return [*lines, ours((f"{key('timeline.open')} opens the task{past} · {key('timeline.json')} JSON", "muted"))]


def run_document(events: Sequence[Event], context: Context, lookups: Lookups) -> list[Paragraph]:
    """Return an agent's run of actions in words, one after the other."""
    if not events:
        return []
    title = (f"{len(events)} actions", ""), ("  by ", "muted"), (who_text(events[0]), "strong")
    lines = [ours(*title), ours()]
    for event in events[:RUN_MOST]:
        when = context.there(event.timestamp).strftime("%H:%M")
        name = line(lookups.known_name(event.task_id), 40)
        lines.append(
            led([(f"{when}  ", "muted")], (f"{name}  " if name else "", "muted"), (said_text(event, lookups), ""))
        )
    if len(events) > RUN_MOST:
        lines.append(ours((f"… and {len(events) - RUN_MOST} more", "muted")))
    return [*lines, ours(), ours((f"{context.key('timeline.fold')} opens the run in the list", "muted"))]


def json_document(event: Event, context: Context, hidden: str = "") -> list[Paragraph]:
    """Return all of an event as it is recorded: its place, what it answers, and its payload.

    Args:
        event: The event.
        context: What all screens share.
        hidden: What stands in place of the recommendation; empty where it may be shown.
    """
    pairs = (
        ("event", event.id),
        ("type", event.event_type),
        ("time", durations.full(event.timestamp, context.zone)),
        ("source", event.source.lower()),
        ("by", event.subject or reviewer_of(event)),
        ("step owner", event.owner.lower()),
        ("moved", transition_text(event)),
        ("project", event.project_id),
        ("task", event.task_id),
        ("answers", event.in_response_to),
        ("trace", event.external_trace_id),
        ("sequence", event.seq),
        ("hash", event.hash),
    )
    lines = [_row(name, value) for name, value in pairs if value not in (None, "")]
    lines += [ours(), ours(("Payload", "muted"))]
    payload = event.payload
    if hidden and isinstance(payload, ShortPayload):  # its text is one, and what it would reveal can't be found in it
        return [*lines, ours((f"the payload is {hidden}", "muted"))]
    if hidden and "recommendation" in payload:
        lines.append(ours((f"recommendation: {hidden}", "muted")))
        payload = {key: value for key, value in payload.items() if key != "recommendation"}
    return [*lines, *(foreign((part, "")) for part in payload_text(payload).split("\n"))]


def _row(name: str, value: object, tone: str = "") -> Paragraph:
    # not foreign: our own name of a row
    return led([(fit(name, LABEL) + "  ", "muted")], (line(value), tone))


def _suggested(event: Event) -> list[Paragraph]:
    """Return what the agent had suggested, where a decision holds it."""
    snapshot = event.payload.get("recommendationSnapshot")
    if not isinstance(snapshot, Mapping):
        return []
    run: Run = recommendation_run(snapshot, None)
    rationale = snapshot.get("rationale")
    lines = [ours((fit("suggested", LABEL) + "  ", "muted"), run)]
    return [*lines, _row("rationale", rationale)] if rationale else lines


def _answers(event: Event) -> list[Paragraph]:
    answers = event.payload.get("answers")
    if not isinstance(answers, Mapping):
        return []
    rows = [
        _row("answer", f"{line(name, 80)}: {answer_text(value)}")
        for name, value in list(answers.items())[:ANSWERS_MOST]
    ]
    more = len(answers) - ANSWERS_MOST
    return [*rows, ours((f"… and {more} more", "muted"))] if more > 0 else rows


def _attachments(event: Event, lookups: Lookups) -> list[Paragraph]:
    """Return which of the request's attachments were opened before it was decided, as far as the record says it."""
    opened = opened_in(evidence_of(event))
    if opened is None:
        return []
    labels = lookups.known_attachments(event.in_response_to)
    rows = [
        # cleaned again: cut, for what follows must stay in view
        _row("attached", f"{line(label, 200)}: {opened_word(upload_id, opened)}")
        for upload_id, label in list(labels.items())[:ATTACHMENTS_MOST]
    ]
    if not rows:
        return [_row("opened", f"{len(opened)} of its attachments")]
    more = len(labels) - ATTACHMENTS_MOST
    return [*rows, ours((f"… and {more} more", "muted"))] if more > 0 else rows


def payload_text(payload: dict[str, Any]) -> str:
    """Return a payload as JSON in clean words, up to `PAYLOAD_SHOWN` characters; the rest is counted."""
    if isinstance(payload, ShortPayload):
        # cleaned again: where it was truncated
        return clean(payload.page_text, limit=len(payload.page_text), padding=INDENT)
    return clean(json_text(json_bytes(payload)), limit=PAYLOAD_SHOWN, padding=INDENT)
