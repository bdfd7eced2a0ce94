"""What a folder is after it was closed, killed, cut or damaged."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from api_client.commands import AddNote
from api_client.errors import StoreFault, StoreReadOnly
from store.core.batch import Job
from store.demo.workspace import generate
from store.folder import checkpoint
from store.folder.engine import Store
from store.transfer.verifier import verify
from tests.conftest import FixedClock, counting_tokens
from tests.support.actors import AGENT
from tests.support.small_folders import end_without_checkpoint, fill, note_job, open_store, receipt, task_job, timeline


@pytest.mark.parametrize("killed", [False, True], ids=["closed", "killed"])
def test_a_reopened_folder_holds_what_was_acknowledged(tmp_path: Path, killed: bool) -> None:
    """After a clean close and after a kill alike, every commit, answer and order is there again."""
    store = open_store(tmp_path)
    task = fill(store, 20)
    before = timeline(store), dict(store.state.get("tasks", task) or {}), store.position
    end_without_checkpoint(store) if killed else store.close()
    again = open_store(tmp_path)
    assert (timeline(again), dict(again.state.get("tasks", task) or {}), again.position) == before
    assert receipt(again.carry_out([note_job(task, "changed", "k3")])[0]).replayed
    assert again.warnings == []
    again.close()


@pytest.mark.parametrize("name", ["state.json", "index.bin"])
@pytest.mark.parametrize("harm", ["gone", "empty", "garbage", "flipped"])
def test_a_lost_or_damaged_checkpoint_is_made_anew(tmp_path: Path, name: str, harm: str) -> None:
    """The journal is the truth: without a sound checkpoint the folder opens to the same state."""
    store = open_store(tmp_path)
    fill(store, 5)
    before = timeline(store)
    store.close()
    path = tmp_path / name
    data = bytearray(path.read_bytes())
    if harm == "gone":
        path.unlink()
    else:
        data[len(data) // 2] ^= 4
        path.write_bytes({"empty": b"", "garbage": b"\x00garbage", "flipped": bytes(data)}[harm])
    again = open_store(tmp_path)
    assert timeline(again) == before
    again.close()


def test_a_checkpoint_of_another_version_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an older program left is not read as ours: the journal is."""
    store = open_store(tmp_path)
    fill(store, 5)
    before = timeline(store)
    monkeypatch.setattr(checkpoint, "VERSION", checkpoint.VERSION - 1)
    store.close()
    monkeypatch.undo()
    with pytest.raises(checkpoint.UnusableCheckpoint, match="version"):
        checkpoint.read(tmp_path)
    again = open_store(tmp_path)
    assert timeline(again) == before
    receipt(again.carry_out([task_job("C-2")])[0])
    again.close()
    assert checkpoint.read(tmp_path) is not None


def test_a_checkpoint_of_another_journal_is_not_believed(tmp_path: Path) -> None:
    """Where the journal under a checkpoint is another one, the state comes from the journal and head tells."""
    for name, notes in (("a", 9), ("b", 5)):
        store = open_store(tmp_path / name)
        fill(store, notes)
        store.close()
    (tmp_path / "a" / "journal.jsonl").write_bytes((tmp_path / "b" / "journal.jsonl").read_bytes())
    again = open_store(tmp_path / "a")
    assert again.read_only
    end_without_checkpoint(again)


@pytest.mark.parametrize("torn", [1, 50, -1])
def test_a_torn_last_line_is_set_aside_by_the_next_writer(tmp_path: Path, torn: int) -> None:
    """A line that a killed writer left unfinished was never acknowledged: it is stored beside, cut off, and told of."""
    store = open_store(tmp_path)
    task = fill(store, 3)
    before, size = timeline(store), store.position.size
    store.carry_out([note_job(task, "never heard of")])
    line = store.journal.read(size, store.position.size - size)
    head = (tmp_path / "head").read_bytes()
    end_without_checkpoint(store)
    journal = tmp_path / "journal.jsonl"
    journal.write_bytes(journal.read_bytes()[:size])
    again = open_store(tmp_path)  # what the head names is gone: not torn, cut
    assert again.read_only
    end_without_checkpoint(again)
    journal.write_bytes(journal.read_bytes() + line)
    (tmp_path / "head").write_bytes(head)
    with journal.open("ab") as file:
        file.write(line[:torn])
    healed = open_store(tmp_path)
    assert healed.warnings == []
    assert timeline(healed)[:-1] == before
    assert journal.read_bytes().endswith(line[:torn]), "a reader cut it off"
    receipt(healed.carry_out([note_job(task, "goes on")])[0])
    assert len(healed.warnings) == 1
    (aside,) = tmp_path.glob("journal.jsonl.torn-*")
    assert aside.name in healed.warnings[0]
    assert aside.read_bytes() == line[:torn]
    healed.close()
    assert open_store(tmp_path).warnings == []


def test_a_whole_line_that_is_not_sound_is_never_cut(tmp_path: Path) -> None:
    """Only what lacks its newline can be a killed writer's: anything else makes the folder read-only, byte for byte."""
    store = open_store(tmp_path)
    task = fill(store, 3)
    end_without_checkpoint(store)
    journal = tmp_path / "journal.jsonl"
    with journal.open("ab") as file:
        file.write(b"a line of someone else\n" * 3)
    before = journal.read_bytes()
    again = open_store(tmp_path)
    with pytest.raises(StoreReadOnly, match="Line 5"):
        again.carry_out([note_job(task)])
    again.close()
    assert journal.read_bytes() == before


def test_lines_that_were_whole_but_never_acknowledged_are_taken_in(tmp_path: Path) -> None:
    """What a killed writer had written whole is there for readers, and named in the head by the next writer."""
    store = open_store(tmp_path)
    task = fill(store, 3)
    before = (tmp_path / "head").read_bytes()
    receipt(store.carry_out([note_job(task, "whole")])[0])
    everything = timeline(store)
    end_without_checkpoint(store)
    (tmp_path / "head").write_bytes(before)
    reader = Store(tmp_path, clock=FixedClock(), tokens=counting_tokens(), for_reading=True)
    assert timeline(reader) == everything
    reader.close()
    assert (tmp_path / "head").read_bytes() == before
    writer = open_store(tmp_path)
    receipt(writer.carry_out([note_job(task, "next", "k")])[0])
    end_without_checkpoint(writer)
    again = open_store(tmp_path)
    assert again.read_only == ""
    assert timeline(again)[:-1] == everything


def test_a_store_that_was_opened_for_reading_refuses_every_write(tmp_path: Path) -> None:
    """Nothing can be submitted, carried out or saved, and no file is made."""
    store = open_store(tmp_path)
    task = fill(store, 3)
    end_without_checkpoint(store)
    before = {path.name for path in tmp_path.iterdir()}
    reader = Store(tmp_path, clock=FixedClock(), tokens=counting_tokens(), for_reading=True)
    with pytest.raises(StoreReadOnly):
        reader.carry_out([note_job(task)])
    with pytest.raises(StoreReadOnly):
        reader.save()
    reader.close()
    assert {path.name for path in tmp_path.iterdir()} == before


def test_damage_in_the_middle_is_named_by_line_and_the_rest_stays_readable(tmp_path: Path) -> None:
    """A changed byte in line 7 is told with its line; six commits can be read, and nothing can be written."""
    store = open_store(tmp_path)
    task = fill(store, 10)
    end_without_checkpoint(store)
    journal = tmp_path / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    lines[6] = lines[6].replace(b"note 5", b"note 6")
    journal.write_bytes(b"".join(lines))
    again = open_store(tmp_path)
    assert "Line 7" in again.read_only
    assert len(timeline(again)) == 6
    job = note_job(task)
    again.submit(job)
    with pytest.raises(StoreReadOnly, match="Line 7"):
        job.done.result()
    with pytest.raises(StoreReadOnly):
        again.carry_out([note_job(task)])
    again.close()
    assert journal.read_bytes() == b"".join(lines)


def test_a_cut_end_is_noticed(tmp_path: Path) -> None:
    """Whole lines cut off the end leave a valid chain: the head tells."""
    store = open_store(tmp_path)
    fill(store, 5)
    end_without_checkpoint(store)
    journal = tmp_path / "journal.jsonl"
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:-2]))
    again = open_store(tmp_path)
    assert "cut" in again.read_only
    end_without_checkpoint(again)


def test_every_bit_flip_in_the_journal_is_found(tmp_path: Path) -> None:
    """Whichever bit of a journal without checkpoint is flipped, the folder does not open as if nothing were."""
    store = open_store(tmp_path)
    fill(store, 8)
    end_without_checkpoint(store)
    journal, rng = tmp_path / "journal.jsonl", Random(5)
    sound = journal.read_bytes()
    for _ in range(60):
        data = bytearray(sound)
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        journal.write_bytes(data)
        again = open_store(tmp_path)
        assert again.read_only
        end_without_checkpoint(again)


def test_a_folder_that_can_not_be_made_is_told_in_a_sentence(tmp_path: Path) -> None:
    """A file where the folder should be is one clear sentence that names it."""
    (tmp_path / "data").write_text("in the way")
    with pytest.raises(StoreFault, match="data"):
        open_store(tmp_path / "data")


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    """A command that comes after the closing is refused at once, not kept waiting."""
    store = open_store(tmp_path)
    task = fill(store, 0)
    store.close()
    job = note_job(task)
    store.submit(job)
    with pytest.raises(StoreFault, match="closed"):
        job.done.result(timeout=1)


def test_a_little_news_does_not_rewrite_a_large_checkpoint(tmp_path: Path) -> None:
    """Closing after one commit in thousands leaves the checkpoint as it was, and nothing is lost by it."""
    generate(tmp_path, tasks=50, events=5000)
    before = (tmp_path / "state.json").stat().st_mtime_ns
    store = open_store(tmp_path, tokens=lambda: "f" * 12)
    task = next(iter(store.state.documents("tasks")))["id"]
    project = next(
        doc
        for doc in store.state.documents("projects")
        if doc["id"] == (store.state.get("tasks", task) or {})["projectId"]
    )
    note = AddNote(project_name=project["projectName"], task_id=task, message="n")
    receipt(store.carry_out([Job(note, AGENT, None)])[0])
    after = store.position
    store.close()
    assert (tmp_path / "state.json").stat().st_mtime_ns == before
    again = open_store(tmp_path)
    assert again.position == after
    again.save()
    again.close()
    assert (tmp_path / "state.json").stat().st_mtime_ns > before


def test_a_checkpoint_is_never_older_than_another_process_left_it(tmp_path: Path) -> None:
    """Who saves after others have written covers what they wrote."""
    idle = open_store(tmp_path)
    busy = open_store(tmp_path)
    fill(busy, 5)
    position = busy.position
    busy.close()
    idle.save()
    idle.close()
    saved = checkpoint.read(tmp_path)
    assert saved is not None
    assert saved.position == position


@pytest.mark.parametrize("notes", [1, 400])
def test_a_program_that_is_stopped_while_it_saves_does_no_harm(tmp_path: Path, notes: int) -> None:
    """Between its two files nothing is wrong: verify says what happened, and the next writer makes them anew."""
    store = open_store(tmp_path)
    task = fill(store, 400)
    store.close()
    former = (tmp_path / "state.json").read_bytes()
    store = open_store(tmp_path)
    store.carry_out([note_job(task, f"later {number}") for number in range(notes)])
    before = timeline(store)
    store.close()
    (tmp_path / "state.json").write_bytes(former)
    found = verify(tmp_path)
    assert found.wrong == []
    assert "stopped while it saved" in found.notes[0]
    again = open_store(tmp_path)
    assert timeline(again) == before
    receipt(again.carry_out([task_job("C-2")])[0])
    again.close()
    assert verify(tmp_path).notes == []


@pytest.mark.parametrize("place", [5, 30, 90, -9])
def test_a_changed_state_of_a_former_saving_is_damage(tmp_path: Path, place: int) -> None:
    """What no stopped program can have left is not excused as if one had."""
    store = open_store(tmp_path)
    task = fill(store, 3)
    store.close()
    former = bytearray((tmp_path / "state.json").read_bytes())
    store = open_store(tmp_path)
    store.carry_out([note_job(task, "later")])
    store.close()
    former[place] ^= 1
    (tmp_path / "state.json").write_bytes(former)
    assert "checkpoint can't be used" in verify(tmp_path).wrong[0]
