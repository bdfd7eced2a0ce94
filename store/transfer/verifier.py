"""Verification of a folder: whether all of it is still as it was written.

The journal is read from its first byte, without the store: every checksum, every link of the chain, `head`, the
checkpoint against a fold of the events, the content of every upload; and each event against the rules.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

from api_client.errors import StoreDamaged, StoreFault
from store.core.command_limits import CommandLimits
from store.core.idempotency import is_record
from store.core.signed_note import LogHead
from store.core.upload_limits import PIECE
from store.folder import checkpoint, journal_line
from store.folder.columns import CheckpointDamaged
from store.folder.event_log import Events
from store.folder.files import Files
from store.folder.folder_lock import FolderLock
from store.folder.folder_view import FolderView
from store.folder.head import START, Position
from store.folder.journal import Journal
from store.folder.journal_follower import Relief
from store.folder.journal_line import StoredCommit
from store.folder.state import State
from store.folder.uploads import open_content, own_folder
from store.schemas.checks import Checks
from store.transfer.conformance import Conformance
from store.transfer.findings import BREACHES_NAMED, Findings
from store.transfer.tree_findings import FolderTree

Progress = Callable[[int, int], None]
"""Called with the bytes that were read, and all bytes."""


def verify(
    folder: Path,
    *,
    expect: str | None = None,
    begins: LogHead | None = None,
    progress: Progress = lambda *_: None,
) -> Findings:
    """Check a folder. Nothing is changed.

    With `expect`, also that its chain ends with this hash; with `begins`, that it begins with what a checkpoint says.

    Raises:
        StoreBusy: another process holds the lock.
        StoreFault: there is no such folder, or it can't be read.
    """
    if not any(os.path.lexists(folder / name) for name in ("journal.jsonl", "head")):
        raise StoreFault(f"{folder} is not a data folder: it has no journal.jsonl.")
    try:
        journal = Journal(folder, Files())
        verification = _Verification(folder, journal, progress, begins)
        try:
            return verification.run(expect)
        finally:
            verification.close()
            journal.close()
    except OSError as fault:
        raise StoreFault(f"{folder} can't be read: {fault.strerror or fault}.") from fault


class _Verification:
    def __init__(self, folder: Path, journal: Journal, progress: Progress, begins: LogHead | None) -> None:
        self._folder = folder
        self._journal = journal
        self._progress = progress
        self._found = Findings()
        self._state = State()
        self._checks = Checks(CommandLimits())
        self._rules = Conformance(FolderView(self._state, Events(journal, lambda: self._state.index)), self._checks)
        self._tree = FolderTree(folder, begins)
        self._breaches = 0
        self._relief = Relief()

    def run(self, expect: str | None) -> Findings:
        head, size, saved = self._snapshot()
        with checkpoint.paused_collector():
            self._read_journal(size, saved)
        self._compare_head(head)
        self._hash_uploads()
        self._tree.report(self._found)
        self._found.expect(expect)
        self._progress(size, size)
        return self._found

    def close(self) -> None:
        """End what checks metadata, and close the tree."""
        self._checks.close()
        self._tree.close()

    def _snapshot(self) -> tuple[Position | None, int, checkpoint.Checkpoint | None]:
        """Return the head, the journal's size and the checkpoint as of one moment, with writers locked out."""
        with FolderLock(self._folder).reading():
            return self._read_head(), self._journal.size(), self._read_checkpoint()

    def _read_head(self) -> Position | None:
        try:
            head = self._journal.head.read()
            if self._journal.head.is_torn():
                self._found.wrong.append("One of the two records of head does not read as it was written.")
            return head
        except StoreDamaged as damage:
            self._found.wrong.append(str(damage))
            return None

    def _read_checkpoint(self) -> checkpoint.Checkpoint | None:
        try:
            return checkpoint.read(self._folder)
        except checkpoint.OtherVersionCheckpoint:
            return None  # the journal is the truth, and all of it is read here
        except checkpoint.InterruptedCheckpoint as fault:
            self._found.notes.append(
                f"The checkpoint can't be used: a program was stopped while it saved, and {fault}. Who writes next "
                "makes it anew."
            )
            return None
        except checkpoint.UnusableCheckpoint as fault:
            self._found.wrong.append(f"The checkpoint can't be used ({fault}); who writes next makes it anew.")
            return None

    def _read_journal(self, size: int, saved: checkpoint.Checkpoint | None) -> None:
        compared = saved is None
        try:
            for commit in self._journal.commits(START, self._end_of_lines(size)):
                self._take(commit)
                self._found.position = self._found.position.after(commit)
                if self._found.position.commits % 1024 == 0:
                    self._progress(self._found.position.size, size)
                    self._relief.give(self._state, self._found.position)
                if saved is not None and self._found.position == saved.position:
                    compared = True
                    self._found.wrong += self._differences(saved)
        except StoreDamaged as damage:
            self._found.wrong.append(str(damage))
        if fault := self._rules.unfinished():
            self._breach(fault, self._found.position.commits)
        if self._breaches > BREACHES_NAMED:
            self._found.wrong.append(f"… and {self._breaches - BREACHES_NAMED} more that break the rules.")
        if not compared and saved is not None and saved.position != START:
            self._found.wrong.append("The checkpoint covers a place that the journal does not have.")

    def _differences(self, saved: checkpoint.Checkpoint) -> list[str]:
        try:
            return saved.differences(self._state)
        except CheckpointDamaged as fault:
            return [f"The checkpoint can't be used ({fault}); who writes next makes it anew."]

    def _take(self, commit: StoredCommit) -> None:
        """Check a commit's events against the rules, one after the other, and bring the state up to date."""
        for event, (offset, size) in zip(commit.events, commit.places, strict=True):
            if fault := self._rules.breach(event, self._journal.read(offset, size)):
                self._breach(fault, self._found.position.commits + 1)
            self._state.take(event, (offset, size))
            self._tree.take(event["hash"])
        if commit.record is not None and not is_record(commit.record):
            self._breach("its idempotency record is none", self._found.position.commits + 1)
        self._state.remember(commit)

    def _breach(self, fault: str, line: int) -> None:
        self._breaches += 1
        if self._breaches <= BREACHES_NAMED:
            self._found.wrong.append(f"Line {line} of the journal breaks the rules: {fault.rstrip('.')}.")

    def _end_of_lines(self, size: int) -> int:
        """Return where the last whole line of `size` bytes ends, and note what follows it."""
        end, tail = size, b""
        while end and not tail.endswith(b"\n"):
            if size - end > journal_line.MOST:
                return size  # no unfinished line of ours: reading it reports what is wrong
            start = max(0, end - PIECE)
            tail = self._journal.read(start, end - start)
            end = start + tail.rfind(b"\n") + 1
            tail = tail[: end - start]
        if end < size:
            self._found.notes.append(
                f"The journal ends in an unfinished line of {size - end} bytes, never acknowledged. The next write "
                "moves it to a file of its own."
            )
        return end

    def _compare_head(self, head: Position | None) -> None:
        position = self._found.position
        if head is None:
            if position.commits and not self._found.wrong:
                self._found.wrong.append("The file head is missing: a journal that was cut would not be noticed.")
        elif head.size > self._journal.size():
            self._found.wrong.append(
                f"The journal has been cut: head names {head.commits} commits, and {position.commits} are there."
            )
        elif head.size == position.size and head != position:
            self._found.wrong.append("The journal is not the one that head was written for.")
        elif head.size > position.size and not self._found.wrong:
            self._found.wrong.append("The journal does not hold the last commit that head names as a whole line.")
        elif head.size < position.size:
            more = position.commits - head.commits
            self._found.notes.append(
                f"The journal goes on after the last commit that head names: {more} whole lines, which a program that "
                "was stopped did not acknowledge. The next write takes them in."
            )

    def _hash_uploads(self) -> None:
        for doc in self._state.documents("uploads"):
            sha256, size = hashlib.sha256(), 0
            try:
                with open_content(own_folder(self._folder / "uploads"), doc["sha256"]) as file:
                    # What is longer has changed, however much longer it is.
                    while size <= doc["size"] and (piece := file.read(PIECE)):
                        sha256.update(piece)
                        size += len(piece)
            except (OSError, StoreFault) as fault:
                if isinstance(fault, FileNotFoundError) and not doc.get("attached"):
                    continue  # dropped: no task ever had it
                words = str(getattr(fault, "strerror", "") or fault).rstrip(".")
                self._found.wrong.append(f"The upload {doc['id']} can't be read: {words}.")
                continue
            if sha256.hexdigest() != doc["sha256"] or size != doc["size"]:
                self._found.wrong.append(f"The upload {doc['id']} is not what arrived: its content has changed.")
