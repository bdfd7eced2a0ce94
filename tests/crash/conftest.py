"""Places to decide in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.crash.database_load import killable
from tests.crash.place import Place
from tests.sdk.serving import serving
from tests.support.backends import FolderPlace
from tests.support.postgres import Cluster


@pytest.fixture
async def place(tmp_path: Path) -> Place:
    """A place of a folder on this machine."""
    found = Place(tmp_path)
    await found.seed()
    return found


@pytest.fixture
def remote(tmp_path: Path) -> Iterator[Place]:
    """The same, through a server."""
    with serving(FolderPlace(tmp_path / "data")) as served:
        found = Place(tmp_path)
        found.url, found.keys = served.url, {"alice": served.reviewer_key}
        yield found


@pytest.fixture(scope="module")
def durable() -> Iterator[Cluster]:
    """A PostgreSQL that may be killed."""
    with killable() as cluster:
        yield cluster


@pytest.fixture
def show(capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Print a line of figures, also where the test succeeds."""

    def line(text: str) -> None:
        with capsys.disabled():
            print(f"\n{request.node.name}: {text}")

    return line
