"""`index.bin`: numbers in columns, behind a header in JSON; nothing in it is parsed to be used.

The header has the length of each column, a checksum over them all, and a JSON object of the writer's own.
"""

from __future__ import annotations

import mmap
import os
import struct
import sys
import zlib
from array import array
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

import orjson

from store.folder.files import Files, open_regular

_MARK = b"pumpup-columns-1\n"
_LENGTH = struct.Struct("<I")


class NumberColumn:
    """Numbers that are only added to: those that were read from a file stay in its bytes, new ones follow them."""

    __slots__ = ("_count", "_kind", "_new", "_read", "append")

    def __init__(self, kind: Literal["I", "Q"], numbers: Iterable[int] = ()) -> None:
        """Start with `numbers`, each of four bytes ("I") or eight ("Q")."""
        self._kind: Literal["I", "Q"] = kind
        self._read = memoryview(b"").cast(kind)
        self._count = 0
        self._new: array[int] = array(kind, numbers)
        self.append: Callable[[int], None] = self._new.append
        """Add a number at the end: the array's own, for a replay calls it nine times an event."""

    def use(self, data: memoryview) -> None:
        """Use the numbers in `data` from now on, without a copy: it changes with the column."""
        self._read = data.cast(self._kind)
        self._count = len(self._read)
        self._new = array(self._kind)
        self.append = self._new.append

    def tobytes(self) -> bytes:
        """Return all numbers as bytes."""
        return self._read.tobytes() + self._new.tobytes()

    def __len__(self) -> int:
        return self._count + len(self._new)

    def __getitem__(self, row: int) -> int:
        return self._read[row] if row < self._count else self._new[row - self._count]

    def __setitem__(self, row: int, number: int) -> None:
        if row < self._count:
            self._read[row] = number
        else:
            self._new[row - self._count] = number

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NumberColumn) and self.tobytes() == other.tobytes()

    __hash__ = None  # type: ignore[assignment]  # it changes


def write(
    path: Path, files: Files, header: dict[str, Any], columns: Iterable[array[int] | NumberColumn | bytearray]
) -> None:
    """Replace the file.

    Raises:
        StoreFault: the disk took only a part.
        OSError: the disk refused; the old file is as it was.
    """
    pieces = [bytes(column) if isinstance(column, bytearray) else column.tobytes() for column in columns]
    text = orjson.dumps({"said": header, "sizes": [len(piece) for piece in pieces], "crc": checksum(pieces)})
    files.replace(path, _MARK, _LENGTH.pack(len(text)), _LENGTH.pack(zlib.crc32(text)), text, *pieces)


@contextmanager
def opened(path: Path) -> Iterator[ColumnFile]:
    """Open the file and read its header, which describes the rest, before any of that is read.

    Raises:
        ValueError: the file is damaged, or of another version.
        StoreFault: it is a symbolic link, or no regular file.
        OSError: it can't be read.
    """
    with os.fdopen(open_regular(path, os.O_RDONLY), "rb") as file:
        left = os.fstat(file.fileno()).st_size - len(_MARK) - 2 * _LENGTH.size
        if file.read(len(_MARK)) != _MARK:
            raise ValueError("another version")
        (length,), (sum_,) = _LENGTH.unpack(file.read(_LENGTH.size)), _LENGTH.unpack(file.read(_LENGTH.size))
        text = file.read(min(length, left))
        if zlib.crc32(text) != sum_:
            raise ValueError("its header is damaged")
        header = orjson.loads(text)
        if left - length != sum(header["sizes"]):
            raise ValueError("it is damaged")
        yield ColumnFile(header["said"], file, header["sizes"], header["crc"])


@dataclass(frozen=True, slots=True)
class ColumnFile:
    """A file of columns whose header was read."""

    header: dict[str, Any]
    """As the writer gave it."""
    _file: BinaryIO
    _sizes: list[int]
    _crc: int

    def read(self, beside: Executor) -> tuple[Iterator[memoryview], Future[None]]:
        """Return the columns' bytes in their order, and a future that raises ValueError where they are damaged.

        `beside` checks them while they are used.

        Raises:
            ValueError: the file is shorter than it was.
            OSError: it can't be read.
        """
        body = _room(sum(self._sizes))
        if self._file.readinto(body) != len(body):  # type: ignore[attr-defined]  # what open gives has it
            raise ValueError("it is shorter than it was")
        return _cut(body, self._sizes), beside.submit(_check, body, self._crc)


def _room(size: int) -> memoryview:
    """Return memory that can be written, for columns are used in place.

    Not a bytearray: it is filled with zeros first, and 40 MB of them hold up every thread for 20 ms.
    """
    if sys.platform == "win32":
        return memoryview(mmap.mmap(-1, size))
    room = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if sys.platform == "linux":
        with suppress(OSError):  # a kernel without large pages: it is slower there
            room.madvise(mmap.MADV_HUGEPAGE)
    return memoryview(room)


def _check(body: memoryview, crc: int) -> None:
    if zlib.crc32(body) != crc:
        raise ValueError("it is damaged")


def checksum(pieces: Iterable[bytes]) -> int:
    """Return the CRC-32 of the pieces, one after the other."""
    crc = 0
    for piece in pieces:
        crc = zlib.crc32(piece, crc)
    return crc


def filled(column: array[int], data: memoryview) -> array[int]:
    """Return `column`, which now holds what `data` does."""
    del column[:]
    column.frombytes(data)
    return column


def _cut(data: memoryview, sizes: list[int]) -> Iterator[memoryview]:
    place = 0
    for size in sizes:
        yield data[place : place + size]
        place += size
