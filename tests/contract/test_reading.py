"""What each read answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from api_client.commands import Comment
from api_client.errors import NotFound
from api_client.models import Card, TaskDetail
from tests.contract.given import ANSWERS, APPROVAL, Given
from tests.support.actors import AGENT
from tests.support.backends import World
from tests.support.world_builder import STEPS


async def test_me_names_the_reviewer_and_what_they_may_do(world: World) -> None:
    """A reviewer learns their own name, tags and capabilities."""
    me = await world.reviewer.me()
    assert (me.subject, me.tags, me.role) == ("alice", ("claims-lead", "eu"), "reviewer")
    assert {"decide", "answer", "assign", "move", "note", "create_project", "board"} <= set(me.capabilities)


async def test_me_offers_an_agent_nothing_to_decide(world: World) -> None:
    """Screens opened with an agent's key are read-only."""
    me = await world.agent.me()
    assert me.role == "agent"
    assert not {"decide", "answer", "assign", "move"} & set(me.capabilities)


async def test_general_is_always_there(world: World) -> None:
    """A new folder has the project `general`, with its two steps."""
    (general,) = await world.agent.projects()
    assert (general.name, general.project_name) == ("General", "general")
    assert [(step.name, step.owner, step.exits) for step in general.steps.steps] == [
        ("in_progress", "AGENT", ("complete",)),
        ("complete", "PLATFORM", ()),
    ]
    assert await world.agent.project(general.id) == general


async def test_projects_are_found_by_name_or_slug(world: World, given: Given) -> None:
    """The filter is a substring of display name or slug, whatever the case."""
    made = await given.project("Claims / Refund (v1)")
    assert made.project_name == "claims_refund_v1"
    for name in ("claims /", "REFUND", "s_refund_", "v1"):
        assert [one.id for one in await world.agent.projects(name=name)] == [made.id], name
    assert await world.agent.projects(name="nothing like it") in ((), [])


async def test_a_project_keeps_its_graph_as_it_was_declared(given: Given) -> None:
    """Steps come back in their declared order with owners, exits and timeouts."""
    made = await given.project()
    assert made.steps.wire()["steps"] == STEPS["steps"]
    assert made.steps.initial_step == "intake"


async def test_tasks_are_found_by_project_and_name(world: World, given: Given) -> None:
    """The filters of the task list narrow it, together too."""
    first, second = await given.task("Claim A"), await given.task("claim B")
    other = await given.task("Claim C", slug="general")
    assert {one.id for one in await world.agent.tasks()} == {first.id, second.id, other.id}
    assert {one.id for one in await world.agent.tasks(project_id=first.project_id)} == {first.id, second.id}
    assert [one.id for one in await world.agent.tasks(project_id=first.project_id, name="M b")] == [second.id]
    assert len(await world.agent.tasks(project_id="prj_nowhere")) == 0


async def test_a_task_shows_its_open_request(world: World, given: Given) -> None:
    """A task that waits names what it waits for."""
    request = await given.approval()
    detail = await world.agent.task(request.task_id)
    assert isinstance(detail, TaskDetail)
    assert detail.task.status == "WAITING"
    (waiting,) = detail.open_requests
    assert (waiting.request_id, waiting.event_type) == (request.id, "APPROVAL_REQUESTED")
    assert (waiting.summary, waiting.requested_at) == (APPROVAL["summary"], request.timestamp)


async def test_the_inbox_lists_open_requests_oldest_first(world: World, given: Given) -> None:
    """An inbox item carries what its line shows, and leaves when it is settled."""
    first, second = await given.approval(), await given.elicitation()
    page = await world.reviewer.inbox()
    assert [item.request_id for item in page.items] == [first.id, second.id]
    approval, elicitation = page.items
    assert (approval.summary, approval.hash) == (APPROVAL["summary"], first.hash)
    assert approval.recommendation == APPROVAL["recommendation"]
    assert (approval.task_name, approval.project_name, approval.step) == ("Claim C-1029", "claims_refund_v1", "intake")
    assert (elicitation.event_type, elicitation.field_count) == ("ELICITATION_REQUESTED", 10)
    await given.decision(first)
    assert [item.request_id for item in (await world.reviewer.inbox()).items] == [second.id]


async def test_the_inbox_has_contexts_where_they_are_asked_for(world: World, given: Given) -> None:
    """Of each request the first entries that are short and certain: a key that is there twice is none."""
    many = {f"k{n:02}": "v" for n in range(30)}
    contexts: list[dict[str, str]] = [{"Amount": "$240", "Note": "n" * 201, "k" * 101: "v"}, many, {}]
    contexts.append({"Amount": "$1", " amount ": "2" * 300, "Region": "EU"})
    task = await given.task()
    for context in contexts:
        await given.approval(task, keyValueContext=context or None)
    listed = [{"Amount": "$240"}, dict(list(many.items())[:20]), None, {"Region": "EU"}]
    assert [item.key_value_context for item in (await world.reviewer.inbox(context=True)).items] == listed
    page = await world.reviewer.inbox(project_id=task.project_id, limit=1, context=True)
    assert page.items[0].key_value_context == listed[0]
    assert [item.key_value_context for item in (await world.reviewer.inbox()).items] == [None] * 4


async def test_the_inbox_of_a_project(world: World, given: Given) -> None:
    """The inbox narrows to one project."""
    await given.approval()
    other = await given.approval(await given.task(slug="general"))
    page = await world.reviewer.inbox(project_id=other.project_id)
    assert [item.request_id for item in page.items] == [other.id]


async def test_a_request_shows_all_that_a_reviewer_needs(world: World, given: Given) -> None:
    """The detail holds the event as it was written, its hash, the task and the project."""
    request = await given.approval()
    detail = await world.reviewer.request(request.id)
    assert detail.hash == detail.event.hash
    assert detail.event.payload == {"type": "ApprovalRequested", **APPROVAL}
    assert (detail.task.id, detail.project.project_name) == (request.task_id, "claims_refund_v1")
    assert detail.result is None


async def test_a_settled_request_shows_its_result(world: World, given: Given) -> None:
    """Whoever opens a settled request sees who settled it and how."""
    request = await given.approval()
    await given.decision(request, "REJECT", "No proof")
    result = (await world.reviewer.request(request.id)).result
    assert result is not None
    assert (result["decidedBy"], result["outcome"]) == ("alice", {"type": "REJECT", "note": "No proof"})


async def test_results_are_none_while_pending(world: World, given: Given) -> None:
    """An agent that polls too early gets nothing, not a fault."""
    approval, elicitation = await given.approval(), await given.elicitation()
    assert await world.agent.approval_result(approval.id) is None
    assert await world.agent.elicitation_result(elicitation.id) is None


async def test_an_approvals_result_has_its_snapshots(world: World, given: Given) -> None:
    """The decision comes with who decided, what they were, and what the agent had recommended."""
    request = await given.approval()
    await given.decision(request, "EDIT_AND_APPROVE", "Only $200")
    result = await world.agent.approval_result(request.id)
    assert result is not None
    assert (result.request_id, result.task_id) == (request.id, request.task_id)
    assert result.outcome.wire() == {"type": "EDIT_AND_APPROVE", "note": "Only $200"}
    assert result.authority_snapshot is not None
    assert result.authority_snapshot.wire() == {"subject": "alice", "tags": ["claims-lead", "eu"]}
    assert result.recommendation_snapshot is not None
    assert result.recommendation_snapshot.wire() == APPROVAL["recommendation"]
    decided = (await given.timeline((await world.agent.task(request.task_id)).task))[-1]
    assert (result.decided_by, result.decided_at) == ("alice", decided.timestamp)


async def test_an_elicitations_result_has_its_answers(world: World, given: Given) -> None:
    """All ten field types come back as they were answered."""
    request = await given.elicitation()
    await given.answers(request)
    result = await world.agent.elicitation_result(request.id)
    assert result is not None
    assert (result.fields, result.answered_by) == (ANSWERS, "alice")


@pytest.mark.parametrize("types", [("PROJECT_CREATED",), ("UPLOAD_RECEIVED", "PROJECT_CREATED"), ("NOPE",)])
async def test_types_of_no_timeline_match_nothing(world: World, given: Given, types: tuple[str, ...]) -> None:
    """Entries of the chain that stand on no timeline, and types that nobody knows, select nothing and are no fault."""
    await given.upload(b"x", "a.txt", "text/plain")
    task = await given.task()
    for project_id in (None, task.project_id):
        assert (await world.reviewer.events(types=types, project_id=project_id)).items == ()
    page = await world.reviewer.events(types=(*types, "TASK_CREATED"))
    assert [event.event_type for event in page.items] == ["TASK_CREATED"]


async def test_the_board_counts_its_columns(world: World, given: Given) -> None:
    """A board has a column for each step in graph order, with its tasks and those that wait."""
    task, waiting = await given.task(), await given.task()
    await given.approval(waiting)
    await given.action(await given.task(), transitions_to="paid")
    board = await world.reviewer.board(task.project_id)
    assert [(one.step, one.owner, one.terminal, one.count, one.waiting) for one in board.columns] == [
        ("intake", "AGENT", False, 2, 1),
        ("in_review", "HUMAN", False, 0, 0),
        ("paid", "PLATFORM", True, 1, 0),
        ("refused", "PLATFORM", True, 0, 0),
    ]


async def test_a_columns_cards_are_oldest_in_the_step_first(world: World, given: Given) -> None:
    """A card is the task, since when it stands there, and when that is too long."""
    first, second = await given.task("first"), await given.task("second")
    for task in (second, first):
        await given.action(task, transitions_to="in_review")
    page = await world.reviewer.cards(first.project_id, "in_review")
    assert [card.name for card in page.items] == ["second", "first"]
    card = page.items[0]
    assert card.overdue_at is not None
    assert card.step_entered_at is not None
    assert (card.overdue_at - card.step_entered_at).total_seconds() == 3600


async def test_the_board_knows_its_oldest_and_overdue_tasks(world: World, given: Given) -> None:
    """A column says since when its oldest task is there, and how many are overdue where the step sets a time."""
    first = await given.task("first")
    await given.action(first, transitions_to="in_review")
    world.clock.now += timedelta(seconds=3601)
    await given.action(await given.task("second"), transitions_to="in_review")
    await given.closed_task()
    intake, in_review, paid, _ = (await world.reviewer.board(first.project_id)).columns
    oldest = (await world.reviewer.cards(first.project_id, "in_review")).items[0]
    assert (in_review.overdue, in_review.oldest_at) == (1, oldest.step_entered_at)
    assert (intake.overdue, intake.oldest_at, paid.overdue, paid.oldest_at) == (None, None, None, None)


async def test_a_card_knows_whose_turn_it_is(world: World, given: Given) -> None:
    """After a decision it is the agent's turn until it acts; what people write meanwhile changes nothing."""
    task = await given.task()

    async def card() -> Card:
        return (await world.reviewer.cards(task.project_id, "intake")).items[0]

    created = await card()
    assert (created.agent, created.decided_at) == (AGENT.subject, None)
    asked = await given.approval(task)
    world.clock.now += timedelta(seconds=60)
    await given.decision(asked)
    settled = (await given.timeline(task))[-1]
    world.clock.now += timedelta(seconds=60)
    await world.reviewer.submit(Comment(task_id=task.id, message="soon?"), key=given.key())
    written = await card()
    assert written.decided_at == settled.timestamp
    assert written.last_event_at == (await given.timeline(task))[-1].timestamp > settled.timestamp
    await given.approval(task)
    assert (await card()).decided_at is None
    await given.decision((await given.timeline(task))[-1])
    await given.action(task)
    assert (await card()).decided_at is None


async def test_an_upload_is_read_back_to_the_byte(world: World, given: Given) -> None:
    """Content of any bytes and of no bytes comes back as it was sent, in pieces."""
    for content in (b"", b"\x00\r\n--\xff" * 1000, b"x" * 700_000):
        upload_id = await given.upload(content, 'a "b" ü\\c.bin', "application/x-thing")
        upload = await world.agent.upload(upload_id)
        assert (upload.id, upload.size, upload.content_type) == (upload_id, len(content), "application/x-thing")
        for caller in (world.agent, world.reviewer):
            assert b"".join([piece async for piece in caller.download(upload_id)]) == content


HOSTILE_IDS = (
    "nothing",
    "",
    ".",
    "..",
    "a/b",
    "a/events",
    "%2F",
    "a b",
    "ü",
    "?x=1",
    "#",
    "\x00",
    "x" * 2000,
    "\ud800",
)


@pytest.mark.parametrize("bad_id", HOSTILE_IDS)
async def test_what_is_not_there_is_not_found(world: World, bad_id: str) -> None:
    """An id that names nothing is NotFound in every read, whatever it is made of."""
    reviewer = world.reviewer
    reads: list[Callable[[], Awaitable[object]]] = [
        lambda: reviewer.project(bad_id),
        lambda: reviewer.board(bad_id),
        lambda: reviewer.cards(bad_id, "intake"),
        lambda: reviewer.task(bad_id),
        lambda: reviewer.request(bad_id),
        lambda: reviewer.approval_result(bad_id),
        lambda: reviewer.elicitation_result(bad_id),
        lambda: reviewer.upload(bad_id),
        lambda: anext(reviewer.download(bad_id)),
    ]
    for number, read in enumerate(reads):
        with pytest.raises(NotFound) as fault:
            await read()
        assert fault.value.code == "NOT_FOUND", number


async def test_events_of_nothing_are_not_found(world: World) -> None:
    """A timeline of a task or project that is not there is NotFound, not empty."""
    with pytest.raises(NotFound):
        await world.reviewer.events(task_id="tsk_nowhere")
    with pytest.raises(NotFound):
        await world.reviewer.events(project_id="prj_nowhere")


async def test_a_step_that_is_not_there_has_no_cards(world: World, given: Given) -> None:
    """A column of a step that the project has not is NotFound."""
    project = await given.project()
    with pytest.raises(NotFound):
        await world.reviewer.cards(project.id, "nowhere")


async def test_a_result_of_the_other_kind_is_not_found(world: World, given: Given) -> None:
    """An elicitation has no approval's result, and the other way round."""
    approval, elicitation = await given.approval(), await given.elicitation()
    with pytest.raises(NotFound):
        await world.agent.approval_result(elicitation.id)
    with pytest.raises(NotFound):
        await world.agent.elicitation_result(approval.id)
