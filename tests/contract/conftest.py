"""Runs each test of this folder over every backend."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import cast

import pytest

from tests.contract.given import Given
from tests.support.backends import Kind, StepClock, World, open_world


@pytest.fixture(params=["local", "http", "socket"])
async def world(request: pytest.FixtureRequest, tmp_path: Path, tokens: Callable[[], str]) -> AsyncIterator[World]:
    """A folder with an agent and two reviewers, reached in each way."""
    async with open_world(cast("Kind", request.param), tmp_path / "data", StepClock(), tokens) as world:
        yield world


@pytest.fixture
def given(world: World) -> Given:
    """What a test starts from, written through the backend that it tests."""
    return Given(world)
