"""The API keys of a workspace in the database: changed by commands, found by servers out of a cache.

A server answers each call out of memory. A change is notified, and the whole ring is also read again at intervals; a
ring that could not be read for a while lets nobody in.
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

from psycopg import Connection

from api_client.actor import Actor
from api_client.errors import ApiError, StoreBusy
from api_client.models import Role
from api_client.times import Clock, utc_now, wire_time
from store.core.api_key_rules import (
    SECRET_BYTES,
    KeyInfo,
    check_among,
    check_owner,
    digest_of,
    id_of_digest,
    names_of_two_roles,
    no_key,
    secret_of,
)
from store.postgres.address import DatabaseAddress
from store.postgres.connections import WRITING, connection_for
from store.postgres.head_watch import KEYS_CHANNEL, channel
from store.postgres.pooled import ReadPool
from store.postgres.workspaces import find_workspace

REFRESH_SECONDS = 1.0
"""Seconds between two readings of a ring: what a change takes to be in effect where its notification is lost."""
EXPIRY_SECONDS = 10.0
"""A ring that was not read for so long is not relied on."""

_ALL = b"select sha256, name, role, tags, added_at, used_at from pumpup.api_key where ws = %(ws)s order by no"
_LOCK = b"select 1 from pumpup.workspace where id = %(ws)s for update"
_USED = b"""
    update pumpup.api_key set used_at = greatest(coalesce(used_at, ''), u.at)
    from unnest(%(keys)s::bytea[], %(times)s::text[]) u (key, at) where ws = %(ws)s and sha256 = u.key
"""


class DatabaseKeys:
    """The keys of one workspace, as the command line changes them. Its methods block."""

    def __init__(
        self,
        address: DatabaseAddress,
        workspace: str,
        clock: Clock = utc_now,
        *,
        tokens: Callable[[int], str] = secrets.token_urlsafe,
    ) -> None:
        """Read nothing yet; `tokens` returns a random text out of so many bytes."""
        self._address, self._workspace, self._clock, self._tokens = address, workspace, clock, tokens

    def add(self, name: str, role: Role, tags: Sequence[str] = ()) -> str:
        """Make a key for `name` and return its secret, which is stored nowhere (see `api_key_rules.check_among`).

        Raises:
            InvalidRequest: the name, role or a tag can't be used, or the name could be taken for another.
            StoreError: the database can't be used.
        """
        check_owner(name, role, tags)
        secret = secret_of(self._tokens(SECRET_BYTES))
        with self._changing() as (connection, number):
            check_among(name, role, [(row[1], row[2]) for row in _rows(connection, number)])
            connection.execute(
                "insert into pumpup.api_key (ws, sha256, name, role, tags, added_at) values (%s, %s, %s, %s, %s, %s)",
                (number, digest_of(secret), name, role, list(tags), wire_time(self._clock())),
            )
        return secret

    def revoke(self, name: str, key_id: str | None = None) -> int:
        """Remove all keys of `name`, or the one with this id, and return how many they were.

        Raises:
            NotFound: `name` has none, or none with this id.
            StoreError: the database can't be used.
        """
        with self._changing() as (connection, number):
            of_name = [row[0] for row in _rows(connection, number) if row[1] == name]
            if not of_name:
                raise no_key(name)
            removed = [key for key in of_name if key_id is None or id_of_digest(key.hex()) == key_id]
            if not removed:
                raise no_key(name, key_id)
            connection.execute(
                "delete from pumpup.api_key where ws = %s and sha256 = any(%s::bytea[])", (number, removed)
            )
        return len(removed)

    def listing(self) -> list[KeyInfo]:
        """Return what is known of each key, in the order in which they were made.

        Raises:
            StoreError: the database can't be used.
        """
        with connection_for(self._address) as connection:
            rows = _rows(connection, find_workspace(connection, self._address, self._workspace))
        return [
            KeyInfo(name, role, tuple(tags), added, id=id_of_digest(key.hex()), last_used_at=used)
            for key, name, role, tags, added, used in rows
        ]

    def of_two_roles(self) -> list[str]:
        """Return the names that have keys of both roles: their agent's keys are not accepted.

        Raises:
            StoreError: the database can't be used.
        """
        return names_of_two_roles((key.name, key.role) for key in self.listing())

    @contextmanager
    def _changing(self) -> Iterator[tuple[Connection[tuple[Any, ...]], int]]:
        with connection_for(self._address, WRITING) as connection:
            number = find_workspace(connection, self._address, self._workspace)
            with connection.transaction():
                connection.execute(_LOCK, {"ws": number})  # one change of a ring at a time
                yield connection, number
            connection.execute("select pg_notify(%s, '')", (channel(KEYS_CHANNEL, number),))


def _rows(connection: Connection[tuple[Any, ...]], number: int) -> list[tuple[Any, ...]]:
    return connection.execute(_ALL, {"ws": number}).fetchall()


class KeyCache:
    """The keys of one workspace, as a server looks them up."""

    def __init__(
        self, pool: ReadPool, workspace: int, clock: Clock, steady: Callable[[], float] = time.monotonic
    ) -> None:
        """Read nothing yet; `steady` returns seconds that never go back."""
        self._pool, self._workspace, self._clock, self._steady = pool, workspace, clock, steady
        self._known: tuple[tuple[bytes, Actor], ...] = ()
        self._read_at = -EXPIRY_SECONDS
        self._used: dict[bytes, datetime] = {}
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Read the ring, and go on reading it.

        Raises:
            StoreError: the database can't be used.
        """
        await self.refresh()
        self._task = asyncio.create_task(self._run(), name="key-cache")

    async def close(self) -> None:
        """End what reads the ring."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    def changed(self) -> None:
        """Read the ring now: it was changed."""
        self._changed.set()

    def find(self, secret: str) -> Actor | None:
        """Return the owner of the key `secret`, None where there is none. Takes equally long for any key.

        Raises:
            StoreBusy: the ring could not be read for too long.
        """
        if self._steady() - self._read_at > EXPIRY_SECONDS:
            raise StoreBusy("The API keys can't be read at present.")
        digest = digest_of(secret)
        owners = [actor for known, actor in self._known if hmac.compare_digest(known, digest)]
        owner = owners[-1] if owners else None
        if owner is not None:
            self._used[digest] = self._clock()
        return owner

    async def refresh(self) -> None:
        """Read the ring.

        Raises:
            StoreError: the database can't be used.
        """
        began = self._steady()
        (rows,) = await self._pool.ask((_ALL, {"ws": self._workspace}))
        torn = names_of_two_roles((row[1], row[2]) for row in rows)
        valid = (row for row in rows if row[2] == "reviewer" or row[1] not in torn)
        self._known = tuple((key, Actor(name, role, tuple(tags))) for key, name, role, tags, *_ in valid)
        self._read_at = began

    async def save_uses(self) -> None:
        """Save when keys were used last: `find` only notes it, so that no call waits for the database.

        Raises:
            StoreError: the database can't be used; they are saved the next time.
        """
        noted, self._used = self._used, {}
        times = [wire_time(moment) for moment in noted.values()]
        try:
            if noted:
                async with self._pool.writing() as connection:
                    await connection.execute(_USED, {"ws": self._workspace, "keys": list(noted), "times": times})
        except ApiError:
            self._used = {**noted, **self._used}
            raise

    async def _run(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(REFRESH_SECONDS):
                    await self._changed.wait()
            self._changed.clear()
            with suppress(ApiError):  # what was read stays valid for a while
                await self.refresh()
