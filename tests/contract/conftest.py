"""Runs each test of this folder over every backend."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import cast

import pytest

from tests.contract.given import Given
from tests.contract.given_authority import GivenAuthority
from tests.support.backends import DatabasePlace, FolderPlace, Kind, RecordPlace, StepClock, World, open_world


@pytest.fixture(params=["folder", "database"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> RecordPlace:
    """An empty place of each kind for a record."""
    if request.param == "folder":
        return FolderPlace(tmp_path / "data")
    return DatabasePlace(request.getfixturevalue("database"), request.getfixturevalue("workspace"))


@pytest.fixture(params=["local", "http", "socket"])
async def world(request: pytest.FixtureRequest, place: RecordPlace, tokens: Callable[[], str]) -> AsyncIterator[World]:
    """A record with an agent and two reviewers, reached in each way."""
    async with open_world(cast("Kind", request.param), place, StepClock(), tokens) as world:
        yield world


@pytest.fixture
def given(world: World) -> Given:
    """What a test starts from, written through the backend that it tests."""
    return Given(world)


@pytest.fixture
async def authority(world: World) -> AsyncIterator[GivenAuthority]:
    """A project to set policies and give grants in. What came of it is verified, where no network is in between."""
    yield await GivenAuthority(world).begin()
    if world.kind == "local":
        assert world.place.verified() == []
