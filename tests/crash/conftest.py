"""Places to decide in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.place import Place
from tests.sdk.serving import serving
from tests.support.backends import FolderPlace


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
