"""Saves a checkpoint: writes what is in no file of the folder yet, and goes on with what was written.

Full parts are written once, in files of their own. Then comes `state.json`, where enough of its documents have changed,
and last `index.bin`, which tells which files belong together: so a crash leaves the checkpoint of before, or one whose
files are known not to fit each other.
"""

from __future__ import annotations

import os
import zlib
from array import array
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeAlias

import orjson

from api_client.errors import StoreFault
from store.folder import checkpoint, columns, event_index
from store.folder.checkpoint import CHECKSUM, PART, run_path, segment_path, steps_of
from store.folder.columns import CheckpointDamaged, ColumnFile, NumberColumn, block_sums, joined
from store.folder.document_table import LAYER_COLUMNS, DocumentTable
from store.folder.document_writer import LayerWriter
from store.folder.event_segment import StoredSegment
from store.folder.files import Files, open_regular
from store.folder.head import Position
from store.folder.idempotency_index import SortedRun, firsts_of
from store.folder.state import State

REWRITE_BYTES = 1 << 22
"""`state.json` is written anew with each saving while it has no more bytes, …"""
REWRITE_SHARE = 8
"""… and after that once an eighth of its bytes has changed: until then `index.bin` has the changed documents."""
RUN_RECORDS = 1 << 21
"""Idempotency records to a run at the most: to join two takes a second, and a look at each of them a few µs."""
OWN_FILE_RECORDS = 1 << 16
"""A longer run has a file of its own, which is written once."""
_MARKS = {"index.bin": b"pumpup-columns-", "state.json": b'{"checkpoint":'}
"""The first bytes of the files, in every version."""

Piece: TypeAlias = "array[int] | NumberColumn | bytes"


def save(folder: Path, files: Files, state: State, position: Position) -> None:
    """Write the checkpoint, and let `state` go on with it.

    Raises:
        CheckpointDamaged: what it is made from is not as it was written.
        StoreFault: the disk took only a part, or a file of one of the names is not a checkpoint's.
        OSError: the disk refused; the old checkpoint is as it was.
    """
    for name, mark in _MARKS.items():
        _check_replaceable(folder / name, mark)
    _Saving(folder, files, state, position).run()


def _check_replaceable(path: Path, mark: bytes) -> None:
    """Raise StoreFault where the file at `path` is one that this program did not write."""
    try:
        with os.fdopen(open_regular(path, os.O_RDONLY), "rb") as file:
            beginning = file.read(len(mark))
    except FileNotFoundError:
        return
    if beginning not in (mark, b""):
        raise StoreFault(f"{path} is not a file of this program. Move it out of the data folder.")


class _Saving:
    """One saving."""

    def __init__(self, folder: Path, files: Files, state: State, position: Position) -> None:
        self._folder, self._files, self._state, self._position = folder, files, state, position
        self._covers = {"version": checkpoint.VERSION, **position._asdict()}
        self._pieces: list[Piece] = []
        """The columns of `index.bin`, in the order in which they are read."""

    def run(self) -> None:
        state = self._state
        sealed, partial = self._segments()
        runs = self._runs()
        size = self._documents()
        self._pieces += partial
        for run in runs:
            if run[2] is None:
                self._pieces += run[3:]
        steps, by_project = steps_of(state.board), {key: one for key, one in state.open_by_project.items() if len(one)}
        queues = [seqs for seqs, _ in steps.values()] + [queue.seqs for queue in by_project.values()]
        self._pieces.append(sum((*queues, state.open_requests.seqs), array("I")))
        said = {
            "version": checkpoint.VERSION,
            "segment": event_index.SEGMENT,
            "position": self._position._asdict(),
            "projects": dict(state.tables["projects"]),
            "authority": dict(state.tables["authority"]),
            "size": size,
            "counts": {name: len(table) for name, table in state.packed.items()},
            "sealed": sealed,
            "partial": bool(partial),
            "runs": [run[:3] for run in runs],
            "steps": [[*step, waiting, len(seqs)] for step, (seqs, waiting) in steps.items()],
            "open": [[project_id, len(queue)] for project_id, queue in by_project.items()],
            "loose": {subject: loose for subject, loose in state.loose.items() if loose},
        }
        columns.write(self._folder / "index.bin", self._files, said, self._pieces)
        self._go_on(runs)

    def _go_on(self, runs: list[list[Any]]) -> None:
        """Let the state go on with the files, and remove those that are no longer needed."""
        state = self._state
        try:
            saved = checkpoint.read(self._folder, state)
        except checkpoint.UnusableCheckpoint as fault:
            raise CheckpointDamaged(self._folder / "index.bin") from fault
        if saved is None:
            raise CheckpointDamaged(self._folder / "state.json")
        state.use(saved.parts)
        needed = {run_path(self._folder, run[0], run[1]) for run in runs if run[2] is not None}
        needed |= {segment_path(self._folder, number) for number in range(len(state.index.segments))}
        for path in self._folder.glob("index-*.bin"):
            if PART.fullmatch(path.name) and path not in needed:
                with suppress(OSError):  # it takes room, and does no harm
                    path.unlink()

    # -- events

    def _segments(self) -> tuple[list[str], list[array[int]]]:
        """Write the full segments; return what names them, and the columns of the one that is not full."""
        index, size = self._state.index, event_index.SEGMENT
        sealed = [self._copied(number, one) for number, one in enumerate(index.segments) if one.count == size]
        for number in range(len(sealed), len(index) // size):
            sealed.append(self._written(segment_path(self._folder, number), index.columns_of(number)))
        return sealed, index.columns_of(len(sealed)) if len(index) % size else []

    def _copied(self, number: int, segment: StoredSegment) -> str:
        path = segment_path(self._folder, number)
        return segment.token if segment.is_at(path) else self._written(path, segment.opened.columns)

    def _written(self, path: Path, pieces: Sequence[Piece]) -> str:
        """Write a part into a file of its own, and return what names its content."""
        _check_replaceable(path, _MARKS["index.bin"])
        columns.write(path, self._files, {"version": checkpoint.VERSION}, pieces)
        file = ColumnFile(path, self._state.pool)
        file.columns()
        return file.token

    # -- idempotency records

    def _runs(self) -> list[list[Any]]:
        """Write the long runs; return for each its range, what names its file (None: it has none), and its columns."""
        remembered = self._state.remembered
        remembered.settle(self._position.size)
        found: list[list[Any]] = []
        for run in remembered.to_store(RUN_RECORDS):
            token = None
            if len(run.digests) > OWN_FILE_RECORDS:
                token = self._run_token(run)
            found.append([run.begin, run.end, token, run.digests, run.offsets])
        return found

    def _run_token(self, run: SortedRun) -> str:
        path = run_path(self._folder, run.begin, run.end)
        if run.file is not None and run.file.file.is_at(path):
            return run.file.token
        return self._written(path, [run.digests, run.offsets, firsts_of(run.digests)])

    # -- documents

    def _documents(self) -> int:
        """Write the documents, to `state.json` or as changes of what is there; return the size of `state.json`."""
        tables, base = self._state.packed, self._state.packed["tasks"].base
        is_there = base is not None and base.data.file.is_at(self._folder / "state.json")
        if base is not None and is_there and len(base.data) > REWRITE_BYTES:
            data, later = self._changes()
            if len(data) * REWRITE_SHARE <= len(base.data):
                self._pieces.append(array("I", base.data.sums))
                for table in tables.values():
                    assert table.base is not None  # noqa: S101 - all have one or none
                    self._pieces += table.base[:LAYER_COLUMNS]
                self._pieces += [data, *later]
                return len(base.data)
        size = self._write_state()
        nothing = [LayerWriter(DocumentTable(None), 0).columns() for _ in tables]
        self._pieces += [b"", *(column for own in nothing for column in own)]
        return size

    def _changes(self) -> tuple[bytes, list[array[int]]]:
        """Return the documents that changed since `state.json` was written, as JSON, and the columns over them."""
        place = 0
        data: list[bytes] = []
        found: list[array[int]] = []
        for table in self._state.packed.values():
            writer = LayerWriter(table, place)
            data += writer.changes()
            place = writer.place
            found += writer.columns()
        return b"".join(data), found

    def _write_state(self) -> int:
        """Write all documents to `state.json`; return its size."""
        sums, writers, size = array("I"), _StateWriter(self._state, self._covers), 0

        def pieces() -> Iterator[bytes]:
            nonlocal size
            for piece in joined(writers.pieces()):
                sums.extend(block_sums(piece))
                size += len(piece)
                yield piece

        self._files.replace_with(self._folder / "state.json", pieces())
        self._pieces += [sums, *writers.columns()]
        return size


class _StateWriter:
    """Makes the bytes of `state.json`, a TinyDB file, and the columns over them."""

    def __init__(self, state: State, covers: dict[str, Any]) -> None:
        self._state, self._covers = state, covers
        self._writers: list[LayerWriter] = []
        self._size = self._sum = 0

    def pieces(self) -> Iterator[bytes]:
        """Yield the bytes."""
        for piece in self._content():
            self._sum = zlib.crc32(piece, self._sum)
            self._size += len(piece)
            yield piece
        yield CHECKSUM % self._sum

    def _content(self) -> Iterator[bytes]:
        small = {"checkpoint": {"1": self._covers}, "projects": dict(self._state.tables["projects"])}
        yield orjson.dumps(small)[:-1]
        for name, table in self._state.packed.items():
            opening = b',"%b":{' % name.encode()
            writer = LayerWriter(table, self._size + len(opening))
            self._writers.append(writer)
            yield opening
            yield from writer.all()
            yield b"}"

    def columns(self) -> Iterator[array[int]]:
        """Yield the columns over what was written."""
        for writer in self._writers:
            yield from writer.columns()
