"""The sweep of a workspace: contents that killed servers left half done, and uploads that were never attached.

That an upload arrived stays on the record; its content is removed a while after the rules stop it from being attached
(`CommandLimits.loose_seconds`), so that no attached upload loses its own.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from store.postgres.blobs import Blobs
from store.postgres.pooled import ReadPool

MARGIN_SECONDS = 3_600
"""Between the last moment at which an upload could be attached and the one at which it is dropped; also how long a
content must not have been written: the same one may be arriving again."""
_AT_ONCE = 500

_LEFT = b"""
    select id from pumpup.blob where ws = %(ws)s and sha256 is null and touched_at < %(before)s limit %(limit)s
"""
_LOCK = b"select 1 from pumpup.workspace where id = %(ws)s for no key update"
_LOOSE = b"""
    select b.id from pumpup.blob b where b.ws = %(ws)s and b.sha256 is not null and b.touched_at < %(before)s
        and not exists (
            select from pumpup.upload u where u.ws = b.ws and u.sha256 = b.sha256
                and (u.attached or u.received_at >= %(loose)s)
        ) limit %(limit)s
"""
_HIDE = b"update pumpup.blob set sha256 = null where ws = %(ws)s and id = any(%(ids)s::bigint[])"


async def sweep_blobs(pool: ReadPool, blobs: Blobs, workspace: int, now: datetime, loose_seconds: int | None) -> int:
    """Remove what nothing needs any more; return the number of contents of uploads that were dropped.

    Raises:
        StoreError: the database can't be used.
    """
    before = now - timedelta(seconds=MARGIN_SECONDS)
    dropped = 0
    if loose_seconds is not None:
        loose = before - timedelta(seconds=loose_seconds)
        values = {"ws": workspace, "before": before, "loose": loose, "limit": _AT_ONCE}
        async with pool.writing() as connection:
            await connection.execute(_LOCK, {"ws": workspace})  # nothing is attached meanwhile
            ids = [row[0] for row in await (await connection.execute(_LOOSE, values)).fetchall()]
            await connection.execute(_HIDE, {"ws": workspace, "ids": ids})
            dropped = len(ids)
        for blob in ids:
            await blobs.drop(blob)
    (left,) = await pool.ask((_LEFT, {"ws": workspace, "before": before, "limit": _AT_ONCE}))
    for (blob,) in left:
        await blobs.drop(blob)
    return dropped
