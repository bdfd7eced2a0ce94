"""Promise and deed: which actions belong to which approval, against an oracle that looks at each pair by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from api_client.deed_rule import TrailEvent, deed_state, deeds_of, trail_event, trail_of
from api_client.deeds import DEED_TEXT, DEEDS_SHOWN
from api_client.models import Event

TRACES = ("t", "t", "t", "u", "r0", "d1", "", None)
NAMES = ("r0", "r1", "r2", "d0", "d1", "d2", "t", "u", "", None)
OUTCOMES = ("APPROVE", "EDIT_AND_APPROVE", "REJECT", "ESCALATE", "REQUEST_MORE_INFO")
SAID_YES, SAID_NO = ("APPROVE", "EDIT_AND_APPROVE"), ("REJECT",)
BEGAN = datetime(2026, 3, 2, tzinfo=UTC)


def _event(at: int, event_id: str, event_type: str, source: str = "AGENT", **keys: object) -> Event:
    payload = keys.pop("payload", {"description": f"did {event_id}"})
    return Event(
        id=event_id,
        task_id="tsk",
        project_id="prj",
        event_type=event_type,
        source=source,
        owner="AGENT",
        timestamp=BEGAN + timedelta(seconds=at),
        payload=payload,  # type: ignore[arg-type]
        **keys,  # type: ignore[arg-type]
    )


@st.composite
def _tasks(draw: st.DrawFn) -> list[Event]:
    """Return a task on which up to three approvals are asked, decided and acted on, in any order that can be."""
    asked = [
        _event(n, f"r{n}", "APPROVAL_REQUESTED", external_trace_id=draw(st.sampled_from(TRACES)), payload={})
        for n in range(draw(st.integers(2, 3)))
    ]
    events: list[Event] = list(asked)
    left: list[int] = list(draw(st.permutations(range(len(asked)))))
    for at in range(10, 10 + draw(st.integers(3, 9))):
        is_decision = draw(st.booleans())
        if left and is_decision:
            n = left.pop()
            outcome = {"outcome": {"type": draw(st.sampled_from(OUTCOMES))}}
            decided = _event(at, f"d{n}", "APPROVAL_DECIDED", "HUMAN", in_response_to=f"r{n}", payload=outcome)
            events.append(decided)
        else:
            source = draw(st.sampled_from(("AGENT", "AGENT", "HUMAN")))
            names, trace = draw(st.sampled_from((None,) * 9 + NAMES[:6])), draw(st.sampled_from(TRACES + NAMES[:6]))
            action = _event(at, f"a{at}", "ACTION", source, in_response_to=names, external_trace_id=trace)
            events.append(action)
    return events


def _belongs(action: Event, decision: Event, events: list[Event]) -> bool:
    """Return whether an action is a deed of a decision, as the page of the rule says it."""
    request = {event.id: event for event in events}
    own = (decision.id, decision.in_response_to)
    if action.event_type != "ACTION" or action.source != "AGENT" or action.timestamp <= decision.timestamp:
        return False
    if action.in_response_to in own or action.external_trace_id in own:
        return True
    trace = request[decision.in_response_to or ""].external_trace_id
    if not trace or action.external_trace_id != trace or action.in_response_to is not None:
        return False
    words = [
        event
        for event in events
        if event.event_type == "APPROVAL_DECIDED"
        and decision.timestamp < event.timestamp < action.timestamp
        and event.payload["outcome"]["type"] in SAID_YES + SAID_NO
        and request[event.in_response_to or ""].external_trace_id == trace
    ]
    return not words


@given(_tasks())
def test_the_rule_is_that_of_the_oracle(events: list[Event]) -> None:
    """Deeds, the other actions and the state of every decision, from whole events as from their JSON."""
    texts = {event.id: event.wire_bytes() for event in events}
    trail = trail_of(events)
    assert trail == [
        made for event in events if (made := trail_event(texts[event.id], texts.get)) is not None and event.id[0] != "r"
    ]
    for decision in (event for event in events if event.event_type == "APPROVAL_DECIDED"):
        at = next(at for at, event in enumerate(trail) if event.id == decision.id)
        later = [event for event in events if event.timestamp > decision.timestamp]
        acts = [event for event in later if event.event_type == "ACTION" and event.source == "AGENT"]
        wanted = [action for action in acts if _belongs(action, decision, events)]
        deeds = deeds_of(trail[at], trail[at + 1 :], texts.__getitem__)
        assert [deed.event_id for deed in deeds.items] == [action.id for action in wanted]
        assert (deeds.count, deeds.others) == (len(wanted), len(acts) - len(wanted))
        assert deeds.state == deed_state(trail[at], trail[at + 1 :]) == _state(decision, bool(wanted), bool(acts))


def _state(decision: Event, is_done: bool, has_acts: bool) -> str:
    outcome = decision.payload["outcome"]["type"]
    if outcome in SAID_NO:
        return "AFTER_DENIAL" if is_done else "NOTHING_PROMISED"
    if outcome not in SAID_YES:
        return "NOTHING_PROMISED"
    return "DONE" if is_done else "UNLINKED" if has_acts else "NONE"


def test_what_is_long_is_cut_and_counted() -> None:
    """The first deeds are listed and all counted; a long text is cut; where more may come nothing is called undone."""
    outcome = {"outcome": {"type": "APPROVE"}}
    decided = _event(1, "d0", "APPROVAL_DECIDED", "HUMAN", in_response_to="r0", payload=outcome)
    acts = [
        _event(at, f"a{at}", "ACTION", external_trace_id="r0", subject="bot", payload={"description": "x" * 900})
        for at in range(2, 40)
    ]
    trail = trail_of([decided, *acts])
    texts = {event.id: event.wire_bytes() for event in acts}
    deeds = deeds_of(trail[0], trail[1:], texts.__getitem__, more=True)
    assert (len(deeds.items), deeds.count, deeds.more, deeds.items[0].by) == (DEEDS_SHOWN, 38, True, "bot")
    assert deeds.items[0].text == "x" * DEED_TEXT + "…"
    assert deed_state(trail[0], [], more=True) == "UNLINKED"
    assert deed_state(trail[0], []) == "NONE"


def test_long_trace_ids_are_told_apart_and_take_little_room() -> None:
    """An agent may send any text: two that differ in their last letter are two."""
    long = "x" * 60_000
    request = _event(0, "r0", "APPROVAL_REQUESTED", external_trace_id=f"{long}a", payload={})
    outcome = {"outcome": {"type": "APPROVE"}}
    decided = _event(1, "d0", "APPROVAL_DECIDED", "HUMAN", in_response_to="r0", payload=outcome)
    for end, state in (("a", "DONE"), ("b", "UNLINKED")):
        act = _event(2, "a2", "ACTION", external_trace_id=f"{long}{end}")
        whole = trail_of([request, decided, act])
        read = [trail_event(event.wire_bytes(), lambda _: request.wire_bytes()) for event in (decided, act)]
        assert whole == read
        assert deed_state(whole[0], whole[1:]) == state
        assert all(len(event.trace or "") < 100 for event in whole)


def test_events_of_no_known_shape_count_nowhere() -> None:
    """JSON that is no event, of another type, or without an outcome."""
    for text in (b"", b"[]", b'{"id":1}', b'{"id":"e","eventType":"NOTE","source":"AGENT","payload":{}}'):
        assert trail_event(text, lambda _: None) is None


def test_a_second_decision_on_a_request_takes_no_deed_from_the_first() -> None:
    """An older record may hold one, which changed nothing."""
    first, second = (TrailEvent(f"d{n}", "r0", "t", "APPROVE") for n in range(2))
    assert deed_state(first, [second, TrailEvent("a", trace="t")]) == "DONE"


def test_a_decision_that_names_no_request_takes_no_action_that_names_nothing() -> None:
    """What names nothing refers to nothing, also where a record of another program has such a decision."""
    action = TrailEvent("a")
    assert deed_state(TrailEvent("d", None, None, "APPROVE"), [action]) == "UNLINKED"
    assert deed_state(TrailEvent("d", None, None, "REJECT"), [action]) == "NOTHING_PROMISED"
