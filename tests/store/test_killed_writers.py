"""What writers that were killed leave to others, and what a writer's own readers see while it commits."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typing_extensions import override

from api_client.commands import CreateTask
from api_client.errors import InvalidRequest, NotFound, StoreFault, StoreReadOnly
from api_client.models import MetadataPatch
from store.core.batch import Job
from store.core.command_limits import CommandLimits
from store.folder import checkpoint, engine, folder_lock, journal
from store.folder.engine import Store
from store.folder.files import Files
from store.folder.head import Head
from tests.conftest import FixedClock, counting_tokens
from tests.support.actors import AGENT
from tests.support.small_folders import end_without_checkpoint, fill, note_job, open_store, receipt, timeline


@pytest.mark.parametrize("left", ["behind", "torn"])
def test_the_first_writer_puts_the_head_in_order(tmp_path: Path, left: str) -> None:
    """A head that is behind the journal, or of which one record is torn, is whole again, also if nothing is written."""
    store = open_store(tmp_path)
    task = fill(store, 2)
    before = (tmp_path / "head").read_bytes()
    receipt(store.carry_out([note_job(task)])[0])
    end = store.position
    end_without_checkpoint(store)
    data = bytearray((tmp_path / "head").read_bytes())
    older = 0 if end.hash.encode() in data[512:] else 512
    data[older + 20] ^= 1
    (tmp_path / "head").write_bytes(before if left == "behind" else data)
    again = open_store(tmp_path)
    (outcome,) = again.carry_out([note_job("unknown")])
    assert isinstance(outcome, NotFound)
    again.close()
    head = Head(tmp_path, Files())
    assert head.read() == end
    assert not head.is_torn()
    assert again.warnings == []


def test_whole_lines_without_a_name_are_taken_in_by_who_is_there(tmp_path: Path) -> None:
    """A process that is killed between its line and its head leaves a commit: the next writer goes on from there."""
    store, killed = open_store(tmp_path), open_store(tmp_path, tokens=lambda: "f" * 12)
    task = fill(store, 1)
    before = (tmp_path / "head").read_bytes()
    receipt(killed.carry_out([note_job(task, "whole")])[0])
    end_without_checkpoint(killed)
    (tmp_path / "head").write_bytes(before)
    assert store.read(lambda state: state.seq) == 2
    receipt(store.carry_out([note_job(task, "next")])[0])
    assert [event[0] for event in timeline(store)] == [1, 2, 3, 4]
    assert store.warnings == []
    assert list(tmp_path.glob("*.torn-*")) == []
    store.close()


def test_an_unfinished_line_is_told_with_its_size(tmp_path: Path) -> None:
    """What was set aside is told with its bytes' number and its file's name, by the writer that did so."""
    store = open_store(tmp_path)
    task = fill(store, 1)
    with store.journal.path.open("ab") as file:
        file.write(b"torn!")
    receipt(store.carry_out([note_job(task)])[0])
    (aside,) = tmp_path.glob("journal.jsonl.torn-*")
    (warning,) = store.warnings
    assert "an unfinished line of 5 bytes" in warning
    assert aside.name in warning
    store.close()


class Watched(Files):
    """Calls whoever watches after each write, while it is known to nobody yet."""

    def __init__(self) -> None:
        self.watch: Callable[[], object] = lambda: None

    @override
    def pwrite(self, fd: int, data: bytes, offset: int) -> int:
        taken = super().pwrite(fd, data, offset)
        self.watch()
        return taken


def test_a_read_while_a_commit_is_named_does_not_take_it_in_twice(tmp_path: Path) -> None:
    """Between the head's write and the state's change a reader sees the state before, and then the one after."""
    files = Watched()
    store = open_store(tmp_path, files)
    task = fill(store, 1)
    seen: list[int] = []
    files.watch = lambda: seen.append(store.read(lambda state: state.seq))
    receipt(store.carry_out([note_job(task)])[0])
    assert seen == [2] * 3  # the journal, the head and the tree
    assert store.read(lambda state: state.seq) == 3
    receipt(store.carry_out([note_job(task)])[0])
    assert (seen, [event[0] for event in timeline(store)]) == ([2] * 3 + [3] * 3, [1, 2, 3, 4])
    files.watch = lambda: None
    store.close()


def test_opening_waits_for_no_writer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While another process commits, the folder opens at once with what is acknowledged."""
    store = open_store(tmp_path)
    fill(store, 2)
    store.close()
    monkeypatch.setattr(folder_lock, "LOCK_SECONDS", 0.0)
    with folder_lock.FolderLock(tmp_path).held():
        again = open_store(tmp_path)
        assert len(timeline(again)) == 3
        end_without_checkpoint(again)


def test_a_folder_that_can_not_be_written_opens_for_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says why, once, and reads on; a folder that is still to be made is not asked."""
    monkeypatch.setattr(engine, "unwritable", lambda _: "It is on a disk for reading.")
    store = open_store(tmp_path)
    task = fill(store, 1)
    store.close()
    again = open_store(tmp_path)
    assert again.read_only == "It is on a disk for reading."
    assert again.warnings == ["Opened for reading only. It is on a disk for reading."]
    with pytest.raises(StoreReadOnly):
        again.carry_out([note_job(task)])
    assert len(timeline(again)) == 2
    again.close()


def test_a_folder_whose_record_is_lost_is_not_begun_anew(tmp_path: Path) -> None:
    """Where only the index tells of events, the folder takes no writes, says what is lost, and stays as it is."""
    store = open_store(tmp_path)
    fill(store, 2)
    store.save()
    store.close()
    for name in ("journal.jsonl", "head"):
        (tmp_path / name).unlink()
    before = sorted(path.name for path in tmp_path.iterdir())
    again = open_store(tmp_path)
    assert again.is_damaged
    assert "index.bin tells of some: journal.jsonl and head are lost" in again.read_only
    again.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def refuses(*_: object, **__: object) -> None:
    raise OSError(5, "Input/output error")


@pytest.mark.parametrize(
    ("refusing", "done"),
    [("create", "made"), ("reading", "read"), ("load", "read"), ("take", "written"), ("mkdir", "opened")],
)
def test_what_the_system_refuses_is_told_with_what_was_to_be_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusing: str, done: str
) -> None:
    """Whether the folder could not be opened, made, read or written is in the sentence, with the system's reason."""
    owner = {"create": journal.Journal, "load": checkpoint, "mkdir": Path}.get(refusing, folder_lock.FolderLock)
    store = open_store(tmp_path / "old")
    monkeypatch.setattr(owner, refusing, refuses)
    with pytest.raises(StoreFault, match=f"can't be {done}: Input/output error"):
        if refusing == "take":
            store.carry_out([note_job("x")])
        else:
            open_store(tmp_path / ("old" if done == "read" else "new"))
    end_without_checkpoint(store)


def test_a_folder_has_its_doubts_and_its_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What can't be relied on where the folder is can be asked for, and metadata is held to what was set."""
    monkeypatch.setattr(engine, "placement_warnings", lambda folder: [f"{folder.name} is odd"])
    store = Store(tmp_path, clock=FixedClock(), tokens=counting_tokens(), limits=CommandLimits(metadata_bytes=10))
    assert store.placement_warnings == [f"{tmp_path.name} is odd"]
    big = CreateTask(project_name="general", name="x", metadata_patch=MetadataPatch(set={"a": "x" * 20}))
    (outcome,) = store.carry_out([Job(big, AGENT, None)])
    assert isinstance(outcome, InvalidRequest)
    store.close()


def test_a_program_that_forgets_to_close_ends(tmp_path: Path) -> None:
    """The writer's thread keeps no process alive."""
    code = (
        "from pathlib import Path; from tests.support.small_folders import fill, open_store; import sys; "
        "fill(open_store(Path(sys.argv[1])), 1)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path)], timeout=60, check=False).returncode == 0
