"""One open folder: its lock, its journal, its state, and the one thread that writes.

Commands that wait together are ruled one after the other over a draft, appended as one write under one sync, and
only then does the state take the draft over and do the callers hear of it. Other processes do the same under the
folder's lock; each brings its state up to date from the journal's new lines before it rules or reads.

Opening and reading change nothing in the folder, and need no lock: what `head` names is never taken back. What a
killed writer left is put in order by the first commit.
"""

from __future__ import annotations

import gc
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from api_client.errors import ApiError, StoreDamaged, StoreError, StoreFault, StoreReadOnly
from api_client.models import Receipt
from api_client.times import Clock
from store.core.idempotency import KeyScope, answer_to
from store.folder import checkpoint, journal_line
from store.folder.event_log import Events
from store.folder.files import FileId, Files
from store.folder.folder_lock import FolderLock
from store.folder.folder_view import FolderView
from store.folder.journal import Journal, encode_all
from store.folder.state import State
from store.folder.trust import doubts, unwritable

if TYPE_CHECKING:
    from store.core.batch import Batch, Job
    from store.core.command_limits import CommandLimits
    from store.schemas.checks import Checks

T = TypeVar("T")

BATCH = 64
"""Commands that share one sync at the most."""
CHECKPOINT_COMMITS = 5_000
CHECKPOINT_SHARE = 50
"""The checkpoint is written anew after so many commits, or after one for every 50 that there are: so its cost, which
grows with the folder, stays a small part of the commits', and what an open must replay stays a fraction of a second."""
CLOSE_SHARE = 2_000
"""On close, whoever has written writes it where one commit in 2,000 is new: to replay fewer is quicker than that."""
MANY_EVENTS = 100_000

Progress = Callable[[int, int], None]
"""Told how many bytes of the journal were read, and how many are to be."""


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
        """Open the folder; `progress` hears of a journal that must be replayed.

        A folder that is missing or empty is made, unless it is opened `for_reading`: then nothing is ever written.
        `limits` are held against the commands that come in; the contract's, where none are given.

        Raises:
            StoreBusy: another process holds the lock of a folder that is to be made.
            StoreFault: the folder can't be made or read.
        """
        self.folder = folder
        self.files = files or Files()
        self.clock = clock
        self._progress = progress
        self.tokens = tokens
        self.doubts = doubts(folder)
        """What can't be relied on where the folder is: sentences for the user."""
        self.warnings: list[str] = []
        """What was met in the folder and put in order, or is wrong with it: sentences for the user."""
        self.is_damaged = False
        """Whether the record is not as it was written, as far as it was read."""
        self.read_only = "It was opened for reading." if for_reading else ""
        """Why the folder takes no writes; empty where it does."""
        self._guard = threading.RLock()
        self._committing = False
        self._closed = False
        self._has_written = False
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._listeners: list[Callable[[], None]] = []
        self.limits = limits
        self._checks: Checks | None = None
        self.before_close: list[Callable[[], None]] = [self._close_checks]
        """Called when the store is to close, while it still takes commands: they end what works on it."""
        with self._worded("opened"):
            if not for_reading:
                self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.lock = FolderLock(folder)
            self.journal = Journal(folder, self.files)
        try:
            if not for_reading:
                self._begin()
            with self._worded("read"):
                self.state, self.position = checkpoint.load(folder, self.journal)
            self._saved = self.position
            self.events = Events(self.journal, lambda: self.state.index)
            self._catch_up_at_open()
        except StoreError:
            self._let_go()
            raise
        self._writer = threading.Thread(target=self._write, name="store-writer", daemon=True)
        self._writer.start()

    def _begin(self) -> None:
        """Make the files of a new folder; of one that is there, find out whether it takes writes."""
        with self._worded("made"):
            self._guarded(self._make_new)
        if not self.read_only and not self.journal.is_new() and (why := unwritable(self.folder)):
            self.read_only = why
            self.warnings.append(f"Opened for reading only. {why}")

    def _make_new(self) -> None:
        if self.journal.is_new():
            with self.lock.held():
                if self.journal.is_new():  # nobody else was first
                    if checkpoint.covers_events(self.folder):
                        raise StoreDamaged(
                            f"{self.folder} holds no event, and its index.bin tells of some: journal.jsonl and head "
                            "are lost. Nothing was changed. Put them back from a backup, or name another folder."
                        )
                    self.journal.create()

    def _catch_up_at_open(self) -> None:
        with self._worded("read"), self.lock.reading(wait=False) as is_quiet, checkpoint.paused_collector():
            self._guarded(self._catch_up_to_head)
            if is_quiet and not self.is_damaged:
                # Whole lines beyond the head are a killed writer's: nobody takes them back any more.
                self._guarded(self._catch_up_to_end)
            if self.state.seq >= MANY_EVENTS:
                # A full collection over so many documents stops every thread for a tenth of a second.
                gc.freeze()

    def close(self) -> None:
        """Finish what was submitted, write the checkpoint, let go of the files."""
        for end in self.before_close:
            end()
        self._closed = True
        self._jobs.put(None)
        self._writer.join()
        # Who wrote nothing leaves the folder as it was, whatever stands under the checkpoint's names.
        if self._has_written and not self.read_only and self.position.commits <= self._fresh() * CLOSE_SHARE:
            with suppress(StoreError):  # the journal has it all: the next open replays it
                self.save()
        self._let_go()

    def _let_go(self) -> None:
        self.journal.close()
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
            self._guarded(self._catch_up_to_head)
            if self.read_only:
                raise self._takes_no_writes()
            checkpoint.save(self.folder, self.files, self.state, self.position)
            self._saved = self.position

    # -- reading

    def read(self, look: Callable[[State], T]) -> T:
        """Return what `look` finds in the state as it is now, with all that other processes have committed."""
        with self._guard:
            # While this process commits, it holds the lock: there is nothing new but what it writes itself.
            if not self._committing and not self.is_damaged and self.journal.head.has_news():
                with self._worded("read"):
                    self._guarded(self._catch_up_to_head)
            return look(self.state)

    def check(self) -> None:
        """Check that a write could be recorded, as far as that can be told without one.

        Raises:
            StoreDamaged: the record is not as it was written.
            StoreFault: a file of the record was moved, removed or replaced.
        """
        if self.is_damaged:
            raise StoreDamaged(self.read_only)
        self.journal.check_in_place()
        self.journal.check_whole()

    def is_pending(self, request_id: str, event_type: str) -> bool:
        """Tell, without waiting, whether a request of this type is known to be open. False: look closer."""
        doc = self.state.get("requests", request_id)
        return doc is not None and doc["eventType"] == event_type and not self.journal.head.has_news()

    def recall(self, scope: KeyScope) -> Receipt | None:
        """Return the answer that was recorded for a key's scope, None where there is none."""
        for offset in self.read(lambda state: list(state.remembered.lines(scope))):
            line = self.journal.line_at(offset)
            record = journal_line.key_record(line) if journal_line.is_sound(line) else None
            if (answer := answer_to(scope, record)) is not None:
                return Receipt(answer=answer, replayed=True)
        return None

    def listen(self, heard: Callable[[], None]) -> Callable[[], None]:
        """Call `heard`, from the writer's thread, after each commit of this process; return what ends that."""
        self._listeners.append(heard)
        return lambda: self._listeners.remove(heard)

    # -- writing

    def submit(self, job: Job) -> None:
        """Put a command in line; its `done` tells what became of it."""
        if self._closed:
            job.done.set_exception(StoreFault("The data folder was closed."))
        elif self.read_only:
            job.done.set_exception(self._takes_no_writes())
        else:
            self._jobs.put(job)

    def carry_out(self, jobs: list[Job]) -> list[Receipt | ApiError]:
        """Carry out many commands with one sync, in the calling thread; return what became of each.

        Raises:
            StoreError: nothing of them was recorded.
        """
        if self.read_only:  # before the lock, whose file may not be there to be made
            raise self._takes_no_writes()
        with self._worded("written"), self.lock.held() as journal:
            return self._commit(jobs, journal)

    def _write(self) -> None:
        going = True
        while going:
            batch: list[Job] = []
            job = self._jobs.get()
            while job is not None:
                if job.done.set_running_or_notify_cancel():
                    batch.append(job)
                if len(batch) == BATCH or self._jobs.empty():
                    break
                job = self._jobs.get()
            going = job is not None
            if batch:
                self._finish(batch)

    def _finish(self, batch: list[Job]) -> None:
        try:
            outcomes = self.carry_out(batch)
        except ApiError as fault:
            outcomes = [fault] * len(batch)
        except Exception as fault:  # noqa: BLE001 - a writer that died would leave every caller waiting for ever
            outcomes = [StoreFault(f"The store failed ({type(fault).__name__}: {fault}).")] * len(batch)
        for job, outcome in zip(batch, outcomes, strict=True):
            if isinstance(outcome, Receipt):
                job.done.set_result(outcome)
            else:
                job.done.set_exception(outcome)
        for heard in list(self._listeners):
            heard()
        if self._fresh() >= max(CHECKPOINT_COMMITS, self.position.commits // CHECKPOINT_SHARE):
            with suppress(StoreError):  # not needed: the journal has it all, and the next commits try again
                self.save()

    def _commit(self, jobs: list[Job], journal: FileId | None) -> list[Receipt | ApiError]:
        """Rule on each job over one draft, and make all that they write durable with one sync."""
        if not self.read_only:
            self.journal.check_is(journal)
            self.journal.check_whole()
            with self._guard:
                self._guarded(self._catch_up)
        if self.read_only:
            raise self._takes_no_writes()
        from store.core.batch import Batch
        from store.core.draft import CommitDraft

        draft = CommitDraft(FolderView(self.state, self.events))
        batch = Batch(draft, self.position.hash, clock=self.clock, tokens=self.tokens, checks=self.checks)
        outcomes = [batch.take(job, self.recall) for job in jobs]
        if batch.commits:
            self._append(batch)
        return outcomes

    def _append(self, batch: Batch) -> None:
        """Make a batch's commits durable, then bring the state up to date with them."""
        data, commits, after = encode_all(batch.commits, self.position)
        with self._guard:
            self._committing = True
        try:
            self.journal.append(self.position, data, after)
            self._has_written = True
            with self._guard:
                batch.draft.copy_to(self.state)
                for commit in commits:
                    self.state.record(commit)
                self.position = after
        finally:
            self._committing = False

    @property
    def checks(self) -> Checks:
        """Where metadata is checked. It comes with the first write: who opens a folder does not wait for it."""
        if self._checks is None:
            from store.core.command_limits import CommandLimits
            from store.schemas.checks import Checks

            with self._guard:
                self._checks = self._checks or Checks(self.limits or CommandLimits())
        return self._checks

    def _close_checks(self) -> None:
        if self._checks is not None:
            self._checks.close()

    def _fresh(self) -> int:
        """Return how many commits the checkpoint on disk does not cover."""
        return self.position.commits - self._saved.commits

    def _takes_no_writes(self) -> StoreReadOnly:
        return StoreReadOnly(f"This folder takes no writes. {self.read_only}")

    # -- catching up

    @contextmanager
    def _worded(self, done: str) -> Iterator[None]:
        try:
            yield
        except OSError as fault:
            raise StoreFault(f"The data folder {self.folder} can't be {done}: {fault.strerror or fault}.") from fault

    def _guarded(self, catch_up: Callable[[], None]) -> None:
        """Catch up; where the journal is damaged, go on reading what came before, and write no more."""
        try:
            catch_up()
        except StoreDamaged as damage:
            self.is_damaged = True
            self.read_only = str(damage)
            self.warnings.append(str(damage))

    def _catch_up_to_head(self) -> None:
        """Read what others have acknowledged: without the lock, for that is never taken back."""
        try:
            head = self.journal.head.read()
        except StoreDamaged:
            self._catch_up_to_end()
            raise
        if head is None:
            self._catch_up_to_end()
        elif self.position.size < head.size <= self.journal.size():
            self._replay(head.size)
        # The same head: one that was read anew would be taken for read up to.
        self.journal.check(self.position, head)

    def _catch_up_to_end(self) -> None:
        """Read all whole lines."""
        if self.journal.size() > self.position.size:
            self._replay(self.journal.whole_end(self.position))

    def _catch_up(self) -> None:
        """Read all that is there, under the lock, and put in order what a killed writer left."""
        if self.journal.ends_at(self.position):
            return
        self._catch_up_to_head()
        if self.journal.size() > self.position.size:
            self._catch_up_to_end()
            if self.journal.size() > self.position.size:
                size = self.journal.size() - self.position.size
                aside = self.journal.set_aside(self.position.size)
                self.warnings.append(
                    f"A program that was stopped while it wrote left an unfinished line of {size} bytes at the "
                    f"journal's end. It was never acknowledged; it was moved to {aside.name}."
                )
            self.journal.adopt(self.position)
        elif self.journal.head.is_torn() or self._is_ahead():
            self.journal.adopt(self.position)

    def _is_ahead(self) -> bool:
        head = self.journal.head.last_read
        return head is not None and head.size < self.position.size

    def _replay(self, end: int) -> None:
        with checkpoint.paused_collector():
            for commit in self.journal.commits(self.position, end):
                try:
                    self.state.replay(commit)
                except (KeyError, TypeError, ValueError) as fault:
                    line = self.position.commits + 1
                    message = f"Line {line} of the journal holds an event that makes no sense here ({fault!r})."
                    raise StoreDamaged(message, line=line) from fault
                self.position = self.position.after(commit)
                if self.position.commits % 1024 == 0:
                    self._progress(self.position.size, end)
