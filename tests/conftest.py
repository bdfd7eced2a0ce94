"""What all tests share: a clock that stands still, tokens that count, and a folder's backend."""

from __future__ import annotations

import gc
import os
import signal
import sys
import warnings
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.support.postgres_fixtures import database, postgres, workspace

__all__ = ["database", "postgres", "workspace"]

if TYPE_CHECKING:
    from store.folder.local_backend import LocalBackend

for told in ("COLUMNS", "LINES"):
    os.environ.pop(told, None)  # where tests run side by side each runner is told a width; our terminals have their own

# Started in the background of a script, or by nohup, we ignore the keyboard's interrupt, and so would every process
# that a test starts: ctrl+c could not stop them.
signal.signal(signal.SIGINT, signal.default_int_handler)

# The commands that the tests run would compile every module again at each start.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# How long an example takes says how busy the machine is, and nothing of the code.
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")


SLOWEST_FIRST = (
    "packaging",
    "chaos",
    "crash",
    "report",
    "cli",
    "ssh",
    "soak",
    "sdk",
    "pilot",
    "snapshots",
    "server",
    "contract",
)
"""Folders of tests in the order in which they run, those that take longest first; the others after them."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Return how many workers share the tests: three a core, for much of a test is waiting for a process or a timer."""
    return 3 * (os.cpu_count() or 1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that no worker is left alone with it at the end."""
    root = Path(__file__).parent

    def place(item: pytest.Item) -> int:
        folder = item.path.relative_to(root).parts[0]
        return SLOWEST_FIRST.index(folder) if folder in SLOWEST_FIRST else len(SLOWEST_FIRST)

    items.sort(key=place)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(nextitem: pytest.Item | None) -> Generator[None, object, object]:
    """Let go of what the apps of earlier tests left: each freezes the heap, and with it the garbage of the others."""
    result = yield
    _Heap.tests += 1
    # To count what is frozen, all of it is walked through: 40 ms.
    is_large = _Heap.tests % 25 == 0 and gc.get_freeze_count() > _Heap.frozen + 300_000
    if nextitem is not None and (is_large or _open_files() > _Heap.files + OPEN_FILES_MOST):
        with warnings.catch_warnings():
            # What a former test left open is no fault of the next one.
            warnings.simplefilter("ignore", ResourceWarning)
            gc.unfreeze()
            gc.collect()
            gc.freeze()
        _Heap.frozen, _Heap.files = gc.get_freeze_count(), _open_files()
    return result


OPEN_FILES_MOST = 400
"""Files that are left open by what nobody has let go of: `select` takes no number over 1,023."""


def _open_files() -> int:
    try:
        return sum(1 for _ in Path("/proc/self/fd").iterdir())
    except OSError:  # a system without it
        return 0


class _Heap:
    tests = 0
    """How many have run in this process."""
    frozen = 0
    """How many objects were set aside when the heap was last tidied."""
    files = 0
    """How many files were open then."""


class FixedClock:
    """A clock that moves when it is told to."""

    def __init__(self, now: datetime = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        """Move by `timedelta(**by)`, back where it is negative."""
        self.now += timedelta(**by)


def counting_tokens() -> Callable[[], str]:
    """Return a source of tokens that are the same in each run."""
    numbers: Iterator[int] = count(1)
    return lambda: f"{next(numbers):012x}"


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def tokens() -> Callable[[], str]:
    return counting_tokens()


@pytest.fixture
async def reviewer(tmp_path: Path, clock: FixedClock, tokens: Callable[[], str]) -> AsyncIterator[LocalBackend]:
    """A reviewer's backend over an empty folder."""
    from api_client.actor import Actor
    from store.folder.local_backend import open_local

    backend = await open_local(
        tmp_path / "data", Actor("alice", "reviewer", ("claims-lead",)), clock=clock, tokens=tokens
    )
    yield backend
    await backend.aclose()


@pytest.fixture
def agent(reviewer: LocalBackend) -> LocalBackend:
    """An agent's backend over the reviewer's folder."""
    from api_client.actor import Actor

    return reviewer.acting_as(Actor("agent-1", "agent"))
