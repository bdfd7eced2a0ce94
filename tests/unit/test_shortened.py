"""What lists hold of large events, cards and open requests, and that it is shown as before."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from api_client.models import Card, Event, InboxItem, Page
from api_client.request_facts import confidence_value
from api_client.wire import read
from pumpup_tui.text.labels import event_text, recommendation_run, reviewer_of
from pumpup_tui.text.truncation import short_card_page, short_event_page, short_item_page
from pumpup_tui.timeline.event_detail import payload_text

LONG: dict[str, Any] = {
    "rows": [{"id": n, "name": f"réf {n}\x1b", "sure": 0.5, "none": None, "empty": []} for n in range(2_000)]
}
LARGE: list[tuple[str, dict[str, Any]]] = [
    ("ACTION", {"description": "did it", "detail": LONG}),
    ("ACTION", {"description": "x" * 50_000}),
    ("NOTE", {"message": "one\ntwo\x1b " * 9_000}),
    ("APPROVAL_DECIDED", {"outcome": {"type": "APPROVE", "note": "n" * 9_000}, "authority": {"subject": "bob"}}),
    ("NOTE", {"message": "half a pair \ud800 " * 9_000, "more": "\udc80"}),
    ("ACTION", {"description": "did it", "detail": json.loads('{"a":' * 900 + "1" + "}" * 900)}),
    ("ELICITATION_PROVIDED", {"answers": {"a": "x" * 9_000, "b": 1}, "answeredBy": "maria"}),
]


def _event(kind: str, payload: dict[str, Any]) -> Event:
    raw = {"id": "e", "taskId": "t", "projectId": "p", "eventType": kind, "source": "AGENT", "owner": "AGENT"}
    return read(Event, {**raw, "timestamp": "2026-01-01T00:00:00Z", "payload": payload})


@pytest.mark.parametrize(("kind", "payload"), LARGE)
def test_a_large_event_is_shown_as_it_was(kind: str, payload: dict[str, Any]) -> None:
    """The line, the name and the payload beside the list are the same words, out of far less."""
    event = _event(kind, payload)
    (short,) = short_event_page(Page(items=(event,))).items
    assert len(str(dict(short.payload))) < 2_000
    assert event_text(short) == event_text(event)
    assert reviewer_of(short) == reviewer_of(event)
    assert payload_text(short.payload) == payload_text(event.payload)


def test_a_small_event_is_held_as_it_is() -> None:
    """An event of an ordinary size is not touched."""
    event = _event("ACTION", {"description": "did it", "detail": {"a": 1}})
    assert short_event_page(Page(items=(event,))).items[0] is event


def test_a_card_is_held_without_its_metadata() -> None:
    """A board's card loses its metadata and nothing else."""
    raw = {"id": "t", "projectId": "p", "name": "n", "currentStep": "s", "status": "RUNNING", "externalId": "x"}
    page = Page(items=(read(Card, {**raw, "metadata": LONG}),))
    assert short_card_page(page).items == (read(Card, {**raw, "metadata": {}}),)


def test_a_large_recommendation_is_held_as_the_inbox_shows_it() -> None:
    """An open request keeps what its line says and how sure the agent is."""
    offer = {"outcome": {"type": "EDIT_AND_APPROVE", "edits": LONG}, "confidence": 0.9, "rationale": "y" * 9_000}
    raw = {"requestId": "r", "eventType": "APPROVAL_REQUESTED", "summary": "s", "requestedAt": "2026-01-01T00:00:00Z"}
    place = {"taskId": "t", "taskName": "t", "projectId": "p", "projectName": "p", "step": "s"}
    item = read(InboxItem, {**raw, **place, "recommendation": offer})
    (short,) = short_item_page(Page(items=(item,))).items
    assert len(str(short.recommendation)) < 2_000
    assert recommendation_run(short.recommendation, None) == recommendation_run(offer, None)
    assert confidence_value(short.recommendation) == 0.9


@pytest.fixture
def shallow_stack() -> Iterator[None]:
    """Leave too little stack for what a reader took with more."""
    was = sys.getrecursionlimit()
    yield
    sys.setrecursionlimit(was)


@pytest.mark.usefixtures("shallow_stack")
@pytest.mark.parametrize("more", ["", "\ud800"])
def test_what_is_nested_too_deeply_is_said_to_be(more: str) -> None:
    """A payload that is nested as deeply as its reader takes stops no screen, with half a surrogate pair in it too."""
    event = _event("ACTION", {"description": "did it", "more": more, "detail": json.loads("[" * 900 + "]" * 900)})
    sys.setrecursionlimit(400)
    (short,) = short_event_page(Page(items=(event,))).items
    assert event_text(short) == "did it"
    assert "nested too deeply" in payload_text(event.payload)
