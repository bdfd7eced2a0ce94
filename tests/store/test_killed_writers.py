"""What writers that were killed leave to others, and what a writer's own readers see while it commits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from api_client.errors import NotFound
from store.files import Files
from store.head import Head
from tests.store.folders import fill, note_job, open_store, receipt, timeline
from tests.store.test_engine import ended_by_a_kill


@pytest.mark.parametrize("left", ["behind", "torn"])
def test_the_first_writer_puts_the_head_in_order(tmp_path: Path, left: str) -> None:
    """A head that is behind the journal, or of which one record is torn, is whole again, also if nothing is written."""
    store = open_store(tmp_path)
    task = fill(store, 2)
    before = (tmp_path / "head").read_bytes()
    receipt(store.carry_out([note_job(task)])[0])
    end = store.position
    ended_by_a_kill(store)
    data = bytearray((tmp_path / "head").read_bytes())
    older = 0 if end.hash.encode() in data[512:] else 512
    data[older + 20] ^= 1
    (tmp_path / "head").write_bytes(before if left == "behind" else data)
    again = open_store(tmp_path)
    (outcome,) = again.carry_out([note_job("unknown")])
    assert isinstance(outcome, NotFound)
    again.close()
    head = Head(tmp_path, Files())
    assert head.read() == end
    assert not head.is_torn()
    assert again.warnings == []


def test_whole_lines_without_a_name_are_taken_in_by_who_is_there(tmp_path: Path) -> None:
    """A process that is killed between its line and its head leaves a commit: the next writer goes on from there."""
    store, killed = open_store(tmp_path), open_store(tmp_path, tokens=lambda: "f" * 12)
    task = fill(store, 1)
    before = (tmp_path / "head").read_bytes()
    receipt(killed.carry_out([note_job(task, "whole")])[0])
    ended_by_a_kill(killed)
    (tmp_path / "head").write_bytes(before)
    assert store.read(lambda state: state.seq) == 2
    receipt(store.carry_out([note_job(task, "next")])[0])
    assert [event[0] for event in timeline(store)] == [1, 2, 3, 4]
    assert store.warnings == []
    assert list(tmp_path.glob("*.torn-*")) == []
    store.close()


def test_an_unfinished_line_is_told_with_its_size(tmp_path: Path) -> None:
    """What was set aside is told with its bytes' number and its file's name, by the writer that did so."""
    store = open_store(tmp_path)
    task = fill(store, 1)
    with store.journal.path.open("ab") as file:
        file.write(b"torn!")
    receipt(store.carry_out([note_job(task)])[0])
    (aside,) = tmp_path.glob("journal.jsonl.torn-*")
    (warning,) = store.warnings
    assert "an unfinished line of 5 bytes" in warning
    assert aside.name in warning
    store.close()


def test_a_read_while_a_commit_is_named_does_not_take_it_in_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the head's write and the state's change a reader sees the state before, and then the one after."""
    store = open_store(tmp_path)
    task = fill(store, 1)
    append: Callable[..., None] = store.journal.append
    seen: list[int] = []

    def watched(*args: Any) -> None:
        append(*args)
        seen.append(store.read(lambda state: state.seq))

    monkeypatch.setattr(store.journal, "append", watched)
    receipt(store.carry_out([note_job(task)])[0])
    assert seen == [2]
    assert store.read(lambda state: state.seq) == 3
    receipt(store.carry_out([note_job(task)])[0])
    assert (seen, [event[0] for event in timeline(store)]) == ([2, 3], [1, 2, 3, 4])
    store.close()
