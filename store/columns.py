"""`index.bin`: numbers in columns, behind a header in JSON; nothing in it is parsed to be used.

The header says how long each column is and carries a checksum over them all, and whatever the writer wants to
have said beside them.
"""

from __future__ import annotations

import mmap
import struct
import zlib
from array import array
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson

from store.files import Files

_MARK = b"pumpup-columns-1\n"
_LENGTH = struct.Struct("<I")


def write(path: Path, files: Files, said: dict[str, Any], columns: Iterable[array[int] | bytearray]) -> None:
    """Replace the file.

    Raises:
        StoreFault: the disk took only a part.
        OSError: the disk refused; the old file is as it was.
    """
    pieces = [bytes(column) if isinstance(column, bytearray) else column.tobytes() for column in columns]
    header = orjson.dumps({"said": said, "sizes": [len(piece) for piece in pieces], "crc": checksum(pieces)})
    files.replace(path, _MARK, _LENGTH.pack(len(header)), _LENGTH.pack(zlib.crc32(header)), header, *pieces)


def read(path: Path) -> tuple[dict[str, Any], Iterator[memoryview]]:
    """Return what was said in the header, and the columns' bytes in their order, to be read at once.

    Raises:
        ValueError: the file is damaged, or of another version.
        OSError: it can't be read.
    """
    with path.open("rb") as file:
        # Not read, but mapped: what is copied out of it is tens of megabytes. It is only ever replaced, never changed.
        data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    place = len(_MARK)
    if bytes(data[:place]) != _MARK:
        raise ValueError("another version")
    (length,), (sum_,) = _LENGTH.unpack(data[place : place + 4]), _LENGTH.unpack(data[place + 4 : place + 8])
    header = data[place + 8 : place + 8 + length]
    if zlib.crc32(header) != sum_:
        raise ValueError("its header is damaged")
    said = orjson.loads(header)
    body = data[place + 8 + length :]
    if zlib.crc32(body) != said["crc"] or len(body) != sum(said["sizes"]):
        raise ValueError("it is damaged")
    return said["said"], _cut(body, said["sizes"])


def checksum(pieces: Iterable[bytes]) -> int:
    """Return the CRC-32 of the pieces, one after the other."""
    found = 0
    for piece in pieces:
        found = zlib.crc32(piece, found)
    return found


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
