"""Requests, decisions, answers: CONTRACT.md part 3, over memory alone."""

from __future__ import annotations

from typing import Any

import pytest

from api_client.commands import Answer, Decide, RequestApproval, RequestElicitation
from api_client.errors import Conflict, InvalidAnswers, InvalidRequest, NotAllowed, NotFound
from api_client.models import Outcome
from api_client.wire import read
from tests.unit.test_rules_tasks import refused
from tests.unit.world import AGENT, ALICE, BOB, World

FIELDS = [
    {"type": "Text", "id": "where", "label": "Where", "required": True},
    {"type": "Number", "id": "floors", "label": "Floors", "required": False, "integerOnly": True, "min": 1},
]


@pytest.fixture
def world() -> World:
    return World()


def elicitation(task: str, **keys: Any) -> RequestElicitation:
    body = {"projectName": "general", "taskId": task, "summary": "Where?", "fields": FIELDS, **keys}
    return read(RequestElicitation, body)


def decision(request: str, kind: str = "APPROVE", **keys: Any) -> Decide:
    note = keys.pop("note", None)
    return Decide(request_id=request, outcome=read(Outcome, {"type": kind, "note": note}), **keys)


def test_an_open_request_makes_its_task_wait(world: World) -> None:
    """While a request is open its task waits, whatever its kind; once settled the task runs again."""
    task = world.task()
    request = world.approval(task)
    assert world.doc(task)["status"] == "WAITING"
    world.give(decision(request, "REJECT"), ALICE)
    assert world.doc(task)["status"] == "RUNNING"
    (event,) = world.give(elicitation(task))
    assert world.doc(task)["status"] == "WAITING"
    world.give(Answer(request_id=event["id"], answers={"where": "here"}), ALICE)
    assert world.doc(task)["status"] == "RUNNING"


def test_a_second_open_request_is_a_conflict(world: World) -> None:
    """One open request a task, of either kind."""
    task = world.task()
    world.approval(task)
    refused(world, RequestApproval(project_name="general", task_id=task, summary="Again?"), Conflict)
    refused(world, elicitation(task), Conflict)


def test_a_request_names_only_uploads_on_its_task(world: World) -> None:
    """A request that names an upload which isn't attached to the task is refused."""
    command = RequestApproval(project_name="general", task_id=world.task(), summary="?", attachments=("upl_1",))
    refused(world, command, InvalidRequest, "UNKNOWN_UPLOAD")


def test_a_decision_snapshots_its_decider_and_the_recommendation(world: World) -> None:
    """The event says who decided, with which tags, and what the agent had recommended; it moves no step."""
    task = world.task()
    recommendation = {"outcome": {"type": "REJECT"}, "confidence": 0.5, "rationale": "odd"}
    body = {"projectName": "general", "taskId": task, "summary": "?", "recommendation": recommendation}
    (asked,) = world.give(read(RequestApproval, body))
    (event,) = world.give(decision(asked["id"]), ALICE)
    assert event["payload"]["authority"] == {"subject": "alice", "tags": ["claims-lead"]}
    assert event["payload"]["recommendationSnapshot"] == recommendation
    assert event["inResponseTo"] == asked["id"]
    assert (event["source"], "transitionTo" in event) == ("HUMAN", False)


def test_the_second_decision_is_told_who_was_first_and_when(world: World) -> None:
    """A request settles once; the loser's message names the winner and the time."""
    request = world.approval(world.task())
    world.give(decision(request), ALICE)
    words = refused(world, decision(request, "REJECT"), Conflict, actor=BOB)
    assert "alice" in words
    assert "2026-03-02T12:00:00" in words


def test_the_second_answer_is_told_who_was_first(world: World) -> None:
    """An elicitation settles once as well."""
    (asked,) = world.give(elicitation(world.task()))
    world.give(Answer(request_id=asked["id"], answers={"where": "here"}), ALICE)
    words = refused(world, Answer(request_id=asked["id"], answers={"where": "there"}), Conflict, actor=BOB)
    assert "alice" in words


@pytest.mark.parametrize("kind", ["EDIT_AND_APPROVE", "REQUEST_MORE_INFO"])
@pytest.mark.parametrize("note", [None, "", "  \n"])
def test_outcomes_that_ask_for_something_need_a_note(world: World, kind: str, note: str | None) -> None:
    """Without words, an edit or a question is refused; with them it is taken."""
    request = world.approval(world.task())
    refused(world, decision(request, kind, note=note), InvalidRequest, "NOTE_REQUIRED", actor=ALICE)
    world.give(decision(request, kind, note="only 200"), ALICE)


def test_a_decision_on_another_request_than_was_shown_is_refused(world: World) -> None:
    """A decision that carries another hash than the request's is a conflict; with the request's it is taken."""
    request = world.approval(world.task())
    refused(world, decision(request, request_hash="0" * 64), Conflict, actor=ALICE)
    world.give(decision(request, request_hash=world.log[-1]["hash"]), ALICE)


def test_a_decision_is_for_approvals_and_an_answer_for_elicitations(world: World) -> None:
    """Deciding an elicitation, answering an approval, or either on nothing is a 404."""
    request = world.approval(world.task())
    (asked,) = world.give(elicitation(world.task()))
    refused(world, decision(asked["id"]), NotFound, actor=ALICE)
    refused(world, Answer(request_id=request, answers={}), NotFound, actor=ALICE)
    refused(world, decision("evt_00000001ffffffffffff"), NotFound, actor=ALICE)
    refused(world, decision("evt_zzz"), NotFound, actor=ALICE)


def test_only_a_reviewer_settles(world: World) -> None:
    """An agent can't decide or answer its own request."""
    request = world.approval(world.task())
    refused(world, decision(request), NotAllowed, actor=AGENT)


def test_all_faults_of_the_answers_are_told_at_once(world: World) -> None:
    """Each wrong, missing and undeclared answer is named by its field id, and nothing is written."""
    (asked,) = world.give(elicitation(world.task()))
    with pytest.raises(InvalidAnswers) as fault:
        world.give(Answer(request_id=asked["id"], answers={"floors": 0.5, "colour": "red"}), ALICE)
    assert set(fault.value.fields) == {"where", "floors", "colour"}
    assert len(world.log) == 2


def test_answers_are_kept_without_what_was_left_out(world: World) -> None:
    """A null for an optional field counts as left out; 4.0 in a whole-number field is kept as 4."""
    (asked,) = world.give(elicitation(world.task()))
    (event,) = world.give(Answer(request_id=asked["id"], answers={"where": "x", "floors": None}), ALICE)
    assert event["payload"] == {"type": "ElicitationProvided", "answers": {"where": "x"}, "answeredBy": "alice"}
    (asked,) = world.give(elicitation(world.task()))
    (event,) = world.give(Answer(request_id=asked["id"], answers={"where": "x", "floors": 4.0}), ALICE)
    assert repr(event["payload"]["answers"]["floors"]) == "4"


def test_the_open_requests_stand_oldest_first(world: World) -> None:
    """The order of the inbox is the order of asking, without those that are settled."""
    requests = [world.approval(world.task()) for _ in range(4)]
    world.give(decision(requests[1]), ALICE)
    assert [world.state.request_at(seq)["requestId"] for seq in world.state.open_requests.after(0)] == [
        requests[0],
        requests[2],
        requests[3],
    ]
