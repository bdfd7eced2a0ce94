"""The checkpoint: the state on disk, so that opening a folder need not replay its journal.

`state.json` is a TinyDB file with the documents and the position that they cover; `index.bin` holds numbers in
columns: the event index, the orders, the idempotency records, and where in `state.json` each task stands, so that
a task is parsed when it is asked for. Neither is the truth: missing, stale, damaged or of another version, they are
made again from the journal.
"""

from __future__ import annotations

import gc
import os
import struct
from array import array
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from api_client.errors import StoreFault
from store.core.state_view import TABLES
from store.folder import columns
from store.folder.columns import NumberColumn, filled
from store.folder.documents import Documents, PackedDocuments
from store.folder.event_index import EventIndex
from store.folder.files import Files, open_regular, read_regular
from store.folder.head import START, Position
from store.folder.idempotency_index import IdempotencyIndex, SortedRun
from store.folder.journal import Journal
from store.folder.journal_line import HASH_TAIL
from store.folder.seq_queue import SeqQueue
from store.folder.state import State, StepQueues

VERSION = 7
_READINGS = 5
"""Attempts to read a checkpoint that a writer replaces meanwhile."""
_MARKS = {"index.bin": b"pumpup-columns-", "state.json": b'{"checkpoint":'}
"""The first bytes of the files, in every version."""
_ROOM = 1 << 16
_SMALL = ("projects", "requests", "uploads")
"""The tables that are parsed when they are read."""


class UnusableCheckpoint(Exception):
    """A checkpoint that can't be read: damaged, or of another version."""


class OtherVersionCheckpoint(UnusableCheckpoint):
    """A checkpoint that another version of the program wrote: nothing is wrong with it."""


class InterruptedCheckpoint(UnusableCheckpoint):
    """A checkpoint whose files are of two savings: a program was stopped between them, and no harm was done."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint as it was read, and the position that it covers."""

    position: Position
    tables: dict[str, Documents]
    index: EventIndex
    board: StepQueues
    remembered: IdempotencyIndex

    def differences(self, state: State) -> list[str]:
        """Return the differences from a state that was folded from the events, in words."""
        words = []
        folded = state.tables
        for table in TABLES:
            ours, theirs = folded[table], self.tables[table]
            if dict(ours) != dict(theirs):
                ids = [doc_id for doc_id in {**ours, **theirs} if ours.get(doc_id) != theirs.get(doc_id)]
                words.append(f"The checkpoint's {table} differ from what the events add up to: {', '.join(ids[:5])}.")
        if index_columns(state.index) != index_columns(self.index) or state.index.types != self.index.types:
            words.append("The checkpoint's index differs from the journal's.")
        if _steps(state.board) != _steps(self.board):
            words.append("The checkpoint's orders differ from what the events add up to.")
        if state.remembered != self.remembered:
            words.append("The checkpoint's idempotency records differ from the journal's.")
        return words


def read(folder: Path) -> Checkpoint | None:
    """Return the checkpoint, None where there is none.

    Raises:
        UnusableCheckpoint: it can't be used, for this reason.
        OtherVersionCheckpoint: it is of another version; the next writer makes it again from the journal.
        InterruptedCheckpoint: a program was stopped while it saved; the next writer makes it again from the journal.
    """
    if not (folder / "state.json").exists():
        return None
    for _ in range(_READINGS - 1):
        before = _stamps(folder)
        try:
            return _read(folder)
        except UnusableCheckpoint:
            if _stamps(folder) == before:
                raise
    return _read(folder)


def _stamps(folder: Path) -> list[tuple[int, int]]:
    """Return the stamps of the checkpoint's files, which change where a writer replaces them: readers take no lock."""
    stamps = []
    for name in ("index.bin", "state.json"):
        with suppress(OSError):
            seen = (folder / name).stat()
            stamps.append((seen.st_ino, seen.st_mtime_ns))
    return stamps


def _read(folder: Path) -> Checkpoint:
    try:
        # Side by side: what takes the time of a large file is its checksum.
        with ThreadPoolExecutor(2) as beside, columns.opened(folder / "index.bin") as file:
            header = file.header
            if header["version"] != VERSION:
                raise OtherVersionCheckpoint("another version")
            reading = beside.submit(_with_checksum, folder / "state.json", header["size"])
            pieces, sound = file.read(beside)
            index, position = _index(header, pieces)
            data, crc = reading.result()
            if (header["size"], header["crc"]) != (len(data), crc):
                raise _why_another(data)
            saved = _saved(header, pieces, data, index, position)
            sound.result()
            return saved
    except (StoreFault, OSError, ValueError, KeyError, TypeError, IndexError, StopIteration, struct.error) as fault:
        raise UnusableCheckpoint(f"{type(fault).__name__}: {fault}") from fault


def _with_checksum(path: Path, size: int) -> tuple[bytes, int]:
    # A saving that was cut short leaves the one before, which may be the larger one.
    data = read_regular(path, 2 * size + _ROOM)
    return data, columns.checksum([data])


def _why_another(data: bytes) -> UnusableCheckpoint:
    """Return why `state.json` does not fit the index: it is whole and of another saving, or was changed."""
    with suppress(ValueError, KeyError, TypeError):
        end = data.index(b"}}") + 2
        covers = orjson.loads(data[:end] + b"}")["checkpoint"]["1"]
        if covers.pop("crc") == _crc(covers, data[end:]):
            return InterruptedCheckpoint("its two files are of two savings")
    return UnusableCheckpoint("state.json is damaged, or not the one that index.bin was written for")


def load(folder: Path, journal: Journal) -> tuple[State, Position]:
    """Return the state that the checkpoint holds and the position it covers; an empty state where there is none."""
    with paused_collector(), suppress(UnusableCheckpoint):
        saved = read(folder)
        if saved is not None and _is_of(journal, saved.index, saved.position):
            return State(saved.tables, saved.index, saved.board, saved.remembered), saved.position
    return State(), START


def save(folder: Path, files: Files, state: State, position: Position) -> None:
    """Write the checkpoint: the index first, so that a crash between leaves no state without its index.

    Each is known to be whole without the other: so what such a crash leaves is known from damage.

    Raises:
        StoreFault: the disk took only a part, or a file of one of the names is not a checkpoint's.
        OSError: the disk refused; the old checkpoint is as it was.
    """
    for name, mark in _MARKS.items():
        _check_replaceable(folder / name, mark)
    covers = {"version": VERSION, **position._asdict()}
    small, packed = _small(state.tables), state.tables["tasks"]
    assert isinstance(packed, PackedDocuments)  # noqa: S101 - State made it: for the type checker
    begin = len(_start(covers, b""))
    body, starts, sizes = _with_tasks(begin, small, packed)
    start = _start(covers, body)
    steps = _steps(state.board)
    state.remembered.settle()
    header = {
        "version": VERSION,
        "position": position._asdict(),
        "size": begin + len(body),
        "crc": columns.checksum([start, body]),
        "small": begin + len(small),
        "tasks": list(packed),
        "steps": [[*step, waiting] for step, (_, waiting) in steps.items()],
        "runs": len(state.remembered.runs),
    }
    numbers: list[array[int] | NumberColumn | bytearray] = [
        state.index.types,
        *index_columns(state.index),
        starts,
        sizes,
        *(array("I", seqs) for seqs, _ in steps.values()),
        *(column for run in state.remembered.runs for column in run),
    ]
    columns.write(folder / "index.bin", files, header, numbers)
    files.replace(folder / "state.json", start, body)


def _start(covers: dict[str, Any], body: bytes) -> bytes:
    """Return the beginning of `state.json`: the position that it covers, and a checksum over the whole file."""
    return orjson.dumps({"checkpoint": {"1": {**covers, "crc": _crc(covers, body)}}})[:-1]


def _crc(covers: dict[str, Any], body: bytes) -> str:
    """Return the checksum of all that `state.json` holds, always equally long."""
    return f"{columns.checksum([orjson.dumps(covers), body]):08x}"


def _small(tables: Mapping[str, Documents]) -> bytes:
    """Return the entries of JSON of the tables that are parsed when they are read."""
    return b",%b" % orjson.dumps({name: dict(tables[name]) for name in _SMALL})[1:-1]


def _check_replaceable(path: Path, mark: bytes) -> None:
    """Raise StoreFault where the file at `path` is one that this program did not write."""
    try:
        with os.fdopen(open_regular(path, os.O_RDONLY), "rb") as file:
            beginning = file.read(len(mark))
    except FileNotFoundError:
        return
    if beginning not in (mark, b""):
        raise StoreFault(f"{path} is not a file of this program. Move it out of the data folder.")


def covers_events(folder: Path) -> bool:
    """Return whether there is a checkpoint of events, by its header alone."""
    try:
        with columns.opened(folder / "index.bin") as file:
            return bool(file.header["position"]["events"])
    except (StoreFault, OSError, ValueError, KeyError, TypeError, struct.error):
        return False


def _with_tasks(begin: int, small: bytes, packed: PackedDocuments) -> tuple[bytes, array[int], array[int]]:
    """Return entries of JSON with the tasks behind them, and the place of each in a file with `begin` bytes before."""
    pieces, starts, sizes = [small, b',"tasks":{'], array("I"), array("I")
    place = begin + len(small) + len(pieces[1])
    for doc_id, doc in packed.pack():
        pieces.append(b"%b%b:%b" % (b"," if sizes else b"", orjson.dumps(doc_id), doc))
        place += len(pieces[-1])
        starts.append(place - len(doc))
        sizes.append(len(doc))
    pieces.append(b"}}")
    return b"".join(pieces), starts, sizes


@contextmanager
def paused_collector() -> Iterator[None]:
    """Pause the cyclic garbage collector while many documents are created: it takes most of the time otherwise."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def index_columns(index: EventIndex) -> list[NumberColumn]:
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


def _steps(board: StepQueues) -> dict[tuple[str, str], tuple[list[int], int]]:
    return {step: (list(line.seqs), board.waiting[step]) for step, line in board.in_step.items() if len(line)}


def _index(header: dict[str, Any], pieces: Iterator[memoryview]) -> tuple[EventIndex, Position]:
    position = Position(**header["position"])
    index = EventIndex()
    index.types += next(pieces)
    for column in index_columns(index):
        column.use(next(pieces))
    if len(index) != position.events:
        raise ValueError("index.bin covers another position")
    return index, position


def _saved(
    header: dict[str, Any], pieces: Iterator[memoryview], data: bytes, index: EventIndex, position: Position
) -> Checkpoint:
    small: dict[str, Documents] = orjson.loads(data[: header["small"]] + b"}")
    tables: dict[str, Documents] = {name: small[name] for name in _SMALL}
    starts, sizes = filled(array("I"), next(pieces)), filled(array("I"), next(pieces))
    tables["tasks"] = PackedDocuments(header["tasks"], data, starts, sizes)
    board = StepQueues()
    for project_id, step, waiting in header["steps"]:
        board.in_step[project_id, step] = SeqQueue(filled(array("I"), next(pieces)))
        board.waiting[project_id, step] = waiting
    runs = [
        SortedRun(filled(array("Q"), next(pieces)), filled(array("Q"), next(pieces))) for _ in range(header["runs"])
    ]
    return Checkpoint(position, tables, index, board, IdempotencyIndex(runs))


def _is_of(journal: Journal, index: EventIndex, position: Position) -> bool:
    """Return whether the journal has the checkpoint's last event where the checkpoint ends."""
    if position.events == 0:
        return position == START
    offset, size = index.place(position.events)
    tail = journal.read(offset + size, HASH_TAIL)
    return journal.size() >= position.size and tail == b',"hash":"%b"}' % position.hash.encode()
