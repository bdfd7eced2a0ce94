"""The rules of CONTRACT.md part 3 about projects, tasks, steps, metadata and attachments, as a caller meets them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from api_client.commands import (
    AddNote,
    Assign,
    Command,
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
)
from api_client.errors import ApiError, Conflict, InvalidRequest, NotAllowed, NotFound, TooLarge
from api_client.models import Attachment, MetadataPatch, Outcome, Step, Steps, Task
from api_client.wire import read
from tests.contract.given import Given
from tests.support.backends import World
from tests.support.world_builder import STEPS

SLUG = "claims_refund_v1"


def refusal(fault: pytest.ExceptionInfo[ApiError]) -> tuple[type[ApiError], str]:
    """Return what a caller may branch on: class and code."""
    return type(fault.value), fault.value.code


# -- projects


async def test_a_second_project_of_a_slug_is_a_conflict(given: Given) -> None:
    """Two names that make one slug can't both be projects."""
    await given.project("Claims Refund v1")
    with pytest.raises(Conflict) as fault:
        await given.project("claims -- refund! V1")
    assert refusal(fault) == (Conflict, "CONFLICT")


async def test_a_name_without_letters_gets_a_numbered_slug(given: Given) -> None:
    """A name in another script is still a project that agents can name."""
    made = await given.project("返金")
    assert made.name == "返金"
    assert made.project_name.startswith("project_")


async def test_general_is_taken(given: Given) -> None:
    """No project can take the place of `general`."""
    with pytest.raises(Conflict):
        await given.project("GENERAL")


def _step(name: str, *exits: str) -> Step:
    return Step(name=name, owner="AGENT", exits=exits)


BAD_GRAPHS = {
    "empty": Steps(initial_step="a", steps=()),
    "doubled": Steps(initial_step="a", steps=(_step("a"), _step("a"))),
    "exit": Steps(initial_step="a", steps=(_step("a", "nowhere"),)),
    "initial": Steps(initial_step="nowhere", steps=(_step("a"),)),
    "unreached": Steps(initial_step="a", steps=(_step("a"), _step("b"))),
    "schema": Steps(initial_step="a", steps=(_step("a"),), step_schemas={"a": {"type": 7}}),
    "schema of no step": Steps(initial_step="a", steps=(_step("a"),), step_schemas={"b": {}}),
    "schema to itself": Steps(initial_step="a", steps=(_step("a"),), step_schemas={"a": {"$ref": "#"}}),
    "schema to elsewhere": Steps(initial_step="a", steps=(_step("a"),), step_schemas={"a": {"$ref": "http://h/s"}}),
    "pattern": Steps(initial_step="a", steps=(_step("a"),), step_schemas={"a": {"pattern": "(?=a)"}}),
    "large schema": Steps(initial_step="a", steps=(_step("a"),), step_schemas={"a": {"enum": ["x" * 32_000] * 2}}),
}


@pytest.mark.parametrize("which", BAD_GRAPHS)
async def test_a_broken_step_graph_is_refused(world: World, given: Given, which: str) -> None:
    """A graph that no task could walk is INVALID_STEPS, and no project is made."""
    with pytest.raises(InvalidRequest) as fault:
        await world.reviewer.submit(CreateProject(name="Broken", steps=BAD_GRAPHS[which]), key=given.key())
    assert refusal(fault) == (InvalidRequest, "INVALID_STEPS")
    assert len(await world.reviewer.projects()) == 1


@pytest.mark.parametrize("name", ["", "x" * 81, "a\x1bb", "a\nb"])
async def test_a_bad_project_name_is_refused(world: World, given: Given, name: str) -> None:
    """A project's name is 1..80 characters without control characters."""
    with pytest.raises(InvalidRequest):
        await world.reviewer.submit(CreateProject(name=name, steps=BAD_GRAPHS["empty"]), key=given.key())


# -- tasks and transitions


async def test_a_new_task_enters_the_initial_step(world: World, given: Given) -> None:
    """A task begins RUNNING in the initial step, and its timeline with TASK_CREATED."""
    task = await given.task(external_id="run-7", metadata_patch=MetadataPatch(set={"amount": 240, "none": None}))
    assert (task.current_step, task.status, task.external_id) == ("intake", "RUNNING", "run-7")
    assert task.metadata == {"amount": 240, "none": None}
    assert (await world.agent.task(task.id)).task == task
    (created,) = await given.timeline(task)
    assert (created.event_type, created.source, created.owner) == ("TASK_CREATED", "AGENT", "AGENT")
    assert created.transition_to is None
    assert created.payload["initialState"] == "intake"


async def test_a_task_of_an_unknown_project_is_not_found(world: World, given: Given) -> None:
    """A slug that names no project is NotFound on a write."""
    with pytest.raises(NotFound):
        await world.agent.submit(CreateTask(project_name="nowhere", name="x"), key=given.key())


@pytest.mark.parametrize("name", ["", "x" * 501])
async def test_a_bad_task_name_is_refused(world: World, given: Given, name: str) -> None:
    """A task's name is 1..500 characters."""
    with pytest.raises(InvalidRequest):
        await world.agent.submit(CreateTask(project_name="general", name=name), key=given.key())


async def test_a_write_under_the_wrong_project_is_refused(world: World, given: Given) -> None:
    """An agent that mixes up its projects is told so."""
    task = await given.task()
    with pytest.raises(InvalidRequest) as fault:
        await world.agent.submit(AddNote(project_name="general", task_id=task.id, message="x"), key=given.key())
    assert refusal(fault) == (InvalidRequest, "PROJECT_MISMATCH")


async def test_an_action_takes_the_task_along_an_exit(world: World, given: Given) -> None:
    """An action may move the task; the event says from where to where, and whose step it was."""
    task = await given.task()
    await given.action(task, transitions_to="in_review", metadata_patch=MetadataPatch(set={"risk": "low"}))
    moved = (await world.agent.task(task.id)).task
    assert (moved.current_step, moved.metadata) == ("in_review", {"risk": "low"})
    event = (await given.timeline(task))[-1]
    assert (event.transition_from, event.transition_to, event.owner) == ("intake", "in_review", "AGENT")


async def test_an_undeclared_transition_is_refused(world: World, given: Given) -> None:
    """A step that is no exit is INVALID_TRANSITION, and the message names those that are."""
    task = await given.task()
    for write in (given.action(task, transitions_to="refused"), _move(world, given, task, "refused")):
        with pytest.raises(InvalidRequest) as fault:
            await write
        assert refusal(fault) == (InvalidRequest, "INVALID_TRANSITION")
        assert "in_review" in fault.value.message
        assert "paid" in fault.value.message


async def test_a_terminal_step_closes_the_task(world: World, given: Given) -> None:
    """Entering a terminal step also writes TASK_CLOSED, by the platform."""
    task = await given.closed_task()
    assert (task.status, task.current_step) == ("CLOSED", "paid")
    closing = (await given.timeline(task))[-1]
    assert (closing.event_type, closing.source, closing.owner) == ("TASK_CLOSED", "PLATFORM", "PLATFORM")


async def test_a_closed_task_takes_notes_only(world: World, given: Given) -> None:
    """Everything on a closed task but a note is a conflict."""
    task = await given.closed_task()
    note = AddNote(project_name=SLUG, task_id=task.id, message="late")
    for command in (note, Comment(task_id=task.id, message="late too")):
        await world.reviewer.submit(command, key=given.key())
    refused = [
        RecordAction(project_name=SLUG, task_id=task.id, description="x"),
        RaiseException(project_name=SLUG, task_id=task.id, message="x"),
        RequestApproval(project_name=SLUG, task_id=task.id, summary="x"),
        Assign(task_id=task.id, assignee_id="bob"),
    ]
    before = await given.timeline(task)
    for late in refused:
        with pytest.raises(Conflict) as fault:
            await world.reviewer.submit(late, key=given.key())
        assert refusal(fault) == (Conflict, "CONFLICT")
    assert await given.timeline(task) == before


async def test_an_open_request_keeps_the_task_open(world: World, given: Given) -> None:
    """A task that waits can move, but not to its end."""
    request = await given.approval()
    task = (await world.agent.task(request.task_id)).task
    with pytest.raises(Conflict):
        await given.action(task, transitions_to="paid")
    await given.action(task, transitions_to="in_review")
    assert (await world.agent.task(task.id)).task.status == "WAITING"


async def test_a_reviewers_move_is_a_human_action(world: World, given: Given) -> None:
    """A move on the board is on the record as an ACTION whose source is HUMAN."""
    task = await given.task()
    await _move(world, given, task, "in_review", note="looks odd")
    event = (await given.timeline(task))[-1]
    assert (event.event_type, event.source, event.transition_to) == ("ACTION", "HUMAN", "in_review")
    assert event.payload["description"] == "looks odd"
    assert event.payload["metadataPatch"] == {}


async def test_an_assignment_shows_on_card_and_inbox(world: World, given: Given) -> None:
    """Who a task is given to stands on its card and its request; an empty name gives it back."""
    request = await given.approval()
    for name, shown in (("bob", "bob"), ("", None)):
        await world.reviewer.submit(Assign(task_id=request.task_id, assignee_id=name), key=given.key())
        (card,) = (await world.reviewer.cards(request.project_id, "intake")).items
        (item,) = (await world.reviewer.inbox()).items
        assert (card.assignee_id or None, item.assignee_id or None) == (shown, shown)


async def test_notes_tell_agent_from_human(world: World, given: Given) -> None:
    """An agent's note and a reviewer's differ in their source."""
    task = await given.task()
    await world.agent.submit(AddNote(project_name=SLUG, task_id=task.id, message="a"), key=given.key())
    await world.reviewer.submit(Comment(task_id=task.id, message="b"), key=given.key())
    assert [(event.payload["message"], event.source) for event in (await given.timeline(task))[1:]] == [
        ("a", "AGENT"),
        ("b", "HUMAN"),
    ]


async def test_an_exception_is_on_the_timeline(world: World, given: Given) -> None:
    """An exception keeps its detail and trace, and may move the task."""
    task = await given.task()
    command = RaiseException(
        project_name=SLUG,
        task_id=task.id,
        message="OCR failed",
        detail={"page": 3, "why": None},
        transitions_to="in_review",
        external_trace_id="trace-9",
    )
    receipt = await world.agent.submit(command, key=given.key())
    event = (await given.timeline(task))[-1]
    assert (event.id, event.event_type, event.external_trace_id) == (receipt.event_id, "EXCEPTION", "trace-9")
    assert event.payload == {"type": "ExceptionRaised", "message": "OCR failed", "detail": {"page": 3, "why": None}}


async def test_an_agent_may_not_review(world: World, given: Given) -> None:
    """An agent that decides its own request is refused, and nothing is written."""
    request = await given.approval()
    before = len((await world.reviewer.events()).items)
    for command in (
        Decide(request_id=request.id, outcome=Outcome(type="APPROVE")),
        Move(task_id=request.task_id, transitions_to="in_review"),
        CreateProject(name="Mine", steps=read(Steps, STEPS)),
    ):
        with pytest.raises(NotAllowed) as fault:
            await world.agent.submit(command, key=given.key())
        assert refusal(fault) == (NotAllowed, "NOT_ALLOWED")
    assert len((await world.reviewer.events()).items) == before


async def test_nobody_fires_a_timeout_by_hand(world: World, given: Given) -> None:
    """The platform's own command is refused to every caller."""
    task = await given.task()
    with pytest.raises(NotAllowed):
        await world.reviewer.submit(FireTimeout(task_id=task.id), key=given.key())


# -- metadata and attachments


async def test_an_upload_needs_its_content(world: World, given: Given) -> None:
    """An upload without bytes beside it is refused; no bytes at all are content too."""
    with pytest.raises(InvalidRequest):
        await world.agent.submit(ReceiveUpload(file_name="x"), key=given.key())
    assert (await world.agent.upload(await given.upload(b""))).size == 0


async def test_an_upload_over_the_cap_is_refused(world: World, given: Given) -> None:
    """25 MB are taken, one byte more is not, and nothing of it is kept."""
    with pytest.raises(TooLarge) as fault:
        await given.upload(b"x" * 25_000_001)
    assert refusal(fault) == (TooLarge, "TOO_LARGE")
    assert world.place.contents() == 0
    upload_id = await given.upload(b"x" * 25_000_000)
    assert (await world.agent.upload(upload_id)).size == 25_000_000


@pytest.mark.parametrize("value", [2**70, "\ud800"])
async def test_what_json_can_not_hold_is_refused(world: World, given: Given, value: object) -> None:
    """A value that no reader could get back as it was written is a fault of the caller's, not kept bent."""
    task = await given.task()
    before = await given.timeline(task)
    with pytest.raises(InvalidRequest):
        await given.action(task, detail={"value": value})
    assert await given.timeline(task) == before


async def test_a_metadata_patch_sets_sets_once_and_unsets(world: World, given: Given) -> None:
    """`set` overwrites, `setOnce` keeps what is there, `unset` removes; in this order."""
    task = await given.task(metadata_patch=MetadataPatch(set={"a": 1, "b": 1, "gone": 1}))
    patch = MetadataPatch(set={"a": 2, "gone": 2}, set_once={"b": 3, "c": 3}, unset=("gone", "never"))
    await given.action(task, metadata_patch=patch)
    assert (await world.agent.task(task.id)).task.metadata == {"a": 2, "b": 1, "c": 3}


SCHEMAS: dict[str, Any] = {
    **STEPS,
    "stepSchemas": {"in_review": {"type": "object", "required": ["amount"], "properties": {"amount": {"minimum": 0}}}},
}


async def test_metadata_must_satisfy_the_schema_of_the_step(world: World, given: Given) -> None:
    """A task can't enter a step with metadata that the step's schema refuses."""
    await given.project(steps=SCHEMAS)
    task = await given.task()
    for patch in (None, MetadataPatch(set={"amount": -1})):
        with pytest.raises(InvalidRequest) as fault:
            await given.action(task, transitions_to="in_review", metadata_patch=patch)
        assert refusal(fault) == (InvalidRequest, "INVALID_METADATA")
    await given.action(task, transitions_to="in_review", metadata_patch=MetadataPatch(set={"amount": 1}))


async def test_metadata_that_takes_too_long_to_check_is_refused(world: World, given: Given) -> None:
    """A check that would never end is cut off: INVALID_METADATA, and the task is as it was."""
    bits = 40
    doubled = {f"s{n}": {"allOf": [{"$ref": f"#/$defs/s{n + 1}"}] * 2} for n in range(bits)}
    endless = {"$defs": {**doubled, f"s{bits}": {}}, "if": {"required": ["n"]}, "then": {"$ref": "#/$defs/s0"}}
    await given.project(steps={**STEPS, "stepSchemas": {"intake": endless}})
    task = await given.task()
    before = await given.timeline(task)
    with pytest.raises(InvalidRequest, match="takes too long") as fault:
        await given.action(task, metadata_patch=MetadataPatch(set={"n": 1}))
    assert refusal(fault) == (InvalidRequest, "INVALID_METADATA")
    assert await given.timeline(task) == before


async def test_a_tasks_metadata_has_a_limit(world: World, given: Given) -> None:
    """What is over 256 kB in all is refused with the limit; what makes room for it is taken."""
    task = await given.task(metadata_patch=MetadataPatch(set={f"k{n}": "x" * 50_000 for n in range(5)}))
    more = MetadataPatch(set={"more": "x" * 50_000})
    with pytest.raises(InvalidRequest, match="256000") as fault:
        await given.action(task, metadata_patch=more)
    assert refusal(fault) == (InvalidRequest, "INVALID_REQUEST")
    assert "more" not in (await world.agent.task(task.id)).task.metadata
    with pytest.raises(InvalidRequest, match="256000"):
        await given.task(metadata_patch=MetadataPatch(set={f"k{n}": "x" * 50_000 for n in range(6)}))
    await given.action(task, metadata_patch=MetadataPatch(set={"more": "x" * 50_000}, unset=("k0",)))
    await given.action(task, transitions_to="in_review")


async def test_attaching_again_replaces_the_label(world: World, given: Given) -> None:
    """An upload is on a task once, under the label that it got last."""
    task = await given.task()
    upload_id = await given.attached(task, "old")
    await given.action(task, add_attachments=(Attachment(upload_id=upload_id, label="new"),))
    attachments = (await world.agent.task(task.id)).task.attachments
    assert [(one.upload_id, one.label) for one in attachments] == [(upload_id, "new")]


async def test_a_request_names_only_what_is_attached(world: World, given: Given) -> None:
    """An upload that is not on the task can't be shown with its request, nor an unknown one attached."""
    task = await given.task()
    loose, attached = await given.upload(b"loose"), await given.attached(task)
    for upload_id in (loose, "upl_nowhere"):
        with pytest.raises(InvalidRequest) as fault:
            await given.approval(task, attachments=[upload_id])
        assert refusal(fault) == (InvalidRequest, "UNKNOWN_UPLOAD")
    with pytest.raises(InvalidRequest) as fault:
        await given.action(task, add_attachments=(Attachment(upload_id="upl_nowhere", label="x"),))
    assert refusal(fault) == (InvalidRequest, "UNKNOWN_UPLOAD")
    request = await given.approval(task, attachments=[attached])
    assert request.payload["attachments"] == [attached]


async def _move(world: World, given: Given, task: Task, to: str, note: str | None = None) -> None:
    await world.reviewer.submit(Move(task_id=task.id, transitions_to=to, note=note), key=given.key())


# -- texts


@pytest.mark.parametrize("blank", ["", " ", "\n\t", "\u00a0\u2003\u3000"])
async def test_a_text_that_a_person_is_to_read_is_not_blank(world: World, given: Given, blank: str) -> None:
    """White space alone, Unicode's too, is no summary, description or message; nothing is written."""
    task = await given.task()
    on_task: dict[str, Any] = {"project_name": SLUG, "task_id": task.id}
    before = (await world.reviewer.events(task_id=task.id)).items
    makers: dict[str, Callable[[], Command]] = {
        "summary": lambda: RequestApproval(summary=blank, **on_task),
        "description": lambda: RecordAction(description=blank, **on_task),
        "message": lambda: RaiseException(message=blank, **on_task),
        "message ": lambda: AddNote(message=blank, **on_task),
        "message  ": lambda: Comment(message=blank, task_id=task.id),
    }
    for name, make in makers.items():
        with pytest.raises(InvalidRequest, match=f"{name.strip()}: must not be blank"):
            await world.reviewer.submit(make(), key=given.key())
    assert (await world.reviewer.events(task_id=task.id)).items == before


async def test_a_move_with_a_blank_note_says_what_moved(world: World, given: Given) -> None:
    """A note of white space is none: the description names both steps."""
    task = await given.task()
    receipt = await world.reviewer.submit(Move(task_id=task.id, transitions_to="in_review", note=" "), key=given.key())
    page = await world.reviewer.events(task_id=task.id)
    moved = next(event for event in page.items if event.id == receipt.event_id)
    assert moved.payload["description"] == "Moved from intake to in_review"
