"""Imports into a database that are interrupted, disturbed or refused: nothing is half there, and nothing twice."""

from __future__ import annotations

import asyncio
import hashlib
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from api_client.commands import CreateTask, ReceiveUpload
from api_client.errors import InvalidRequest, NotFound, StoreBusy
from store.core.event_ids import random_token
from store.demo.workspace import generate
from store.folder.local_backend import open_local
from store.postgres.address import DatabaseAddress
from store.postgres.importing import check_importable, importing_workspace
from store.postgres.open_database import open_postgres
from store.postgres.workspaces import create_workspace
from store.transfer import database_importer
from store.transfer.archive import ANSWERS, MANIFEST, RECORD, UPLOADS, Archive
from store.transfer.database_importer import DatabaseImport
from store.transfer.database_verifier import verify_database
from store.transfer.line_file import LineFile
from tests.conftest import FixedClock
from tests.postgres.conftest import OpenServer
from tests.store.nonsense import event, export_lines, sound_start
from tests.support.actors import AGENT, ALICE
from tests.support.moves import FILES, archive_folder, archive_workspace, into_workspace
from tests.support.postgres import Cluster
from tests.support.world_builder import in_pieces


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


def test_a_large_content_comes_whole(database: str, workspace: str, tmp_path: Path) -> None:
    """A content of many pieces, stored in several transactions, is the same when it comes back."""
    content = bytes(range(256)) * 24_001
    asyncio.run(_with_content(tmp_path / "data", content))
    address, sha256 = DatabaseAddress.parse(database), hashlib.sha256(content).hexdigest()
    archive_folder(tmp_path / "data", tmp_path / "archive")
    into_workspace(address, workspace, tmp_path / "archive", FixedClock())
    assert verify_database(address, workspace).wrong == []
    archive_workspace(address, workspace, tmp_path / "back")
    assert (tmp_path / "back" / UPLOADS / sha256).read_bytes() == content


async def _with_content(data: Path, content: bytes) -> None:
    folder = await open_local(data, AGENT)
    try:
        await folder.submit(ReceiveUpload(file_name="a.bin"), key="", content=in_pieces(content))
    finally:
        await folder.aclose()


def test_a_database_that_goes_down_loses_nothing_of_an_import(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The import says that the connection was lost; once the database is back the same command goes on."""
    monkeypatch.setattr(database_importer, "BATCH", 100)
    with Cluster.create(durable=True) as cluster:
        address = DatabaseAddress.parse(cluster.create_database("record"))
        batches = count(1)

        from store.postgres.importing import ImportingWorkspace

        was = ImportingWorkspace.store

        def store(self: Any, *values: Any) -> None:
            if next(batches) == 3:
                cluster.stop("immediate")
            was(self, *values)

        with pytest.MonkeyPatch.context() as inner:
            inner.setattr(ImportingWorkspace, "store", store)
            with pytest.raises(StoreBusy, match="was lost"):
                into_workspace(address, "default", archive, FixedClock())
        cluster.start()
        assert cluster.execute("select seq, importing from pumpup.workspace", database="record") == [(200, True)]
        result = into_workspace(address, "default", archive, FixedClock())
        assert verify_database(address, "default", expect=result.position.hash).wrong == []


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
    backend = await server(AGENT, tokens=random_token)
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
