"""The append-only journal on disk: order, durability, and how much of it is acknowledged.

`journal.jsonl` holds a line a commit (`journal_line`). `head` names the last commit that was acknowledged: it is
written after the line is synced and before the caller gets its receipt, so a reader that goes no further than `head`
never sees what a failed sync takes back, and a journal that ends before its `head` has been cut.

Reading changes nothing: both files are opened for writing by the first commit. The one thing that a writer ever cuts
off is a last line without its newline, which was never acknowledged, and its bytes are stored beside the journal first.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from api_client.errors import StoreDamaged, StoreFault
from store.core.chain import Commit
from store.folder import journal_line
from store.folder.files import FileId, Files, RecordFile, moved
from store.folder.head import START, Head, Position, head_record
from store.folder.journal_line import StoredCommit

_CHUNK = 1 << 20
_OURS = b'{"n":['
"""How each line begins that this program writes (`journal_line`)."""
_REMEDY = (
    "Nothing was changed. Put the files back as they were in a backup, or go on in a new folder with what can be read: "
    "'pumpup-tui export -o FILE', then 'pumpup-tui import FILE --data NEW'."
)


def encode_all(commits: Iterable[Commit], position: Position) -> tuple[bytes, list[StoredCommit], Position]:
    """Return the lines of `commits`, to stand at `position`; each commit as it is stored; the position after them."""
    lines, stored = [], []
    for commit in commits:
        line, in_place = journal_line.encode(commit, position.size)
        position = position.after(in_place)
        lines.append(line)
        stored.append(in_place)
    return b"".join(lines), stored, position


class Journal:
    """The files `journal.jsonl` and `head` of one folder. Only the holder of the folder's lock may write."""

    def __init__(self, folder: Path, files: Files) -> None:
        """Open the files that exist, for reading.

        Raises:
            StoreFault: one of the files is a symbolic link, or no regular file.
            OSError: one can't be read.
        """
        self.path = folder / "journal.jsonl"
        self._files = files
        self._file = RecordFile(self.path, files)
        self.head = Head(folder, files)
        self._failed = ""
        self._is_overwritten = False

    def close(self) -> None:
        """Close the files."""
        self._file.close()
        self.head.close()

    def size(self) -> int:
        """Return the journal's size in bytes, with whatever a writer is adding right now."""
        return self._file.size()

    def is_new(self) -> bool:
        """Return whether nothing was ever written: no line, and no head that names one."""
        return self.size() == 0 and self.head.read() in (None, START)

    def ends_at(self, position: Position) -> bool:
        """Return whether nothing was added since this process wrote `position`, by two looks; False may mean either."""
        return (
            not self.head.has_news()
            and not self.head.is_torn()
            and self.head.last_read == position
            and self.size() == position.size
        )

    def check_is(self, there: FileId | None) -> None:
        """Check that the open journal is the file that was found at its path: another is not to be touched.

        Raises:
            StoreFault: it was moved, removed or replaced.
        """
        if not self._file.is_in_place(there):
            raise StoreFault(moved(self.path))

    def check_in_place(self) -> None:
        """Check that the open files are the ones at their paths: what is written to a removed file is lost.

        Raises:
            StoreFault: one was moved, removed or replaced.
        """
        if not self._file.is_in_place():
            raise StoreFault(moved(self.path))
        if not self.head.is_in_place():
            raise StoreFault(moved(self.path.with_name("head")))

    def check_whole(self) -> None:
        """Check that no other program changed the journal while this one wrote it: what is read is not as it was.

        Raises:
            StoreFault: one did.
        """
        if self._is_overwritten:
            raise StoreFault(self._failed)

    def create(self) -> None:
        """Make the files of a new folder, the head first.

        Raises:
            StoreFault: the disk took only a part.
            OSError: the disk refused.
        """
        self.head.create()
        self._file.for_writing(create=True)
        self._files.sync_folder(self.path.parent)

    def check(self, position: Position, head: Position | None) -> None:
        """Check what was read against the `head` of before the reading: it may name more by now.

        Raises:
            StoreDamaged: the journal has no head, ends before it, or was replaced.
        """
        if head is None:
            if self.size():
                raise StoreDamaged(
                    "The file head, which names the last acknowledged commit, is missing: whether lines were cut off "
                    f"{self.path.name} can't be told. {_REMEDY}"
                )
            return
        if self.size() < head.size:
            words = "has been cut" if self._file.is_there() else "is missing"
            raise StoreDamaged(
                f"{self.path.name} {words}: {head.commits} commits were acknowledged, and it ends before the last. "
                f"{_REMEDY}"
            )
        if position.size == head.size and position != head:
            raise StoreDamaged(f"{self.path.name} is not the journal that its head was written for. {_REMEDY}")

    def commits(self, start: Position, end: int) -> Iterator[StoredCommit]:
        """Yield the commits between `start` and the byte `end`, which is a line's end.

        Raises:
            StoreDamaged: a line is not what was written; `line` says which.
        """
        position = start
        for offset, line in self._lines(start.size, end):
            try:
                commit = journal_line.decode(line, offset, position.hash)
            except ValueError as fault:
                raise self._damaged(position.commits + 1, line, str(fault)) from None
            position = position.after(commit)
            yield commit

    def whole_end(self, start: Position) -> int:
        """Return where the last whole line ends, from `start` on: what follows lacks its newline.

        A writer that was killed leaves such an end, never a torn middle.

        Raises:
            StoreDamaged: it goes on for longer than any line that this program writes.
        """
        end = start.size
        for offset, line in self._lines(start.size, self.size()):
            if line.endswith(b"\n"):
                end = offset + len(line)
        return end

    def append(self, position: Position, data: bytes, after: Position) -> None:
        """Add whole lines at `position`, durably, and name them in `head`. One sync for all of them.

        Raises:
            StoreFault: the disk refused, or a file was moved away meanwhile. Nothing of them remains; after a failed
                sync, or where the journal could not be put back, no more is taken until the folder is opened anew.
        """
        if self._failed:
            raise StoreFault(self._failed)
        try:
            record = head_record(after)  # before the sync: what comes after one runs slowly, from memory gone cold
            self._write(data, position)
            self.head.write(after, record)
        except (OSError, StoreFault) as fault:
            if not self._is_overwritten:
                self._take_back(position)
            if isinstance(fault, StoreFault):
                raise
            raise StoreFault(f"The disk refused: {fault.strerror or fault}. Nothing was recorded.") from fault

    def _write(self, data: bytes, position: Position) -> None:
        fd = self._file.for_writing()
        self._files.write_all(fd, data, position.size)
        try:
            self._files.sync(fd)
        except OSError:
            # What the system still holds of the file after a failed sync is not known.
            self._failed = "The disk failed to keep what it was given. Close this program and look at the disk."
            raise
        self._check_written(data, position)

    def _check_written(self, data: bytes, position: Position) -> None:
        """Check that the lines stand where they were to, in the file at the path, before they are acknowledged."""
        self.check_in_place()
        # Emptied in place meanwhile, as some programs rotate logs, it would have a gap before these lines.
        before = b"\n" if position.size else b""
        if self.read(position.size - len(before), len(before) + len(data)) != before + data:
            self._is_overwritten = True  # what is there is not ours to cut off
            self._failed = (
                f"Another program changed {self.path.name} while it was written. Nothing more is recorded. Close this "
                f"program and run 'pumpup-tui doctor --data {self.path.parent}'."
            )
            raise StoreFault(self._failed)

    def adopt(self, position: Position) -> None:
        """Make durable, and name in `head`, lines that a killed writer left complete but perhaps not synced.

        Raises:
            StoreFault: a file was moved away, or the disk took only a part.
            OSError: the disk refused.
        """
        self._files.sync(self._file.for_writing())
        self.head.write(position)

    def set_aside(self, end: int) -> Path:
        """Cut off the bytes behind the last whole line, at `end`, once a file beside the journal holds them.

        Returns:
            The file that holds them.

        Raises:
            StoreFault: a file was moved away, or the disk took only a part.
            OSError: the disk refused.
        """
        torn = self.read(end, self.size() - end)
        name = f"{self.path.name}.torn-{end}-{hashlib.sha256(torn).hexdigest()[:8]}"
        aside = self.path.with_name(name)
        self._files.replace(aside, torn)
        fd = self._file.for_writing()
        self._files.truncate(fd, end)
        self._files.sync(fd)
        return aside

    def read(self, offset: int, size: int) -> bytes:
        """Return `size` bytes at `offset`; fewer where the journal has been cut."""
        return self._file.read(offset, size)

    def line_at(self, offset: int) -> bytes:
        """Return the line that begins at `offset`; empty where none does."""
        return next((line for _, line in self._lines(offset, self.size())), b"")

    def _lines(self, start: int, end: int) -> Iterator[tuple[int, bytes]]:
        """Yield each line with its offset; the last one may lack its end.

        Raises:
            StoreDamaged: one is longer than any that this program writes.
        """
        offset = position = start
        begun: list[bytes] = []
        while position < end:
            chunk = self._file.read(position, min(_CHUNK, end - position))
            if not chunk:
                break
            position += len(chunk)
            *whole, rest = chunk.split(b"\n")
            if whole:
                whole[0] = b"".join((*begun, whole[0]))
                begun.clear()
            for line in whole:
                yield offset, line + b"\n"
                offset += len(line) + 1
            if position - offset > journal_line.MOST:
                raise StoreDamaged(
                    f"{self.path} has no line end for over {journal_line.MOST:,} bytes behind byte {offset:,}: "
                    f"this program did not write that. {_REMEDY}"
                )
            begun.append(rest)
        if rest := b"".join(begun):
            yield offset, rest

    def _take_back(self, position: Position) -> None:
        try:
            if self.size() > position.size:
                self._files.truncate(self._file.for_writing(), position.size)
        except OSError:
            self._failed = self._failed or "The disk refuses to put the journal back. Close this program and try again."

    def _damaged(self, number: int, line: bytes, why: str) -> StoreDamaged:
        if number == 1 and not line.startswith(_OURS):
            return StoreDamaged(
                f"{self.path} is not a journal of this program: its first line is not one that it writes. Nothing was "
                "changed. Move the file away, or name another folder with --data DIR.",
                line=number,
            )
        if line.endswith(b"\r\n"):
            why = "it ends with CR LF: an editor or a transfer changed the line ends"
        return StoreDamaged(f"Line {number} of {self.path.name} is damaged: {why}. {_REMEDY}", line=number)
