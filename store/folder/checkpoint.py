"""The checkpoint: the state on disk, so that opening a folder need not replay its journal.

`state.json` is a TinyDB file with the documents as they were at some time; `index.bin` holds numbers in columns: where
in `state.json` each document stands, the documents that changed since, the queues, the newest part of the event index
and of the idempotency index. Their older parts are in files beside it (`index-e…` and `index-k…`), which never change.
Opening reads headers and queues; all else is read, and checked, when it is asked for. None of it is the truth: missing,
stale, damaged or of another version, it is made again from the journal (`checkpoint_writer`).
"""

from __future__ import annotations

import gc
import re
import struct
import zlib
from array import array
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from api_client.errors import StoreFault
from store.core.state_view import TABLES
from store.folder import columns, event_index, event_segment
from store.folder.columns import BLOCK, BlockFile, BlockPool, ColumnFile, NumberColumn
from store.folder.document_table import LAYER_COLUMNS, DocumentTable, Entry, Layer
from store.folder.event_segment import EventSegment, StoredSegment
from store.folder.head import START, Position
from store.folder.idempotency_index import IdempotencyIndex, SortedRun
from store.folder.journal import Journal
from store.folder.journal_line import HASH_TAIL
from store.folder.seq_queue import SeqQueue
from store.folder.state import NUMBERS, State, StateParts, Step, StepQueues

VERSION = 13
PART = re.compile(r"index-[ek][0-9a-f]+(-[0-9a-f]+)?\.bin")
"""The names of the files with older parts."""
CHECKSUM = b',"checksum":{"1":{"crc":"%08x"}}}'
"""How `state.json` ends: with a checksum of all before, as a table of its own."""
_READINGS = 5
"""Attempts to read a checkpoint that a writer replaces meanwhile."""
WHOLE_BYTES = 1 << 18
"""Bytes of `state.json` that are checked at opening where it has no more."""
_ROOM = 1 << 16


class UnusableCheckpoint(Exception):
    """A checkpoint that can't be read: damaged, or of another version."""


class OtherVersionCheckpoint(UnusableCheckpoint):
    """A checkpoint that another version of the program wrote: nothing is wrong with it."""


class InterruptedCheckpoint(UnusableCheckpoint):
    """A checkpoint whose files are of two savings: a program was stopped between them, and no harm was done."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint as it was opened, and the position that it covers."""

    position: Position
    parts: StateParts
    files: Callable[[], Iterator[NumberColumn]]
    """Returns all columns of all of its files."""

    def differences(self, state: State) -> list[str]:
        """Return the differences from a state that was folded from the events, in words.

        Raises:
            CheckpointDamaged: a part is not as it was written.
        """
        columns.check(self.files())
        saved = State(self.parts)
        words = []
        for table in TABLES:
            if ids := _different(_entries(saved, table), _entries(state, table)):
                words.append(f"The checkpoint's {table} differ from what the events add up to: {', '.join(ids[:5])}.")
        if not saved.index.equals(state.index):
            words.append("The checkpoint's index differs from the journal's.")
        if _queues(saved) != _queues(state):
            words.append("The checkpoint's orders differ from what the events add up to.")
        if state.remembered != saved.remembered:
            words.append("The checkpoint's idempotency records differ from the journal's.")
        return words


def _entries(state: State, table: str) -> Iterator[Entry]:
    return state.packed[table].entries() if table in state.packed else iter(state.tables[table].items())


def _different(ours: Iterator[Entry], theirs: Iterator[Entry]) -> list[str]:
    """Return some ids of documents that are not in both, or not the same."""
    found: dict[str, None] = {}
    for one, other in zip_longest(ours, theirs):
        if one != other:
            found.update(dict.fromkeys(entry[0] for entry in (one, other) if entry is not None))
            if len(found) > _READINGS:
                break
    return list(found)


def _queues(state: State) -> tuple[object, ...]:
    open_by_project = {project: queue.seqs for project, queue in state.open_by_project.items() if len(queue)}
    loose = {subject: size for subject, size in state.loose.items() if size}
    return steps_of(state.board), state.open_requests.seqs, open_by_project, loose


def steps_of(board: StepQueues) -> dict[Step, tuple[array[int], int]]:
    """Return the queue of each step that holds a task, and how many of its tasks wait."""
    return {step: (queue.seqs, board.waiting[step]) for step, queue in board.in_step.items() if len(queue)}


def read(folder: Path, state: State | None = None) -> Checkpoint | None:
    """Open the checkpoint, and return it; None where there is none. What `state` has open of it is used again.

    Raises:
        UnusableCheckpoint: it can't be used, for this reason.
        OtherVersionCheckpoint: it is of another version; the next writer makes it again from the journal.
        InterruptedCheckpoint: a program was stopped while it saved; the next writer makes it again from the journal.
    """
    if not (folder / "state.json").exists():
        return None
    for _ in range(_READINGS - 1):
        before = stamps(folder)
        try:
            return _read(folder, state)
        except UnusableCheckpoint:
            if stamps(folder) == before:
                raise
    return _read(folder, state)


def stamps(folder: Path) -> list[tuple[int, int]]:
    """Return the stamps of the checkpoint's files, which change where a writer replaces them: readers take no lock."""
    found = []
    for name in ("index.bin", "state.json"):
        with suppress(OSError):
            seen = (folder / name).stat()
            found.append((seen.st_ino, seen.st_mtime_ns))
    return found


def _read(folder: Path, state: State | None) -> Checkpoint:
    try:
        pool = BlockPool() if state is None else state.pool
        file = ColumnFile(folder / "index.bin", pool)
        if file.said["version"] != VERSION or file.said["segment"] != event_index.SEGMENT:
            raise OtherVersionCheckpoint("another version")
        return _Reading(folder, file, [] if state is None else state.index.segments).checkpoint()
    except (StoreFault, OSError, ValueError, KeyError, TypeError, IndexError, StopIteration, struct.error) as fault:
        raise UnusableCheckpoint(f"{type(fault).__name__}: {fault}") from fault


class _Reading:
    """One look at a checkpoint's files: the columns of `index.bin` one after the other."""

    def __init__(self, folder: Path, file: ColumnFile, known: Sequence[StoredSegment]) -> None:
        self._folder, self._pool, self._said = folder, file.file.pool, file.said
        self._known = {segment.token: segment for segment in known if segment.token}
        self._own = file.columns()
        self._left = iter(self._own)
        self._token = file.token
        self._stored: list[StoredSegment] = []
        self._runs: list[SortedRun] = []
        self._data: NumberColumn

    def checkpoint(self) -> Checkpoint:
        said = self._said
        tables = self._tables()
        index = event_index.EventIndex(self._segments())
        self._runs = [self._run(*one) for one in said["runs"]]
        queues = iter(self._queues(next(self._left)))
        board = StepQueues()
        for project_id, step, waiting, _ in said["steps"]:
            board.in_step[project_id, step] = next(queues)
            board.waiting[project_id, step] = waiting
        open_by_project = defaultdict(SeqQueue, {project_id: next(queues) for project_id, _ in said["open"]})
        open_requests = next(queues)
        position = Position(**said["position"])
        if len(index) != position.events:
            raise ValueError("index.bin covers another position")
        parts = StateParts(
            said["projects"],
            said["authority"],
            tables,
            index,
            board,
            IdempotencyIndex(self._runs),
            open_requests,
            open_by_project,
            defaultdict(int, said["loose"]),
            self._token,
            self._pool,
        )
        return Checkpoint(position, parts, self._all)

    def _all(self) -> Iterator[NumberColumn]:
        yield from self._own
        yield self._data
        for segment in self._stored:
            yield from segment.opened.columns
        for run in self._runs:
            if run.file is not None:
                yield from run.file.columns()

    def _some(self, count: int) -> list[NumberColumn]:
        return [next(self._left) for _ in range(count)]

    def _tables(self) -> dict[str, DocumentTable]:
        size, counts = self._said["size"], self._said["counts"]
        self._data = NumberColumn(
            BlockFile(self._folder / "state.json", self._pool), 0, size, "B", next(self._left).array()
        )
        self._check_state(size)
        base = {name: self._layer(self._data) for name in NUMBERS}
        later = next(self._left)
        changed = {name: self._layer(later) for name in NUMBERS}
        return {
            name: DocumentTable(number, base[name], changed[name] if len(changed[name].rows) else None, counts[name])
            for name, number in NUMBERS.items()
        }

    def _layer(self, data: NumberColumn) -> Layer:
        rows, starts, sizes, digests, owners = self._some(LAYER_COLUMNS)
        return Layer(rows, starts, sizes, digests, owners, data)

    def _check_state(self, size: int) -> None:
        """Check that `state.json` is the one of this saving: by its beginning and its end, the whole of a small one."""
        try:
            if self._data.file.size != size:
                raise ValueError("it is of another size")
            self._data.read(0, min(size, BLOCK if size > WHOLE_BYTES else size))
            self._data.read(max(0, size - BLOCK), size)
        except (ValueError, columns.CheckpointDamaged):
            raise _why_another(self._data.file, size) from None

    def _segments(self) -> list[StoredSegment]:
        for number, token in enumerate(self._said["sealed"]):
            path = segment_path(self._folder, number)
            known = self._known.get(token)
            if known is None or known.path != path:
                known = StoredSegment(event_index.SEGMENT, path, self._pool, token)
            self._stored.append(known)
        if not self._said["partial"]:
            return list(self._stored)
        newest = EventSegment(self._some(event_segment.COLUMNS))
        return [*self._stored, StoredSegment.of(newest)]

    def _run(self, begin: int, end: int, token: str | None) -> SortedRun:
        if token is None:
            return SortedRun(next(self._left), next(self._left), begin, end)
        path = run_path(self._folder, begin, end)
        file = ColumnFile(path, self._pool)
        digests, offsets, firsts = file.columns()
        if file.token != token:
            raise ValueError(f"{path.name} is another")
        return SortedRun(digests, offsets, begin, end, file, firsts.array())

    def _queues(self, column: NumberColumn) -> Iterator[SeqQueue]:
        seqs, begin = column.array(), 0
        for length in (*(one[-1] for one in self._said["steps"]), *(one[-1] for one in self._said["open"]), None):
            end = len(seqs) if length is None else begin + length
            yield SeqQueue(seqs[begin:end])
            begin = end


def segment_path(folder: Path, number: int) -> Path:
    """Return the path of the file with a full segment of the event index."""
    return folder / f"index-e{number:04x}.bin"


def run_path(folder: Path, begin: int, end: int) -> Path:
    """Return the path of the file with the idempotency records of a range of the journal, in bytes."""
    return folder / f"index-k{begin:x}-{end:x}.bin"


def _why_another(file: BlockFile, size: int) -> UnusableCheckpoint:
    """Return why `state.json` does not fit the index: it is whole and of another saving, or was changed."""
    tail = len(CHECKSUM % 0)
    # A saving that was cut short leaves the one before or the one after, of much the same size.
    if tail < file.size <= 2 * size + _ROOM:
        sum_, end = 0, file.size - tail
        for begin in range(0, end, _ROOM):
            sum_ = zlib.crc32(file.read(begin, min(_ROOM, end - begin)), sum_)
        if file.read(end, tail) == CHECKSUM % sum_:
            return InterruptedCheckpoint("its two files are of two savings")
    return UnusableCheckpoint("state.json is damaged, or not the one that index.bin was written for")


def load(folder: Path, journal: Journal) -> tuple[State, Position]:
    """Return the state that the checkpoint holds and the position it covers; an empty state where there is none."""
    saved = usable(folder, journal)
    return (State(), START) if saved is None else (State(saved.parts), saved.position)


def usable(folder: Path, journal: Journal) -> Checkpoint | None:
    """Return the checkpoint where it can be used and is of this journal, else None."""
    with paused_collector(), suppress(UnusableCheckpoint, columns.CheckpointDamaged):
        saved = read(folder)
        if saved is not None and _is_of(journal, saved.parts.index, saved.position):
            return saved
    return None


def another(folder: Path, journal: Journal, known: Collection[str]) -> Checkpoint | None:
    """Return a checkpoint that another process has saved; None where the one that is there is `known` by its token."""
    return None if token_of(folder) in {"", *known} else usable(folder, journal)


def token_of(folder: Path) -> str:
    """Return what names the checkpoint that is in the folder; empty where there is none that can be used."""
    with suppress(StoreFault, OSError, ValueError, KeyError, TypeError, struct.error):
        file = ColumnFile(folder / "index.bin", BlockPool())
        if file.said["version"] == VERSION:
            file.columns()
            return file.token
    return ""


def covers_events(folder: Path) -> bool:
    """Return whether there is a checkpoint of events, by its header alone."""
    try:
        return bool(ColumnFile(folder / "index.bin", BlockPool()).said["position"]["events"])
    except (StoreFault, OSError, ValueError, KeyError, TypeError, struct.error):
        return False


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


def _is_of(journal: Journal, index: event_index.EventIndex, position: Position) -> bool:
    """Return whether the journal has the checkpoint's last event where the checkpoint ends."""
    if position.events == 0:
        return position == START
    offset, size = index.place(position.events)
    tail = journal.read(offset + size, HASH_TAIL)
    return journal.size() >= position.size and tail == b',"hash":"%b"}' % position.hash.encode()
