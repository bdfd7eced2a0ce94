"""The records that attacked servers are over."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.backends import DatabasePlace, FolderPlace, RecordPlace


@pytest.fixture(params=["folder", "database"])
def record(request: pytest.FixtureRequest, tmp_path: Path) -> RecordPlace:
    """A place of each kind for a record, which the server makes."""
    if request.param == "folder":
        return FolderPlace(tmp_path / "data")
    return DatabasePlace(request.getfixturevalue("database"), request.getfixturevalue("workspace"))
