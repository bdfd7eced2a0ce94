"""An event in the words of a timeline's row and of its detail: who did what, to which task, and what was said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from api_client.request_facts import agreed_id
from pumpup_tui.text.firewall import line
from pumpup_tui.text.labels import ShortPayload, event_text, grant_of, reviewer_of, transition_text
from pumpup_tui.text.layout import Run, joined
from pumpup_tui.text.outcomes import ACTS, OUTCOMES

if TYPE_CHECKING:
    from api_client.models import Event
    from pumpup_tui.timeline.lookups import Lookups

_VERBS: Mapping[str, tuple[str, str, str]] = {
    "TASK_CREATED": ("+", "created", "muted"),
    "ACTION": ("·", "did", ""),
    "AGREEMENT": ("▲", "agreed", "approve"),
    "EXCEPTION": ("✗", "failed", "bad"),
    "NOTE": ("¶", "noted", ""),
    "APPROVAL_REQUESTED": ("◌", "requests", "needs"),
    "ELICITATION_REQUESTED": ("◌", "asks", "needs"),
    "REQUEST_WITHDRAWN": ("⊘", "withdrew", "muted"),
    "TIMEOUT": ("◷", "timed out", "warn"),
    "TASK_CLOSED": ("■", "closed", "muted"),
}
"""Glyph, word and tone of what was done, by the type of the event; decisions have their outcome's."""


def who_text(event: Event) -> str:
    """Return who did it, in clean words: a person or an agent by name, else which side it was."""
    subject = event.subject or reviewer_of(event)
    return line(subject or event.source.lower(), 80)


def verb_run(event: Event) -> Run:
    """Return what was done as glyph and word, in its tone."""
    if event.event_type == "APPROVAL_DECIDED":
        outcome = event.payload.get("outcome")
        kind = str(outcome.get("type")) if isinstance(outcome, Mapping) else ""
        act = OUTCOMES.get(kind)
        # The first word says it in a row: "asked for more" has a column of twelve cells.
        return (
            (f"{act.glyph} {act.past.partition(' ')[0]}", act.tone)
            if act
            else (f"· {line(kind.lower(), 20) or 'decided'}", "")
        )
    if event.event_type == "ELICITATION_PROVIDED":
        return ACTS["ANSWER"].past_with_glyph, ACTS["ANSWER"].tone
    if event.event_type == "ASSIGNMENT":
        given = ACTS["ASSIGN"] if event.payload.get("assigneeId") else None
        return (given.past_with_glyph if given else "@ unassigned"), "muted"
    if event.event_type == "ACTION" and event.source == "HUMAN" and event.transition_to is not None:
        return ACTS["MOVE"].past_with_glyph, ACTS["MOVE"].tone
    known = _VERBS.get("AGREEMENT" if agreed_id(event) is not None else event.event_type)
    if known is None:
        return f"· {line(event.event_type.lower().replace('_', ' '), 30)}", ""
    return f"{known[0]} {known[1]}", known[2]


def said_text(event: Event, lookups: Lookups) -> str:
    """Return what else a row says, in one clean line: the step change, what it was about, and the text."""
    about = line(lookups.known_name(event.in_response_to), 300)
    return joined((transition_text(event), about, own_text(event), granted_text(event)))


def granted_text(event: Event) -> str:
    """Return whose grant decided, in clean words; empty where a person did."""
    grant, giver = grant_of(event.payload) if event.event_type == "APPROVAL_DECIDED" else ("", "")
    # cleaned again: foreign, and out of a payload
    return f"{line(giver, 40)}'s grant" if grant else ""


def own_text(event: Event) -> str:
    """Return what was said with an event, in one clean line: a note, a text, whom it was given to."""
    payload = event.payload
    if event.event_type == "APPROVAL_DECIDED":
        outcome = payload.get("outcome")
        note = outcome.get("note") if isinstance(outcome, Mapping) else None
        return f"“{line(note)}”" if note else ""
    if event.event_type == "ELICITATION_PROVIDED" and not isinstance(payload, ShortPayload):
        answers = payload.get("answers")
        count = len(answers) if isinstance(answers, Mapping) else 0
        return f"{count} answer{'s' if count != 1 else ''}"
    if event.event_type == "ASSIGNMENT":
        return f"to {line(payload.get('assigneeId'), 80)}" if payload.get("assigneeId") else ""
    return event_text(event)


def run_text(count: int, tasks: int) -> str:
    """Return the words of a folded run of actions."""
    on = f" on {tasks} tasks" if tasks > 1 else ""
    return f"{count} actions{on}"
