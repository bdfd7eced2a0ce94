"""Files of columns: each number is what was written, wherever its block is, and no changed byte is believed."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from pathlib import Path
from random import Random

import pytest

from store.folder import columns
from store.folder.columns import BLOCK, BlockPool, CheckpointDamaged, ColumnFile, NumberColumn, check, write
from store.folder.files import Files
from store.folder.idempotency_index import IdempotencyIndex, SortedRun, first_row, firsts_of

COUNT = 5_000
"""Numbers that take several blocks of every kind."""


def written(path: Path, *arrays: array[int] | bytes) -> list[NumberColumn]:
    """Write a file of these columns, and return them as they are read."""
    write(path, Files(), {"version": 1}, arrays)
    return ColumnFile(path, BlockPool(4)).columns()


@pytest.fixture
def digests() -> array[int]:
    """Sorted numbers of 64 bits, some of them twice."""
    rng = Random(5)
    some = [rng.getrandbits(64) for _ in range(COUNT)]
    return array("Q", sorted(some + some[:50]))


def test_what_is_read_is_what_was_written(tmp_path: Path, digests: array[int]) -> None:
    """By row, in ranges, in pieces and whole, of every kind, with only a few blocks in memory."""
    data = bytes(range(256)) * 60
    arrays = (digests, array("I", range(COUNT)), array("B", data), array("Q"))
    for column, given in zip(written(tmp_path / "a", *arrays), arrays, strict=True):
        assert column.array() == given
        assert [column[row] for row in range(len(given))] == list(given)
    text, nothing = written(tmp_path / "b", data, array("I"))
    rng = Random(1)
    for _ in range(200):
        start, stop = sorted(rng.sample(range(len(data)), 2))
        assert text.read(start, stop) == data[start:stop]
    assert (len(nothing), nothing.read(0, 0), list(nothing.pieces())) == (0, b"", [])
    with pytest.raises(IndexError):
        nothing[0]


def test_a_number_is_found_in_whatever_block_it_is(tmp_path: Path, digests: array[int]) -> None:
    """The first row with a number or more is the one that a search through all would give, near or far."""
    (column,) = written(tmp_path / "a", digests)
    rng = Random(2)
    asked = [0, 1 << 64, *(rng.getrandbits(64) for _ in range(300)), *rng.sample(list(digests), 300), digests[-1] + 1]
    for wanted in asked[2:]:
        row = bisect_left(digests, wanted)
        assert (column.first(wanted), first_row(column, wanted)) == (row, row)
        assert column.first(wanted, near=rng.randrange(len(digests))) == row
    assert column.first(0) == 0


@pytest.mark.parametrize("place", ["header", "body", "table", "end"])
def test_a_changed_byte_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    """Whichever byte is changed, either the file does not open, or the number is not handed out."""
    monkeypatch.setattr(columns, "WHOLE_BYTES", 0)
    path = tmp_path / "a"
    written(path, array("I", range(COUNT)))
    data = bytearray(path.read_bytes())
    table = len(data) - 4 * (1 + -(-COUNT * 4 // BLOCK))
    data[{"header": 30, "body": table - BLOCK, "table": table, "end": len(data) - 1}[place]] ^= 16
    path.write_bytes(data)
    with pytest.raises((ValueError, CheckpointDamaged)):
        check(ColumnFile(path, BlockPool()).columns())
    if place == "body":
        (column,) = ColumnFile(path, BlockPool()).columns()
        assert column[0] == 0
        with pytest.raises(CheckpointDamaged, match="compact"):
            column[COUNT - BLOCK // 4]


def test_a_file_that_is_cut_while_it_is_open_is_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What another program cuts off an open file ends nothing: it is named where it is missed."""
    monkeypatch.setattr(columns, "WHOLE_BYTES", 0)
    (column,) = written(tmp_path / "a", array("I", range(COUNT)))
    with (tmp_path / "a").open("r+b") as file:
        file.truncate(0)
    with pytest.raises(CheckpointDamaged):
        column[COUNT - 1]


def test_a_file_that_is_replaced_is_read_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has a file open goes on with the one that was opened."""
    monkeypatch.setattr(columns, "WHOLE_BYTES", 0)
    (column,) = written(tmp_path / "a", array("I", range(COUNT)))
    written(tmp_path / "a", array("I", [7] * COUNT))
    assert column[COUNT - 1] == COUNT - 1
    assert not column.file.is_at(tmp_path / "a")


def test_few_blocks_are_in_memory(tmp_path: Path) -> None:
    """However much is read, the pool holds no more blocks than it may."""
    write(tmp_path / "a", Files(), {}, [array("Q", range(COUNT))])
    (column,) = ColumnFile(tmp_path / "a", BlockPool(3)).columns()
    assert sum(column[row] for row in range(COUNT)) == sum(range(COUNT))
    assert len(column._blocks) == 3


def test_records_are_found_in_every_run(tmp_path: Path) -> None:
    """A key is found among those in files, those that were sorted and the newest; joined, all of them are there."""
    scopes = [("agent", "/api/notes", str(number)) for number in range(9_000)]
    index = IdempotencyIndex()
    for number, (caller, path, key) in enumerate(scopes[:6_000]):
        index.add({"caller": caller, "path": path, "key": key}, number * 10)
    index.settle(60_000)
    (run,) = index.to_store(1 << 20)
    digests, offsets = written(tmp_path / "run", run.digests, run.offsets)  # type: ignore[arg-type]
    index.runs = [SortedRun(digests, offsets, run.begin, run.end, None, firsts_of(run.digests))]
    for number, (caller, path, key) in enumerate(scopes[6_000:], start=6_000):
        index.add({"caller": caller, "path": path, "key": key}, number * 10)
    assert len(index) == len(scopes)
    assert [list(index.lines(scope)) for scope in scopes] == [[number * 10] for number in range(len(scopes))]
    assert list(index.lines(("agent", "/api/notes", "none"))) == []
    index.settle(90_000)
    assert [len(one.digests) for one in index.to_store(9_000)] == [9_000]
    assert [len(one.digests) for one in index.to_store(8_999)] == [6_000, 3_000]
