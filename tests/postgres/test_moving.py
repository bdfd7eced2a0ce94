"""Moves between folder and database: the record, its attachments and its answers are the same in every place."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from api_client.commands import AddNote, CreateProject, CreateTask
from api_client.errors import StoreLogin, StoreReadOnly
from store.demo.workspace import generate
from store.folder.local_backend import open_local
from store.postgres.address import DatabaseAddress
from store.postgres.database_record import opened_record
from store.postgres.importing import check_importable, importing_workspace
from store.postgres.open_database import open_postgres
from store.server.call_context import Served
from store.transfer.archive import RECORD, UPLOADS, Archive, ArchiveWriter
from store.transfer.database_importer import DatabaseImport
from store.transfer.database_verifier import verify_database
from store.transfer.line_file import LineFile
from store.transfer.verifier import verify
from tests.conftest import FixedClock, counting_tokens
from tests.postgres.conftest import OpenServer
from tests.postgres.test_same_record import Ids, Make, _outcome, _reads, _upload, commands
from tests.support.actors import AGENT, ALICE
from tests.support.backends import DatabasePlace
from tests.support.moves import FILES, archive_folder, archive_workspace, into_folder, into_workspace
from tests.support.postgres import Cluster
from tests.support.rules_world import CLAIMS
from tests.waiting import wait_until

_numbers = count(1)


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
        ids.claims = str((await _outcome(folder, CreateProject(name="Claims", steps=CLAIMS), ALICE, "project"))["id"])
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


def test_progress_is_reported_to_its_end(database: str, workspace: str, archive: Path, tmp_path: Path) -> None:
    """Each part of a move says how far it is, never goes back, and comes to its end."""
    calls: list[list[tuple[int, int]]] = []

    def progress() -> Callable[[int, int], None]:
        calls.append([])
        return lambda done, total: calls[-1].append((done, total))

    address = DatabaseAddress.parse(database)
    with (archive / RECORD).open("rb") as file:
        made = DatabaseImport(LineFile(file), uploads=archive / UPLOADS)
        checked = made.check(progress())
        with importing_workspace(address, workspace, FixedClock()) as importing:
            made.write_contents(importing, checked, progress())
            made.write(importing, checked, progress())
    with opened_record(address, workspace) as record:
        writer = ArchiveWriter(tmp_path / "back")
        contents = writer.write_contents(record, progress())
        writer.write_lines(record, contents, progress())
    assert len(calls) == 5
    for told in calls:
        assert told == sorted(told)
        assert {total for _, total in told} == {told[-1][0]}
        assert told[-1][0] > 0


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
