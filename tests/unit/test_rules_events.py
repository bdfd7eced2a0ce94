"""Each command's event as the contract's table has it, whole, and what it makes of the documents."""

from __future__ import annotations

from typing import Any

import pytest

from api_client.commands import (
    AddNote,
    Answer,
    Assign,
    Comment,
    CreateProject,
    CreateTask,
    Decide,
    FireTimeout,
    Move,
    RaiseException,
    ReceiveUpload,
    RecordAction,
    RequestApproval,
    RequestElicitation,
)
from api_client.errors import Conflict, InvalidRequest, NotAllowed, NotFound
from api_client.models import ApprovalRecommendation, Attachment, MetadataPatch, Outcome
from api_client.wire import read
from store.core.fold import GENERAL
from store.core.ruling import Content
from tests.support.actors import AGENT, ALICE, BOB, PLATFORM
from tests.support.rules_world import CLAIMS, World
from tests.unit.test_rules_requests import FIELDS, elicitation
from tests.unit.test_rules_tasks import refused

AT = "2026-03-02T12:00:00.000000Z"


@pytest.fixture
def world() -> World:
    return World()


def event(made: dict[str, Any]) -> dict[str, Any]:
    """Return an event without what is its own: id and hash."""
    assert made["id"].startswith(f"evt_{made['seq']:08x}")
    return {key: value for key, value in made.items() if key not in ("id", "hash")}


def expected(seq: int, kind: str, payload: dict[str, Any], *, actor: Any = AGENT, **keys: Any) -> dict[str, Any]:
    """Return what an event of this kind holds, but for its id and hash."""
    source = {"agent": "AGENT", "reviewer": "HUMAN", "platform": "PLATFORM"}[actor.role]
    whole = {"seq": seq, "eventType": kind, "timestamp": AT, "source": source, "subject": actor.subject, **keys}
    return {**whole, "payload": payload}


def upload(world: World, name: str = "a.pdf") -> str:
    """Take a file in; return its id."""
    command = ReceiveUpload(file_name=name, content_type="application/pdf")
    return str(world.give(command, content=Content("ab" * 32, 7))[0]["payload"]["id"])


def test_a_project_and_an_upload_are_entries_of_the_chain(world: World) -> None:
    """Both stand on no task's timeline, hold all that was declared, and make a document of it."""
    (made,) = world.give(CreateProject(name="Claims", steps=CLAIMS), ALICE)
    payload: dict[str, Any] = {
        "type": "ProjectCreated",
        "name": "Claims",
        "projectName": "claims",
        "steps": CLAIMS.wire(),
    }
    project = made["projectId"]
    assert event(made) == expected(1, "PROJECT_CREATED", payload, actor=ALICE, projectId=project)
    assert project.startswith("prj_")
    doc = {"id": project, "no": 2, "name": "Claims", "projectName": "claims", "steps": CLAIMS.wire()}
    assert world.state.get("projects", project) == doc
    assert world.state.get("projects", "prj_general") == GENERAL
    command = ReceiveUpload(file_name="a.pdf", content_type="application/pdf")
    (made,) = world.give(command, content=Content("ab" * 32, 7))
    kept = {"id": made["payload"]["id"], "fileName": "a.pdf", "contentType": "application/pdf", "size": 7}
    kept["sha256"] = "ab" * 32
    assert event(made) == expected(2, "UPLOAD_RECEIVED", {"type": "UploadReceived", **kept})
    assert kept["id"].startswith("upl_")
    assert world.state.get("uploads", kept["id"]) == {**kept, "receivedAt": AT, "subject": "agent-1"}
    assert "content" in refused(world, command, InvalidRequest)


def test_a_task_is_created_with_what_it_was_given(world: World) -> None:
    """The event names the initial step, its owner and the metadata; the document begins there."""
    project = world.project()
    patch = MetadataPatch(set={"a": 1, "b": 2}, set_once={"a": 9, "c": 3}, unset=("b",))
    (made,) = world.give(CreateTask(project_name="claims", name="C-1", external_id="x", metadata_patch=patch))
    payload: dict[str, Any] = {
        "type": "TaskCreated",
        "name": "C-1",
        "initialState": "intake",
        "metadataPatch": patch.wire(),
    }
    payload["externalId"] = "x"
    task = made["taskId"]
    assert task.startswith("tsk_")
    assert event(made) == expected(2, "TASK_CREATED", payload, taskId=task, projectId=project, owner="AGENT")
    assert world.doc(task) == {
        "id": task,
        "no": 1,
        "projectId": project,
        "name": "C-1",
        "currentStep": "intake",
        "status": "RUNNING",
        "metadata": {"a": 1, "c": 3},
        "attachments": [],
        "stepEnteredAt": AT,
        "stepSeq": 2,
        "lastAt": AT,
        "externalId": "x",
    }
    (plain,) = world.give(CreateTask(project_name="claims", name="C-2"))
    assert (plain["payload"]["metadataPatch"], world.doc(plain["taskId"])["no"]) == ({}, 2)
    assert "externalId" not in plain["payload"]
    assert "externalId" not in world.doc(plain["taskId"])


def test_an_action_holds_all_that_it_did(world: World) -> None:
    """Description, detail, patch, attachments, trace and the step that it enters; the task is then in that step."""
    project = world.project()
    task = world.task("claims")
    file = upload(world)
    world.clock.advance(seconds=5)
    patch = MetadataPatch(set={"amount": 3})
    added = (Attachment(upload_id=file, label="A"),)
    command = RecordAction(
        project_name="claims",
        task_id=task,
        external_trace_id="t-1",
        description="did it",
        detail={"k": [1]},
        metadata_patch=patch,
        transitions_to="review",
        add_attachments=added,
    )
    (made,) = world.give(command)
    payload: dict[str, Any] = {
        "type": "Action",
        "description": "did it",
        "detail": {"k": [1]},
        "metadataPatch": patch.wire(),
    }
    payload["addAttachments"] = [{"uploadId": file, "label": "A"}]
    keys = {"taskId": task, "projectId": project, "owner": "AGENT", "externalTraceId": "t-1"}
    moved = {"transitionFrom": "intake", "transitionTo": "review"}
    later = "2026-03-02T12:00:05.000000Z"
    assert event(made) == {**expected(4, "ACTION", payload, **keys, **moved), "timestamp": later}
    doc = world.doc(task)
    assert (doc["metadata"], doc["attachments"]) == ({"amount": 3}, [{"uploadId": file, "label": "A"}])
    assert (doc["currentStep"], doc["stepSeq"], doc["timedOut"]) == ("review", 4, False)
    assert doc["stepEnteredAt"] == doc["lastAt"] == later
    (made,) = world.give(RecordAction(project_name="claims", task_id=task, description="d"))
    payload = {"type": "Action", "description": "d", "metadataPatch": {}}
    keys = {"taskId": task, "projectId": project, "owner": "HUMAN"}
    assert event(made) == {**expected(5, "ACTION", payload, **keys), "timestamp": later}
    assert world.doc(task) == doc


def test_exceptions_and_notes_are_told_as_they_were_written(world: World) -> None:
    """Message, detail and trace stand in the event; a note and an exception without a step move nothing."""
    project = world.project()
    task = world.task("claims")
    keys = {"taskId": task, "projectId": project, "owner": "AGENT"}
    before = world.doc(task)
    base: dict[str, Any] = {"project_name": "claims", "task_id": task, "external_trace_id": "t"}
    (made,) = world.give(RaiseException(**base, message="oh", detail={"a": 1}))
    payload: dict[str, Any] = {"type": "ExceptionRaised", "message": "oh", "detail": {"a": 1}}
    assert event(made) == expected(3, "EXCEPTION", payload, **keys, externalTraceId="t")
    (made,) = world.give(AddNote(**base, message="n"))
    assert event(made) == expected(4, "NOTE", {"type": "Note", "message": "n"}, **keys, externalTraceId="t")
    (made,) = world.give(Comment(task_id=task, message="c"), ALICE)
    assert event(made) == expected(5, "NOTE", {"type": "Note", "message": "c"}, actor=ALICE, **keys)
    assert world.doc(task) == before
    made, closed = world.give(RaiseException(**base, message="end", transitions_to="closed"))
    payload = {"type": "ExceptionRaised", "message": "end"}
    moved = {"transitionFrom": "intake", "transitionTo": "closed"}
    assert event(made) == expected(6, "EXCEPTION", payload, **keys, externalTraceId="t", **moved)
    ended = {"taskId": task, "projectId": project, "owner": "PLATFORM"}
    payload = {"type": "TaskClosed", "terminalState": "closed"}
    assert event(closed) == {**expected(7, "TASK_CLOSED", payload, **ended), "source": "PLATFORM"}
    assert (world.doc(task)["status"], world.doc(task)["currentStep"]) == ("CLOSED", "closed")


def test_an_approval_is_asked_and_decided_with_what_was_shown(world: World) -> None:
    """The request keeps context, recommendation and attachments as they were; the decision keeps who and on what."""
    task = world.task()
    file = upload(world)
    added = (Attachment(upload_id=file, label="A"),)
    world.give(RecordAction(project_name="general", task_id=task, description="d", add_attachments=added))
    recommendation = ApprovalRecommendation(outcome=Outcome(type="APPROVE"), confidence=0.5, rationale="r")
    (asked,) = world.give(
        RequestApproval(
            project_name="general",
            task_id=task,
            external_trace_id="t",
            summary="Pay?",
            key_value_context={"k": "v"},
            recommendation=recommendation,
            attachments=(file, file),
        )
    )
    payload: dict[str, Any] = {
        "type": "ApprovalRequested",
        "summary": "Pay?",
        "recommendation": recommendation.wire(),
        "keyValueContext": {"k": "v"},
        "attachments": [file, file],
        "attachmentSnapshots": [{"uploadId": file, "label": "A", "sha256": "ab" * 32}],
    }
    keys = {"taskId": task, "projectId": "prj_general", "owner": "AGENT"}
    assert event(asked) == expected(4, "APPROVAL_REQUESTED", payload, **keys, externalTraceId="t")
    assert world.state.get("requests", asked["id"]) == {
        "requestId": asked["id"],
        "seq": 4,
        "eventType": "APPROVAL_REQUESTED",
        "taskId": task,
        "projectId": "prj_general",
        "summary": "Pay?",
        "requestedAt": AT,
        "hash": asked["hash"],
        "requestedBy": "agent-1",
        "askedIn": "in_progress",
        "keyValueContext": {"k": "v"},
        "recommendation": recommendation.wire(),
    }
    outcome = Outcome(type="REJECT", note="no", reason_code="c")
    (made,) = world.give(Decide(request_id=asked["id"], outcome=outcome, request_hash=asked["hash"]), ALICE)
    payload = {
        "type": "ApprovalDecided",
        "outcome": {"type": "REJECT", "note": "no", "reasonCode": "c"},
        "authority": {"subject": "alice", "tags": ["claims-lead"]},
        "recommendationSnapshot": recommendation.wire(),
        "requestHash": asked["hash"],
    }
    assert event(made) == expected(5, "APPROVAL_DECIDED", payload, actor=ALICE, **keys, inResponseTo=asked["id"])
    assert world.state.get("requests", asked["id"]) is None


def test_a_bare_approval_holds_nothing_that_was_not_said(world: World) -> None:
    """What was left out is absent, in the request, in its document and in the decision."""
    task = world.task()
    (asked,) = world.give(RequestApproval(project_name="general", task_id=task, summary="Pay?"))
    assert asked["payload"] == {"type": "ApprovalRequested", "summary": "Pay?"}
    assert "recommendation" not in (world.state.get("requests", asked["id"]) or {})
    (made,) = world.give(Decide(request_id=asked["id"], outcome=Outcome(type="APPROVE")), BOB)
    authority = {"subject": "bob", "tags": []}
    assert made["payload"] == {"type": "ApprovalDecided", "outcome": {"type": "APPROVE"}, "authority": authority}


def test_an_elicitation_is_asked_and_answered_with_its_fields(world: World) -> None:
    """The request keeps its fields and bids, the answer what was checked of it and who gave it."""
    task = world.task()
    keys = {"taskId": task, "projectId": "prj_general", "owner": "AGENT"}
    bids = [{"fieldId": "where", "value": "there", "confidence": 1.0, "rationale": "r"}]
    (asked,) = world.give(elicitation(task, recommendation=bids, externalTraceId="t"))
    payload: dict[str, Any] = {
        "type": "ElicitationRequested",
        "summary": "Where?",
        "recommendation": bids,
        "fields": FIELDS,
    }
    command = read(RequestElicitation, {"projectName": "general", "taskId": task, "summary": "s", "fields": FIELDS})
    payload["fields"] = [one.wire() for one in command.fields]
    assert event(asked) == expected(2, "ELICITATION_REQUESTED", payload, **keys, externalTraceId="t")
    doc = world.state.get("requests", asked["id"]) or {}
    assert (doc["fieldCount"], doc["eventType"], "recommendation" in doc) == (2, "ELICITATION_REQUESTED", False)
    (made,) = world.give(Answer(request_id=asked["id"], answers={"where": "here", "floors": 2.0}), ALICE)
    payload = {"type": "ElicitationProvided", "answers": {"where": "here", "floors": 2}, "answeredBy": "alice"}
    assert event(made) == expected(3, "ELICITATION_PROVIDED", payload, actor=ALICE, **keys, inResponseTo=asked["id"])
    (plain,) = world.give(elicitation(task))
    assert "recommendation" not in plain["payload"]


def test_moves_assignments_and_timeouts_are_events_of_their_own(world: World) -> None:
    """A move is a reviewer's action with its note or words of its own; a timeout is the platform's, once a step."""
    project = world.project()
    task = world.task("claims")
    keys = {"taskId": task, "projectId": project, "owner": "AGENT"}
    (made,) = world.give(Assign(task_id=task, assignee_id="bob"), ALICE)
    payload: dict[str, Any] = {"type": "Assignment", "assigneeId": "bob"}
    assert event(made) == expected(3, "ASSIGNMENT", payload, actor=ALICE, **keys)
    assert world.doc(task)["assigneeId"] == "bob"
    world.give(Assign(task_id=task, assignee_id=""), ALICE)
    assert world.doc(task)["assigneeId"] is None
    refused(world, FireTimeout(task_id=task), Conflict, actor=PLATFORM)
    world.clock.advance(seconds=60)
    refused(world, FireTimeout(task_id=task), Conflict, actor=PLATFORM)
    world.clock.advance(seconds=1)
    (made,) = world.time_out(task)
    fired = expected(5, "TIMEOUT", {"type": "Timeout", "state": "intake"}, actor=PLATFORM, **keys)
    assert event(made) == {**fired, "timestamp": "2026-03-02T12:01:01.000000Z"}
    assert world.doc(task)["timedOut"] is True
    assert "fired already" in refused(world, FireTimeout(task_id=task), Conflict, actor=PLATFORM)
    assert "platform" in refused(world, FireTimeout(task_id=task), NotAllowed, actor=ALICE)
    world.give(RecordAction(project_name="claims", task_id=task, description="d", metadata_patch=AMOUNT))
    (made,) = world.give(Move(task_id=task, transitions_to="review", note="  "), ALICE)
    payload = {"type": "Action", "description": "Moved from intake to review", "metadataPatch": {}}
    assert (made["payload"], made["source"], made["transitionTo"]) == (payload, "HUMAN", "review")
    assert world.doc(task)["timedOut"] is False
    (made,) = world.give(Move(task_id=task, transitions_to="intake", note="back"), ALICE)
    assert made["payload"]["description"] == "back"


AMOUNT = MetadataPatch(set={"amount": 3})


def test_refusals_name_what_is_at_fault(world: World) -> None:
    """Each refusal is a sentence with the name, the id, the allowed steps or the number that it is about."""
    world.project()
    task, other = world.task("claims"), world.task()

    def words(command: Any, error: Any, code: str = "", actor: Any = AGENT) -> str:
        return refused(world, command, error, code, actor)

    base: dict[str, Any] = {"project_name": "claims", "task_id": task}
    assert "'nope'" in words(CreateTask(project_name="nope", name="x"), NotFound)
    assert "1 to 500" in words(CreateTask(project_name="claims", name=""), InvalidRequest)
    assert "1 to 500" in words(CreateTask(project_name="claims", name="x" * 501), InvalidRequest)
    world.give(CreateTask(project_name="claims", name="x" * 500))
    assert "'tsk_no'" in words(AddNote(project_name="claims", task_id="tsk_no", message="n"), NotFound)
    mismatch = AddNote(project_name="claims", task_id=other, message="n")
    assert "'claims'" in words(mismatch, InvalidRequest, "PROJECT_MISMATCH")
    step = RecordAction(**base, description="d", transitions_to="paid")
    told = words(step, InvalidRequest, "INVALID_TRANSITION")
    assert told == "'intake' has no exit to 'paid'; allowed: review, closed."
    unknown = tuple(Attachment(upload_id=f"u{number}", label="x") for number in range(12))
    told = words(RecordAction(**base, description="d", add_attachments=unknown), InvalidRequest, "UNKNOWN_UPLOAD")
    assert told.endswith(f"never uploaded: {', '.join(f'u{number}' for number in range(10))} and 2 more")
    ten = RequestApproval(**base, summary="s", attachments=tuple(f"u{number}" for number in range(10)))
    assert words(ten, InvalidRequest, "UNKNOWN_UPLOAD").endswith("u8, u9")
    empty = RequestApproval(**base, summary="s", attachments=("",))
    assert words(empty, InvalidRequest, "UNKNOWN_UPLOAD").endswith("never uploaded: ''")
    assert "reviewer's" in words(Assign(task_id=task, assignee_id="x"), NotAllowed)
    told = words(CreateProject(name="a\nb", steps=CLAIMS), InvalidRequest, "INVALID_REQUEST", ALICE)
    assert told == "A project's name has 1 to 80 characters, none of them a control character."
    assert "'claims'" in words(CreateProject(name="CLAIMS", steps=CLAIMS), Conflict, actor=ALICE)
    world.give(CreateProject(name="x" * 80, steps=CLAIMS), ALICE)


def test_refusals_about_requests_say_who_and_when(world: World) -> None:
    """A settled request is told with its settler and time, a changed one as changed, an unknown one with its id."""
    world.project()
    task = world.task("claims")
    request = world.approval(task, "claims")

    def words(command: Any, error: Any, code: str = "", actor: Any = ALICE) -> str:
        return refused(world, command, error, code, actor)

    approve = Outcome(type="APPROVE")
    assert "approval 'no'" in words(Decide(request_id="no", outcome=approve), NotFound)
    assert "elicitation" in words(Answer(request_id=request, answers={}), NotFound)
    changed = Decide(request_id=request, outcome=approve, request_hash="0" * 64)
    assert "not the one that was shown" in words(changed, Conflict)
    noteless = Decide(request_id=request, outcome=Outcome(type="REQUEST_MORE_INFO", note=" "))
    assert "REQUEST_MORE_INFO needs a note" in words(noteless, InvalidRequest, "NOTE_REQUIRED")
    close = RecordAction(project_name="claims", task_id=task, description="d", transitions_to="closed")
    assert "has an open request, and 'closed'" in words(close, Conflict, actor=AGENT)
    world.approval(task, "claims")
    assert "has 2 open requests, and 'closed'" in words(close, Conflict, actor=AGENT)
    world.give(Decide(request_id=request, outcome=approve), ALICE)
    assert (
        words(Decide(request_id=request, outcome=approve), Conflict, actor=BOB) == f"Already decided by alice at {AT}."
    )
    (asked,) = world.give(elicitation(world.task()))
    world.give(Answer(request_id=asked["id"], answers={"where": "x"}), BOB)
    again = Answer(request_id=asked["id"], answers={"where": "y"})
    assert words(again, Conflict) == f"Already answered by bob at {AT}."


def test_a_closed_task_takes_notes_only(world: World) -> None:
    """Everything but a note is refused, in the same words."""
    task = world.task()
    base: dict[str, Any] = {"project_name": "general", "task_id": task}
    world.give(RecordAction(**base, description="d", transitions_to="complete"))
    commands = (
        (RecordAction(**base, description="d"), AGENT),
        (RaiseException(**base, message="m"), AGENT),
        (RequestApproval(**base, summary="s"), AGENT),
        (Assign(task_id=task, assignee_id="x"), ALICE),
        (Move(task_id=task, transitions_to="complete"), ALICE),
        (FireTimeout(task_id=task), PLATFORM),
    )
    for command, actor in commands:
        assert refused(world, command, Conflict, actor=actor) == "The task is closed: it takes notes only."
    world.give(AddNote(**base, message="n"))
    assert world.doc(task)["status"] == "CLOSED"


def test_time_never_goes_back_within_a_task(world: World) -> None:
    """Whatever the clock does, a task's next event is not before its last one."""
    task = world.task()
    world.clock.advance(seconds=-30)
    (made,) = world.give(AddNote(project_name="general", task_id=task, message="n"))
    assert made["timestamp"] == AT
    assert world.doc(task)["lastAt"] == AT
