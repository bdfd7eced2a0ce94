"""The record that an import into a database and a verification fold: it reads as a folder's state, in less memory."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import orjson

from store.core.event_ids import random_token
from store.core.state_view import TABLES, Doc
from store.demo.workspace import generate
from store.folder.engine import Store
from store.transfer.folded_record import FoldedRecord
from tests.conftest import FixedClock
from tests.store.nonsense import nonsense, write_journal


def _compare(folder: Path) -> None:
    """Fold a folder's events, and hold every document, event and settlement against the folder's own."""
    store = Store(folder, clock=FixedClock(), tokens=random_token, for_reading=True)
    try:
        record = FoldedRecord(store.events.raw)
        for seq in range(1, store.state.seq + 1):
            text, hash_ = store.events.raw(seq)
            record.take({**orjson.loads(text), "hash": hash_}, text)
        assert record.seq == store.state.seq
        for table in TABLES:
            assert list(record.documents(table)) == list(store.state.documents(table))
            assert record.count(table) == store.state.count(table)
        for project in record.documents("projects"):
            assert record.project_by_slug(project["projectName"]) == store.state.get("projects", project["id"])
        for seq in range(1, record.seq + 1):
            event_id = store.events.at(seq)["id"]
            assert record.event(event_id) == store.events.find(event_id)
            assert record.settlement(event_id) == store.events.settlement(event_id)
        assert record.event("evt_ffffffffnone") is None
        assert record.settlement("evt_ffffffffnone") is None
    finally:
        store.close()


def test_a_folded_record_reads_as_the_folder_does(tmp_path: Path) -> None:
    """Documents, events, settlements, slugs and counts are the same."""
    generate(tmp_path / "data", tasks=40, events=800)
    _compare(tmp_path / "data")


def test_what_makes_no_sense_is_folded_as_the_folder_does(tmp_path: Path) -> None:
    """Events that no rule has seen change what they change in a folder, and nothing else."""
    write_journal(tmp_path / "data", nonsense())
    _compare(tmp_path / "data")


def test_documents_take_little_more_memory_than_their_json() -> None:
    """A million events must fit: what a document takes is what its JSON is long, and not the buffer it was made in."""
    record = FoldedRecord(lambda _: (b"{}", ""))
    docs: list[Doc] = [{"id": f"tsk_{number:012}", "name": "x" * 400} for number in range(2_000)]
    tracemalloc.start()
    try:
        for doc in docs:
            record.put("tasks", doc["id"], doc)
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert taken < 2 * sum(len(orjson.dumps(doc)) for doc in docs)
