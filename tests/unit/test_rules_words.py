"""What commands are refused with, and what their answers show, where the state holds what is rare."""

from __future__ import annotations

from typing import Any, cast

import pytest

from api_client.commands import Answer, Command, CreateProject, CreateTask, Decide, Move, RaiseException, ReceiveUpload
from api_client.errors import Conflict, InvalidRequest
from api_client.models import MetadataPatch, Outcome, Steps
from api_client.wire import read
from store.core.draft import CommitDraft
from store.core.request_rules import settler_of
from store.core.rules import decide
from store.core.ruling import Content
from store.folder.event_log import Events
from store.folder.folder_view import FolderView
from tests.support.actors import AGENT, ALICE
from tests.support.rules_world import CLAIMS, World
from tests.unit.test_rules_requests import elicitation
from tests.unit.test_rules_tasks import refused


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize(
    ("event", "who"),
    [
        ({"payload": {"authority": {"subject": "alice", "tags": []}}, "subject": "x"}, "alice"),
        ({"payload": {"answeredBy": "bob"}, "subject": "x"}, "bob"),
        ({"payload": {"authority": None}, "subject": "platform"}, "platform"),
        ({"payload": {}}, ""),
    ],
)
def test_a_settler_is_told_from_whatever_the_event_has(event: dict[str, Any], who: str) -> None:
    """Whoever decided, answered or else fired it, with its time."""
    assert settler_of({**event, "timestamp": "T"}) == (who, "T")


@pytest.mark.parametrize(
    ("command", "actor", "table", "prefix"),
    [
        (CreateProject(name="Claims", steps=CLAIMS), ALICE, "projects", "prj_"),
        (CreateTask(project_name="general", name="x"), AGENT, "tasks", "tsk_"),
        (ReceiveUpload(file_name="a"), AGENT, "uploads", "upl_"),
    ],
)
def test_what_is_made_is_what_the_answer_shows(
    world: World, command: Command, actor: Any, table: str, prefix: str
) -> None:
    """The answer to what makes a project, a task or an upload is the thing itself."""
    draft = CommitDraft(FolderView(world.state, cast("Events", world)))
    ruling = decide(draft, command, actor, world.clock(), token=lambda: "t", content=Content("ab" * 32, 1))
    assert ruling.shows == (table, f"{prefix}t")


def test_a_changed_request_is_not_answered(world: World) -> None:
    """An answer to a request that is not the one that was shown is a conflict; one to the very request is taken."""
    (asked,) = world.give(elicitation(world.task()))
    changed = Answer(request_id=asked["id"], answers={"where": "x"}, request_hash="0" * 64)
    assert "not the one that was shown" in refused(world, changed, Conflict, actor=ALICE)
    world.give(Answer(request_id=asked["id"], answers={"where": "x"}, request_hash=asked["hash"]), ALICE)


def test_an_exception_that_moves_is_held_to_the_schema(world: World) -> None:
    """The metadata must satisfy the schema of the step that an exception enters; without a step nothing is asked."""
    world.project()
    task = world.task("claims")
    base: dict[str, Any] = {"project_name": "claims", "task_id": task, "message": "m"}
    refused(world, RaiseException(**base, transitions_to="review"), InvalidRequest, "INVALID_METADATA")
    world.give(RaiseException(**base))
    amount = MetadataPatch(set={"amount": 1})
    ready = str(world.give(CreateTask(project_name="claims", name="x", metadata_patch=amount))[0]["taskId"])
    world.give(RaiseException(project_name="claims", task_id=ready, message="m", transitions_to="review"))
    assert world.doc(ready)["currentStep"] == "review"


def test_a_new_task_is_held_to_the_schema_of_its_first_step(world: World) -> None:
    """A task is made only with metadata that its initial step's schema takes, as the patch makes it."""
    step = {"name": "a", "owner": "AGENT"}
    schema = {"type": "object", "required": ["amount"]}
    steps = read(Steps, {"initialStep": "a", "steps": [step], "stepSchemas": {"a": schema}})
    world.give(CreateProject(name="p", steps=steps), ALICE)
    amount, other = MetadataPatch(set={"amount": 1}), MetadataPatch(set={"other": 1})
    for patch in (None, other):
        command = CreateTask(project_name="p", name="x", metadata_patch=patch)
        assert "'a'" in refused(world, command, InvalidRequest, "INVALID_METADATA")
    world.give(CreateTask(project_name="p", name="x", metadata_patch=amount))


def test_a_move_without_a_note_says_from_where_to_where(world: World) -> None:
    """A reviewer who leaves the note out has the two steps named instead."""
    world.project()
    task = world.task("claims")
    made, _ = world.give(Move(task_id=task, transitions_to="closed"), ALICE)
    assert made["payload"]["description"] == "Moved from intake to closed"


def test_a_request_that_is_gone_without_a_settlement_is_settled_by_someone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the record does not say who settled a request, the second decision is a conflict all the same."""
    request = world.approval(world.task())
    decision = Decide(request_id=request, outcome=Outcome(type="APPROVE"))
    world.give(decision, ALICE)
    monkeypatch.setattr(world, "settlement", lambda _: None)
    assert refused(world, decision, Conflict, actor=ALICE).startswith("Already decided by someone at ")


def test_limits_are_told_with_their_numbers(world: World) -> None:
    """A schema over its bytes is refused with both sizes, a request over those that may be open with their number."""
    schema = {"type": "object", "description": "x" * 64_000}
    steps = read(Steps, {"initialStep": "a", "steps": [{"name": "a", "owner": "AGENT"}], "stepSchemas": {"a": schema}})
    told = refused(world, CreateProject(name="x", steps=steps), InvalidRequest, "INVALID_STEPS", actor=ALICE)
    assert "bytes, and may have 64000" in told
    task = world.task()
    for _ in range(100):
        world.approval(task)
    assert "100 open requests" in refused(world, elicitation(task), Conflict)
