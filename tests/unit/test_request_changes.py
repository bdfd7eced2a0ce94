"""Changes between two requests, and the decision after which one asks again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from api_client.models import Event
from pumpup_tui.decisions.request_changes import (
    AskedRequest,
    arrivals,
    changes_between,
    note_words,
    refusal_before,
    unmet_words,
)

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
WORDS = st.text(max_size=8)
PAIRS = st.dictionaries(WORDS, WORDS, max_size=5)
ASKED = st.builds(
    AskedRequest,
    summary=WORDS,
    asker=WORDS,
    recommended=st.sampled_from(("", "APPROVE", "REJECT")),
    confidence=st.none() | st.floats(0, 1),
    rationale=WORDS,
    context=PAIRS,
    attachments=PAIRS,
)


def asked(**more: Any) -> AskedRequest:
    given_: dict[str, Any] = {
        "summary": "Refund $240",
        "asker": "bot",
        "recommended": "REJECT",
        "confidence": 0.62,
        "rationale": "No receipt",
        "context": {"Amount": "$240"},
        "attachments": {},
    }
    return AskedRequest(**(given_ | more))


@given(ASKED, ASKED)
def test_the_changes_lead_from_one_request_to_the_other_and_back(before: AskedRequest, after: AskedRequest) -> None:
    """Applied to the earlier context they give the present one; turned around they are the way back; alike has none."""
    assert changes_between(before, before) == []
    changes = changes_between(before, after)
    context = dict(before.context)
    for change in changes:
        if change.kind == "context" and change.after is None:
            del context[change.name]
        elif change.kind == "context":
            context[change.name] = change.after or ""
    assert context == after.context
    added = {one.after for one in changes if one.kind == "attachment" and one.after is not None}
    assert added == set(after.attachments) - set(before.attachments), "another label of an upload is no new one"
    back = {(one.kind, one.name, one.before, one.after) for one in changes_between(after, before)}
    assert {(one.kind, one.name, one.after, one.before) for one in changes} == back


def test_what_arrived_is_named_with_the_words_of_the_note() -> None:
    """A new key or attachment that a word of the note names is tied to it; other words are said to be missing."""
    note = "Please add the tracking number, photos, and the customer's signature"
    after = asked(context={"Amount": "$180", "Tracking": "1Z999"}, attachments={"upl_1": "photo-front.jpg"})
    changes = changes_between(asked(), after)
    arrived = {one.change.name: list(one.words) for one in arrivals(note, changes)}
    assert arrived == {"Amount": [], "Tracking": ["tracking"], "photo-front.jpg": ["photos"]}
    assert unmet_words(note, changes) == ["number", "customer", "signature"]


def test_words_that_were_there_before_have_not_arrived() -> None:
    """A text that already said it does not answer the note by saying it again."""
    changes = changes_between(asked(rationale="No receipt"), asked(rationale="Still no receipt, paid in cash"))
    assert unmet_words("the receipt, or cash", changes) == ["receipt"]


def test_nothing_arrives_with_the_same_request() -> None:
    """Asked again unchanged, no word of the note is met."""
    assert arrivals("the receipt", []) == []
    assert unmet_words("the receipt", []) == ["receipt"]


@given(st.text())
def test_a_notes_words_are_its_own(note: str) -> None:
    """Only words of the note are looked for, each once."""
    words = note_words(note)
    assert len(set(words)) == len(words)
    assert all(word in note.casefold() or word.casefold() in note.casefold() for word in words)


class Task:
    """Events of one task, a minute apart."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def ask(self, name: str) -> None:
        self._add(name, "APPROVAL_REQUESTED", {"summary": name})

    def decide(self, name: str, outcome: str, note: str = "") -> None:
        payload = {"outcome": {"type": outcome, "note": note}, "authority": {"subject": "maria"}}
        self._add(f"decided {name} {len(self.events)}", "APPROVAL_DECIDED", payload, name)

    def _add(self, name: str, kind: str, payload: dict[str, Any], answers: str | None = None) -> None:
        at = NOON + timedelta(minutes=len(self.events))
        event = Event(
            id=name,
            task_id="tsk_1",
            project_id="prj_1",
            event_type=kind,
            source="AGENT",
            owner="AGENT",
            timestamp=at,
            payload=payload,
            in_response_to=answers,
        )
        self.events.insert(0, event)


def test_the_decision_before_is_that_on_the_latest_request() -> None:
    """After "ask for more", then a denial, the third request asks again after the denial."""
    task = Task()
    task.ask("one")
    task.decide("one", "REQUEST_MORE_INFO", "the receipt")
    task.ask("two")
    task.decide("two", "REJECT", "too late")
    task.ask("three")
    refusal = refusal_before(task.events, "three")
    assert refusal is not None
    assert (refusal.request_id, refusal.kind, refusal.note, refusal.by_whom) == ("two", "REJECT", "too late", "maria")
    earlier = refusal_before(task.events, "two")
    assert earlier is not None
    assert earlier.request_id == "one", "what came after it does not count"
    assert refusal_before(task.events, "one") is None


def test_an_approval_beside_it_is_no_answer() -> None:
    """A request that stood open beside it and was approved leaves the refusal to be followed up."""
    task = Task()
    task.ask("one")
    task.ask("beside")
    task.decide("one", "REQUEST_MORE_INFO", "the receipt")
    task.decide("beside", "APPROVE")
    task.ask("again")
    refusal = refusal_before(task.events, "again")
    assert refusal is not None
    assert refusal.request_id == "one"


def test_once_approved_the_next_request_is_a_new_one() -> None:
    """What was asked for came, and was approved: the request after that asks for something else."""
    task = Task()
    task.ask("one")
    task.decide("one", "REQUEST_MORE_INFO", "the receipt")
    task.ask("two")
    task.decide("two", "APPROVE")
    task.ask("three")
    assert refusal_before(task.events, "three") is None
