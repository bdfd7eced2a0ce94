"""Commands that share a sync: what goes wrong with one is nothing to the others."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from api_client.commands import CreateTask
from api_client.errors import StoreFault
from api_client.models import Receipt
from store.core import batch
from store.core.batch import Job
from store.core.rules import decide
from tests.support.actors import AGENT
from tests.support.small_folders import fill, note_job, open_store, receipt, task_job, timeline

TEXT = "what the caller wrote"


def _fails(*_: object, **__: object) -> None:
    raise ZeroDivisionError(TEXT)


@pytest.mark.parametrize("place", ["in the rules", "after the fold"])
def test_a_fault_over_one_command_is_that_commands_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, place: str
) -> None:
    """Its caller hears of a fault, its neighbours' commands are recorded, and the log has none of its text."""
    store = open_store(tmp_path)
    task = fill(store, 1)
    bad = Job(CreateTask(project_name="general", name=TEXT), AGENT, "bad")
    if place == "in the rules":
        monkeypatch.setattr(batch, "decide", lambda *a, **k: (_fails if bad.command in a else decide)(*a, **k))
        others = [note_job(task, "before", "b"), bad, note_job(task, "after", "a")]
    else:
        answer = batch._answer
        monkeypatch.setattr(
            batch, "_answer", lambda draft, ruling: _fails() if _is_bad(ruling) else answer(draft, ruling)
        )
        others = [task_job("before", "b"), bad, task_job("after", "a")]
    with caplog.at_level(logging.ERROR, logger="pumpup.store"):
        before, fault, after = store.carry_out(others)
    assert isinstance(fault, StoreFault)
    assert TEXT not in fault.message + caplog.text
    assert "ZeroDivisionError" in caplog.text
    receipt(before)
    receipt(after)
    seen, tasks = timeline(store), [doc["name"] for doc in store.state.documents("tasks")]
    assert TEXT not in tasks
    monkeypatch.undo()
    assert isinstance(store.carry_out([bad])[0], Receipt), "a first call that failed is not remembered"
    store.close()
    again = open_store(tmp_path)
    assert timeline(again)[: len(seen)] == seen
    assert [doc["name"] for doc in again.state.documents("tasks")] == [*tasks, TEXT]
    again.close()


def _is_bad(ruling: Any) -> bool:
    payload: Mapping[str, Any] = ruling.events[0]["payload"]
    return payload.get("name") == TEXT
