"""The store that `serve` answers out of: a folder or a database's workspace, with its keys and its own metrics."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import click

from pumpup_tui.commands.database_places import Database
from pumpup_tui.commands.places import Folder, StorePlace
from pumpup_tui.commands.progress import progress_bar
from pumpup_tui.commands.serve_limits import (
    KEEP_FREE,
    KEEP_FREE_BYTES,
    LOOSE_UPLOADS,
    LOOSE_UPLOADS_BYTES,
    record_limits_of,
)
from pumpup_tui.commands.serve_options import ServeOptions

if TYPE_CHECKING:
    from store.core.upload_limits import UploadLimits
    from store.folder.local_backend import LocalBackend
    from store.postgres.postgres_backend import PostgresBackend
    from store.server.auth import KnownKeys
    from store.server.metrics import Metrics

OpenStore: TypeAlias = "LocalBackend | PostgresBackend"


@dataclass(frozen=True, slots=True)
class ServedStore:
    """An open store."""

    backend: OpenStore
    """To be closed by whoever opened the store."""
    keys: KnownKeys
    save_key_uses: Callable[[], Awaitable[None]]
    """Saves when each key was last used; raises `StoreError`."""


async def open_store(place: StorePlace, options: ServeOptions, metrics: Metrics | None) -> ServedStore:
    """Open the store of a server, and print its notices.

    Raises:
        ApiError: it can't be opened.
    """
    store = await (
        _database(place, options, metrics) if isinstance(place, Database) else _folder(place, options, metrics)
    )
    for notice in store.backend.notices:
        click.echo(f"Warning: {notice}", err=True)
    return store


async def _folder(place: Folder, options: ServeOptions, metrics: Metrics | None) -> ServedStore:
    from api_client.commands import PLATFORM
    from api_client.times import utc_now
    from store.folder.api_keys import KeyRing
    from store.folder.local_backend import open_local
    from store.folder.timed_files import TimedFiles

    keys = KeyRing(place.path, utc_now)
    keys.listing()  # a damaged ring is reported before anything is opened
    with progress_bar("Reading the journal") as progress:
        backend = await open_local(
            place.path,
            PLATFORM,
            progress=progress,
            files=TimedFiles(metrics.durations("pumpup_sync_seconds", "A sync to the disk.")) if metrics else None,
            uploads=_upload_limits(options),
            fires_timeouts=True,
            limits=record_limits_of(options.limits),
        )
    return ServedStore(backend, keys, lambda: asyncio.to_thread(keys.save_uses))


async def _database(place: Database, options: ServeOptions, metrics: Metrics | None) -> ServedStore:
    from api_client.commands import PLATFORM
    from store.postgres.migrate import bring_up_to_date
    from store.postgres.open_database import open_postgres

    for name in await asyncio.to_thread(bring_up_to_date, place.address):
        click.echo(f"Applied the migration {name}.", err=True)
    on_commit = metrics.durations("pumpup_commit_seconds", "A commit in the database.") if metrics else lambda _: None
    backend = await open_postgres(
        place.address,
        place.workspace,
        PLATFORM,
        uploads=_upload_limits(options),
        limits=record_limits_of(options.limits),
        fires_timeouts=True,
        serves=True,
        on_commit=on_commit,
    )
    if metrics:
        metrics.add_pool(backend.pool_figures)
    return ServedStore(backend, backend.keys, backend.keys.save_uses)


def _upload_limits(options: ServeOptions) -> UploadLimits:
    from store.core.upload_limits import UploadLimits

    return UploadLimits(
        max_bytes=options.max_upload,
        keep_free=options.limits.get(KEEP_FREE, KEEP_FREE_BYTES),
        loose_bytes=options.limits.get(LOOSE_UPLOADS, LOOSE_UPLOADS_BYTES),
    )
