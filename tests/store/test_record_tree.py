"""A folder's tree: whatever becomes of its file, a checkpoint is of the journal alone, and of one history."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api_client.errors import InvalidRequest, StoreDamaged, StoreFault, StoreReadOnly
from store.folder import record_tree
from store.folder.engine import Store
from store.folder.record_tree import RecordTree
from store.transfer.verifier import verify
from tests.conftest import FixedClock, counting_tokens
from tests.support.examples import examples
from tests.support.judges import JudgeTree, judged_checkpoint
from tests.support.small_folders import end_without_checkpoint, fill, note_job, open_store, receipt, timeline


def root_now(store: Store) -> bytes:
    """Return the root over the journal's hashes, by the judge."""
    hashes = [event_hash for _, _, event_hash in timeline(store)]
    return JudgeTree(hashes).root(len(hashes))


def signed_root(store: Store) -> bytes:
    """Return the root of a checkpoint that is signed now, checked by the judge."""
    tree = RecordTree(store)
    note = tree.checkpoint()
    key = tree.key()
    assert key is not None
    _, size, root = judged_checkpoint(note, key.public.written())
    assert size == store.position.events
    return root


def for_reading(folder: Path) -> Store:
    return Store(folder, clock=FixedClock(), tokens=counting_tokens(), for_reading=True)


def missing(file: Path) -> None:
    file.unlink(missing_ok=True)


def emptied(file: Path) -> None:
    file.write_bytes(b"")


def cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2 + 5)


def zeros_at_the_end(file: Path) -> None:
    """What a power cut leaves: the file has its length, and its last page was never written."""
    size = file.stat().st_size
    with file.open("r+b") as opened:
        opened.seek(size // 2)
        opened.write(bytes(max(size - size // 2 - 32, 0)))


def garbage(file: Path) -> None:
    file.write_bytes(os.urandom(file.stat().st_size + 640))


def longer(file: Path) -> None:
    file.write_bytes(file.read_bytes() + os.urandom(320))


HARMS = [missing, emptied, cut, zeros_at_the_end, garbage, longer]


@pytest.mark.parametrize("harm", HARMS)
@pytest.mark.parametrize("was_signed", [False, True])
@pytest.mark.parametrize("at_once", [5, 2_000])
def test_a_checkpoint_is_of_the_journal_whatever_became_of_the_tree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, harm: Callable[[Path], None], at_once: int, *, was_signed: bool
) -> None:
    """Its file cut, lost, full of zeros or of another record: the root is the journal's, and its proofs hold.

    It is so for a record that is written in several slices too.
    """
    monkeypatch.setattr(record_tree, "_SLICE", at_once)
    store = open_store(tmp_path)
    task = fill(store, 20)
    if was_signed:
        signed_root(store)
    receipt(store.carry_out([note_job(task, "more", "more")])[0])
    store.close()
    harm(tmp_path / "tree")
    store = open_store(tmp_path, tokens=lambda: "f" * 12)
    receipt(store.carry_out([note_job(task, "and more", "again")])[0])
    assert signed_root(store) == root_now(store)
    store.close()
    assert verify(tmp_path).wrong == []


@pytest.mark.parametrize("harm", HARMS)
def test_who_only_reads_proves_out_of_the_journal_and_writes_nothing(
    tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    """Opened for reading, a harmed tree is made in memory: the last signed checkpoint is given, and no file changes."""
    store = open_store(tmp_path)
    fill(store, 20)
    note = RecordTree(store).checkpoint()
    root = root_now(store)
    store.close()
    harm(tmp_path / "tree")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    store = for_reading(tmp_path)
    tree, judge = RecordTree(store), JudgeTree([event_hash for _, _, event_hash in timeline(store)])
    assert tree.checkpoint() == note
    size = store.position.events
    assert judge.root(size) == root
    for proof in tree.of(range(1, size + 1), size):
        assert list(proof.path) == judge.inclusion(proof.seq - 1, size)
    store.close()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before


def test_a_record_without_a_checkpoint_that_takes_no_writes_says_so(tmp_path: Path) -> None:
    """There is no key, and none is made where nothing may be written."""
    store = open_store(tmp_path)
    fill(store, 2)
    store.close()
    store = for_reading(tmp_path)
    with pytest.raises(StoreReadOnly, match="no checkpoint yet"):
        RecordTree(store).checkpoint()
    store.close()
    assert not (tmp_path / "signing.key").exists()


def test_another_history_is_never_signed(tmp_path: Path) -> None:
    """A folder put back from a backup, and gone on from there, is not signed over the checkpoint that it had given."""
    store = open_store(tmp_path / "a")
    task = fill(store, 10)
    store.close()
    shutil.copytree(tmp_path / "a", tmp_path / "old")
    store = open_store(tmp_path / "a", tokens=lambda: "a" * 12)
    receipt(store.carry_out([note_job(task, "as it was", "x")])[0])
    signed_root(store)
    store.close()
    for name in ("signing.key", "checkpoint.note"):
        shutil.copy(tmp_path / "a" / name, tmp_path / "old" / name)
    store = open_store(tmp_path / "old", tokens=lambda: "b" * 12)
    with pytest.raises(StoreDamaged, match="No other checkpoint is signed"):
        RecordTree(store).checkpoint()
    receipt(store.carry_out([note_job(task, "as it never was", "y")])[0])
    receipt(store.carry_out([note_job(task, "and on", "z")])[0])
    with pytest.raises(StoreDamaged, match="No other checkpoint is signed"):
        RecordTree(store).checkpoint()
    store.close()
    assert any("last checkpoint that it signed" in wrong for wrong in verify(tmp_path / "old").wrong)


def test_a_second_process_signs_the_same_and_goes_on(tmp_path: Path) -> None:
    """Two openings of one folder: what either commits is in the other's next checkpoint, under one key."""
    first, second = open_store(tmp_path), open_store(tmp_path, tokens=lambda: "e" * 12)
    task = fill(first, 3)
    trees = RecordTree(first), RecordTree(second)
    assert trees[0].checkpoint() == trees[1].checkpoint()
    for number in range(6):
        writer = (first, second)[number % 2]
        receipt(writer.carry_out([note_job(task, f"by {number}", f"n{number}")])[0])
        assert trees[0].checkpoint() == trees[1].checkpoint()
        assert signed_root(first) == root_now(second)
    first.close()
    second.close()


def test_a_key_is_for_its_owner_alone_and_keeps_its_name(tmp_path: Path) -> None:
    """Mode 600; a damaged one is told and not replaced; another name, or one that can't be, is refused."""
    store = open_store(tmp_path)
    fill(store, 1)
    tree = RecordTree(store)
    with pytest.raises(InvalidRequest, match="visible characters"):
        tree.checkpoint("no spaces please")
    assert tree.key() is None
    assert tree.checkpoint("example.com/claims").startswith("example.com/claims\n2\n")
    file = tmp_path / "signing.key"
    assert file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(InvalidRequest, match=r"named example\.com/claims already"):
        tree.checkpoint("other")
    assert tree.checkpoint("example.com/claims") == tree.checkpoint()
    content = file.read_text()
    file.write_text(content.replace("PRIVATE", "PUBLIC"))
    with pytest.raises(StoreFault, match=r"signing\.key can't be used") as told:
        tree.checkpoint()
    assert content.strip().split("+", 4)[4] not in str(told.value)
    store.close()


def test_a_killed_writer_leaves_a_tree_that_is_brought_up_to_date(tmp_path: Path) -> None:
    """Killed behind the journal's sync, the tree lacks the last leaf; the next commits and checkpoint are right."""
    store = open_store(tmp_path)
    task = fill(store, 6)
    size = (tmp_path / "tree").stat().st_size
    receipt(store.carry_out([note_job(task, "last", "last")])[0])
    end_without_checkpoint(store)
    os.truncate(tmp_path / "tree", size)
    store = open_store(tmp_path, tokens=lambda: "d" * 12)
    receipt(store.carry_out([note_job(task, "next", "next")])[0])
    assert signed_root(store) == root_now(store)
    store.close()


@settings(max_examples=examples(10, 200), deadline=None)
@given(steps=st.lists(st.sampled_from(["commit", "two", "sign", "cut", "zeros", "reopen"]), min_size=3, max_size=14))
def test_any_sequence_ends_in_the_journals_root(tmp_path_factory: pytest.TempPathFactory, steps: list[str]) -> None:
    """Commits, checkpoints, harm to the file and openings in any order: what is signed is the journal's root."""
    folder = tmp_path_factory.mktemp("any") / "data"
    store, count = open_store(folder), 0
    task = fill(store, 1)
    for step in steps:
        if step in ("commit", "two"):
            for _ in range(1 + (step == "two")):
                count += 1
                receipt(store.carry_out([note_job(task, f"{count}", f"s{count}")])[0])
        elif step == "sign":
            assert signed_root(store) == root_now(store)
        elif step == "cut":
            os.truncate(folder / "tree", (folder / "tree").stat().st_size * 2 // 3)
        elif step == "zeros":
            zeros_at_the_end(folder / "tree")
        else:
            store.close()
            tokens = counting_tokens()
            store = open_store(folder, tokens=lambda count=count, tokens=tokens: f"{count:04x}{tokens()[4:]}")  # type: ignore[misc]
    assert signed_root(store) == root_now(store)
    store.close()
