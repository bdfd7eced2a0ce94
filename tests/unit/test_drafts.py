"""Drafts of answers: kept on the disk while they are not recorded, and never in the way of anything."""

from __future__ import annotations

import errno
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from api_client.fields import read_fields
from pumpup_tui.local_state import drafts
from pumpup_tui.local_state.document_store import DocumentStore
from pumpup_tui.local_state.drafts import Drafts
from tests.answers_table import field

FIELDS = read_fields([{**field("Text"), "id": "name"}, {**field("Select", options=["a", "b"]), "id": "pick"}])


def later(_: Callable[[], Awaitable[None]]) -> None:
    """Run nothing: the test flushes."""


async def test_what_a_person_changed_is_kept_and_nothing_else(tmp_path: Path) -> None:
    """By another process too; an untouched bid is none of theirs."""
    first = Drafts(DocumentStore(tmp_path), later)
    draft = await first.open("req/../1", FIELDS)
    draft.typed.update(name="Bob", pick=["a"])
    draft.touched.add("name")
    first.save("req/../1")
    await first.flush()
    again = await Drafts(DocumentStore(tmp_path), later).open("req/../1", FIELDS)
    assert (again.typed, again.touched) == ({"name": "Bob"}, {"name"})
    assert [one.parent for one in tmp_path.iterdir()] == [tmp_path]


async def test_drafts_of_earlier_terminals_are_found(tmp_path: Path) -> None:
    """How many fields each has, without opening its form; one that is opened counts what is in memory."""
    first = Drafts(DocumentStore(tmp_path), later)
    draft = await first.open("r", FIELDS)
    draft.typed.update(name="Bob", pick=["a"])
    draft.touched |= {"name", "pick"}
    first.save("r")
    await first.flush()
    second = Drafts(DocumentStore(tmp_path), later)
    assert second.touched("r") == 0
    await second.find()
    assert (second.touched("r"), second.touched("other")) == (2, 0)
    (await second.open("r", FIELDS)).touched.discard("pick")
    assert (second.touched("r"), second.opened) == (1, {"r": 1})
    second.discard("r")
    assert second.touched("r") == 0


async def test_what_is_recorded_is_forgotten(tmp_path: Path) -> None:
    kept = Drafts(DocumentStore(tmp_path), later)
    draft = await kept.open("r", FIELDS)
    draft.typed["name"] = "Bob"
    draft.touched.add("name")
    kept.save("r")
    await kept.flush()
    kept.discard("r")
    await kept.flush()
    assert not list(tmp_path.iterdir())
    assert not (await kept.open("r", FIELDS)).typed


@pytest.mark.parametrize("typed", [{"name": ["a"]}, {"pick": "a"}, {"gone": "x"}, {"name": 1}, [], "x"])
async def test_a_document_that_does_not_fit_is_left_aside(tmp_path: Path, typed: Any) -> None:
    """Fields may be others than when it was kept, and the file may be anyone's."""
    kept = Drafts(DocumentStore(tmp_path), later)
    (tmp_path / f"{drafts._name('r')}.json").write_text(json.dumps({"typed": typed}))
    draft = await kept.open("r", FIELDS)
    assert (draft.typed, draft.touched) == ({}, set())


async def test_a_full_disk_is_told_and_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be written is written with the next change."""
    kept = Drafts(DocumentStore(tmp_path), later)
    draft = await kept.open("r", FIELDS)
    draft.typed["name"] = "Bob"
    draft.touched.add("name")
    kept.save("r")

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(DocumentStore, "_write", staticmethod(full))
        await kept.flush()
    assert kept.fault == "No space left on device"
    await kept.flush()
    assert not kept.fault
    assert "Bob" in next(tmp_path.iterdir()).read_text()
