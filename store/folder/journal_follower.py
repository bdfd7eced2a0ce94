"""Brings a folder's state up to date with its journal: at opening, before a read, under the lock before a write."""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from api_client.errors import StoreDamaged
from store.folder import checkpoint
from store.folder.folder_lock import FolderLock
from store.folder.head import Position
from store.folder.journal import Journal
from store.folder.state import State

if TYPE_CHECKING:
    from store.folder.scratch import Scratch

MANY_EVENTS = 100_000
NEW_EVENTS = 1 << 16
"""Events that a state may have in memory only, before some of it is put into files."""
PIECE = 1024
"""Commits after which a replay tells how far it is."""

Progress = Callable[[int, int], None]
"""Called with the bytes of the journal that were read, and those that are to be read."""


@dataclass(slots=True)
class FolderStatus:
    """The condition of an open folder, as far as it was read."""

    read_only: str = ""
    """Why the folder takes no writes; empty where it does."""
    is_damaged: bool = False
    """Whether the record is not as it was written."""
    warnings: list[str] = field(default_factory=list)
    """What was found in the folder and repaired, or is wrong with it: sentences for the user."""

    def run(self, step: Callable[[], None]) -> None:
        """Run `step`; where it finds damage, the folder stays readable up to there, and takes no more writes."""
        try:
            step()
        except StoreDamaged as damage:
            self.is_damaged = True
            self.read_only = str(damage)
            self.warnings.append(str(damage))


class Relief:
    """Puts what a long replay makes into files for a while, so that little of it is held in memory."""

    def __init__(self) -> None:
        self._scratch: Scratch | None = None

    def give(self, state: State, position: Position) -> None:
        """Write what the state has in memory, where that is much."""
        if len(state.index.new) >= NEW_EVENTS:
            from store.folder.scratch import Scratch  # an opening that replays little does without

            self._scratch = self._scratch or Scratch()
            self._scratch.relieve(state, position)


class JournalFollower:
    """Replays into a state what this process and others have committed, and remembers how far."""

    def __init__(
        self, journal: Journal, state: State, position: Position, status: FolderStatus, progress: Progress
    ) -> None:
        self._journal = journal
        self._state = state
        self.position = position
        """How far the state is up to date with the journal."""
        self._status = status
        self._progress = progress
        self._relief = Relief()

    def open(self, lock: FolderLock) -> None:
        """Catch up at opening: with all that is acknowledged, and where nobody writes with all that is there."""
        with lock.reading(wait=False) as is_quiet, checkpoint.paused_collector():
            self.read_acknowledged()
            if is_quiet and not self._status.is_damaged:
                # Whole lines beyond the head are a killed writer's: nobody takes them back any more.
                self._status.run(self._replay_to_end)
            if self._state.seq >= MANY_EVENTS:
                # A full collection over so many documents stops every thread for a tenth of a second.
                gc.freeze()

    def read_acknowledged(self) -> None:
        """Catch up with the commits that others have acknowledged: without the lock, for they are never taken back."""
        self._status.run(self._replay_to_head)

    def read_all(self) -> None:
        """Catch up with all that is there, under the lock, and repair what a killed writer left behind."""
        self._status.run(self._catch_up)

    def _replay_to_head(self) -> None:
        try:
            head = self._journal.head.read()
        except StoreDamaged:
            self._replay_to_end()
            raise
        if head is None:
            self._replay_to_end()
        elif self.position.size < head.size <= self._journal.size():
            self._replay(head.size)
        # The same head: a newer one would be compared with what was not read yet.
        self._journal.check(self.position, head)

    def _replay_to_end(self) -> None:
        """Read all whole lines."""
        if self._journal.size() > self.position.size:
            self._replay(self._journal.whole_end(self.position))

    def _catch_up(self) -> None:
        if self._journal.ends_at(self.position):
            return
        self._replay_to_head()
        if self._journal.size() > self.position.size:
            self._replay_to_end()
            if self._journal.size() > self.position.size:
                size = self._journal.size() - self.position.size
                aside = self._journal.set_aside(self.position.size)
                self._status.warnings.append(
                    f"A program that was stopped while it wrote left an unfinished line of {size} bytes at the "
                    f"journal's end. It was never acknowledged; it was moved to {aside.name}."
                )
            self._journal.adopt(self.position)
        elif self._journal.head.is_torn() or self._is_ahead():
            self._journal.adopt(self.position)

    def _is_ahead(self) -> bool:
        head = self._journal.head.last_read
        return head is not None and head.size < self.position.size

    def _replay(self, end: int) -> None:
        with checkpoint.paused_collector():
            for commit in self._journal.commits(self.position, end):
                try:
                    self._state.replay(commit)
                except (KeyError, TypeError, ValueError) as fault:
                    line = self.position.commits + 1
                    message = f"Line {line} of the journal holds an event that makes no sense here ({fault!r})."
                    raise StoreDamaged(message, line=line) from fault
                self.position = self.position.after(commit)
                if self.position.commits % PIECE == 0:
                    self._progress(self.position.size, end)
                    self._relief.give(self._state, self.position)
