"""The state of an open folder: up to date with the journal, whatever becomes of the checkpoint that it began with."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from store.folder import checkpoint
from store.folder.columns import CheckpointDamaged
from store.folder.event_log import Events
from store.folder.files import Files
from store.folder.folder_lock import FolderLock
from store.folder.folder_view import FolderView
from store.folder.head import START, Position
from store.folder.journal import Journal
from store.folder.journal_follower import FolderStatus, JournalFollower, Progress
from store.folder.journal_line import StoredCommit
from store.folder.state import State

if TYPE_CHECKING:
    from store.core.draft import CommitDraft

MANY_EVENTS = 1 << 15
"""Events that a process has in memory before it looks whether another one has saved them."""
LOOK_AGAIN = 1 << 13
"""Events after which it looks again, where none has."""
FAR_BEHIND = 1 << 26
"""Bytes of news in the journal for which it looks at once."""


class FolderState:
    """The state of one folder. Whoever calls it holds the store's guard."""

    def __init__(self, folder: Path, files: Files, journal: Journal, status: FolderStatus, progress: Progress) -> None:
        """Start from the checkpoint.

        Raises:
            OSError: the folder can't be read.
        """
        self._folder, self._files, self._journal = folder, files, journal
        self._status, self._progress = status, progress
        self._damaged: set[str] = set()
        """Checkpoints in which damage was found."""
        self.events = Events(journal, lambda: self.state.index)
        self._go_on_from(*checkpoint.load(folder, journal))

    def _go_on_from(self, state: State, saved: Position) -> None:
        """Take a state that covers the journal up to `saved` in the place of the one there is."""
        self.state, self.saved = state, saved
        self.view = FolderView(state, self.events)
        self.follower = JournalFollower(self._journal, state, saved, self._status, self._progress)
        self._look_at = MANY_EVENTS

    @property
    def position(self) -> Position:
        """How far the state is up to date with the journal."""
        return self.follower.position

    def open(self, lock: FolderLock) -> None:
        """Catch up at opening: with all that is acknowledged, and where nobody writes with all that is there."""
        try:
            self.follower.open(lock)
        except CheckpointDamaged:
            self._go_on_from(State(), START)
            self.follower.open(lock)

    def catch_up(self) -> None:
        """Catch up with what others have acknowledged; with what they have saved, where that is much."""
        new = len(self.state.index.new)
        if new >= self._look_at or self._journal.size() - self.position.size >= FAR_BEHIND:
            self._look_at = new + LOOK_AGAIN
            self._join_another()
        self.follower.read_acknowledged()

    def read_all(self) -> None:
        """Catch up with all that is there, under the lock, and repair what a killed writer left behind."""
        self.follower.read_all()

    def start_over(self) -> None:
        """Make the state again from the journal: a part of its checkpoint is not as it was written."""
        self._damaged.update((self.state.token, checkpoint.token_of(self._folder)))
        self._go_on_from(State(), START)
        self.follower.read_acknowledged()

    def _join_another(self) -> None:
        """Go on from the checkpoint that another process has saved meanwhile: its files are used as they are."""
        if another := checkpoint.another(self._folder, self._journal, {self.state.token, *self._damaged}):
            self._go_on_from(State(another.parts), another.position)

    def record(self, draft: CommitDraft, commits: Iterable[StoredCommit], after: Position) -> None:
        """Bring the state up to date with commits that this process has made durable."""
        try:
            draft.copy_to(self.state)
            for commit in commits:
                self.state.record(commit)
            self.follower.position = after
        except CheckpointDamaged:
            self.start_over()  # the journal has them

    def save(self) -> None:
        """Write the checkpoint; the folder's lock is held, and nothing of the journal was left unread.

        Raises:
            StoreFault: the disk took only a part, or a file of one of the names is not a checkpoint's.
            OSError: the disk refused; the old checkpoint is as it was.
        """
        from store.folder import checkpoint_writer  # it comes with the first saving

        self._join_another()
        self.follower.read_acknowledged()
        try:
            checkpoint_writer.save(self._folder, self._files, self.state, self.position)
        except CheckpointDamaged:
            self.start_over()
            checkpoint_writer.save(self._folder, self._files, self.state, self.position)
        self.saved = self.position
