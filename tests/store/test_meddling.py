"""Files that are removed or emptied in the middle of a write: nothing is acknowledged that a reopen does not hold."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread

import pytest
from typing_extensions import override

from api_client.errors import StoreBusy, StoreError, StoreFault
from store.folder import folder_lock
from store.folder.files import Files
from store.folder.folder_lock import FolderLock
from tests.support.small_folders import fill, note_job, open_store, receipt
from tests.waiting import HANG_SECONDS


class Meddled(Files):
    """Calls `meddle`, once it is set, before or after one operation."""

    def __init__(self) -> None:
        self.before_write: Callable[[], None] = lambda: None
        self.after_sync: Callable[[], None] = lambda: None

    @override
    def pwrite(self, fd: int, data: bytes, offset: int) -> int:
        self.before_write()
        return super().pwrite(fd, data, offset)

    @override
    def sync(self, fd: int) -> None:
        super().sync(fd)
        self.after_sync()


def test_a_lock_removed_in_the_middle_of_a_write_lets_no_second_writer_in(tmp_path: Path) -> None:
    """Two writers never write over the same place: both their commits are acknowledged, and both are there."""
    files = Meddled()
    first = open_store(tmp_path, files)
    task = fill(first, 1)
    second = open_store(tmp_path, tokens=lambda: "2" * 12)
    synced, go_on = Event(), Event()

    def wait() -> None:
        files.after_sync = lambda: None
        synced.set()
        assert go_on.wait(30)

    files.after_sync = wait
    told = []
    writers = [Thread(target=lambda: told.append(receipt(first.carry_out([note_job(task, "first")])[0])))]
    writers[0].start()
    assert synced.wait(30)
    (tmp_path / "lock").unlink()
    writers.append(Thread(target=lambda: told.append(receipt(second.carry_out([note_job(task, "second")])[0]))))
    writers[1].start()
    while not (tmp_path / "lock").exists():  # the second holds the lock of that name, and waits for the journal's
        assert writers[1].is_alive()
    go_on.set()
    for writer in writers:
        writer.join(30)
    first.close()
    second.close()
    again = open_store(tmp_path)
    notes = [again.events.at(seq)["payload"].get("message") for seq in range(1, again.state.seq + 1)]
    assert len(told) == 2
    assert notes[-2:] == ["first", "second"]
    assert not again.is_damaged


def test_a_reader_keeps_a_writer_out_without_a_lock_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who looks at what belongs together holds the journal, which is there even where `lock` is not."""
    monkeypatch.setattr(folder_lock, "LOCK_SECONDS", 0.0)
    store = open_store(tmp_path)
    fill(store, 1)
    (tmp_path / "lock").unlink()
    with FolderLock(tmp_path).reading() as quiet:
        assert quiet
        with pytest.raises(StoreBusy), FolderLock(tmp_path).held():
            pass
    with FolderLock(tmp_path).held(), FolderLock(tmp_path).reading(wait=False) as quiet:
        assert not quiet
    store.close()


def test_a_writer_that_was_kept_out_keeps_nobody_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever got only half of the lock gives it back: the next command, of this process or another, is carried out."""
    store, other = open_store(tmp_path), open_store(tmp_path)
    task = fill(store, 1)
    with monkeypatch.context() as patch:
        patch.setattr(folder_lock, "LOCK_SECONDS", 0.0)
        (tmp_path / "lock").rename(tmp_path / "aside")
        with FolderLock(tmp_path).reading(), pytest.raises(StoreBusy):  # the journal alone: there is no `lock`
            store.carry_out([note_job(task, "kept out")])
    writers = [Thread(target=one.carry_out, args=([note_job(task, "let in")],), daemon=True) for one in (other, store)]
    for writer in writers:
        writer.start()
        writer.join(HANG_SECONDS)
        assert not writer.is_alive()
    store.close()
    other.close()
    again = open_store(tmp_path)
    notes = [again.events.at(seq)["payload"].get("message") for seq in range(1, again.state.seq + 1)]
    assert notes[-2:] == ["let in", "let in"]
    again.close()


@pytest.mark.parametrize("moment", ["before_write", "after_sync"])
def test_a_journal_emptied_in_the_middle_of_a_write_acknowledges_nothing(tmp_path: Path, moment: str) -> None:
    """Emptied in place, as logrotate's copytruncate does, the journal takes no line behind a gap, now or later."""
    files = Meddled()
    store = open_store(tmp_path, files)
    task = fill(store, 3)
    head = (tmp_path / "head").read_bytes()

    def empty() -> None:
        setattr(files, moment, lambda: None)
        os.truncate(tmp_path / "journal.jsonl", 0)

    setattr(files, moment, empty)
    with pytest.raises(StoreFault, match=r"Another program changed journal\.jsonl"):
        store.carry_out([note_job(task, "lost")])
    assert (tmp_path / "head").read_bytes() == head
    with pytest.raises(StoreError):
        store.carry_out([note_job(task, "lost too")])
    store.close()
    assert open_store(tmp_path).is_damaged
