"""Every write of a commit and of a checkpoint fails once, or is where the process is killed: one history is signed."""

from __future__ import annotations

import errno
from itertools import count
from pathlib import Path

import pytest
from typing_extensions import override

from api_client.errors import ApiError
from store.core.signed_note import read_head, read_note
from store.folder.engine import Store
from store.folder.files import Files
from store.folder.record_tree import RecordTree
from tests.crash.faulty import FaultyFiles
from tests.support.judges import JudgeTree
from tests.support.small_folders import end_without_checkpoint, fill, note_job, open_store, receipt, timeline

ROUNDS = 4


class Killed(BaseException):
    """The end of a process, which nothing catches."""


class KillingFiles(FaultyFiles):
    """Ends the process at one operation, a write after half of its bytes."""

    @override
    def _step(self, operation: str) -> None:
        if self._fails(operation):
            raise Killed

    @override
    def pwrite(self, fd: int, data: bytes, offset: int) -> int:
        if self._fails("write"):
            Files.pwrite(self, fd, data[: len(data) // 2], offset)
            raise Killed
        return Files.pwrite(self, fd, data, offset)


def opened(folder: Path, life: str, files: Files | None = None) -> Store:
    numbers = count()
    return open_store(folder, files=files, tokens=lambda: f"{life}{next(numbers):011x}")


def work(store: Store, task: str, notes: list[str]) -> int:
    """Commit and sign in turn; return how many commits were acknowledged, and add the checkpoints that came."""
    tree, acknowledged = RecordTree(store), 0
    try:
        for number in range(ROUNDS):
            acknowledged += not isinstance(store.carry_out([note_job(task, "x", f"x{number}")])[0], ApiError)
            try:
                notes.append(tree.checkpoint())
            except ApiError:
                continue
    except (ApiError, Killed):
        return acknowledged
    return acknowledged


@pytest.mark.parametrize("fault", ["full", "broken", "short", "killed"])
@pytest.mark.parametrize("lasting", [False, True])
def test_every_checkpoint_that_was_given_out_stays_true(tmp_path: Path, fault: str, *, lasting: bool) -> None:
    """Under one key; no acknowledged decision is lost, and where the process lives on no half file stays."""
    error = {"full": errno.ENOSPC, "broken": errno.EIO}.get(fault)
    for at in range(1, 1_000):
        folder = tmp_path / f"{at}"
        store = opened(folder, "a")
        task = fill(store, 3)
        store.close()
        files = KillingFiles(at, 0) if fault == "killed" else FaultyFiles(at, error, lasting=lasting)
        notes: list[str] = []
        store = opened(folder, "b", files)
        acknowledged = work(store, task, notes)
        end_without_checkpoint(store)
        store.tree.close()
        if not files.hit:
            assert at > ROUNDS * 4
            assert len(notes) == ROUNDS
            return
        assert fault == "killed" or lasting or not list(folder.glob("*.tmp"))
        store = opened(folder, "c")
        receipt(store.carry_out([note_job(task, "and on", "on")])[0])
        notes.append(RecordTree(store).checkpoint())
        assert store.position.events >= 4 + acknowledged
        judge = JudgeTree([event_hash for _, _, event_hash in timeline(store)])
        key = RecordTree(store).key()
        assert key is not None
        for note in notes:
            head = read_head(read_note(note.encode()).text)
            assert judge.root(head.size) == head.root, files.hit
            assert key.public.signed_at(read_note(note.encode())) is not None
        store.close()
