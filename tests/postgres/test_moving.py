"""Moves between folder and database: the record, its attachments and its answers are the same in every place."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings

from api_client.commands import AddNote, CreateProject, CreateTask
from api_client.errors import InvalidRequest, NotFound, StoreBusy, StoreLogin, StoreReadOnly
from store.demo.workspace import generate
from store.folder.local_backend import open_local
from store.postgres.address import DatabaseAddress
from store.postgres.importing import check_importable, importing_workspace
from store.postgres.open_database import open_postgres
from store.postgres.workspaces import create_workspace
from store.server.call_context import Served
from store.transfer import database_importer
from store.transfer.archive import ANSWERS, MANIFEST, RECORD, UPLOADS, Archive
from store.transfer.database_importer import DatabaseImport
from store.transfer.database_verifier import verify_database
from store.transfer.line_file import LineFile
from store.transfer.verifier import verify
from tests.conftest import FixedClock, counting_tokens
from tests.postgres.conftest import OpenServer
from tests.postgres.test_same_record import Ids, Make, _outcome, _reads, _upload, commands
from tests.store.nonsense import event, export_lines, sound_start
from tests.support.actors import AGENT, ALICE
from tests.support.backends import DatabasePlace
from tests.support.moves import archive_folder, archive_workspace, into_folder, into_workspace
from tests.support.postgres import Cluster
from tests.support.rules_world import CLAIMS
from tests.waiting import wait_until

_numbers = count(1)
FILES = (RECORD, ANSWERS, MANIFEST)


def tokens_of_later() -> Callable[[], str]:
    """Return tokens that no earlier command had, the same in each place."""
    numbers = count(1 << 40)
    return lambda: f"{next(numbers):012x}"


# -- the whole record, there and back


@given(made=commands, later=commands)
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_moved_goes_on_as_if_it_had_not_been(database: str, made: list[Make], later: list[Make]) -> None:
    """There and back: every read, every answer to an old key and to any further command, and every byte is the same."""
    asyncio.run(_move(database, made, later))


async def _move(database: str, made: list[Make], later: list[Make]) -> None:
    address, name, clock = DatabaseAddress.parse(database), f"moved-{next(_numbers)}", FixedClock()
    with tempfile.TemporaryDirectory() as path:
        root = Path(path)
        ids = await _recorded(root / "data", made, clock)
        archive_folder(root / "data", root / "there")
        assert into_workspace(address, name, root / "there", clock).missing == 0
        assert verify_database(address, name).wrong == []
        folder = await open_local(root / "data", ALICE, clock=clock, tokens=tokens_of_later())
        workspace = await open_postgres(address, name, ALICE, clock=clock, tokens=tokens_of_later(), pool_size=2)
        try:
            assert await _all_reads(folder, ids) == await _all_reads(workspace, ids)
            for number, make in enumerate(later):
                clock.advance(seconds=7)
                command = make(ids)
                answers = [await _outcome(place, *command[:2], f"later-{number}") for place in (folder, workspace)]
                assert answers[0] == answers[1]
                if isinstance(answers[0], dict):
                    ids.note(command[0], answers[0])
            assert await _all_reads(folder, ids) == await _all_reads(workspace, ids)
        finally:
            await folder.aclose()
            await workspace.aclose()
        archive_folder(root / "data", root / "here")
        archive_workspace(address, name, root / "back")
        assert [(root / "here" / one).read_bytes() for one in FILES] == [
            (root / "back" / one).read_bytes() for one in FILES
        ]
        into_folder(root / "again", root / "back")
        assert verify(root / "again").wrong == []
        again = await open_local(root / "again", ALICE, clock=clock, tokens=tokens_of_later())
        folder = await open_local(root / "data", ALICE, clock=clock, tokens=tokens_of_later())
        try:
            assert await _all_reads(again, ids) == await _all_reads(folder, ids)
        finally:
            await again.aclose()
            await folder.aclose()


async def _recorded(data: Path, made: list[Make], clock: FixedClock) -> Ids:
    ids = Ids()
    folder = await open_local(data, ALICE, clock=clock, tokens=counting_tokens())
    try:
        ids.uploads.append(await _upload(folder))
        await _outcome(folder, CreateProject(name="Claims", steps=CLAIMS), ALICE, "project")
        for number, make in enumerate(made):
            clock.advance(seconds=7)
            command = make(ids)
            answer = await _outcome(folder, *command[:2], f"key-{number}")
            if isinstance(answer, dict):
                ids.note(command[0], answer)
    finally:
        await folder.aclose()
    return ids


async def _all_reads(place: Served, ids: Ids) -> list[Any]:
    """Return what every read answers, the content of the upload, and what the first keys were answered."""
    *found, figures = await _reads(place, ids)
    content = [bytes(piece) for upload in ids.uploads async for piece in place.download(upload)]
    repeated = await _outcome(place, CreateProject(name="Claims", steps=CLAIMS), ALICE, "project")
    return [*found, figures._replace(commits=0), content, repeated]


def test_every_archive_of_a_record_is_the_same(database: str, workspace: str, tmp_path: Path) -> None:
    """From a folder, from a database and from a database that was filled from that one: the same bytes."""
    address = DatabaseAddress.parse(database)
    generate(tmp_path / "data", tasks=40, events=1_500)
    archive_folder(tmp_path / "data", tmp_path / "first")
    for number, name in enumerate((workspace, f"{workspace}-b")):
        source = tmp_path / ("first" if number == 0 else "0")
        into_workspace(address, name, source, FixedClock())
        archive_workspace(address, name, tmp_path / str(number))
    for one in FILES:
        assert len({(tmp_path / place / one).read_bytes() for place in ("first", "0", "1")}) == 1


# -- an import that is interrupted


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """An archive of some hundred events and an attachment."""
    generate(tmp_path / "data", tasks=20, events=300)
    asyncio.run(_with_upload(tmp_path / "data"))
    archive_folder(tmp_path / "data", tmp_path / "archive")
    return tmp_path / "archive"


async def _with_upload(data: Path) -> None:
    folder = await open_local(data, ALICE, tokens=tokens_of_later())
    try:
        await _upload(folder)
        await _outcome(folder, CreateTask(project_name="general", name="x"), AGENT, "a key")
    finally:
        await folder.aclose()


class Stopped(Exception):
    """What ends an import in the middle of a test."""


def interrupt(address: DatabaseAddress, workspace: str, archive: Path, patch: pytest.MonkeyPatch) -> None:
    """Begin an import and end it behind its second batch."""
    patch.setattr(database_importer, "BATCH", 100)
    batches = iter([None, None])

    def store(self: Any, *values: Any) -> None:
        if next(batches, Stopped) is Stopped:
            raise Stopped
        was(self, *values)

    from store.postgres.importing import ImportingWorkspace

    was = ImportingWorkspace.store
    with pytest.MonkeyPatch.context() as inner:
        inner.setattr(ImportingWorkspace, "store", store)
        with pytest.raises(Stopped):
            into_workspace(address, workspace, archive, FixedClock())


def test_an_interrupted_import_goes_on(
    database: str, workspace: str, archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was written stays, nobody opens the workspace meanwhile, and the second run writes the rest."""
    address = DatabaseAddress.parse(database)
    interrupt(address, workspace, archive, monkeypatch)
    written = _oids(database, workspace)
    assert len(written) == 200
    with pytest.raises(StoreBusy, match="is not finished: run it again"):
        asyncio.run(open_postgres(address, workspace, ALICE))
    with pytest.raises(StoreBusy, match="is not finished"):
        archive_workspace(address, workspace, tmp_path / "none")
    result = into_workspace(address, workspace, archive, FixedClock())
    assert result.position.events > 300
    assert _oids(database, workspace)[:200] == written
    assert verify_database(address, workspace, expect=result.position.hash).wrong == []
    archive_workspace(address, workspace, tmp_path / "back")
    for one in FILES:
        assert (tmp_path / "back" / one).read_bytes() == (archive / one).read_bytes()


def _oids(database: str, workspace: str) -> list[Any]:
    """Return where each event's row is, and which transaction wrote it."""
    with psycopg.connect(database) as connection:
        statement = "select e.ctid, e.xmin from pumpup.event e join pumpup.workspace w on w.id = e.ws where name = %s"
        return connection.execute(f"{statement} order by e.seq".encode(), (workspace,)).fetchall()


@pytest.mark.parametrize("other", ["another record", "a shorter one"])
def test_another_record_does_not_go_on_with_it(
    database: str, workspace: str, archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, other: str
) -> None:
    """An interrupted import is gone on with by the same record alone; nothing is added to it by another."""
    address = DatabaseAddress.parse(database)
    interrupt(address, workspace, archive, monkeypatch)
    if other == "another record":
        generate(tmp_path / "other", tasks=20, events=400, seed=9)
        archive_folder(tmp_path / "other", tmp_path / "wrong")
    else:
        into_shorter(archive, tmp_path)
    with pytest.raises(InvalidRequest, match="beginning of another record"):
        into_workspace(address, workspace, tmp_path / "wrong", FixedClock())
    assert len(_oids(database, workspace)) == 200


def into_shorter(archive: Path, tmp_path: Path) -> None:
    from store.transfer.importer import Import

    lines = (archive / RECORD).read_bytes().splitlines(keepends=True)[:100]
    Import(tmp_path / "short").run(lines)
    archive_folder(tmp_path / "short", tmp_path / "wrong")


def test_a_half_copied_content_is_copied_again(database: str, workspace: str, archive: Path, tmp_path: Path) -> None:
    """A content that was interrupted counts as missing, leaves nothing behind, and comes whole the second time."""
    address = DatabaseAddress.parse(database)
    with importing_workspace(address, workspace, FixedClock()) as importing:
        doc = {"sha256": "0" * 64, "size": 8}
        with pytest.raises(Stopped):
            importing.add_content(doc, _stopping())
    into_workspace(address, workspace, archive, FixedClock())
    assert verify_database(address, workspace).wrong == []
    with psycopg.connect(database) as connection:
        found = connection.execute(
            "select count(*) from pumpup.blob b join pumpup.workspace w on w.id = b.ws where name = %s", (workspace,)
        ).fetchone()
    assert found == (1,)


def _stopping() -> Any:
    yield b"1234"
    raise Stopped


def test_a_workspace_that_is_written_meanwhile_is_not_imported_into(
    database: str, workspace: str, archive: Path, tmp_path: Path
) -> None:
    """Two imports into one workspace, or a server that had it open: the second to write learns of the other."""
    address = DatabaseAddress.parse(database)
    with (archive / RECORD).open("rb") as file:
        made = DatabaseImport(LineFile(file))
        checked = made.check()
        with importing_workspace(address, workspace, FixedClock()) as importing:
            into_workspace(address, workspace, archive, FixedClock())
            with pytest.raises(StoreBusy, match="Something else writes"):
                made.write(importing, checked)
    assert verify_database(address, workspace).wrong == []


async def test_a_server_that_had_the_workspace_open_waits_for_the_import(
    database: str, address: DatabaseAddress, workspace: str, archive: Path, server: OpenServer
) -> None:
    """Meanwhile it records nothing, and says why; afterwards it goes on behind the last event."""
    backend = await server(AGENT, tokens=tokens_of_later())
    command = CreateTask(project_name="general", name="x")
    with importing_workspace(address, workspace, FixedClock()):
        for _ in range(2):
            with pytest.raises(StoreBusy, match="An import into the workspace is not finished"):
                await backend.submit(command, key="k")
    moved = await asyncio.to_thread(into_workspace, address, workspace, archive, FixedClock())
    await backend.submit(command, key="k")
    found = await asyncio.to_thread(verify_database, address, workspace)
    assert (found.wrong, found.position.events) == ([], moved.position.events + 1)


# -- what is not taken


async def test_only_an_empty_workspace_is_imported_into(
    database: str, address: DatabaseAddress, workspace: str, archive: Path, server: OpenServer
) -> None:
    """One with events is left as it is, and refused before the work begins; an empty one is taken, as a folder is."""
    check_importable(address, workspace)
    backend = await server(AGENT)
    await backend.submit(CreateTask(project_name="general", name="x"), key="k")
    with pytest.raises(InvalidRequest, match="is not empty"):
        check_importable(address, workspace)
    with pytest.raises(InvalidRequest, match="is not empty"):
        into_workspace(address, workspace, archive, FixedClock())
    assert len((await backend.events()).items) == 1
    create_workspace(address, f"{workspace}-empty", FixedClock()())
    assert into_workspace(address, f"{workspace}-empty", archive, FixedClock()).missing == 0


def test_a_record_that_breaks_a_rule_makes_no_workspace(database: str, workspace: str, tmp_path: Path) -> None:
    """All of it is checked before the first row is written, for events are never removed from a database."""
    address = DatabaseAddress.parse(database)
    events = [*sound_start(), event(5, "NOTE", {"type": "Note", "message": "n"}, taskId="tsk_none")]
    with pytest.raises(InvalidRequest, match="Line 5 breaks the rules"):
        _import_lines(address, workspace, export_lines(events), tmp_path)
    with pytest.raises(NotFound):
        archive_workspace(address, workspace, tmp_path / "none")


def test_a_second_settlement_is_named_with_who_was_first(database: str, workspace: str, tmp_path: Path) -> None:
    """What a broken rule asks for is read again from the file: the words are those of a folder's import."""
    approved = {"type": "ApprovalDecided", "outcome": {"type": "APPROVE"}, "authority": {"subject": "eve", "tags": []}}
    keys = {"source": "HUMAN", "subject": "eve", "inResponseTo": sound_start()[3]["id"]}
    events = [*sound_start(), *(event(place, "APPROVAL_DECIDED", approved, **keys) for place in (5, 6))]
    with pytest.raises(InvalidRequest, match=r"Line 6 breaks the rules: .*Already decided by eve"):
        _import_lines(DatabaseAddress.parse(database), workspace, export_lines(events), tmp_path)


def test_what_no_database_holds_is_said_with_its_line(database: str, workspace: str, tmp_path: Path) -> None:
    """A name with a NUL is taken by a folder, and named before anything is written to a database."""
    events = sound_start()[:3]
    events[2]["subject"] = "a\0b"
    with pytest.raises(InvalidRequest, match=r"Line 3 can't be taken: .*NUL"):
        _import_lines(DatabaseAddress.parse(database), workspace, export_lines(events), tmp_path)


def _import_lines(address: DatabaseAddress, workspace: str, lines: list[bytes], tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_bytes(b"".join(lines))
    with (tmp_path / "x.jsonl").open("rb") as file:
        made = DatabaseImport(LineFile(file))
        checked = made.check()
        with importing_workspace(address, workspace, FixedClock()) as importing:
            made.write(importing, checked)


def test_two_answers_to_one_key_are_refused(database: str, workspace: str, archive: Path) -> None:
    """A caller could be told either: such an archive is none that this program wrote."""
    (line,) = (archive / ANSWERS).read_bytes().splitlines(keepends=True)
    doubled = b'{"seq":1,"record":' + line.partition(b',"record":')[2] + line
    (archive / ANSWERS).write_bytes(doubled)
    manifest = msgspec.structs.replace(Archive(archive).manifest, answers_hash=hashlib.sha256(doubled).hexdigest())
    (archive / MANIFEST).write_bytes(msgspec.json.encode(manifest))
    with pytest.raises(InvalidRequest, match="answer the same key"):
        into_workspace(DatabaseAddress.parse(database), workspace, archive, FixedClock())


# -- who may


def test_the_servers_role_exports_and_verifies_and_does_not_import(
    database: str, workspace: str, archive: Path, tmp_path: Path
) -> None:
    """The append-only role reads the whole record; an import is for the owner of the tables, and that is said."""
    owner, server = DatabaseAddress.parse(database), DatabasePlace(database, workspace).address
    with pytest.raises(StoreLogin, match="owner of the tables"):
        check_importable(server, workspace)
    with pytest.raises(StoreLogin):
        into_workspace(server, workspace, archive, FixedClock())
    into_workspace(owner, workspace, archive, FixedClock())
    assert verify_database(server, workspace).wrong == []
    archive_workspace(server, workspace, tmp_path / "back")
    assert (tmp_path / "back" / RECORD).read_bytes() == (archive / RECORD).read_bytes()
    assert [one.name for one in (tmp_path / "back" / UPLOADS).iterdir()] == [hashlib.sha256(b"content").hexdigest()]


def test_a_standby_is_exported_and_verified(archive: Path, tmp_path: Path) -> None:
    """Both only read: on a standby they find the same; an import is refused there before the work begins."""
    with Cluster.create() as primary:
        address = DatabaseAddress.parse(primary.create_database("record"))
        into_workspace(address, "default", archive, FixedClock())
        standby = primary.standby("second", synchronous=False)
        reading = DatabaseAddress.parse(standby.url("record"))
        events = "select count(*) from pumpup.event"
        there = primary.execute(events, database="record")
        wait_until(lambda: standby.execute(events, database="record") == there, "the standby has all events")
        assert verify_database(reading, "default", expect=Archive(archive).manifest.head).wrong == []
        archive_workspace(reading, "default", tmp_path / "back")
        for one in FILES:
            assert (tmp_path / "back" / one).read_bytes() == (archive / one).read_bytes()
        with pytest.raises(StoreReadOnly, match="standby"):
            check_importable(reading, "another")


async def test_a_record_is_exported_as_of_one_moment(
    address: DatabaseAddress, workspace: str, server: OpenServer
) -> None:
    """What is committed while an export is read is not in it: its last hash is the head that it began with."""
    from store.postgres import database_record
    from store.postgres.database_record import opened_record
    from store.transfer.exporter import Filter, jsonl

    backend = await server(AGENT)
    task = (await backend.submit(CreateTask(project_name="general", name="x"), key="k")).answer["id"]
    for number in range(5):
        await backend.submit(AddNote(project_name="general", task_id=task, message="n"), key=f"n{number}")

    def export(between: Callable[[], None]) -> list[bytes]:
        with opened_record(address, workspace) as record, pytest.MonkeyPatch.context() as patch:
            patch.setattr(database_record, "PAGE", 2)
            lines = jsonl(record, Filter())
            first = [next(lines)]
            between()
            return [*first, *lines]

    loop = asyncio.get_running_loop()

    def commit() -> None:
        more = AddNote(project_name="general", task_id=task, message="later")
        asyncio.run_coroutine_threadsafe(backend.submit(more, key="later"), loop).result()

    assert len(await asyncio.to_thread(export, commit)) == 6
    assert len(await asyncio.to_thread(export, lambda: None)) == 7
