"""Workspaces that several servers have open."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any, Protocol

import pytest

from api_client.actor import Actor
from store.postgres.address import DatabaseAddress
from store.postgres.open_database import open_postgres
from store.postgres.postgres_backend import PostgresBackend
from store.postgres.workspaces import create_workspace
from tests.conftest import FixedClock
from tests.support.actors import ALICE


class OpenServer(Protocol):
    """Opens the test's workspace once more, as another server does."""

    async def __call__(self, actor: Actor = ALICE, **settings: Any) -> PostgresBackend:
        """Return a backend, which is closed after the test."""
        ...


@pytest.fixture
def address(database: str, workspace: str, clock: FixedClock) -> DatabaseAddress:
    """The owner's address of a database in which the test has a workspace."""
    address = DatabaseAddress.parse(database)
    create_workspace(address, workspace, clock())
    return address


@pytest.fixture
async def server(
    address: DatabaseAddress, workspace: str, clock: FixedClock, tokens: Callable[[], str]
) -> AsyncIterator[OpenServer]:
    """Opens servers over the test's workspace."""
    async with AsyncExitStack() as stack:

        async def opened(actor: Actor = ALICE, **settings: Any) -> PostgresBackend:
            given = {"clock": clock, "tokens": tokens, "pool_size": 2, **settings}
            backend = await open_postgres(given.pop("address", address), workspace, actor, **given)
            stack.push_async_callback(backend.aclose)
            return backend

        yield opened
