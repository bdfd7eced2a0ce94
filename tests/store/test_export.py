"""Exports: what anyone can verify without our code, and what no spreadsheet runs."""

from __future__ import annotations

import csv
import hashlib
from datetime import timedelta
from io import StringIO
from pathlib import Path

import orjson
import pytest

from api_client.commands import CreateProject, CreateTask
from api_client.errors import NotFound
from store.core.batch import Job
from store.folder.engine import Store
from store.transfer.exporter import Filter, as_csv, jsonl
from store.transfer.folder_record import FolderRecord
from tests.store.test_verify import upload
from tests.support.actors import AGENT, ALICE
from tests.support.rules_world import CLAIMS
from tests.support.small_folders import fill, note_job, open_store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A folder with two projects, an upload and some text that a spreadsheet would run."""
    store = open_store(tmp_path / "data")
    task = fill(store, 3)
    upload(store, b"bytes")
    store.carry_out([Job(CreateProject(name="Claims", steps=CLAIMS), ALICE, None)])
    store.carry_out([Job(CreateTask(project_name="claims", name="=1+1"), AGENT, None)])
    store.carry_out([note_job(task, '=HYPERLINK("http://127.0.0.1")')])
    return store


def test_a_full_export_is_verified_by_fifteen_lines_of_nobodys_code(store: Store, tmp_path: Path) -> None:
    """The chain of a full JSONL export can be followed with the standard library alone, to the head's hash."""
    path = tmp_path / "export.jsonl"
    path.write_bytes(b"".join(jsonl(FolderRecord(store), Filter())))

    previous, count = "0" * 64, 0
    for line in path.read_bytes().splitlines():
        event, stated = line[9:-75], line[-66:-2].decode()
        previous = hashlib.sha256(previous.encode() + event).hexdigest()
        assert previous == stated
        count += 1

    assert count == store.state.seq == store.position.events
    assert previous == store.position.hash
    store.close()


def test_filters_choose_what_is_exported(store: Store) -> None:
    """Project (by slug or id), task, types and times each narrow the export; chain entries are in a full one only."""

    def types(**keys: object) -> list[str]:
        return [orjson.loads(line)["event"]["eventType"] for line in jsonl(FolderRecord(store), Filter(**keys))]  # type: ignore[arg-type]

    assert types(project="claims") == ["TASK_CREATED"]
    assert types(types=("TASK_CREATED",)) == ["TASK_CREATED", "TASK_CREATED"]
    assert "UPLOAD_RECEIVED" in types()
    assert "UPLOAD_RECEIVED" not in types(project="general")
    now = store.clock()
    assert types(since=now + timedelta(seconds=1)) == []
    assert types(until=now) == []
    assert len(types(since=now, until=now + timedelta(seconds=1))) == 6  # two of the eight are on no timeline
    with pytest.raises(NotFound):
        types(task="tsk_nothing")
    store.close()


def test_no_cell_of_a_csv_is_a_formula(store: Store) -> None:
    """A cell that would begin with = + - @ (or a wide or hidden form) begins with an apostrophe instead."""
    rows = list(csv.DictReader(StringIO(b"".join(as_csv(FolderRecord(store), Filter())).decode())))
    assert len(rows) == store.state.seq
    assert all(not cell.startswith(("=", "+", "-", "@", "\t", "\r")) for row in rows for cell in row.values())
    assert rows[-1]["hash"] == store.position.hash
    from api_client.spreadsheet_cells import harmless

    for cell in ("=1", "+1", "-1", "@x", "\t=1", " =1", "\u00a0=1", "\n=1", "＝1"):  # noqa: RUF001
        assert harmless(cell).startswith("'")
    store.close()
