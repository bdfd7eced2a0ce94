"""An open workspace, as the backends of all its callers share it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from api_client.times import Clock, utc_now
from store.core.command_limits import CommandLimits
from store.core.event_ids import random_token
from store.core.upload_limits import UploadLimits
from store.postgres.address import DatabaseAddress
from store.postgres.blobs import Blobs, LooseUploads
from store.postgres.commit_writer import CommitWriter
from store.postgres.database_authority import DatabaseAuthority
from store.postgres.database_history import DatabaseHistory
from store.postgres.database_reader import DatabaseReader
from store.postgres.database_requests import DatabaseRequests
from store.postgres.database_timelines import DatabaseTimelines
from store.postgres.due_timeouts import DueTimeouts
from store.postgres.head_watch import HeadWatch
from store.postgres.key_table import KeyCache
from store.postgres.loaded_view import KnownProjects
from store.postgres.pooled import ReadPool
from store.postgres.waiting_results import WaitingResults
from store.schemas.checks import Checks

if TYPE_CHECKING:
    from store.postgres.database_proofs import DatabaseProofs

POOL_SIZE = 8
"""Connections that read at the most, beside the writer's, the listener's and the notifier's."""


@dataclass(frozen=True, slots=True)
class WorkspaceSettings:
    """The settings of an open workspace."""

    clock: Clock = utc_now
    tokens: Callable[[], str] = random_token
    """Returns the random part of an id."""
    uploads: UploadLimits = field(default_factory=UploadLimits)
    limits: CommandLimits = field(default_factory=CommandLimits)
    pool_size: int = POOL_SIZE
    on_commit: Callable[[float], None] = lambda _: None
    """Called with the seconds for which each commit held the chain's lock."""


class OpenWorkspace:
    """One workspace, and what reads, writes and watches it."""

    def __init__(self, address: DatabaseAddress, number: int, settings: WorkspaceSettings, read_only: str) -> None:
        """Set it up, without connecting.

        Args:
            address: the database.
            number: the workspace's number.
            settings: clock, ids, limits.
            read_only: why commands are refused; empty where they are taken.
        """
        clock, self.number, self.settings, self.read_only = settings.clock, number, settings, read_only
        projects = KnownProjects()
        self.checks = Checks(settings.limits)
        self.pool = ReadPool(address, settings.pool_size)
        self.reader = DatabaseReader(self.pool, number, projects, clock)
        self.requests, self.authority = DatabaseRequests(self.reader), DatabaseAuthority(self.reader)
        self.timelines = DatabaseTimelines(self.reader)
        self.history = DatabaseHistory(self.reader, self.timelines)
        self.keys = KeyCache(self.pool, number, clock)
        self.watch = HeadWatch(address, number, self._look, self.keys.changed)
        self.writer = CommitWriter(
            address,
            number,
            clock=clock,
            tokens=settings.tokens,
            checks=self.checks,
            projects=projects,
            on_connect=self.reader.forget,
            on_commit=self._committed,
        )
        self.blobs = Blobs(self.pool, number, clock)
        self.allowance = LooseUploads(self.pool, number, settings.uploads.loose_bytes)
        self.results = WaitingResults(self.watch, self.reader)
        self._open_while = AsyncExitStack()
        self._timeouts = DueTimeouts(self.reader, self.writer, clock)

    @cached_property
    def proofs(self) -> DatabaseProofs:
        """The proofs of its record. What signs is loaded with the first of them."""
        from store.postgres.database_proofs import DatabaseProofs

        return DatabaseProofs(self.pool, self.number, self.settings.tokens, self.read_only)

    async def open(self, *, fires_timeouts: bool, serves: bool) -> None:
        """Connect, and start what runs for as long as it is open.

        Raises:
            StoreError: the database can't be used.
        """
        await self.pool.open()
        if serves:
            await self.keys.start()
            await self._open_while.enter_async_context(self.watch.watching())
        if fires_timeouts and not self.read_only:
            self._timeouts.start()

    async def close(self) -> None:
        """Finish what was submitted, and close all connections."""
        await self._open_while.aclose()
        await self._timeouts.close()
        await self.writer.close()
        await self.watch.close()
        await self.keys.close()
        await self.pool.close()
        await asyncio.to_thread(self.checks.close)

    async def _look(self) -> int:
        return (await self.reader.head())[0]

    def _committed(self, seq: int, seconds: float) -> None:
        self.watch.committed(seq)
        self.settings.on_commit(seconds)
