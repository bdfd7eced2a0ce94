"""The state on disk, so that opening a folder need not replay its journal.

`state.json` is a TinyDB file with the documents and the position that they cover; `index.bin` holds the columns
of the event index and of the idempotency records. Neither is the truth: missing, stale, damaged or of another
version, they are made anew from the journal.
"""

from __future__ import annotations

import gc
import struct
import zlib
from array import array
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import orjson

from store.files import Files
from store.fold import TABLES
from store.head import START, Position
from store.index import EventIndex
from store.journal import Journal
from store.lines import HASH_TAIL
from store.remembered import Remembered, Run
from store.state import State
from store.tables import AtomicStorage, Documents

VERSION = 2
_MARK = b"pumpup-index-1\n"


class Unusable(Exception):
    """A checkpoint that can't be read: damaged, or of another version."""


@dataclass(frozen=True, slots=True)
class Saved:
    """A checkpoint as it was read: the documents and columns, and what they cover."""

    position: Position
    tables: dict[str, Documents]
    index: EventIndex
    remembered: Remembered

    def differences(self, state: State) -> list[str]:
        """Return what is other than in a state that was folded from the events, in words."""
        words = []
        folded = state.database.storage.read() or {}
        if self.tables.keys() != set(TABLES):
            words.append(f"The checkpoint has the tables {', '.join(self.tables)}, not {', '.join(TABLES)}.")
        for table in TABLES:
            ours, theirs = folded.get(table, {}), self.tables.get(table, {})
            if ours != theirs:
                ids = [doc_id for doc_id in {**ours, **theirs} if ours.get(doc_id) != theirs.get(doc_id)]
                words.append(f"The checkpoint's {table} differ from what the events add up to: {', '.join(ids[:5])}.")
        if columns(state.index) != columns(self.index) or state.index.types != self.index.types:
            words.append("The checkpoint's index differs from the journal's.")
        if state.remembered != self.remembered:
            words.append("The checkpoint's idempotency records differ from the journal's.")
        return words


def read(folder: Path) -> Saved | None:
    """Return the checkpoint, None where there is none.

    Raises:
        Unusable: it can't be used, for this reason.
    """
    try:
        tables = AtomicStorage(folder / "state.json").read()
        if tables is None:
            return None
        covers = tables.pop("checkpoint")["1"]
        if covers["version"] != VERSION:
            raise Unusable("another version")
        position = Position(covers["commits"], covers["events"], covers["size"], covers["hash"])
        index, remembered = _read_index(folder / "index.bin", position)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, struct.error) as fault:
        raise Unusable(f"{type(fault).__name__}: {fault}") from fault
    return Saved(position, tables, index, remembered)


def load(folder: Path, journal: Journal) -> tuple[State, Position]:
    """Return the state that the checkpoint holds and the position it covers; an empty state where there is none."""
    with paused_collector(), suppress(Unusable):
        saved = read(folder)
        if saved is not None and _is_of(journal, saved.index, saved.position):
            state = State(saved.tables, saved.index)
            state.remembered = saved.remembered
            return state, saved.position
    return State(), START


def save(folder: Path, files: Files, state: State, position: Position) -> None:
    """Write the checkpoint: the index first, so that a crash between leaves no state without its index.

    Raises:
        StoreFault: the disk took only a part.
        OSError: the disk refused; the old checkpoint is as it was.
    """
    state.remembered.settle()
    _write_index(folder / "index.bin", files, state, position)
    covers = {"version": VERSION, **position._asdict()}
    tables = {**(state.database.storage.read() or {}), "checkpoint": {"1": covers}}
    AtomicStorage(folder / "state.json", files).write(tables)


@contextmanager
def paused_collector() -> Iterator[None]:
    """Hold the cyclic garbage collector off while many documents are made: it takes most of the time otherwise."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _is_of(journal: Journal, index: EventIndex, position: Position) -> bool:
    """Tell whether the journal holds, where the checkpoint ends, the event that it ended with."""
    if position.events == 0:
        return position == START
    offset, size = index.place(position.events)
    tail = journal.read(offset + size, HASH_TAIL)
    return journal.size() >= position.size and tail == b',"hash":"%b"}' % position.hash.encode()


def columns(index: EventIndex) -> list[array[int]]:
    """Return the columns of an index, in the order in which they are written."""
    chains = (index.tasks, index.projects)
    return [
        index.offsets,
        index.sizes,
        index.task_numbers,
        index.project_numbers,
        index.replies,
        *(column for chain in chains for column in (chain.before, chain.after, chain.first, chain.last)),
    ]


def _write_index(path: Path, files: Files, state: State, position: Position) -> None:
    runs = [column for run in state.remembered.runs for column in run]
    pieces = [bytes(state.index.types), *(column.tobytes() for column in (*columns(state.index), *runs))]
    checksum = 0
    for piece in pieces:
        checksum = zlib.crc32(piece, checksum)
    header = orjson.dumps(
        {"events": position.events, "hash": position.hash, "sizes": [len(piece) for piece in pieces], "crc": checksum}
    )
    files.replace(path, _MARK, struct.pack("<I", len(header)), header, *pieces)


def _read_index(path: Path, position: Position) -> tuple[EventIndex, Remembered]:
    """Return the columns, which cover exactly `position`.

    Raises:
        ValueError: they don't, or are damaged.
        OSError: the file can't be read.
    """
    data = memoryview(path.read_bytes())
    if bytes(data[: len(_MARK)]) != _MARK:
        raise ValueError("another version")
    place = len(_MARK) + 4
    (size,) = struct.unpack("<I", data[place - 4 : place])
    header = orjson.loads(data[place : place + size])
    place += size
    if (header["events"], header["hash"]) != (position.events, position.hash):
        raise ValueError("another position")
    if zlib.crc32(data[place:]) != header["crc"]:
        raise ValueError("damaged")
    pieces = iter(_cut(data[place:], header["sizes"]))
    index = EventIndex()
    index.types += next(pieces)
    for column in columns(index):
        del column[:]
        column.frombytes(next(pieces))
    runs = [array("Q") for _ in header["sizes"][1 + len(columns(index)) :]]
    for run, piece in zip(runs, pieces, strict=True):
        run.frombytes(piece)
    return index, Remembered(map(Run, runs[::2], runs[1::2]))


def _cut(data: memoryview, sizes: list[int]) -> Iterator[memoryview]:
    place = 0
    for size in sizes:
        yield data[place : place + size]
        place += size
