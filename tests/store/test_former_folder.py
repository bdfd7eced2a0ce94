"""A folder that the version before several open requests a task wrote: `former`, kept as it was left.

One project, three tasks: on the first an approval is open that names an attachment, on the second one is open after
an elicitation was answered, the third was rejected and closed. Its checkpoint is of the former version.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from api_client.commands import Decide, RequestApproval
from api_client.models import Outcome
from store.core.batch import Job
from store.folder import checkpoint
from store.folder.engine import Store
from store.folder.head import START
from store.folder.queries import FolderReader
from store.folder.state import State
from store.transfer.exporter import Filter, jsonl
from store.transfer.folder_record import FolderRecord
from store.transfer.importer import Import
from store.transfer.verifier import verify
from tests.support.actors import AGENT, ALICE
from tests.support.small_folders import open_store, receipt, task_job

FORMER = Path(__file__).with_name("former")
ONE, TWO = "tsk_000000000003", "tsk_000000000005"
ASKED, OTHER = "evt_0000000700000000000d", "evt_0000000a000000000010"
HEAD = "bb3c5b68d7cf0720493c7f28bdc14303be5762e2a66306b9227276637a556dda"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of it to work on."""
    return shutil.copytree(FORMER, tmp_path / "data")


def shows(store: Store) -> tuple[list[str], list[tuple[str, int]], list[str]]:
    """Return what the screens begin with: open requests, the board's waiting tasks, each task's status."""
    reader = FolderReader(store)
    project = reader.projects("claims")[0].id
    inbox = [one.request_id for one in reader.inbox(None, None, 100, ALICE).items]
    board = [(column.step, column.waiting) for column in reader.board(project).columns]
    return inbox, board, [task.status for task in reader.tasks(None, None)]


def test_a_folder_of_before_opens_as_it_is(folder: Path) -> None:
    """Its open requests, counts and statuses are as they were, nothing of the record changes, and nobody is warned."""
    journal = (folder / "journal.jsonl").read_bytes()
    store = open_store(folder)
    assert shows(store) == (
        [ASKED, OTHER],
        [("intake", 2), ("review", 0), ("closed", 0), ("paid", 0)],
        ["WAITING", "WAITING", "CLOSED"],
    )
    (item,) = (one for one in FolderReader(store).inbox(None, None, 100, ALICE).items if one.request_id == ASKED)
    assert item.requested_by == "agent-1"
    assert store.warnings == []
    store.close()
    assert (folder / "journal.jsonl").read_bytes() == journal


def test_its_checkpoint_is_made_anew_in_silence(folder: Path) -> None:
    """The former checkpoint is never taken for ours; after a write there is one of this version that says the same."""
    with pytest.raises(checkpoint.OtherVersionCheckpoint):
        checkpoint.read(folder)
    writer = open_store(folder, tokens=lambda: "f" * 12)
    receipt(writer.carry_out([task_job("one more")])[0])
    writer.close()
    saved = checkpoint.read(folder)
    assert saved is not None
    folded = State()
    store = open_store(folder)
    for commit in store.journal.commits(START, store.position.size):
        folded.replay(commit)
    assert saved.differences(folded) == []
    store.close()


def test_a_folder_of_before_verifies(folder: Path) -> None:
    """Before it was opened and after, nothing is wrong with it, and its chain stands where it stood."""
    assert verify(folder, expect=HEAD).wrong == []
    open_store(folder).close()
    assert verify(folder, expect=HEAD).wrong == []


def test_a_damaged_checkpoint_of_before_is_still_named(folder: Path) -> None:
    """That a checkpoint is of another version excuses no damage of it."""
    index = bytearray((folder / "index.bin").read_bytes())
    index[40] ^= 1
    (folder / "index.bin").write_bytes(index)
    (words,) = verify(folder).wrong
    assert "checkpoint" in words


def test_a_record_of_before_comes_back_from_its_export(tmp_path: Path, folder: Path) -> None:
    """A record without attachment snapshots is exported and imported byte for byte."""
    store = open_store(folder)
    exported = list(jsonl(FolderRecord(store), Filter()))
    before = shows(store)
    store.close()
    imported = Import(tmp_path / "again", uploads=folder / "uploads").run(exported)
    assert imported.position.hash == HEAD
    again = open_store(tmp_path / "again")
    assert shows(again) == before
    again.close()


def test_work_goes_on_where_it_stood(folder: Path) -> None:
    """A second request joins the one that was open, and each is decided by itself."""
    store = open_store(folder, tokens=iter([f"{n:012x}" for n in range(100, 200)]).__next__)
    ask = RequestApproval(project_name="claims", task_id=ONE, summary="And the rest?")
    second = str(receipt(store.carry_out([Job(ask, AGENT, None)])[0]).answer["eventId"])
    reader = FolderReader(store)
    assert [one.request_id for one in reader.task(ONE).open_requests] == [ASKED, second]
    decide = Decide(request_id=ASKED, outcome=Outcome(type="APPROVE"))
    receipt(store.carry_out([Job(decide, ALICE, None)])[0])
    detail = reader.task(ONE)
    assert (detail.task.status, [one.request_id for one in detail.open_requests]) == ("WAITING", [second])
    store.close()
    assert verify(folder).wrong == []
