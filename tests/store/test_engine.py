"""One open folder: what its readers see, what its writer does with what is handed to it, and when it saves."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from typing_extensions import override

from api_client.commands import Decide, RequestApproval
from api_client.errors import ApiError, NotFound, StoreDamaged, StoreFault, StoreReadOnly
from api_client.models import Outcome
from store.core.batch import Job
from store.core.idempotency import KeyScope
from store.folder import checkpoint, checkpoint_writer, engine, writer_thread
from store.folder.engine import Store
from store.folder.files import Files
from tests.conftest import FixedClock, counting_tokens
from tests.support.actors import AGENT, ALICE
from tests.support.small_folders import end_without_checkpoint, fill, note_job, open_store, receipt, task_job, timeline


def saved(folder: Path) -> int:
    """Return how many commits the checkpoint on disk covers, 0 where there is none."""
    found = checkpoint.read(folder)
    return found.position.commits if found else 0


def test_a_new_folder_is_its_owners_alone(tmp_path: Path) -> None:
    """The folder is made with those above it, and others can neither read nor enter it."""
    store = open_store(tmp_path / "a" / "data")
    assert stat.S_IMODE((tmp_path / "a" / "data").stat().st_mode) == 0o700
    assert (store.read_only, store.warnings, store.is_damaged) == ("", [], False)
    store.check()
    store.close()


def test_reading_makes_nothing(tmp_path: Path) -> None:
    """A folder that is opened for reading stays as it is, also where it is empty, and says why it takes no writes."""
    store = Store(tmp_path, clock=FixedClock(), tokens=counting_tokens(), for_reading=True)
    assert store.read_only == "It was opened for reading."
    with pytest.raises(StoreReadOnly, match=r"^This folder takes no writes\. It was opened for reading\.$"):
        store.carry_out([task_job("x")])
    store.close()
    assert list(tmp_path.iterdir()) == []


def test_each_reads_what_the_other_has_committed(tmp_path: Path) -> None:
    """Two that hold the folder see one another's commits with the next look, and both write into one chain."""
    one, other = open_store(tmp_path), open_store(tmp_path, tokens=lambda: "f" * 12)
    task = fill(one, 2)
    assert other.read(lambda state: state.seq) == 3
    assert other.position == one.position
    receipt(other.carry_out([note_job(task)])[0])
    assert one.read(lambda state: state.seq) == 4
    assert timeline(one) == timeline(other)
    for store in (one, other):
        store.close()


def test_a_request_is_known_to_be_pending_only_while_nothing_else_is_known(tmp_path: Path) -> None:
    """Without a look at the disk's content: open, of the asked type, and no news; else whoever asks looks closer."""
    one, other = open_store(tmp_path), open_store(tmp_path, tokens=lambda: "f" * 12)
    task = fill(one, 0)
    ask = RequestApproval(project_name="general", task_id=task, summary="Pay?")
    request = str(receipt(one.carry_out([Job(ask, AGENT, None)])[0]).answer["eventId"])
    assert one.is_pending(request, "APPROVAL_REQUESTED")
    assert not one.is_pending(request, "ELICITATION_REQUESTED")
    assert not one.is_pending("unknown", "APPROVAL_REQUESTED")
    decide = Decide(request_id=request, outcome=Outcome(type="APPROVE"))
    receipt(other.carry_out([Job(decide, ALICE, None)])[0])
    assert not one.is_pending(request, "APPROVAL_REQUESTED")
    for store in (one, other):
        store.close()


def test_what_was_answered_is_recalled_for_the_same_caller_path_and_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stored answer comes back marked as a replay; another key, path or caller was never answered."""
    store = open_store(tmp_path)
    done = receipt(store.carry_out([task_job("C-1", "k1")])[0])
    again = store.recall(KeyScope("agent-1", "/api/tasks", "k1"))
    assert again is not None
    assert (again.answer, again.replayed) == (done.answer, True)
    for scope in (("agent-2", "/api/tasks", "k1"), ("agent-1", "/api/notes", "k1")):
        assert store.recall(KeyScope(*scope)) is None
    assert store.recall(KeyScope("agent-1", "/api/tasks", "k2")) is None
    # Where two keys share a place in the index, or the line is gone, nothing wrong is recalled.
    place = next(iter(store.state.remembered.lines(("agent-1", "/api/tasks", "k1"))))
    monkeypatch.setattr(store.state.remembered, "lines", lambda *_: [place])
    assert store.recall(KeyScope("agent-1", "/api/tasks", "k2")) is None
    os.truncate(store.journal.path, 0)
    assert store.recall(KeyScope("agent-1", "/api/tasks", "k1")) is None
    end_without_checkpoint(store)


def test_listeners_hear_of_each_commit_until_they_are_taken_off(tmp_path: Path) -> None:
    """Whoever listens is called after what was submitted is readable, and no more once it has ended that."""
    store = open_store(tmp_path)
    heard: list[int] = []
    arrived = threading.Event()

    def hear() -> None:
        heard.append(store.read(lambda state: state.seq))
        arrived.set()

    end = store.listen(hear)
    job = task_job("C-1")
    store.submit(job)
    job.done.result(10)
    assert arrived.wait(10)
    assert heard == [1]
    end()
    further = note_job(str(job.done.result().answer["id"]))
    store.submit(further)
    further.done.result(10)
    store.close()
    assert heard == [1]


class Gated(Files):
    """Lets a sync pass only when it is told to, and counts them."""

    def __init__(self) -> None:
        self.open_gate = threading.Event()
        self.open_gate.set()
        self.waiting = threading.Event()
        self.syncs = 0

    @override
    def sync(self, fd: int) -> None:
        self.waiting.set()
        assert self.open_gate.wait(10)
        self.syncs += 1
        super().sync(fd)


def test_what_waits_together_shares_a_sync_up_to_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands that come while a sync is under way are done with the next ones, so many at a time, in their order."""
    monkeypatch.setattr(writer_thread, "BATCH", 4)
    files = Gated()
    store = open_store(tmp_path, files)
    task = fill(store, 0)
    files.open_gate.clear()
    files.waiting.clear()
    jobs = [note_job(task, f"n{number}") for number in range(10)]
    store.submit(jobs[0])
    assert files.waiting.wait(10)
    files.syncs = 0
    cancelled = note_job(task, "cancelled")
    for job in (*jobs[1:3], cancelled, *jobs[3:]):
        store.submit(job)
    assert cancelled.done.cancel()
    files.open_gate.set()
    for job in jobs:
        job.done.result(10)
    assert files.syncs == 1 + 3  # the first alone, then four, four and one
    messages = [(store.events.at(seq) or {})["payload"].get("message") for seq in range(2, store.state.seq + 1)]
    assert messages == [f"n{number}" for number in range(10)]
    store.close()


def test_one_refused_command_fails_alone(tmp_path: Path) -> None:
    """Of commands that share a sync each hears of its own outcome."""
    store = open_store(tmp_path)
    task = fill(store, 0)
    jobs = [note_job(task, "a"), note_job("unknown"), note_job(task, "b")]
    outcomes = store.carry_out(jobs)
    assert [isinstance(outcome, ApiError) for outcome in outcomes] == [False, True, False]
    for job in jobs:
        store.submit(job)
    assert jobs[0].done.result(10).answer["eventId"]
    with pytest.raises(NotFound):
        jobs[1].done.result(10)
    assert jobs[2].done.result(10).answer["eventId"]
    store.close()
    assert store.state.seq == 1 + 4


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (ZeroDivisionError("odd"), r"The store failed \(ZeroDivisionError: odd\)"),
        (StoreFault("The disk refused."), r"^The disk refused\.$"),
    ],
)
def test_a_fault_of_a_whole_batch_is_told_and_the_writer_lives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Exception, words: str
) -> None:
    """Every caller of the batch hears of it in a sentence, and the next command is carried out."""
    store = open_store(tmp_path)
    task = fill(store, 0)

    def fails(_jobs: object) -> list[object]:
        raise fault

    monkeypatch.setattr(store._writer, "_carry_out", fails)
    job = note_job(task)
    store.submit(job)
    with pytest.raises(StoreFault, match=words):
        job.done.result(10)
    monkeypatch.undo()
    job = note_job(task)
    store.submit(job)
    assert not job.done.result(10).replayed
    store.close()


def test_what_was_submitted_before_the_closing_is_carried_out(tmp_path: Path) -> None:
    """Closing calls those who asked for it while commands are still taken, and waits for all that was submitted."""
    store = open_store(tmp_path)
    task = fill(store, 0)
    late = note_job(task, "late")
    store.before_close.append(lambda: store.submit(late))
    jobs = [note_job(task, f"n{number}") for number in range(20)]
    for job in jobs:
        store.submit(job)
    store.close()
    assert all(job.done.done() and not job.done.exception() for job in (*jobs, late))
    assert saved(tmp_path) == 22


@pytest.mark.parametrize(("commits", "share", "covered"), [(4, 1, 4), (4, 4, 4), (1, 1, 1), (0, 1, 0)])
def test_a_folder_is_saved_on_close_where_that_is_worth_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, commits: int, share: int, covered: int
) -> None:
    """A close saves where enough is new; a folder without commits has nothing to save."""
    monkeypatch.setattr(engine, "CLOSE_SHARE", share)
    store = open_store(tmp_path)
    if commits:
        fill(store, commits - 1)
    store.close()
    assert saved(tmp_path) == covered
    assert (tmp_path / "state.json").exists() is bool(covered)


@pytest.mark.parametrize(("share", "covered"), [(1, 4), (4, 4), (5, 5)])
def test_a_close_saves_from_its_share_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, share: int, covered: int
) -> None:
    """One new commit in five is worth a checkpoint where the share is one in five, and not where it is one in four."""
    store = open_store(tmp_path)
    task = fill(store, 3)
    store.close()
    monkeypatch.setattr(engine, "CLOSE_SHARE", share)
    store = open_store(tmp_path, tokens=lambda: "f" * 12)
    receipt(store.carry_out([note_job(task)])[0])
    store.close()
    assert saved(tmp_path) == covered


@pytest.mark.parametrize(("commits", "share", "covered"), [(3, 50, 3), (4, 50, 0), (1, 1, 1), (1, 2, 3)])
def test_a_long_run_is_saved_in_between(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, commits: int, share: int, covered: int
) -> None:
    """After so many commits, or so large a share of all, the writer saves by itself, so that a kill costs little."""
    monkeypatch.setattr(engine, "CHECKPOINT_COMMITS", commits)
    monkeypatch.setattr(engine, "CHECKPOINT_SHARE", share)
    store = open_store(tmp_path)
    jobs = [task_job(f"C-{number}") for number in range(3)]
    for job in jobs:
        store.submit(job)
        job.done.result(10)
    end_without_checkpoint(store)
    assert saved(tmp_path) == covered


def refuses(*_: object) -> None:
    raise OSError(28, "No space left on device")


def test_a_refused_checkpoint_or_look_is_no_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the checkpoint can't be written the writer goes on; where the head can't be read, readers hear so."""
    monkeypatch.setattr(engine, "CHECKPOINT_COMMITS", 1)
    monkeypatch.setattr(checkpoint_writer, "save", refuses)
    store = open_store(tmp_path)
    for number in range(3):
        job = task_job(f"C-{number}")
        store.submit(job)
        job.done.result(10)
    store.close()
    store = open_store(tmp_path)
    monkeypatch.setattr(store.journal.head, "has_news", lambda: True)
    monkeypatch.setattr(store.journal.head, "read", refuses)
    with pytest.raises(StoreFault, match=r"can't be read: No space left on device\.$"):
        store.read(lambda state: state.seq)
    end_without_checkpoint(store)


def test_a_save_covers_everything_and_says_when_it_can_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A save is refused where the folder takes no writes, and words the disk's refusal with what was to be done."""
    store = open_store(tmp_path)
    task = fill(store, 2)
    store.save()
    assert saved(tmp_path) == 3
    monkeypatch.setattr(checkpoint_writer, "save", refuses)
    with pytest.raises(StoreFault, match=r"can't be written: No space left on device\.$"):
        store.save()
    monkeypatch.undo()
    other = open_store(tmp_path, tokens=lambda: "f" * 12)
    receipt(other.carry_out([note_job(task, "note x")])[0])
    end_without_checkpoint(other)
    journal = tmp_path / "journal.jsonl"
    with journal.open("r+b") as file:  # in place: the same file, another letter
        data = file.read().replace(b"note x", b"note y")
        file.seek(0)
        file.write(data)
    with pytest.raises(StoreReadOnly, match=r"Line 4"):
        store.save()
    store.close()
    assert saved(tmp_path) == 3


def test_damage_is_met_once_and_told_everywhere(tmp_path: Path) -> None:
    """Damage that a reader meets is warned of once; from then on the folder is read as it was before it."""
    store = open_store(tmp_path)
    fill(store, 2)
    end_without_checkpoint(store)
    journal = tmp_path / "journal.jsonl"
    journal.write_bytes(journal.read_bytes().replace(b"note 1", b"note 9"))
    again = open_store(tmp_path)
    assert again.is_damaged
    assert again.warnings == [again.read_only]
    assert again.read_only.startswith("Line 3 of journal.jsonl is damaged")
    head = (tmp_path / "head").read_bytes()
    (tmp_path / "head").write_bytes(head[512:] + head[:512])  # news, which changes nothing any more
    assert again.read(lambda state: state.seq) == 2
    with pytest.raises(StoreDamaged, match=r"^Line 3"):
        again.check()
    again.close()
    assert again.warnings == [again.read_only]
    assert saved(tmp_path) == 0


def test_a_moved_journal_is_told_by_a_check(tmp_path: Path) -> None:
    """Before anything is written, a check says that what would be written is lost."""
    store = open_store(tmp_path)
    task = fill(store, 1)
    (tmp_path / "journal.jsonl").rename(tmp_path / "moved")
    for look in (store.check, lambda: store.carry_out([note_job(task)])):
        with pytest.raises(StoreFault, match=r"^journal\.jsonl is no longer the file"):
            look()
    end_without_checkpoint(store)


def test_a_long_replay_is_heard_of(tmp_path: Path) -> None:
    """Whoever waits for a journal to be replayed hears how far it is, in bytes, every thousand commits or so."""
    store = open_store(tmp_path)
    store.carry_out([task_job(f"C-{number}") for number in range(2100)])
    end = store.position
    end_without_checkpoint(store)
    heard: list[tuple[int, int]] = []
    progress: Callable[[int, int], None] = lambda done, of: heard.append((done, of))  # noqa: E731
    again = Store(tmp_path, clock=FixedClock(), tokens=counting_tokens(), progress=progress)
    assert again.position == end
    assert len(heard) == 2
    assert 0 < heard[0][0] < heard[1][0] < end.size
    assert {of for _, of in heard} == {end.size}
    again.close()


def test_an_event_that_makes_no_sense_here_ends_the_reading_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sound line whose event can't be applied is named by its line; what came before it can be read."""
    store = open_store(tmp_path)
    fill(store, 2)
    end_without_checkpoint(store)
    from store.folder.state import State

    replay = State.replay

    def fails(state: State, commit: object) -> None:
        if state.seq == 2:
            raise KeyError("odd")
        replay(state, commit)  # type: ignore[arg-type]  # handed on

    monkeypatch.setattr(State, "replay", fails)
    again = open_store(tmp_path)
    assert again.read_only.startswith("Line 3 of the journal holds an event that makes no sense here (KeyError('odd'))")
    assert again.position.commits == 2
    end_without_checkpoint(again)
