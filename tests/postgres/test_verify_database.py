"""`verify` of a database: a sound one is called sound, and whatever is changed in one is found and named."""

from __future__ import annotations

import asyncio
from pathlib import Path

import psycopg
import pytest

from api_client.commands import CreateProject, CreateTask, Decide, ReceiveUpload, RecordAction
from api_client.models import Attachment, Outcome
from store.folder.local_backend import open_local
from store.postgres.address import DatabaseAddress
from store.postgres.open_database import open_postgres
from store.transfer import database_verifier
from store.transfer.database_verifier import verify_database
from store.transfer.findings import BREACHES_NAMED
from tests.conftest import FixedClock, counting_tokens
from tests.support.actors import AGENT, ALICE
from tests.support.moves import archive_folder, into_workspace
from tests.support.rules_world import CLAIMS
from tests.support.world_builder import add_note, in_pieces, request_approval


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of a record that has some of everything."""
    root = tmp_path_factory.mktemp("verified")
    asyncio.run(_fill(root / "data"))
    archive_folder(root / "data", root / "archive")
    return root / "archive"


async def _fill(data: Path) -> None:
    alice = await open_local(data, ALICE, clock=FixedClock(), tokens=counting_tokens())
    agent = alice.acting_as(AGENT)
    try:
        await alice.submit(CreateProject(name="Claims", steps=CLAIMS), key="project")
        task = str((await agent.submit(CreateTask(project_name="claims", name="C-1"), key="task")).answer["id"])
        await agent.submit(CreateTask(project_name="general", name="C-2"), key="other")
        upload = await agent.submit(ReceiveUpload(file_name="a.txt"), key="", content=in_pieces(b"some bytes"))
        added = (Attachment(upload_id=str(upload.answer["id"]), label="a"),)
        action = RecordAction(project_name="claims", task_id=task, description="x", add_attachments=added)
        await agent.submit(action, key="attach")
        for number in (1, 2):
            asked = await agent.submit(request_approval(task, project="claims"), key=f"ask-{number}")
        await alice.submit(Decide(request_id=str(asked.event_id), outcome=Outcome(type="APPROVE")), key="decide")
        await agent.submit(add_note(task, "n", "claims"), key="note")
    finally:
        await alice.aclose()


@pytest.fixture
def address(database: str, workspace: str, archive: Path) -> DatabaseAddress:
    """A database with a sound workspace."""
    address = DatabaseAddress.parse(database)
    into_workspace(address, workspace, archive, FixedClock())
    return address


def harm(database: str, workspace: str, statement: str) -> None:
    """Change something behind the program's back, as the database's superuser can; `$w` is the workspace."""
    with psycopg.connect(database) as connection:
        connection.execute("set session_replication_role = replica")  # no trigger fires
        connection.execute("set search_path = pumpup")
        (number,) = connection.execute("select id from pumpup.workspace where name = %s", (workspace,)).fetchone() or (
            0,
        )
        assert connection.execute(statement.replace("$w", str(number)).encode()).rowcount > 0


def test_a_sound_workspace_is_called_sound(address: DatabaseAddress, workspace: str) -> None:
    """Nothing is wrong, the count and the head's hash are told, and progress comes to its end."""
    calls: list[tuple[int, int]] = []
    found = verify_database(address, workspace, progress=lambda *call: calls.append(call))
    assert (found.wrong, found.notes, found.position.events) == ([], [], 9)
    assert verify_database(address, workspace, expect=found.position.hash.upper()).wrong == []
    assert calls[-1] == (9, 9)
    (wrong,) = verify_database(address, workspace, expect="0" * 64).wrong
    assert "not at the expected" in wrong


async def test_a_workspace_that_is_written_meanwhile_is_sound(
    address: DatabaseAddress, workspace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is committed while a verification runs is not held against it."""
    agent = await open_postgres(address, workspace, AGENT, pool_size=2)
    was = database_verifier._DatabaseVerification._read_events
    loop = asyncio.get_running_loop()

    def writing(self: database_verifier._DatabaseVerification, *given: object) -> bool:
        more = agent.submit(CreateTask(project_name="general", name="later"), key="later")
        asyncio.run_coroutine_threadsafe(more, loop).result()
        return was(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(database_verifier._DatabaseVerification, "_read_events", writing)
    try:
        found = await asyncio.to_thread(verify_database, address, workspace)
    finally:
        await agent.aclose()
    assert (found.wrong, found.position.events) == ([], 9)


HARM = {
    "an event": ("update event set body = replace(body::text, 'a', 'b')::bytea where ws = $w and seq = 9", "Event 9 "),
    "an event's text": (
        "update event set body = convert_to(replace(convert_from(body, 'UTF8'), '\"n\"', '\"m\"'), 'UTF8') "
        "where ws = $w and seq = 9",
        "Event 9 breaks the hash chain",
    ),
    "an event's hash": (
        "update event set hash = decode(repeat('ab', 32), 'hex') where ws = $w and seq = 3",
        "Event 3 breaks the hash chain",
    ),
    "no JSON": ("update event set body = '{' where ws = $w and seq = 3", "Event 3 holds no JSON object"),
    "an event gone": ("delete from event where ws = $w and seq = 3", "Event 3 is missing"),
    "the last event gone": ("delete from event where ws = $w and seq = 9", "the last one is 8"),
    "two exchanged": (
        "update event set body = (select body from event e where e.ws = $w and e.seq = 7) where ws = $w and seq = 6",
        "Event 6 breaks the rules: its seq is 7",
    ),
    "a type": ("update event set type = 2 where ws = $w and seq = 9", "Event 9 stands under another type"),
    "a task's number": ("update event set task = 2 where ws = $w and seq = 9", "Event 9 stands under another task"),
    "a project's number": (
        "update event set project = null where ws = $w and seq = 9",
        "Event 9 stands under another project",
    ),
    "a settlement": (
        "update event set reply_to = 6 where ws = $w and seq = 8",
        "Event 8 stands under another reply_to",
    ),
    "the head's hash": ("update workspace set hash = decode(repeat('ab', 32), 'hex') where id = $w", "another hash"),
    "the head set back": (
        "update workspace set seq = 8, hash = (select hash from event where ws = $w and seq = 8) where id = $w",
        "there are events behind it, up to 9",
    ),
    "the head ahead": ("update workspace set seq = 12 where id = $w", "names event 12, and the last one is 9"),
    "the count of tasks": ("update workspace set tasks = 7 where id = $w", "counts 7 tasks, and the events make 2"),
    "the count of projects": ("update workspace set projects = 1 where id = $w", "counts 1 projects"),
    "the count of commits": ("update workspace set commits = 10 where id = $w", "counts 10 commits of 9 events"),
    "a task's document": (
        "update task set doc = convert_to(replace(convert_from(doc, 'UTF8'), 'C-1', 'C-9'), 'UTF8') where ws = $w",
        "The document of the task tsk_",
    ),
    "a task's step": ("update task set step = 'paid' where ws = $w and no = 1", "The row of the task tsk_"),
    "a task's place": ("update task set step_seq = 9 where ws = $w and no = 1", "The row of the task tsk_"),
    "a task's timeout": ("update task set due = now() where ws = $w and no = 2", "The row of the task tsk_"),
    "a task gone": ("delete from task where ws = $w and no = 2", "is missing"),
    "a task too many": (
        "insert into task select ws, 9, 'tsk_9', project, step, step_seq, due, doc from task where ws = $w and no = 1",
        "The task tsk_9 is there, and no event made it",
    ),
    "a project's slug": ("update project set slug = 'x' where ws = $w and no = 2", "The row of the project prj_"),
    "a project's steps": (
        "update project set doc = (select doc from project where ws = $w and no = 1) where ws = $w and no = 2",
        "The document of the project prj_",
    ),
    "a step's count": (
        "update step_count set waiting = 0 where ws = $w and waiting = 1",
        "count of tasks in the project and step 2 ",
    ),
    "an open request gone": ("delete from request where ws = $w", "The open request of event 6 is missing"),
    "an open request of another": (
        "update request set task = 2 where ws = $w",
        "The row of the open request of event 6",
    ),
    "an upload's owner": ("update upload set subject = 'eve' where ws = $w", "The row of the upload upl_"),
    "an upload let loose": ("update upload set attached = false where ws = $w", "The row of the upload upl_"),
    "a content": ("update blob_piece set bytes = 'other byte' where ws = $w", "of an upload has changed"),
    "a content's piece": ("delete from blob_piece where ws = $w", "A piece of the content"),
    "a content gone": ("delete from blob where ws = $w", "The content of the upload upl_"),
    "an answer under another key": (
        "update idempotency set digest = decode(repeat('ab', 16), 'hex') where ws = $w and seq = 9",
        "The idempotency record of event 9 stands under another key",
    ),
    "an answer that is none": ("update idempotency set record = '[]' where ws = $w and seq = 9", "of event 9 is none"),
    "an answer of no event": ("update idempotency set seq = 99 where ws = $w and seq = 9", "belongs to event 99"),
}


@pytest.mark.parametrize("what", HARM)
def test_what_is_wrong_is_named(database: str, address: DatabaseAddress, workspace: str, what: str) -> None:
    """Each kind of thing that can be changed behind the program's back is found, and said in words that name it."""
    statement, words = HARM[what]
    harm(database, workspace, statement)
    wrong = verify_database(address, workspace).wrong
    assert any(words in one for one in wrong), wrong


def test_all_is_named_and_the_rest_counted(database: str, address: DatabaseAddress, workspace: str) -> None:
    """Harm in one place does not hide that in another; of one kind the first are named and the others counted."""
    more, first = BREACHES_NAMED + 5, "ws = $w and no = 1"
    rows = "ws, 100 + n, 'tsk_x' || n, project, step, step_seq, due, doc"
    harm(
        database,
        workspace,
        f"insert into pumpup.task select {rows} from pumpup.task, generate_series(1, {more}) n where {first}",
    )
    harm(database, workspace, "update pumpup.event set task = 2 where ws = $w and seq = 9")
    wrong = verify_database(address, workspace).wrong
    assert sum("no event made it" in one for one in wrong) == BREACHES_NAMED
    assert "… and 5 more of the documents." in wrong
    assert any("Event 9" in one for one in wrong)


def test_nothing_is_written(database: str, address: DatabaseAddress, workspace: str) -> None:
    """A verification leaves every row as it was, and needs no right to change one."""
    state = "select md5(string_agg(x::text || x.xmin::text, ',')) from pumpup.workspace x"
    with psycopg.connect(database) as connection:
        before = connection.execute(state).fetchone()
    verify_database(address, workspace)
    with psycopg.connect(database) as connection:
        assert connection.execute(state).fetchone() == before
