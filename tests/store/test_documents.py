"""The state as a TinyDB: it can be queried in memory and on the disk, and is changed by events alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from tinydb import TinyDB, where

from tests.support.small_folders import fill, note_job, open_store, receipt, task_job


def test_the_state_is_queried_as_it_is_now(tmp_path: Path) -> None:
    """A query finds what the last commit made; the same one again finds what came since."""
    store = open_store(tmp_path)
    tasks = store.state.database.table("tasks")
    task = fill(store, 0)
    assert [doc["id"] for doc in tasks.search(where("status") == "RUNNING")] == [task]
    other = receipt(store.carry_out([task_job("C-2")])[0]).answer["id"]
    assert [doc["id"] for doc in tasks.search(where("status") == "RUNNING")] == [task, other]
    document = tasks.get(doc_id=other)
    assert isinstance(document, dict)
    assert document["name"] == "C-2"
    store.close()


def test_the_state_is_not_written_past_the_journal(tmp_path: Path) -> None:
    """A write through TinyDB is refused, and the state goes on as it was."""
    store = open_store(tmp_path)
    task = fill(store, 0)
    with pytest.raises(AttributeError, match="mappingproxy"):
        store.state.database.table("tasks").update({"status": "CLOSED"})
    with pytest.raises(TypeError, match="events alone"):
        store.state.database.table("uploads").insert({"id": "upl_1"})
    assert receipt(store.carry_out([note_job(task)])[0])
    assert (store.state.get("tasks", task) or {})["status"] == "RUNNING"
    assert store.state.count("uploads") == 0
    store.close()


def test_a_checkpoint_is_a_file_of_tinydb(tmp_path: Path) -> None:
    """`state.json` opens with TinyDB alone, without this program."""
    store = open_store(tmp_path)
    task = fill(store, 3)
    store.save()
    store.close()
    with TinyDB(tmp_path / "state.json", access_mode="r") as database:
        assert {"checkpoint", "projects", "requests", "uploads", "tasks"} <= database.tables()
    assert task in (tmp_path / "state.json").read_text()
