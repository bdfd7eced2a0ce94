"""What stands in the way of a folder's tree, and who else is at work: the record goes on, and one history is signed."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typing_extensions import override

from api_client.errors import StoreDamaged, StoreFault
from store.core import merkle
from store.core.signed_note import read_head, read_note
from store.folder import record_tree
from store.folder.engine import Store
from store.folder.files import Files
from store.folder.head import Head, Position
from store.folder.memory_tree import MemoryTree
from store.folder.record_tree import RecordTree
from store.transfer.verifier import verify
from tests.conftest import counting_tokens
from tests.support.judges import JudgeTree, judged_root
from tests.support.small_folders import fill, note_job, open_store, receipt, timeline
from tests.waiting import wait_until


def hashes_of(store: Store) -> list[str]:
    return [event_hash for _, _, event_hash in timeline(store)]


def as_symlink(file: Path) -> None:
    file.rename(file.with_name("elsewhere"))
    file.symlink_to("elsewhere")


def as_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def as_pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


@pytest.mark.parametrize("harm", [as_symlink, as_folder, as_pipe])
def test_no_decision_waits_for_what_stands_in_the_trees_place(tmp_path: Path, harm: Callable[[Path], None]) -> None:
    """A link, a folder, a pipe: the folder opens and records, proofs hold, and the next checkpoint says what is wrong.

    Nothing is written through the link.
    """
    store = open_store(tmp_path)
    task = fill(store, 9)
    RecordTree(store).checkpoint()
    store.close()
    harm(tmp_path / "tree")
    linked = tmp_path / "elsewhere"
    before = linked.read_bytes() if linked.exists() else b""
    store = open_store(tmp_path, tokens=lambda: "f" * 12)
    receipt(store.carry_out([note_job(task, "and on", "on")])[0])
    tree, judge = RecordTree(store), JudgeTree(hashes_of(store))
    (proof,) = tree.of([3], 11)
    assert list(proof.path) == judge.inclusion(2, 11)
    with pytest.raises(StoreFault, match="tree is"):
        tree.checkpoint()
    store.close()
    assert [wrong for wrong in verify(tmp_path).wrong if "tree is" not in wrong] == []
    assert before == (linked.read_bytes() if linked.exists() else b"")


def test_a_tree_that_was_replaced_is_taken_up(tmp_path: Path) -> None:
    """Removed by hand and made again by another program, while this one has the old one open: it goes on in the new."""
    first = open_store(tmp_path)
    task = fill(first, 9)
    first.close()
    first, second = open_store(tmp_path), open_store(tmp_path, tokens=lambda: "e" * 12)
    tree = RecordTree(first)
    tree.of([1], 10)
    (tmp_path / "tree").unlink()
    RecordTree(second).checkpoint()
    receipt(first.carry_out([note_job(task, "and on", "on")])[0])
    assert signed_root(tree.checkpoint()) == JudgeTree(hashes_of(first)).root(11)
    size = (tmp_path / "tree").stat().st_size
    receipt(first.carry_out([note_job(task, "and more", "more")])[0])
    assert (tmp_path / "tree").stat().st_size > size
    first.close()
    second.close()
    assert verify(tmp_path).wrong == []


def test_a_key_signs_no_record_but_its_own(tmp_path: Path) -> None:
    """Another record's key, or note, put into a folder is refused in words, by `verify` too; one that was lost is not.

    A power cut may leave the note empty or without its content: it is made again.
    """
    for name, token in (("a", "a"), ("b", "b")):
        store = open_store(tmp_path / name, tokens=lambda token=token: token * 12)  # type: ignore[misc]
        fill(store, 4)
        note = RecordTree(store).checkpoint()
        store.close()
    for name in ("signing.key", "checkpoint.note"):
        shutil.copytree(tmp_path / "b", tmp_path / name)
        shutil.copy(tmp_path / "a" / name, tmp_path / name)
        store = open_store(tmp_path / name, tokens=lambda: "c" * 12)
        with pytest.raises(StoreDamaged, match="do not belong together"):
            RecordTree(store).checkpoint()
        store.close()
        assert any("do not belong together" in wrong for wrong in verify(tmp_path / name).wrong)
    for lost in (b"", bytes(180)):
        (tmp_path / "b" / "checkpoint.note").write_bytes(lost)
        store = open_store(tmp_path / "b", tokens=lambda: "c" * 12)
        assert RecordTree(store).checkpoint() == note
        store.close()


def test_what_a_killed_writer_wrote_is_durable_before_it_is_signed(tmp_path: Path) -> None:
    """A whole line that no head names was perhaps never synced: a checkpoint over it names it in the head first."""
    store = open_store(tmp_path)
    task = fill(store, 3)
    head = (tmp_path / "head").read_bytes()
    receipt(store.carry_out([note_job(task, "last", "last")])[0])
    store.close()
    (tmp_path / "head").write_bytes(head)
    store = open_store(tmp_path)
    assert RecordTree(store).checkpoint().split("\n")[1] == "5"
    read = Head(tmp_path, Files())
    assert read.read() == store.position
    read.close()
    store.close()


def node_at(level: int, place: int) -> int:
    return merkle.stored_at(level, place) * 32


@pytest.mark.parametrize(("level", "place"), [(0, 4), (1, 2), (0, 6)])
def test_a_wrong_node_below_the_root_convinces_nobody_and_is_mended(tmp_path: Path, level: int, place: int) -> None:
    """Of a size below the last checkpoint's too; the next one writes the file anew, though its root was right."""
    store = open_store(tmp_path)
    fill(store, 15)
    tree = RecordTree(store)
    note = tree.checkpoint()
    with (tmp_path / "tree").open("r+b") as file:
        file.seek(node_at(level, place))
        file.write(os.urandom(32))
    judge = JudgeTree(hashes_of(store))
    for size in range(1, 17):
        for proof in tree.of(range(1, size + 1), size):
            assert judged_root(proof.hash, proof.seq, size, proof.path) == judge.root(size)
        for old in range(1, size):
            assert list(tree.consistency(old, size)) == judge.consistency(old, size)
    assert tree.checkpoint() == note
    store.close()
    assert verify(tmp_path).wrong == []


def test_others_record_while_a_first_checkpoint_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another opening of the folder gets the lock between two slices: what it commits then is in the checkpoint.

    While the lock is held no more than one slice of the journal is read.
    """
    monkeypatch.setattr(record_tree, "_SLICE", 4)
    first = open_store(tmp_path)
    task = fill(first, 200)
    (tmp_path / "tree").unlink()
    first.close()
    first, second = open_store(tmp_path), open_store(tmp_path, tokens=lambda: "e" * 12)
    raw, is_locked = first.events.raw, list[bool]()

    def noted(seq: int) -> tuple[bytes, str]:
        is_locked.append(first.lock._turn.locked())
        return raw(seq)

    monkeypatch.setattr(first.events, "raw", noted)
    commit = threading.Thread(target=lambda: receipt(second.carry_out([note_job(task, "meanwhile", "m")])[0]))

    def progress(_done: int, _all: int) -> None:
        if not commit.ident:
            commit.start()

    note = RecordTree(first).checkpoint(progress=progress)
    commit.join()
    assert note.split("\n")[1] == "202"
    assert len(is_locked) >= 202
    assert sum(is_locked) <= 4
    assert signed_root(note) == JudgeTree(hashes_of(first)).root(202)
    first.close()
    second.close()


def signed_root(note: str) -> bytes:
    return read_head(read_note(note.encode()).text).root


def test_closing_ends_a_checkpoint_that_is_being_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says so; nothing of it is written into a file that is closed, and the next one is right."""
    monkeypatch.setattr(record_tree, "_SLICE", 4)
    store = open_store(tmp_path)
    fill(store, 60)
    store.close()
    (tmp_path / "tree").unlink()
    store = open_store(tmp_path)
    tree, closing = RecordTree(store), threading.Thread(target=store.close)

    def progress(_done: int, _all: int) -> None:
        if not closing.ident:
            closing.start()
            wait_until(tree._is_closing.is_set, "the closing")

    with pytest.raises(StoreFault, match="was closed"):
        tree.checkpoint(progress=progress)
    closing.join()
    store = open_store(tmp_path)
    assert signed_root(RecordTree(store).checkpoint()) == JudgeTree(hashes_of(store)).root(61)
    store.close()


def test_a_record_that_was_rewritten_is_read_through_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks again and again for a checkpoint of one that is not signed any more gets the same refusal at once."""
    monkeypatch.setattr(record_tree, "_SLICE", 4)
    for name, token in (("a", "a"), ("b", "b")):
        store = open_store(tmp_path / name, tokens=lambda token=token: token * 12)  # type: ignore[misc]
        fill(store, 20)
        if name == "a":
            RecordTree(store).checkpoint()
        store.close()
    for name in ("signing.key", "checkpoint.note"):
        shutil.copy(tmp_path / "a" / name, tmp_path / "b" / name)
    store = open_store(tmp_path / "b", tokens=lambda: "c" * 12)
    receipt(store.carry_out([note_job("tsk_" + "b" * 12, "on", "on")])[0])
    tree, written = RecordTree(store), list[int]()
    for _ in range(3):
        with pytest.raises(StoreDamaged, match="No other checkpoint is signed"):
            tree.checkpoint(progress=lambda done, _: written.append(done))
        assert written.count(4) <= 2
    store.close()


def test_a_checkpoint_of_another_process_meanwhile_is_no_damage(tmp_path: Path) -> None:
    """A record that grows, and is signed, between two looks of who proves an event is not taken for one that shrank."""
    first, second = open_store(tmp_path), open_store(tmp_path, tokens=lambda: "e" * 12)
    task = fill(first, 5)
    tree, other = RecordTree(first), RecordTree(second)
    tree.checkpoint()
    position = tree._position

    def overtaken() -> Position:
        seen = position()
        receipt(second.carry_out([note_job(task, "overtakes", f"{seen.events}")])[0])
        other.checkpoint()
        return seen

    tree._position = overtaken  # type: ignore[method-assign]
    assert [proof.seq for proof in tree.of([2], 4)] == [2]
    assert list(tree.consistency(2, 4)) == list(other.consistency(2, 4))
    first.close()
    second.close()


class NoteRefused(Files):
    """A disk that takes no note."""

    is_full = False

    @override
    def write_all(self, fd: int, data: bytes, offset: int) -> None:
        if self.is_full and b"pumpup/records" in data:
            raise StoreFault("The disk took only a part.")
        super().write_all(fd, data, offset)


def test_a_note_that_the_disk_refuses_leaves_the_one_before(tmp_path: Path) -> None:
    """The fault is told, no file of half a note stays, and decisions go on."""
    files = NoteRefused()
    store = open_store(tmp_path, files=files)
    task = fill(store, 2)
    tree = RecordTree(store)
    note = tree.checkpoint()
    receipt(store.carry_out([note_job(task, "more", "more")])[0])
    files.is_full = True
    with pytest.raises(StoreFault, match="only a part"):
        tree.checkpoint()
    receipt(store.carry_out([note_job(task, "and more", "still")])[0])
    assert (tmp_path / "checkpoint.note").read_text() == note
    assert not list(tmp_path.glob("*.tmp"))
    store.close()


def test_a_tree_in_memory_serves_callers_at_several_positions() -> None:
    """Who asks for an earlier position gets what is there, and takes away nothing from others; another record does."""
    tokens = counting_tokens()
    hashes = [tokens().rjust(64, "0") for _ in range(20)]
    tree = MemoryTree()

    def end(size: int) -> Position:
        return Position(size, size, size, hashes[size - 1])

    def never(_start: int) -> Iterator[str]:
        raise AssertionError("it was made again")

    late = tree.grown(end(20), lambda start: hashes[start:])
    early = tree.grown(end(7), never)
    judge = JudgeTree(hashes)
    assert merkle.root_of(7, early) == judge.root(7)
    other = [text[::-1] for text in hashes]
    another = tree.grown(Position(20, 20, 20, other[-1]), lambda start: other[start:])
    assert merkle.root_of(20, another) == JudgeTree(other).root(20)
    assert merkle.root_of(20, late) == judge.root(20)
