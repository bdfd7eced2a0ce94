"""Requests, decisions, answers: CONTRACT.md part 3, over memory alone."""

from __future__ import annotations

from typing import Any

import pytest

from api_client.commands import Answer, Decide, ReceiveUpload, RecordAction, RequestApproval, RequestElicitation
from api_client.errors import Conflict, InvalidAnswers, InvalidRequest, NotAllowed, NotFound
from api_client.models import Attachment, Outcome
from api_client.wire import read
from store.core.chain import link_all
from store.core.fold import open_requests
from store.core.ruling import Content
from tests.support.actors import AGENT, ALICE, BOB
from tests.support.rules_world import World
from tests.unit.test_rules_tasks import refused

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


def test_a_task_waits_until_its_last_open_request_is_settled(world: World) -> None:
    """Several are open at once, oldest first; one that is settled leaves the others as they are."""
    task = world.task()
    first, second = world.approval(task), world.approval(task)
    (third,) = world.give(elicitation(task))
    assert open_requests(world.doc(task)) == [first, second, third["id"]]
    world.give(decision(second, "REJECT"), ALICE)
    assert open_requests(world.doc(task)) == [first, third["id"]]
    world.give(Answer(request_id=third["id"], answers={"where": "here"}), ALICE)
    assert (open_requests(world.doc(task)), world.doc(task)["status"]) == ([first], "WAITING")
    words = refused(world, decision(second), Conflict, actor=BOB)
    assert "alice" in words
    world.give(decision(first), ALICE)
    assert (open_requests(world.doc(task)), world.doc(task)["status"]) == ([], "RUNNING")


def test_a_hundred_requests_may_be_open_on_a_task(world: World) -> None:
    """One more is a conflict, of either kind, on that task alone; where one is settled there is room again."""
    task = world.task()
    requests = [world.approval(task) for _ in range(100)]
    refused(world, RequestApproval(project_name="general", task_id=task, summary="Again?"), Conflict)
    refused(world, elicitation(task), Conflict)
    world.approval(world.task())
    world.give(decision(requests[50]), ALICE)
    world.give(elicitation(task))
    refused(world, elicitation(task), Conflict)


def test_a_request_names_only_uploads_on_its_task(world: World) -> None:
    """A request that names an upload which isn't attached to the task is refused."""
    command = RequestApproval(project_name="general", task_id=world.task(), summary="?", attachments=("upl_1",))
    refused(world, command, InvalidRequest, "UNKNOWN_UPLOAD")


def attach(world: World, task: str, *labels: tuple[str, str]) -> None:
    added = tuple(Attachment(upload_id=upload, label=label) for upload, label in labels)
    world.give(RecordAction(project_name="general", task_id=task, description="attached", add_attachments=added))


def uploads(world: World, *contents: str) -> list[str]:
    """Return the ids of uploads, each with its SHA-256."""
    made = (world.give(ReceiveUpload(file_name="a"), content=Content(sha256, 1)) for sha256 in contents)
    return [event["payload"]["id"] for (event,) in made]


def test_a_request_snapshots_its_attachments(world: World) -> None:
    """Label and content hash stand in the request as they were; a later relabelling shows in later requests alone."""
    task, (one, two, other) = world.task(), uploads(world, "a" * 64, "b" * 64, "c" * 64)
    attach(world, task, (one, "invoice"), (two, "photo"), (other, "not asked about"))
    asks = RequestApproval(project_name="general", task_id=task, summary="Pay?", attachments=(two, one, two))
    (first,) = world.give(asks)
    assert first["payload"]["attachmentSnapshots"] == [
        {"uploadId": two, "label": "photo", "sha256": "b" * 64},
        {"uploadId": one, "label": "invoice", "sha256": "a" * 64},
    ]
    attach(world, task, (one, "reminder"))
    (second,) = world.give(asks)
    assert [shown["label"] for shown in second["payload"]["attachmentSnapshots"]] == ["photo", "reminder"]
    found = world.find(first["id"]) or {}
    assert [shown["label"] for shown in found["payload"]["attachmentSnapshots"]] == ["photo", "invoice"]


def test_an_elicitation_snapshots_its_attachments_too(world: World) -> None:
    """Both kinds of request say what they showed; the snapshots are part of what the request's hash is over."""
    task, (one,) = world.task(), uploads(world, "a" * 64)
    attach(world, task, (one, "form"))
    (asked,) = world.give(elicitation(task, attachments=[one]))
    assert asked["payload"]["attachmentSnapshots"] == [{"uploadId": one, "label": "form", "sha256": "a" * 64}]
    payload = {**asked["payload"], "attachmentSnapshots": [{"uploadId": one, "label": "other", "sha256": "a" * 64}]}
    unhashed = {key: value for key, value in asked.items() if key != "hash"}
    (same,), (changed,) = (
        link_all(world.log[-2]["hash"], [{**unhashed, "payload": one}]).events for one in (asked["payload"], payload)
    )
    assert (same["hash"], changed["hash"] == asked["hash"]) == (asked["hash"], False)


@pytest.mark.parametrize("attachments", [None, ()])
def test_a_request_without_attachments_says_nothing_of_them(world: World, attachments: tuple[str, ...] | None) -> None:
    """Nothing is added to the record of a request that shows no attachment."""
    asks = RequestApproval(project_name="general", task_id=world.task(), summary="Pay?", attachments=attachments)
    (event,) = world.give(asks)
    assert "attachmentSnapshots" not in event["payload"]


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


def test_a_settlement_records_what_its_reviewer_was_shown(world: World) -> None:
    """A decision and an answer keep the hash of the request that was on the screen, and none where none was given."""
    task = world.task()
    for is_shown in (True, False):
        request = world.approval(task)
        shown = world.log[-1]["hash"] if is_shown else None
        (decided,) = world.give(Decide(request_id=request, outcome=Outcome(type="REJECT"), request_hash=shown), ALICE)
        (asked,) = world.give(elicitation(task))
        shown_form = asked["hash"] if is_shown else None
        answer = Answer(request_id=asked["id"], answers={"where": "x"}, request_hash=shown_form)
        (answered,) = world.give(answer, ALICE)
        told = [one["payload"].get("requestHash", "absent") for one in (decided, answered)]
        assert told == ([shown, shown_form] if is_shown else ["absent", "absent"])


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
