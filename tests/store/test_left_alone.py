"""What stands in a folder and is not ours, or is more than we ever write, is left as it is and holds nobody up."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from api_client.errors import StoreDamaged, StoreFault, StoreReadOnly
from store.folder import journal_line, uploads
from store.folder.api_keys import KeyRing
from store.folder.files import Files
from store.folder.sweep import sweep
from store.transfer.verifier import verify
from tests.conftest import FixedClock
from tests.support.small_folders import fill, note_job, open_store, receipt, task_job, timeline

FOREIGN = b"Dear diary,\n\nthis is not yours.\n"
HUGE = 50_000_000_000
"""More than any machine that runs the tests would read or hold; as a hole it takes no room."""


def written(folder: Path) -> str:
    """Make a folder with some commits and a checkpoint; return its task's id."""
    store = open_store(folder)
    task = fill(store, 3)
    store.close()
    return task


@pytest.mark.parametrize("name", ["state.json", "index.bin"])
@pytest.mark.parametrize("content", [FOREIGN, None], ids=["foreign", "missing"])
def test_who_writes_nothing_leaves_the_checkpoint_as_it_was(tmp_path: Path, name: str, content: bytes | None) -> None:
    """Opened for writing and closed without a write, a folder gets no checkpoint and loses no file."""
    written(tmp_path)
    (tmp_path / name).unlink()
    if content is not None:
        (tmp_path / name).write_bytes(content)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    open_store(tmp_path).close()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("name", ["state.json", "index.bin"])
def test_a_foreign_file_is_not_written_over_by_the_checkpoint(tmp_path: Path, name: str) -> None:
    """Writes are recorded beside it; that the checkpoint is not is said to who asks for it."""
    task = written(tmp_path)
    (tmp_path / name).write_bytes(FOREIGN)
    store = open_store(tmp_path, tokens=lambda: "f" * 12)
    receipt(store.carry_out([note_job(task, "more")])[0])
    with pytest.raises(StoreFault, match=f"{name} is not a file of this program. Move it"):
        store.save()
    store.close()
    assert (tmp_path / name).read_bytes() == FOREIGN
    assert open_store(tmp_path).state.seq == 5


def test_a_lost_record_is_not_begun_anew_over_its_checkpoint(tmp_path: Path) -> None:
    """Where journal and head are gone and the checkpoint still tells of events, no new record is begun."""
    written(tmp_path)
    (tmp_path / "journal.jsonl").unlink()
    (tmp_path / "head").unlink()
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    store = open_store(tmp_path)
    with pytest.raises(StoreReadOnly, match=r"journal.jsonl and head are lost"):
        store.carry_out([task_job("C-2")])
    store.close()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("keeps_lines", [True, False], ids=["behind its lines", "alone"])
@pytest.mark.parametrize("has_head", [True, False], ids=["with head", "without head"])
def test_a_journal_that_never_ends_a_line_is_read_no_further(tmp_path: Path, keeps_lines: bool, has_head: bool) -> None:
    """Its lines are read, the rest is named as damage and never cut, and verifying ends too."""
    written(tmp_path)
    journal = tmp_path / "journal.jsonl"
    if not keeps_lines:
        journal.write_bytes(b"")
    os.truncate(journal, HUGE)
    if not has_head:
        (tmp_path / "head").unlink()
    store = open_store(tmp_path)
    assert store.state.seq == (4 if keeps_lines else 0)
    with pytest.raises(StoreReadOnly):
        store.carry_out([task_job("C-2")])
    store.close()
    assert verify(tmp_path).wrong
    assert journal.stat().st_size == HUGE
    assert len(list(tmp_path.glob("journal.jsonl*"))) == 1


def test_a_torn_line_longer_than_any_of_ours_is_not_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what this program may have begun to write is ever set aside."""
    task = written(tmp_path)
    monkeypatch.setattr(journal_line, "MOST", 1_000)
    journal = tmp_path / "journal.jsonl"
    data = journal.read_bytes() + b"x" * 1_001
    journal.write_bytes(data)
    store = open_store(tmp_path)
    with pytest.raises(StoreReadOnly, match="no line end for over"):
        store.carry_out([note_job(task, "more")])
    store.close()
    assert journal.read_bytes() == data


@pytest.mark.parametrize("name", ["state.json", "index.bin"])
@pytest.mark.parametrize("keeps", [True, False], ids=["grown", "alone"])
def test_a_huge_checkpoint_is_not_read(tmp_path: Path, name: str, keeps: bool) -> None:
    """It is passed over before any of it is read into memory: the journal has it all."""
    written(tmp_path)
    if not keeps:
        (tmp_path / name).write_bytes(b"")
    os.truncate(tmp_path / name, HUGE)
    store = open_store(tmp_path)
    assert len(timeline(store)) == 4
    store.close()
    assert "checkpoint can't be used" in verify(tmp_path).wrong[0]


def test_an_upload_that_has_grown_is_read_no_further(tmp_path: Path) -> None:
    """Verifying calls a content that is longer than what arrived changed, and ends."""
    folder = tmp_path / "former"
    import shutil

    shutil.copytree(Path(__file__).parent / "former", folder)
    (content,) = (folder / "uploads").iterdir()
    os.truncate(content, HUGE)
    assert any("its content has changed" in wrong for wrong in verify(folder).wrong)


def test_huge_keys_are_not_read(tmp_path: Path) -> None:
    """They are refused with the next step before they are read into memory."""
    (tmp_path / "keys.json").touch()
    os.truncate(tmp_path / "keys.json", HUGE)
    with pytest.raises(StoreFault, match="Move it out"):
        KeyRing(tmp_path).listing()


@pytest.mark.parametrize(
    "key",
    [
        '"name":"a\\u001b]0;x","role":"agent","tags":[],"addedAt":"2026-01-01T00:00:00.000Z"',
        '"name":"a","role":["agent"],"tags":[],"addedAt":"2026-01-01T00:00:00.000Z"',
        '"name":"a","role":"agent","tags":[],"addedAt":5',
        '"name":"a","role":"agent","tags":[],"addedAt":"\\u001b[2J"',
    ],
    ids=["name", "role", "time that is none", "time that drives a terminal"],
)
def test_keys_that_make_no_sense_are_damage(tmp_path: Path, key: str) -> None:
    """Whatever is wrong with a key, the file is named as not what was written."""
    (tmp_path / "keys.json").write_text('{"keys":{"1":{"sha256":"00",' + key + "}}}")
    with pytest.raises(StoreDamaged, match=r"keys\.json is not what was written"):
        KeyRing(tmp_path).listing()


@pytest.mark.parametrize("moment", ["5", '"\\u001b[2J"'])
def test_uses_that_make_no_sense_are_passed_over(tmp_path: Path, moment: str) -> None:
    """When a key was used last is told anew with its next use: nonsense in that file is not shown."""
    ring = KeyRing(tmp_path, FixedClock())
    ring.add("agent-1", "agent")
    digest = (tmp_path / "keys.json").read_text().split('"sha256":"')[1][:64]
    (tmp_path / "keys-used.json").write_text(f'{{"used":{{"{digest}":{moment}}}}}')
    assert [key.last_used_at for key in ring.listing()] == [None]


def test_only_our_own_leftovers_are_swept(tmp_path: Path) -> None:
    """A stranger's file of the same ending stays, and so does all that a link leads to."""
    outside = tmp_path / "outside"
    outside.mkdir()
    for name in ("thesis.part", "0123456789ab.77.part"):
        (outside / name).write_bytes(b"x")
    (tmp_path / "uploads").symlink_to(outside)
    late = 10 * uploads.LEFT_OVER_SECONDS + (outside / "thesis.part").stat().st_mtime
    assert uploads.sweep_left_over(tmp_path / "uploads", uploads.PART, late) == 0
    assert uploads.sweep_left_over(outside, uploads.PART, late) == 1
    assert [path.name for path in outside.iterdir()] == ["thesis.part"]


def test_what_a_killed_saving_left_is_swept(tmp_path: Path) -> None:
    """A file that was being written in the checkpoint's place goes, whichever part it was to be; another's stays."""
    written(tmp_path)
    ours = ["index.bin.77.tmp", "index-e0001.bin.77.tmp", "index-k0-1f.bin.77.tmp", "state.json.77.tmp"]
    for name in (*ours, "index-of-names.bin.77.tmp"):
        (tmp_path / name).write_bytes(b"x")
        os.utime(tmp_path / name, (0, 0))
    store = open_store(tmp_path)
    sweep(store, store.clock())
    store.close()
    assert [path.name for path in tmp_path.glob("*.tmp")] == ["index-of-names.bin.77.tmp"]


def test_no_upload_goes_through_a_link(tmp_path: Path) -> None:
    """Where the folder of uploads is a link, nothing is stored where it leads, and nothing of there is handed out."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / ("a" * 64)).write_bytes(b"secret")
    (tmp_path / "uploads").symlink_to(outside)
    with pytest.raises(StoreFault, match="symbolic link"):
        uploads.Receiver(tmp_path / "uploads", Files(), "token", 10)
    with pytest.raises(StoreFault, match="symbolic link"):
        next(uploads.pieces(tmp_path / "uploads", "a" * 64))
    assert len(list(outside.iterdir())) == 1
