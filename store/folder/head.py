"""`head`: the file that names the last acknowledged commit of the journal.

Two records of 512 bytes, written in turn, each with a checksum: a write that is torn, or that another process reads
while it is under way, leaves the record before it to be read. It is not synced: after a power cut it may name an
older commit than the journal holds, never a newer one.
"""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path
from typing import NamedTuple

from api_client.errors import StoreDamaged, StoreFault
from store.core import chain
from store.folder import journal_line
from store.folder.files import Files, RecordFile

_MARK = b"pumpup-head-1"
_RECORD = 512
_SUM_SIZE = 8


class Position(NamedTuple):
    """A place in the journal: the commits, events and bytes before it, and the last event's hash."""

    commits: int = 0
    events: int = 0
    size: int = 0
    hash: str = chain.NO_HASH

    def after(self, commit: journal_line.StoredCommit) -> Position:
        """Return the position after one more commit."""
        return Position(
            self.commits + 1,
            self.events + len(commit.events),
            commit.offset + commit.size,
            commit.events[-1]["hash"] if commit.events else self.hash,
        )


START = Position()


class Head:
    """The file `head` of one folder. Only the holder of the folder's lock may write."""

    def __init__(self, folder: Path, files: Files) -> None:
        self._files = files
        self._file = RecordFile(folder / "head", files)
        self._seen = b""
        self._positions: list[Position | None] = []
        """The position in each record, None where it is damaged."""
        self.last_read: Position | None = None
        """The newer of the positions that were last read or written; None where there was none."""

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def is_in_place(self) -> bool:
        """Return whether the open file is still the one at its path."""
        return self._file.is_in_place()

    def create(self) -> None:
        """Make the file, naming a journal without commits, and sync it: a journal is never without its head.

        Raises:
            StoreFault: the disk took only a part.
            OSError: the disk refused.
        """
        self._file.for_writing(create=True)
        self.write(START)
        self._files.sync(self._file.for_writing())

    def has_news(self) -> bool:
        """Return, by one look (2 µs), whether the file has changed since it was last read."""
        return self._read_bytes() != self._seen

    def read(self) -> Position | None:
        """Return the last acknowledged position, None where none was ever written.

        Raises:
            StoreDamaged: neither record reads as it was written.
        """
        self._refresh()
        newest = self.last_read
        # Less than one record is the first write, torn: nothing was ever named.
        if newest is None and len(self._seen) >= _RECORD:
            raise StoreDamaged("The file head is damaged: it does not read as it was written.")
        return newest

    def is_torn(self) -> bool:
        """Return whether one of the records, as they were last read, is not as it was written."""
        return None in self._positions

    def write(self, position: Position, record: bytes = b"") -> None:
        """Name `position`, whose record may have been made before, beside the record that holds the one before it.

        Raises:
            StoreFault: the disk took only a part; the record before it still holds.
            OSError: the disk refused.
        """
        self._refresh()
        slot = 1 if self._positions and self._positions[0] == self.last_read is not None else 0
        record = record or head_record(position)
        before = self._seen
        fd = self._file.for_writing()
        try:
            self._files.write_all(fd, record, slot * _RECORD)
        except (OSError, StoreFault):
            with contextlib.suppress(OSError, StoreFault):  # unreadable, it names nothing: the other record holds
                self._files.truncate(fd, len(before))
                self._files.write_all(fd, before, 0)
            raise
        self._positions[slot : slot + 1] = [position]
        self.last_read = max(filter(None, self._positions), default=None)
        self._seen = before[: slot * _RECORD] + record + before[(slot + 1) * _RECORD :]

    def _refresh(self) -> None:
        seen = self._read_bytes()
        if seen != self._seen:
            records = (seen[place : place + _RECORD] for place in range(0, len(seen), _RECORD))
            self._positions = [_parse(record) for record in records]
            self.last_read = max(filter(None, self._positions), default=None)
            self._seen = seen

    def _read_bytes(self) -> bytes:
        return self._file.read(0, 2 * _RECORD)


def head_record(position: Position) -> bytes:
    """Return the record that names `position`."""
    body = b"%s %d %d %d %s" % (_MARK, *position[:3], position.hash.encode())
    body = body.ljust(_RECORD - 2 * _SUM_SIZE - 1)
    return body + _checksum(body) + b"\n"


def _parse(record: bytes) -> Position | None:
    """Return what a record says, None where its checksum does not fit."""
    with contextlib.suppress(ValueError):
        body, sum_ = record[: -2 * _SUM_SIZE - 1], record[-2 * _SUM_SIZE - 1 :]
        mark, commits, events, size, hash_ = body.split()
        if mark == _MARK and len(record) == _RECORD and sum_ == _checksum(body) + b"\n":
            return Position(int(commits), int(events), int(size), hash_.decode())
    return None


def _checksum(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=_SUM_SIZE).hexdigest().encode()
