"""What is written through one backend is read through the other: no backend has a truth of its own."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from api_client.backend import Backend
from api_client.models import Me
from tests.contract.given import Given
from tests.support.backends import ALICE, World


async def _me(backend: Backend) -> Me:
    """Return who the caller is; that the server streams is its own way to tell of changes."""
    me = await backend.me()
    return replace(me, capabilities=tuple(name for name in me.capabilities if name != "stream"))


async def _all_reads(backend: Backend, given: Given, ids: dict[str, str]) -> list[Any]:
    """Return every read's answer, as it stands on the wire."""
    pages = [
        await backend.inbox(),
        await backend.cards(ids["project"], "intake"),
        await backend.events(),
        await backend.events(task_id=ids["task"]),
        await backend.events(project_id=ids["project"], order="desc", types=["ACTION", "APPROVAL_DECIDED"]),
    ]
    singles = [
        await _me(backend),
        await backend.project(ids["project"]),
        await backend.board(ids["project"]),
        await backend.task(ids["task"]),
        await backend.request(ids["approval"]),
        await backend.request(ids["elicitation"]),
        await backend.approval_result(ids["approval"]),
        await backend.elicitation_result(ids["elicitation"]),
    ]
    lists = [list(await backend.projects()), list(await backend.tasks())]
    return [*pages, *singles, *lists]


async def test_every_read_says_the_same_on_both_sides(world: World, given: Given) -> None:
    """After a task's whole life, each read gives equal models here and there, with equal cursors."""
    task = await given.task()
    upload_id = await given.attached(task)
    approval = await given.approval(task, attachments=[upload_id], externalTraceId="trace")
    await given.decision(approval, "REQUEST_MORE_INFO", "Which day?")
    elicitation = await given.elicitation(task)
    await given.answers(elicitation)
    await given.approval()
    ids = {"project": task.project_id, "task": task.id, "approval": approval.id, "elicitation": elicitation.id}
    here = await _all_reads(world.reviewer, given, ids)
    there = await _all_reads(world.local.acting_as(ALICE), given, ids)
    for one, other in zip(here, there, strict=True):
        assert one == other
    mine, theirs = await world.reviewer.upload(upload_id), await world.local.upload(upload_id)
    assert (mine.id, mine.content_type, mine.size) == (theirs.id, theirs.content_type, theirs.size)


async def test_a_local_decision_is_read_by_the_agent(world: World, given: Given) -> None:
    """A reviewer at the folder decides, the agent reads it wherever it is, at once."""
    request = await given.approval()
    near = Given(world)
    near.world = World(**{**vars(world), "reviewer": world.local})
    receipt = await near.decision(request, "REJECT", "no")
    result = await world.agent.approval_result(request.id)
    assert result is not None
    assert result.outcome.note == "no"
    assert (await world.reviewer.events(task_id=request.task_id)).items[-1].id == receipt.event_id


async def test_a_cursor_is_good_on_both_sides(world: World, given: Given) -> None:
    """A place in the timeline that one backend named is the same place in the other."""
    task = await given.task()
    cursor = (await world.reviewer.events()).next_cursor
    written = (await given.action(task)).event_id
    for backend in (world.reviewer, world.local):
        assert [event.id for event in (await backend.events(cursor=cursor)).items] == [written]
