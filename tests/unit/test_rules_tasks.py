"""Tasks, transitions, closing, metadata, attachments, timeouts: CONTRACT.md part 3, over memory alone."""

from __future__ import annotations

from typing import Any

import pytest

from api_client.commands import (
    AddNote,
    Assign,
    Comment,
    CreateTask,
    Decide,
    Move,
    RaiseException,
    ReceiveUpload,
    RecordAction,
)
from api_client.errors import ApiError, Conflict, InvalidRequest, NotAllowed, NotFound
from api_client.models import Attachment, MetadataPatch, Outcome, Steps
from api_client.wire import read
from store.core.command_limits import NO_LIMITS
from store.core.ruling import Content
from tests.support.actors import AGENT, ALICE
from tests.support.rules_world import World


@pytest.fixture
def world() -> World:
    return World()


def action(task_id: str, project: str = "claims", **keys: Any) -> RecordAction:
    return RecordAction(project_name=project, task_id=task_id, description="did it", **keys)


def refused(world: World, command: Any, error: type[ApiError], code: str = "", actor: Any = AGENT) -> str:
    """Assert that a command is refused so, and that nothing came of it; return the words."""
    before = len(world.log)
    with pytest.raises(error) as fault:
        world.give(command, actor)
    assert len(world.log) == before
    assert type(fault.value) is error
    assert not code or fault.value.code == code
    return str(fault.value)


def test_a_new_task_enters_the_initial_step(world: World) -> None:
    """A task begins in its project's initial step, running, and the event's owner is that step's."""
    world.project()
    (event,) = world.give(CreateTask(project_name="claims", name="C-1", external_id="x-9"))
    assert (event["eventType"], event["owner"], event["source"]) == ("TASK_CREATED", "AGENT", "AGENT")
    assert "transitionTo" not in event
    doc = world.doc(event["taskId"])
    assert (doc["currentStep"], doc["status"], doc["externalId"]) == ("intake", "RUNNING", "x-9")
    assert event["payload"]["metadataPatch"] == {}


def test_a_task_whose_first_step_is_terminal_is_closed_at_once(world: World) -> None:
    """Creating a task in a terminal initial step writes its closing in the same commit."""
    only = read(Steps, {"initialStep": "done", "steps": [{"name": "done", "owner": "PLATFORM"}]})
    world.project("Log", only)
    created, closed = world.give(CreateTask(project_name="log", name="C-1"))
    assert (created["eventType"], closed["eventType"]) == ("TASK_CREATED", "TASK_CLOSED")
    assert (closed["source"], closed["owner"]) == ("PLATFORM", "PLATFORM")
    assert world.doc(created["taskId"])["status"] == "CLOSED"


@pytest.mark.parametrize("name", ["", "x" * 501])
def test_a_task_name_has_1_to_500_characters(world: World, name: str) -> None:
    """A name out of bounds is refused; 500 characters are taken."""
    refused(world, CreateTask(project_name="general", name=name), InvalidRequest, "INVALID_REQUEST")
    world.give(CreateTask(project_name="general", name="x" * 500))


def test_an_unknown_slug_or_task_is_not_found(world: World) -> None:
    """Writing to a project or task that does not exist is a 404."""
    refused(world, CreateTask(project_name="nowhere", name="C-1"), NotFound)
    refused(world, action("tsk_nothing", "general"), NotFound)


def test_a_task_of_another_project_is_a_mismatch(world: World) -> None:
    """`projectName` must be the task's own project."""
    world.project()
    refused(world, action(world.task("general"), "claims"), InvalidRequest, "PROJECT_MISMATCH")


def test_a_transition_follows_a_declared_exit(world: World) -> None:
    """An action takes the task along an exit; the event says from where to where, and whose step it was."""
    world.project()
    task = world.task("claims")
    patch = MetadataPatch(set={"amount": 5})
    (event,) = world.give(action(task, transitions_to="review", metadata_patch=patch))
    assert (event["transitionFrom"], event["transitionTo"], event["owner"]) == ("intake", "review", "AGENT")
    assert world.doc(task)["currentStep"] == "review"


def test_an_undeclared_transition_names_the_allowed_ones(world: World) -> None:
    """A step that is no exit is refused, and the message says which are."""
    world.project()
    words = refused(world, action(world.task("claims"), transitions_to="paid"), InvalidRequest, "INVALID_TRANSITION")
    assert "review" in words
    assert "closed" in words


def test_entering_a_terminal_step_closes_the_task_in_the_same_commit(world: World) -> None:
    """An exception that moves to a terminal step writes TASK_CLOSED with it, owned by that step."""
    world.project()
    task = world.task("claims")
    command = RaiseException(project_name="claims", task_id=task, message="no such policy", transitions_to="closed")
    raised, closed = world.give(command)
    assert raised["timestamp"] <= closed["timestamp"]
    assert (closed["eventType"], closed["owner"]) == ("TASK_CLOSED", "PLATFORM")
    assert closed["payload"] == {"type": "TaskClosed", "terminalState": "closed"}
    assert world.doc(task)["status"] == "CLOSED"


def test_a_closed_task_takes_notes_only(world: World) -> None:
    """On a closed task an agent's and a reviewer's note are taken; everything else is a conflict."""
    world.project()
    task = world.task("claims")
    world.give(action(task, transitions_to="closed"))
    world.give(AddNote(project_name="claims", task_id=task, message="for the record"))
    world.give(Comment(task_id=task, message="seen"), ALICE)
    refused(world, action(task), Conflict)
    refused(world, RaiseException(project_name="claims", task_id=task, message="x"), Conflict)
    refused(world, Assign(task_id=task, assignee_id="bob"), Conflict, actor=ALICE)
    refused(world, Move(task_id=task, transitions_to="review"), Conflict, actor=ALICE)


def test_a_reviewers_move_is_an_action_of_a_human(world: World) -> None:
    """A move writes an ACTION with source HUMAN along an exit, its note as the description."""
    world.project()
    task = world.task("claims")
    (event, _) = world.give(Move(task_id=task, transitions_to="closed", note="duplicate"), ALICE)
    assert (event["eventType"], event["source"], event["subject"]) == ("ACTION", "HUMAN", "alice")
    assert event["payload"] == {"type": "Action", "description": "duplicate", "metadataPatch": {}}


def test_a_step_that_would_close_a_task_with_an_open_request_is_a_conflict(world: World) -> None:
    """While any request is open the task may move on, but not to its end; the refusal says how many are."""
    world.project()
    task = world.task("claims")
    world.give(action(task, metadata_patch=MetadataPatch(set={"amount": 1})))
    requests = [world.approval(task, "claims") for _ in range(2)]
    for words in ("2 open requests", "an open request"):
        assert words in refused(world, action(task, transitions_to="closed"), Conflict)
        assert words in refused(world, Move(task_id=task, transitions_to="closed"), Conflict, actor=ALICE)
        assert world.doc(task)["status"] == "WAITING"
        world.give(Decide(request_id=requests.pop(), outcome=Outcome(type="APPROVE")), ALICE)
    world.give(action(task, transitions_to="closed"))
    assert world.doc(task)["status"] == "CLOSED"


def test_a_task_moves_on_while_it_waits(world: World) -> None:
    """A step that is not terminal may be entered whatever is open."""
    world.project()
    task = world.task("claims")
    world.approval(task, "claims")
    world.approval(task, "claims")
    world.give(action(task, transitions_to="review", metadata_patch=MetadataPatch(set={"amount": 1})))
    assert (world.doc(task)["currentStep"], world.doc(task)["status"]) == ("review", "WAITING")


def test_a_metadata_patch_sets_sets_once_and_unsets_in_this_order(world: World) -> None:
    """`set` overwrites, `setOnce` fills what is absent, `unset` removes, each seeing what came before it."""
    task = world.task()
    patch = MetadataPatch(set={"a": 1, "b": 2}, set_once={"a": 9, "c": 3}, unset=("b", "nothing"))
    world.give(action(task, "general", metadata_patch=patch))
    assert world.doc(task)["metadata"] == {"a": 1, "c": 3}
    world.give(action(task, "general", metadata_patch=MetadataPatch(set_once={"c": 4}, set={"a": None})))
    assert world.doc(task)["metadata"] == {"a": None, "c": 3}


def test_metadata_must_fit_the_schema_of_the_step_that_the_task_is_then_in(world: World) -> None:
    """A transition into a step with a schema is refused until the metadata fits; leaving it unfit in place as well."""
    world.project()
    task = world.task("claims")
    refused(world, action(task, transitions_to="review"), InvalidRequest, "INVALID_METADATA")
    world.give(action(task, transitions_to="review", metadata_patch=MetadataPatch(set={"amount": 5})))
    unset = MetadataPatch(unset=("amount",))
    refused(world, action(task, metadata_patch=unset), InvalidRequest, "INVALID_METADATA")
    world.give(action(task, transitions_to="intake", metadata_patch=unset))


def test_an_old_tasks_metadata_may_be_over_the_limit_and_get_smaller(world: World) -> None:
    """What was recorded without a limit stands in no action's way, and can be brought under it bit by bit."""
    values = {f"k{number}": "x" * 50_000 for number in range(8)}
    made = CreateTask(project_name="general", name="x", metadata_patch=MetadataPatch(set=values))
    (event,) = world.give(made, limits=NO_LIMITS)
    task = event["taskId"]
    world.give(action(task, "general"))
    world.give(action(task, "general", metadata_patch=MetadataPatch(unset=("k0",))))
    more = MetadataPatch(set={"more": 1})
    assert "256000" in refused(world, action(task, "general", metadata_patch=more), InvalidRequest, "INVALID_REQUEST")


def test_an_attachment_is_a_known_upload_and_attaching_again_replaces_the_label(world: World) -> None:
    """An action attaches uploads that exist; the same upload keeps one entry with its newest label."""
    task = world.task()
    unknown = Attachment(upload_id="upl_nothing", label="x")
    refused(world, action(task, "general", add_attachments=(unknown,)), InvalidRequest, "UNKNOWN_UPLOAD")
    (event,) = world.give(ReceiveUpload(file_name="a.pdf"), content=Content("0" * 64, 3))
    upload = event["payload"]["id"]
    for label in ("first", "second"):
        world.give(action(task, "general", add_attachments=(Attachment(upload_id=upload, label=label),)))
    assert world.doc(task)["attachments"] == [{"uploadId": upload, "label": "second"}]


def test_an_uploads_arrival_is_in_the_chain_and_on_no_timeline(world: World) -> None:
    """UPLOAD_RECEIVED counts in `seq`, says who and what, and names no task."""
    (event,) = world.give(ReceiveUpload(file_name="a.pdf"), content=Content("a" * 64, 3))
    assert (event["seq"], event["subject"], event["payload"]["sha256"]) == (1, "agent-1", "a" * 64)
    assert "taskId" not in event
    assert list(world.state.index.walk()) == []


def test_timestamps_never_go_back_within_a_task(world: World) -> None:
    """With the clock set back an hour, the next event still carries the task's last time."""
    task = world.task()
    first = world.log[-1]["timestamp"]
    world.clock.advance(hours=-1)
    (event,) = world.give(action(task, "general"))
    assert event["timestamp"] == first
    world.clock.advance(days=365)
    (event,) = world.give(action(task, "general"))
    assert event["timestamp"] > first


def test_a_timeout_fires_once_for_each_stay(world: World) -> None:
    """A task that overstays gets one TIMEOUT, stays where it is, and may get another after it has moved."""
    world.project()
    task = world.task("claims")
    world.clock.advance(seconds=60)
    with pytest.raises(Conflict):
        world.time_out(task)
    world.clock.advance(seconds=1)
    (event,) = world.time_out(task)
    assert (event["source"], event["payload"]) == ("PLATFORM", {"type": "Timeout", "state": "intake"})
    assert world.doc(task)["currentStep"] == "intake"
    with pytest.raises(Conflict):
        world.time_out(task)
    world.give(action(task, transitions_to="review", metadata_patch=MetadataPatch(set={"amount": 1})))
    world.give(action(task, transitions_to="intake"))
    world.clock.advance(seconds=61)
    assert len(world.time_out(task)) == 1


def test_an_agent_may_give_none_of_a_reviewers_commands(world: World) -> None:
    """Moving, assigning and commenting as a reviewer is refused to an agent, whatever the backend."""
    task = world.task()
    for command in (Move(task_id=task, transitions_to="complete"), Comment(task_id=task, message="x")):
        refused(world, command, NotAllowed)


def test_an_assignment_gives_and_an_empty_one_takes_back(world: World) -> None:
    """An assignment is on the timeline; an empty assignee leaves the task to nobody."""
    task = world.task()
    world.give(Assign(task_id=task, assignee_id="bob"), ALICE)
    assert world.doc(task)["assigneeId"] == "bob"
    world.give(Assign(task_id=task, assignee_id=""), ALICE)
    assert world.doc(task)["assigneeId"] is None
