"""Small data folders for the store's tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from api_client.errors import ApiError
from api_client.models import Receipt
from store.core.batch import Job
from store.folder.engine import Store
from store.folder.files import Files
from tests.conftest import FixedClock, counting_tokens
from tests.support.actors import AGENT
from tests.support.world_builder import add_note, create_task


def open_store(folder: Path, files: Files | None = None, tokens: Callable[[], str] | None = None) -> Store:
    """Open a folder with a clock that stands still."""
    return Store(folder, clock=FixedClock(), tokens=tokens or counting_tokens(), files=files)


def end_without_checkpoint(store: Store) -> None:
    """End a store as a kill would: no checkpoint is written."""
    store._writer.stop()
    store.journal.close()


def task_job(name: str, key: str | None = None) -> Job:
    """Return a job that makes a task."""
    return Job(create_task(name), AGENT, key)


def note_job(task_id: str, message: str = "n", key: str | None = None) -> Job:
    """Return a job that adds a note."""
    return Job(add_note(task_id, message), AGENT, key)


def receipt(outcome: Receipt | ApiError) -> Receipt:
    """Return a receipt, or raise what came instead."""
    if isinstance(outcome, ApiError):
        raise outcome
    return outcome


def fill(store: Store, notes: int) -> str:
    """Make one task with some notes, a commit each; return the task's id."""
    task = str(receipt(store.carry_out([task_job("C-1", "task")])[0]).answer["id"])
    for number in range(notes):
        receipt(store.carry_out([note_job(task, f"note {number}", f"k{number}")])[0])
    return task


def timeline(store: Store) -> list[tuple[int, str, str]]:
    """Return the whole timeline: seq, id, hash."""
    events = [store.events.at(seq) for seq in range(1, store.state.seq + 1)]
    return [(event["seq"], event["id"], event["hash"]) for event in events]
