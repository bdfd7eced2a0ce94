"""Files of numbers in columns, read in blocks as they are asked for: nothing is parsed, and little is held in memory.

A file is a header in JSON with its checksum, the columns one after the other, and a table with a checksum for each
block of each column. Opening reads the header and the table; a block is read and checked when the first number in it is
asked for. The files are not mapped into memory: where another program cuts a mapped file, the next look ends the
process, and what changed in it after it was checked would be believed.
"""

from __future__ import annotations

import os
import struct
import weakref
import zlib
from array import array
from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, Protocol

import orjson

from api_client.errors import StoreFault
from store.folder.files import FileId, Files, id_at, id_of, open_regular

_MARK = b"pumpup-columns-1\n"
_LENGTH = struct.Struct("<I")
_HEAD = len(_MARK) + 2 * _LENGTH.size
BLOCK = 4096
"""Bytes that are read, and checked, at a time."""
_POOL_BLOCKS = 8192
_PIECE = 256
"""Blocks to a piece where a whole column is copied."""
WHOLE_BYTES = 1 << 18
"""Bytes of a file that is read whole at opening."""

Kind = Literal["B", "I", "Q"]
"""A number's size: one byte, four, or eight."""
_SHIFTS = {"B": 0, "I": 2, "Q": 3}
_BLOCK_SHIFT = BLOCK.bit_length() - 1


class CheckpointDamaged(StoreFault):
    """A block of a checkpoint's file is not as it was written: the journal has it all, and it is read instead."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path.name} is damaged: it does not read as it was written. The record itself is in journal.jsonl. "
            f"'pumpup-tui compact --data {path.parent}' makes the file anew."
        )


class Numbers(Protocol):
    """Numbers by row: those of a file, or an array's."""

    def __len__(self) -> int:
        """Return the number of rows."""
        ...

    def __getitem__(self, row: int, /) -> int:
        """Return the number in a row."""
        ...


class BlockPool:
    """The blocks that are in memory, of all files of a checkpoint: the oldest gives way to the next."""

    def __init__(self, most: int = _POOL_BLOCKS) -> None:
        self._most = most
        self._loaded: deque[tuple[dict[int, memoryview], int]] = deque()

    def add(self, blocks: dict[int, memoryview], number: int) -> None:
        """Note a block that was read, and drop the oldest where there are too many."""
        self._loaded.append((blocks, number))
        if len(self._loaded) > self._most:
            with suppress(IndexError):  # another thread may be as far
                oldest, its_number = self._loaded.popleft()
                oldest.pop(its_number, None)


class BlockFile:
    """A file that is read in blocks, for as long as anything of it is used."""

    def __init__(self, path: Path, pool: BlockPool) -> None:
        """Open it.

        Raises:
            StoreFault: it is a symbolic link, or no regular file.
            OSError: it can't be read.
        """
        self.path, self.pool = path, pool
        self._fd = open_regular(path, os.O_RDONLY)
        weakref.finalize(self, os.close, self._fd)
        seen = os.fstat(self._fd)
        self.size = seen.st_size
        """In bytes, as it was opened."""
        self.id: FileId = id_of(seen)

    def read(self, start: int, size: int) -> bytes:
        """Return `size` bytes at `start`, unchecked; fewer where it ends before."""
        return os.pread(self._fd, size, start)

    def is_at(self, path: Path) -> bool:
        """Return whether it is the file at `path`."""
        return id_at(str(path)) == self.id


class NumberColumn:
    """A column of a file."""

    __slots__ = ("_blocks", "_count", "_file", "_firsts", "_kind", "_mask", "_shift", "_start", "_sums", "_width")

    def __init__(self, file: BlockFile, start: int, count: int, kind: Kind, sums: Sequence[int]) -> None:
        """Read `count` numbers at the byte `start`, whose blocks have these checksums."""
        self._file, self._start, self._count, self._kind, self._sums = file, start, count, kind, sums
        self._width = _SHIFTS[kind]
        self._shift = _BLOCK_SHIFT - self._width
        self._mask = (1 << self._shift) - 1
        self._blocks: dict[int, memoryview] = {}
        self._firsts: dict[int, int] = {}
        """The first number of each block that a search came by: what the next one needs of it."""

    @property
    def file(self) -> BlockFile:
        """The file that it is in."""
        return self._file

    @property
    def kind(self) -> Kind:
        """The size of its numbers."""
        return self._kind

    @property
    def sums(self) -> Sequence[int]:
        """The checksums of its blocks."""
        return self._sums

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, row: int) -> int:
        block = self._blocks.get(row >> self._shift)
        if block is None:
            block = self._load(row >> self._shift)
        number: int = block[row & self._mask]
        return number

    def _block(self, number: int) -> memoryview:
        return self._blocks.get(number) or self._load(number)

    def _first_of(self, block: int) -> int:
        number = self._firsts.get(block)
        if number is None:
            number = self._firsts[block] = self._block(block)[0]
        return number

    def first(self, wanted: int, near: int | None = None) -> int:
        """Return the first row with a number of `wanted` or more, where they are in order.

        With `near` it is looked for around that row.
        """
        if not self._count:
            return 0
        low, high = 0, -(-self._count // (self._mask + 1))
        if near is not None:
            low = min(near >> self._shift, high - 1)
            while low and self._block(low)[0] >= wanted:
                low -= 1
            while low + 1 < high and self._block(low + 1)[0] < wanted:
                low += 1
        else:
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if self._first_of(middle) < wanted else (low, middle)
        return (low << self._shift) + bisect_left(self._block(low), wanted)

    def first_in(self, block: int, wanted: int) -> int:
        """Return the same where the block is known, whose first number is under `wanted` and the next one's is not."""
        return (block << self._shift) + bisect_left(self._block(block), wanted)

    def read(self, start: int, stop: int) -> bytes:
        """Return the numbers from the row `start` to before `stop`, as bytes.

        Raises:
            CheckpointDamaged: they are not as they were written.
        """
        if start >= stop:
            return b""
        first, last = start >> self._shift, (stop - 1) >> self._shift
        before = first << self._shift
        if first == last:
            return bytes(self._block(first)[start - before : stop - before])
        data = b"".join([self._block(block) for block in range(first, last + 1)])
        return data[(start - before) << self._width : (stop - before) << self._width]

    def pieces(self) -> Iterator[bytes]:
        """Yield all of it in order, checked; nothing of it stays in memory.

        Raises:
            CheckpointDamaged: it is not as it was written.
        """
        return self.range(0, self._count)

    def range(self, start: int, stop: int) -> Iterator[bytes]:
        """Yield the numbers from the row `start` to before `stop`, as bytes; nothing of them stays in memory.

        Raises:
            CheckpointDamaged: they are not as they were written.
        """
        begin, end = start << self._width, stop << self._width
        size = self._count << self._width
        for first in range(begin // BLOCK, -(-end // BLOCK), _PIECE):
            at = first * BLOCK
            data = self._file.read(self._start + at, min(_PIECE * BLOCK, -(-end // BLOCK) * BLOCK - at, size - at))
            sums = self._sums[first : first + -(-len(data) // BLOCK)]
            if not data or list(sums) != list(block_sums(data)):
                raise CheckpointDamaged(self._file.path)
            yield data[max(0, begin - at) : end - at]

    def array(self) -> array[int]:
        """Return all of it as an array.

        Raises:
            CheckpointDamaged: it is not as it was written.
        """
        numbers = array(self._kind)
        for piece in self.pieces():
            numbers.frombytes(piece)
        return numbers

    def _load(self, number: int) -> memoryview:
        begin = number << _BLOCK_SHIFT
        size = min(BLOCK, (self._count << self._width) - begin)
        if number < 0 or size <= 0:
            raise IndexError("no such row")
        data = self._file.read(self._start + begin, size)
        if zlib.crc32(data) != self._sums[number]:
            raise CheckpointDamaged(self._file.path)
        block = self._blocks[number] = memoryview(data).cast(self._kind)
        self._file.pool.add(self._blocks, number)
        return block


def block_sums(data: bytes) -> Iterator[int]:
    """Yield the checksum of each block of `data`."""
    for begin in range(0, len(data), BLOCK):
        yield zlib.crc32(data[begin : begin + BLOCK])


class ColumnFile:
    """A file of columns whose header was read and is sound."""

    def __init__(self, path: Path, pool: BlockPool) -> None:
        """Open it and read its header.

        Raises:
            ValueError: it is damaged, or no such file.
            StoreFault: it is a symbolic link, or no regular file.
            OSError: it can't be read.
        """
        self.file = BlockFile(path, pool)
        head = self.file.read(0, _HEAD)
        if not head.startswith(_MARK):
            raise ValueError("it is of another program")
        (length,), (sum_,) = _LENGTH.unpack_from(head, len(_MARK)), _LENGTH.unpack_from(head, _HEAD - _LENGTH.size)
        text = self.file.read(_HEAD, min(length, self.file.size))
        if zlib.crc32(text) != sum_:
            raise ValueError("its header is damaged")
        self._header = orjson.loads(text)
        self._start = _HEAD + length
        self.said: dict[str, Any] = self._header["said"]
        """As the writer gave it."""
        self.token = ""
        """Names its content, once the columns were opened."""

    def columns(self) -> list[NumberColumn]:
        """Return the columns, in the order in which they were written.

        Raises:
            ValueError: the file is damaged.
        """
        kinds: list[tuple[Kind, int]] = [(kind, count) for kind, count in self._header["columns"]]
        sizes = [count << _SHIFTS[kind] for kind, count in kinds]
        blocks = [-(-size // BLOCK) for size in sizes]
        end = self._start + sum(sizes)
        room = (sum(blocks) + 1) * _LENGTH.size
        if self.file.size != end + room:
            raise ValueError("it is damaged")
        data = self.file.read(end, room)
        table, last = data[: -_LENGTH.size], data[-_LENGTH.size :]
        if last != _LENGTH.pack(zlib.crc32(table)):
            raise ValueError("its checksums are damaged")
        self.token = last.hex()
        sums, place, first, columns = memoryview(table).cast("I"), self._start, 0, []
        for (kind, count), size, own in zip(kinds, sizes, blocks, strict=True):
            columns.append(NumberColumn(self.file, place, count, kind, sums[first : first + own]))
            place, first = place + size, first + own
        if self.file.size <= WHOLE_BYTES:
            check(columns)
        return columns


def check(columns: Iterable[NumberColumn]) -> None:
    """Check all of these columns.

    Raises:
        CheckpointDamaged: one is not as it was written.
    """
    for column in columns:
        for _ in column.pieces():
            pass


def write(path: Path, files: Files, said: dict[str, Any], columns: Sequence[array[int] | NumberColumn | bytes]) -> None:
    """Replace the file; the header says `said`.

    Raises:
        CheckpointDamaged: a column that is to be copied is not as it was written.
        StoreFault: the disk took only a part.
        OSError: the disk refused; the old file is as it was.
    """
    kinds = [("B", len(one)) if isinstance(one, bytes) else (_kind(one), len(one)) for one in columns]
    text = orjson.dumps({"said": said, "columns": kinds})

    def pieces() -> Iterator[bytes]:
        yield b"".join((_MARK, _LENGTH.pack(len(text)), _LENGTH.pack(zlib.crc32(text)), text))
        sums = array("I")
        for column in columns:
            for piece in _pieces(column):
                sums.extend(block_sums(piece))
                yield piece
        table = sums.tobytes()
        yield table + _LENGTH.pack(zlib.crc32(table))

    files.replace_with(path, joined(pieces()))


def joined(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the same bytes in pieces that are worth a write each, and a whole number of blocks but for the last."""
    begun: list[bytes] = []
    size = 0
    for piece in pieces:
        begun.append(piece)
        size += len(piece)
        if size >= _PIECE * BLOCK:
            data = b"".join(begun)
            whole = size - size % BLOCK
            yield data[:whole]
            begun, size = [data[whole:]], size - whole
    yield b"".join(begun)


def _kind(column: array[int] | NumberColumn) -> str:
    return column.typecode if isinstance(column, array) else column.kind


def _pieces(column: array[int] | NumberColumn | bytes) -> Iterable[bytes]:
    if isinstance(column, NumberColumn):
        return column.pieces()
    data = column if isinstance(column, bytes) else column.tobytes()
    return (data[begin : begin + _PIECE * BLOCK] for begin in range(0, len(data), _PIECE * BLOCK))
