"""Workspaces that several servers have open."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Protocol

import pytest

from api_client.actor import Actor
from api_client.commands import CreateTask, ReceiveUpload
from store.demo.workspace import generate
from store.folder.local_backend import open_local
from store.postgres.address import DatabaseAddress
from store.postgres.open_database import open_postgres
from store.postgres.postgres_backend import PostgresBackend
from store.postgres.workspaces import create_workspace
from tests.conftest import FixedClock
from tests.support.actors import AGENT, ALICE
from tests.support.moves import archive_folder
from tests.support.world_builder import in_pieces


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


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """An archive of some hundred events and an attachment."""
    generate(tmp_path / "data", tasks=20, events=300)
    asyncio.run(_with_upload(tmp_path / "data"))
    archive_folder(tmp_path / "data", tmp_path / "archive")
    return tmp_path / "archive"


async def _with_upload(data: Path) -> None:
    folder = await open_local(data, AGENT)
    try:
        await folder.submit(ReceiveUpload(file_name="a.txt"), key="", content=in_pieces(b"content"))
        await folder.submit(CreateTask(project_name="general", name="x"), key="a key")
    finally:
        await folder.aclose()
