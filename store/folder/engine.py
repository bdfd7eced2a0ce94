"""The engine of one open folder: its lock, its journal, its state, and group commit.

Commands that wait together are applied one after the other to a draft and appended as one write under one sync; only
then is the draft copied to the state, and do the callers get their receipts. Other processes do the same under the
folder's lock; each brings its state up to date with the journal's new lines before it writes or reads.

Opening and reading change nothing in the folder, and need no lock: a commit that `head` names is never taken back.
What a killed writer left behind is repaired by the next commit.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from api_client.errors import ApiError, StoreDamaged, StoreError, StoreFault, StoreReadOnly
from api_client.models import Receipt
from api_client.times import Clock
from store.core.idempotency import KeyScope, answer_to
from store.folder import checkpoint, journal_line
from store.folder.columns import CheckpointDamaged
from store.folder.files import FileId, Files
from store.folder.folder_lock import FolderLock
from store.folder.folder_state import FolderState
from store.folder.head import Position
from store.folder.journal import Journal, encode_all
from store.folder.journal_follower import FolderStatus, Progress
from store.folder.state import State
from store.folder.tree_file import TreeFile
from store.folder.trust import placement_warnings, unwritable
from store.folder.writer_thread import Promise, WriterThread

if TYPE_CHECKING:
    from store.core.batch import Batch, Job
    from store.core.command_limits import CommandLimits
    from store.core.draft import CommitDraft
    from store.schemas.checks import Checks

T = TypeVar("T")

CHECKPOINT_COMMITS = 5_000
CHECKPOINT_SHARE = 50
CHECKPOINT_MOST = 20_000
"""The checkpoint is written again after 5,000 commits, or after one for every 50 that there are, up to 20,000: so its
cost stays a small part of the commits', and what is not in its files yet stays small in memory, and soon replayed."""
CLOSE_SHARE = 2_000
CLOSE_MOST = 1_000
"""A process that has written saves it on close where one commit in 2,000 is new, or 1,000 are."""


class Store:
    """A data folder, open. Its methods block: `LocalBackend` calls them from threads."""

    def __init__(
        self,
        folder: Path,
        *,
        clock: Clock,
        tokens: Callable[[], str],
        files: Files | None = None,
        progress: Progress = lambda *_: None,
        for_reading: bool = False,
        limits: CommandLimits | None = None,
    ) -> None:
        """Open the folder; `progress` is called while a journal is replayed.

        A missing or empty folder is created, unless it is opened `for_reading`: then nothing is ever written.
        Commands are held to `limits`, by default the contract's.

        Raises:
            StoreBusy: another process holds the lock of a folder that is to be created.
            StoreFault: the folder can't be created or read.
        """
        self.folder, self.files, self.clock, self.tokens = folder, files or Files(), clock, tokens
        self.limits = limits
        self.placement_warnings = placement_warnings(folder)
        """Sentences for the user: what can't be relied on where the folder is."""
        self._status = FolderStatus("It was opened for reading." if for_reading else "")
        self._guard = threading.RLock()
        self._is_committing = self._has_written = self._is_closed = False
        self._listeners: list[Callable[[], None]] = []
        self._checks: Checks | None = None
        self.before_close: list[Callable[[], None]] = [self._close_checks]
        """Called at closing, while commands are still taken: they end the threads that submit some."""
        self._open_files(create=not for_reading)
        try:
            self._load(progress, for_reading=for_reading)
        except StoreError:
            self._close_files()
            raise
        self._writer = WriterThread(self.carry_out, self._after_batch)

    def _open_files(self, *, create: bool) -> None:
        with self._worded("opened"):
            if create:
                self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.lock = FolderLock(self.folder)
            self.journal = Journal(self.folder, self.files)
            self.tree = TreeFile(self.folder, self.files)

    def _load(self, progress: Progress, *, for_reading: bool) -> None:
        """Create the files of a new folder, and read the state."""
        if not for_reading:
            with self._worded("made"):
                self._status.run(self._create_files)
            if not self.read_only and not self.journal.is_new() and (why := unwritable(self.folder)):
                self._status.read_only = why
                self.warnings.append(f"Opened for reading only. {why}")
        with self._worded("read"):
            self._live = FolderState(self.folder, self.files, self.journal, self._status, progress)
            self.events = self._live.events
            self._live.open(self.lock)

    @property
    def state(self) -> State:
        """The state as it was last brought up to date: see `read`."""
        return self._live.state

    @property
    def position(self) -> Position:
        """How far the state is up to date with the journal."""
        return self._live.position

    @property
    def read_only(self) -> str:
        """Why the folder takes no writes; empty where it does."""
        return self._status.read_only

    @property
    def is_damaged(self) -> bool:
        """Whether the record is not as it was written, as far as it was read."""
        return self._status.is_damaged

    @property
    def warnings(self) -> list[str]:
        """Sentences for the user: what was found in the folder and repaired, or is wrong with it."""
        return self._status.warnings

    def _create_files(self) -> None:
        if self.journal.is_new():
            with self.lock.held():
                if self.journal.is_new():  # nobody else was first
                    if checkpoint.covers_events(self.folder):
                        raise StoreDamaged(
                            f"{self.folder} holds no event, and its index.bin tells of some: journal.jsonl and head "
                            "are lost. Nothing was changed. Put them back from a backup, or name another folder."
                        )
                    self.journal.create()

    def close(self) -> None:
        """Finish what was submitted, write the checkpoint, close the files."""
        for end in self.before_close:
            end()
        self._is_closed = True
        self._writer.stop()
        # A process that wrote nothing leaves the folder as it was, whatever the checkpoint's files are.
        is_worth_it = self._uncovered() >= min(CLOSE_MOST, self.position.commits / CLOSE_SHARE)
        if self._has_written and not self.read_only and is_worth_it:
            with suppress(StoreError):  # the journal has it all: the next open replays it
                self.save()
        self._close_files()

    def _close_files(self) -> None:
        self.journal.close()
        self.tree.close()
        self.lock.close()

    def save(self) -> None:
        """Write the checkpoint, so that the next open need not replay the journal.

        Raises:
            StoreBusy: another process holds the lock.
            StoreReadOnly: the folder takes no writes.
            StoreFault: the disk refused; the old checkpoint is as it was.
        """
        if self.read_only:
            raise self._takes_no_writes()
        with self._worded("written"), self.lock.held(), self._guard:
            self._live.follower.read_acknowledged()
            if self.read_only:
                raise self._takes_no_writes()
            self._live.save()

    # -- reading

    def read(self, look: Callable[[State], T]) -> T:
        """Return what `look` finds in the state as it is now, with all that other processes have committed."""
        with self._guard:
            return self._whatever_is_damaged(lambda: self._look(look))

    def _look(self, look: Callable[[State], T]) -> T:
        # While this process commits, it holds the lock: there is nothing new but what it writes itself.
        if not self._is_committing and not self.is_damaged and self.journal.head.has_news():
            with self._worded("read"):
                self._live.catch_up()
        return look(self._live.state)

    def _whatever_is_damaged(self, call: Callable[[], T]) -> T:
        """Return what `call` does, with a state that is made from the journal where it finds the checkpoint damaged."""
        try:
            return call()
        except CheckpointDamaged:
            self.start_over()
            return call()

    def start_over(self) -> None:
        """Make the state again from the journal: something that was asked of it was damaged.

        Raises:
            StoreError: the journal can't be read either, or is being written just now.
        """
        with self._guard, self._worded("read"):
            if self._is_committing:
                raise StoreFault("The checkpoint is damaged. Try again.")
            self._live.start_over()

    def check(self) -> None:
        """Check that a write could be recorded, as far as that can be known without one.

        Raises:
            StoreDamaged: the record is not as it was written.
            StoreFault: a file of the record was moved, removed or replaced.
        """
        if self.is_damaged:
            raise StoreDamaged(self.read_only)
        self.journal.check_in_place()
        self.journal.check_whole()

    def is_pending(self, request_id: str, event_type: str) -> bool:
        """Return, without waiting, whether a request of this type is known to be open; False may mean either."""
        doc = None
        if self.state.is_open(request_id):
            with suppress(CheckpointDamaged):  # `read` makes it whole
                doc = self.state.get("requests", request_id)
        return doc is not None and doc["eventType"] == event_type and not self.journal.head.has_news()

    def recall(self, scope: KeyScope) -> Receipt | None:
        """Return the answer that was recorded for a key's scope, None where there is none."""
        return self._answer_at(scope, self.read(lambda state: list(state.remembered.lines(scope))))

    def _recall_locked(self, scope: KeyScope) -> Receipt | None:
        """Do the same for the holder of the folder's lock, for whom there is no news."""
        return self._answer_at(scope, self.state.remembered.lines(scope))

    def _answer_at(self, scope: KeyScope, offsets: Iterable[int]) -> Receipt | None:
        for offset in offsets:
            line = self.journal.line_at(offset)
            record = journal_line.key_record(line) if journal_line.is_sound(line) else None
            if (answer := answer_to(scope, record)) is not None:
                return Receipt(answer=answer, replayed=True)
        return None

    def listen(self, notify: Callable[[], None]) -> Callable[[], None]:
        """Call `notify`, from the writer's thread, after each batch of this process; return what ends that."""
        self._listeners.append(notify)
        return lambda: self._listeners.remove(notify)

    # -- writing

    def submit(self, job: Job, promise: Promise | None = None) -> None:
        """Put a command in the writer's queue; `promise` gets the outcome, by default the job's `done`."""
        promise = job.done if promise is None else promise
        if self._is_closed:
            promise.set_exception(StoreFault("The data folder was closed."))
        elif self.read_only:
            promise.set_exception(self._takes_no_writes())
        else:
            self._writer.put(job, promise)

    def carry_out(self, jobs: list[Job]) -> list[Receipt | ApiError]:
        """Carry out many commands with one sync, in the calling thread; return each outcome.

        Raises:
            StoreError: none of them was recorded.
        """
        if self.read_only:  # before the lock, whose file may not be there to be made
            raise self._takes_no_writes()
        try:  # not by way of context managers, which cost 6 µs
            journal = self.lock.take()
            try:
                return self._commit(jobs, journal)
            finally:
                self.lock.release()
        except OSError as fault:
            raise self._fault("written", fault) from fault

    def _after_batch(self) -> None:
        """Notify the listeners, and write the checkpoint where it is due; called in the writer's thread."""
        for notify in list(self._listeners):
            notify()
        due = min(self.position.commits // CHECKPOINT_SHARE, CHECKPOINT_MOST)
        if self._uncovered() >= max(CHECKPOINT_COMMITS, due):
            with suppress(StoreError):  # not needed: the journal has it all, and the next commits try again
                self.save()

    def _commit(self, jobs: list[Job], journal: FileId | None) -> list[Receipt | ApiError]:
        """Apply the jobs to one draft, and make their commits durable with one sync."""
        self.settle(journal)
        new_batch, new_draft = _rules()
        for _ in range(2):
            draft = new_draft(self._live.view)
            batch = new_batch(draft, self.position.hash, clock=self.clock, tokens=self.tokens, checks=self.checks)
            outcomes = [batch.take(job, self._recall_locked) for job in jobs]
            if not any(isinstance(outcome, CheckpointDamaged) for outcome in outcomes):
                break
            self.start_over()
        if batch.commits:
            self._append(batch)
        return outcomes

    def settle(self, journal: FileId | None) -> None:
        """Read all that is in the journal, and make it durable: a killed writer may have synced none of its last line.

        The lock is held; `journal` is what it found at the journal's path.

        Raises:
            StoreReadOnly: the folder takes no writes.
            StoreError: the journal can't be read, or was moved away.
        """
        if not self.read_only:
            self.journal.check_is(journal)
            self.journal.check_whole()
            if not self.journal.ends_at(self._live.position):
                with self._guard:
                    self._whatever_is_damaged(self._live.read_all)
        if self.read_only:
            raise self._takes_no_writes()

    def _append(self, batch: Batch) -> None:
        """Make a batch's commits durable, then bring the state up to date with them."""
        before = self.position
        data, commits, after = encode_all(batch.commits, before)
        with self._guard:
            self._is_committing = True
        try:
            self.journal.append(before, data, after)
            self._has_written = True
            with suppress(OSError, StoreFault):  # it is made again from the journal: no commit fails for it
                self.tree.append(before, (event["hash"] for commit in commits for event in commit.events))
            with self._guard:
                self._live.record(batch.draft, commits, after)
        finally:
            self._is_committing = False

    @property
    def checks(self) -> Checks:
        """The checks of metadata. They are loaded with the first write: opening a folder does not wait for them."""
        if self._checks is None:
            from store.core.command_limits import CommandLimits
            from store.schemas.checks import Checks

            with self._guard:
                self._checks = self._checks or Checks(self.limits or CommandLimits())
        return self._checks

    def _close_checks(self) -> None:
        if self._checks is not None:
            self._checks.close()

    def _uncovered(self) -> int:
        """Return how many commits the checkpoint on disk does not cover."""
        return self.position.commits - self._live.saved.commits

    def _takes_no_writes(self) -> StoreReadOnly:
        return StoreReadOnly(f"This folder takes no writes. {self.read_only}")

    @contextmanager
    def _worded(self, done: str) -> Iterator[None]:
        try:
            yield
        except OSError as fault:
            raise self._fault(done, fault) from fault

    def _fault(self, done: str, fault: OSError) -> StoreFault:
        return StoreFault(f"The data folder {self.folder} can't be {done}: {fault.strerror or fault}.")


@cache
def _rules() -> tuple[type[Batch], type[CommitDraft]]:
    """Load the rules, with the first write: opening a folder does not wait for them."""
    from store.core.batch import Batch
    from store.core.draft import CommitDraft

    return Batch, CommitDraft
