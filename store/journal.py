"""The append-only timeline on disk: order, durability, and how far it is agreed to reach.

`journal.jsonl` holds a line a commit (`lines`). `head` names the last commit that was acknowledged: it is written
after the line is synced and before the caller hears of it, so a reader that goes no further than `head` never
sees what a failed sync takes back, and a journal that ends before its `head` has been cut.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from api_client.errors import StoreDamaged, StoreFault
from store import lines
from store.files import Files
from store.head import Head, Position

_CHUNK = 1 << 20


class Journal:
    """The files `journal.jsonl` and `head` of one folder. Writing is for whoever holds the folder's lock."""

    def __init__(self, folder: Path, files: Files) -> None:
        self.path = folder / "journal.jsonl"
        self._files = files
        self._fd = files.open(self.path)
        self.head = Head(folder, files)
        self._failed = ""

    def close(self) -> None:
        """Let go of the files."""
        os.close(self._fd)
        self.head.close()

    def size(self) -> int:
        """Return the journal's size in bytes, with whatever a writer is adding right now."""
        return os.fstat(self._fd).st_size

    def check(self, position: Position) -> None:
        """Check what was read against `head`.

        Raises:
            StoreDamaged: the journal ends before its head, or is another one.
        """
        head = self.head.read()
        if head is None:
            return
        if self.size() < head.size:
            raise StoreDamaged(
                f"{self.path.name} has been cut: {head.commits} commits were acknowledged, and it ends before the last."
            )
        if position.size == head.size and position != head:
            raise StoreDamaged(f"{self.path.name} is not the journal that its head was written for.")

    def commits(self, start: Position, end: int) -> Iterator[lines.Commit]:
        """Yield the commits between `start` and the byte `end`, which is a line's end.

        Raises:
            StoreDamaged: a line is not what was written; `line` says which.
        """
        position = start
        for offset, line in self._lines(start.size, end):
            try:
                commit = lines.decode(line, offset, position.hash)
            except ValueError as fault:
                number = position.commits + 1
                raise StoreDamaged(f"Line {number} of {self.path.name} is damaged: {fault}.", line=number) from None
            position = position.after(commit)
            yield commit

    def sound_end(self, start: Position) -> int:
        """Return where the journal's sound lines end, from `start` on: what follows is torn.

        A writer that was killed leaves a torn end, never a torn middle.

        Raises:
            StoreDamaged: sound lines follow after a line that is not.
        """
        end = start.size
        number = start.commits
        torn: int | None = None
        for offset, line in self._lines(start.size, self.size()):
            if not lines.is_sound(line):
                torn = torn or number + 1
            elif torn is not None:
                raise StoreDamaged(f"Line {torn} of {self.path.name} is damaged: lines follow it.", line=torn)
            else:
                end = offset + len(line)
                number += 1
        return end

    def append(self, position: Position, data: bytes, after: Position) -> None:
        """Add whole lines at `position`, durably, and name them in `head`. One sync for all of them.

        Raises:
            StoreFault: the disk refused. Nothing of them remains; after a failed sync, or where the journal could
                not be put back, no more is taken until the folder is opened anew.
        """
        if self._failed:
            raise StoreFault(self._failed)
        try:
            self._files.write_all(self._fd, data, position.size)
            try:
                self._files.sync(self._fd)
            except OSError:
                # What the system still holds of the file after a failed sync is not known.
                self._failed = "The disk failed to keep what it was given. Close this program and look at the disk."
                raise
            self.head.write(after)
        except (OSError, StoreFault) as fault:
            self._take_back(position)
            if isinstance(fault, StoreFault):
                raise
            raise StoreFault(f"The disk refused: {fault.strerror or fault}. Nothing was recorded.") from fault

    def adopt(self, position: Position) -> None:
        """Make durable, and name in `head`, lines that a killed writer left complete but perhaps not synced.

        Raises:
            OSError: the disk refused.
        """
        self._files.sync(self._fd)
        self.head.write(position)

    def cut(self, size: int) -> None:
        """Cut a torn end off.

        Raises:
            OSError: the disk refused.
        """
        self._files.truncate(self._fd, size)
        self._files.sync(self._fd)

    def read(self, offset: int, size: int) -> bytes:
        """Return `size` bytes at `offset`; fewer where the journal has been cut."""
        return os.pread(self._fd, size, offset)

    def line_at(self, offset: int) -> bytes:
        """Return the line that begins at `offset`; empty where none does."""
        return next((line for _, line in self._lines(offset, self.size())), b"")

    def _lines(self, start: int, end: int) -> Iterator[tuple[int, bytes]]:
        """Yield each line with its offset; the last one may lack its end."""
        offset, rest = start, b""
        position = start
        while position < end:
            chunk = os.pread(self._fd, min(_CHUNK, end - position), position)
            if not chunk:
                break
            position += len(chunk)
            *whole, rest = (rest + chunk).split(b"\n")
            for line in whole:
                yield offset, line + b"\n"
                offset += len(line) + 1
        if rest:
            yield offset, rest

    def _take_back(self, position: Position) -> None:
        try:
            if self.size() > position.size:
                self._files.truncate(self._fd, position.size)
        except OSError:
            self._failed = self._failed or "The disk refuses to put the journal back. Close this program and try again."
