"""A folder whose events no rule has seen is shown, read and gone on with: what makes no sense is unknown, no fault."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from api_client.actor import Actor
from api_client.errors import ApiError, Conflict, NotFound, StoreFault
from api_client.models import Event
from store.core.fold import GENERAL
from store.folder.api_keys import KeyRing
from store.folder.local_backend import LocalBackend, open_local
from store.server.app import create_app
from tests.conftest import FixedClock, counting_tokens
from tests.pilot.stage import Stage
from tests.server.conftest import Caller
from tests.store.nonsense import APPROVED, event, nonsense, sound_start, write_journal

IDS = [one["id"] for one in nonsense() if isinstance(one.get("id"), str)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with all of the nonsense in it."""
    write_journal(tmp_path / "data", nonsense(), key={"caller": 5})
    return tmp_path / "data"


@pytest.fixture
async def backend(folder: Path, clock: FixedClock) -> AsyncIterator[LocalBackend]:
    """The folder, open."""
    opened = await open_local(folder, Actor("alice", "reviewer"), clock=clock, tokens=counting_tokens())
    yield opened
    await opened.aclose()


async def all_events(backend: LocalBackend, **keys: Any) -> list[Event]:
    page = await backend.events(limit=500, **keys)
    return list(page.items)


async def test_the_folder_opens_and_takes_writes(backend: LocalBackend) -> None:
    """Nothing of it counts as damage: it is not read-only, and the request that makes sense is still to be seen."""
    assert list(backend.notices) == [] or all("damaged" not in notice for notice in backend.notices)
    assert "decide" in (await backend.me()).capabilities
    assert {one.request_id for one in (await backend.inbox()).items}


async def test_what_has_no_shape_is_an_unknown_event(backend: LocalBackend) -> None:
    """It stands in its place on the timeline, as a note that says so and holds what was recorded."""
    events = {one.seq: one for one in await all_events(backend)}
    recorded = dict(enumerate(nonsense(), start=1))
    unknown = {seq for seq, one in events.items() if seq and "recorded" in one.payload}
    assert len(unknown) > 20
    for seq in unknown:
        assert seq is not None
        shown = events[seq]
        assert shown.payload["recorded"] == recorded[seq]
        assert shown.payload["type"] == "Note"
        assert shown.event_type not in ("APPROVAL_REQUESTED", "APPROVAL_DECIDED", "ACTION", "NOTE")
    assert events[len(recorded)].payload["message"] == "the last, which makes sense"


async def test_the_first_settlement_holds(tmp_path: Path, clock: FixedClock) -> None:
    """A second one, or one of another kind, changes nothing of what the agent is answered."""
    asked = sound_start()[3]["id"]
    rejected = {**APPROVED, "outcome": {"type": "REJECT"}}
    answered = {"type": "ElicitationProvided", "answers": {}}
    events = [
        *sound_start(),
        event(5, "ELICITATION_PROVIDED", answered, source="HUMAN", inResponseTo=asked),
        event(6, "APPROVAL_DECIDED", APPROVED, source="HUMAN", inResponseTo=asked),
        event(7, "APPROVAL_DECIDED", rejected, source="HUMAN", inResponseTo=asked),
    ]
    write_journal(tmp_path / "data", events)
    backend = await open_local(tmp_path / "data", Actor("alice", "reviewer"), clock=clock, tokens=counting_tokens())
    try:
        result = await backend.approval_result(asked)
        assert result is not None
        assert result.outcome.type == "APPROVE"
        assert (await backend.task("tsk_1")).task.status == "RUNNING"
    finally:
        await backend.aclose()


async def test_a_task_in_a_step_that_there_is_not_is_none(backend: LocalBackend) -> None:
    """A task of no known step or project is not made of its event, and one is not moved to an unknown step."""
    with pytest.raises(NotFound):
        await backend.task("tsk_2")
    with pytest.raises(NotFound):
        await backend.task("tsk_3")
    assert (await backend.task("tsk_1")).task.current_step == "in_review"


async def test_every_read_answers(backend: LocalBackend) -> None:
    """Lists, pages from both ends, details and results of every id: an answer or a refusal, never a fault."""
    await all_events(backend, order="desc")
    for project in await backend.projects():
        for column in (await backend.board(project.id)).columns:
            await backend.cards(project.id, column.step)
        await all_events(backend, project_id=project.id)
    for task in await backend.tasks():
        await all_events(backend, task_id=task.id)
    for found in IDS:
        for call in (backend.request, backend.approval_result, backend.elicitation_result):
            try:
                await call(found)
            except NotFound:
                continue


async def test_no_path_is_made_of_a_record(tmp_path: Path, clock: FixedClock) -> None:
    """An upload whose hash is none is no upload, and a symlink or a pipe in its place is not opened."""
    (tmp_path / "secret").write_text("keys", encoding="utf-8")
    sha256 = sound_start()[2]["payload"]["sha256"]
    write_journal(tmp_path / "data", nonsense())
    (tmp_path / "data" / "uploads" / sha256).symlink_to(tmp_path / "secret")
    backend = await open_local(tmp_path / "data", Actor("alice", "reviewer"), clock=clock, tokens=counting_tokens())
    try:
        for number in range(1, 8):
            with pytest.raises(ApiError) as caught:
                _ = [piece async for piece in backend.download(f"upl_{number}")]
            assert isinstance(caught.value, StoreFault if number == 1 else NotFound)
    finally:
        await backend.aclose()


async def test_every_get_of_the_server_answers(folder: Path, backend: LocalBackend, clock: FixedClock) -> None:
    """No 500 on any of its reads, for an agent and for a reviewer, whatever id is asked for."""
    keys = KeyRing(folder, clock)
    app = create_app(backend, keys)
    ids = [*IDS[:45], "tsk_1", "tsk_2", "prj_1", "prj_2", "upl_1", "upl_2", "upl_none"]
    for secret in (keys.add("bot", "agent"), keys.add("bob", "reviewer")):
        caller = Caller(app, secret)
        paths = [
            f"/api/{path}"
            for path in ("projects", "tasks", "events?limit=500", "events?order=desc", "open-requests", "me")
        ]
        paths += [f"/api/board/prj_1{query}" for query in ("", "?step=in_review", "?step=nowhere")]
        for found in ids:
            paths += [f"/api/tasks/{found}", f"/api/tasks/{found}/events", f"/api/uploads/{found}/content"]
            paths += [f"/api/{kind}-requests/{found}/result" for kind in ("approval", "elicitation")]
            paths += [f"/api/requests/{found}", f"/api/uploads/{found}", f"/api/projects/{found}"]
        for path in paths:
            if path.endswith("upl_1/content"):
                continue  # what arrived is not there, which is the disk's fault and said so
            answer = await caller("GET", path)
            assert answer.status_code < 500, (path, answer.text)
            if "json" in answer.headers.get("content-type", ""):
                json.loads(answer.text)


async def test_one_who_writes_on_it_is_answered(backend: LocalBackend) -> None:
    """Commands on tasks and requests of nonsense are taken or refused as the contract says, never a fault."""
    from api_client.commands import Answer, Comment, Decide, Move
    from api_client.models import Outcome

    for number, found in enumerate(IDS[:40]):
        for command in (
            Decide(request_id=found, outcome=Outcome(type="REJECT")),
            Answer(request_id=found, answers={}),
        ):
            try:
                await backend.submit(command, key=f"settle {number}")
            except (NotFound, Conflict):
                continue
    await backend.submit(Comment(task_id="tsk_1", message="still here"), key="comment")
    await backend.submit(Move(task_id="tsk_1", transitions_to="done"), key="move")
    assert (await backend.task("tsk_1")).task.status == "CLOSED"


def _screens() -> Iterator[tuple[str, tuple[str, ...]]]:
    yield "inbox", ("j", "j", "k", "enter")
    yield "board", ("2", "l", "j", "enter", "G")
    yield "timeline", ("3", *("j",) * 12, "G", *("k",) * 8, "enter", "t")


@pytest.mark.parametrize(("name", "keys"), list(_screens()))
async def test_the_screens_show_it(folder: Path, name: str, keys: tuple[str, ...]) -> None:
    """Inbox, detail, board, task and timeline are walked through without an end of the app."""
    stage = Stage(folder)
    async with stage.run() as pilot:
        await stage.sees(pilot, "PUMP UP")
        for key in keys:
            await pilot.press(key)
            await pilot.pause()
        await stage.sees(pilot, "PUMP UP")
        assert stage.app.is_running


def test_the_project_that_always_exists_is_not_replaced(tmp_path: Path) -> None:
    """A record that makes `general` anew changes nothing of it."""
    from store.folder.engine import Store

    loose = {"initialStep": "a", "steps": [{"name": "a", "owner": "AGENT", "exits": []}]}
    payload = {"type": "ProjectCreated", "name": "General", "projectName": "general", "steps": loose}
    keys = {"taskId": None, "owner": None, "projectId": GENERAL["id"]}
    write_journal(tmp_path / "data", [event(1, "PROJECT_CREATED", payload, **keys)])
    store = Store(tmp_path / "data", clock=FixedClock(), tokens=counting_tokens())
    try:
        assert store.state.get("projects", str(GENERAL["id"])) == GENERAL
    finally:
        store.close()
