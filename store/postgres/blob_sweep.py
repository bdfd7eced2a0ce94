"""The sweep of a workspace: contents that killed servers left half done, and uploads that were never attached.

That an upload arrived stays on the record; its content is removed a while after the rules stop it from being attached
(`CommandLimits.loose_seconds`), so that no attached upload loses its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from store.postgres.blobs import Blobs
from store.postgres.pooled import ReadPool

MARGIN_SECONDS = 3_600
"""Between the last moment at which an upload could be attached and the one at which it is dropped; also how long a
content must not have been written: the same one may be arriving again."""
_AT_ONCE = 500

# The clock of this machine may be ahead, and the database's is another: nothing goes that is new by either of them.
_BEFORE = b"least(%(before)s, now() - %(margin)s * interval '1 second')"
_LOOSE = b"""
    b.ws = %(ws)s and b.sha256 is not null and b.touched_at < {before} and not exists (
        select from pumpup.upload u where u.ws = b.ws and u.sha256 = b.sha256 and (
            u.attached or u.received_at >= {before} - %(seconds)s * interval '1 second'
        )
    )
""".replace(b"{before}", _BEFORE)
_LEFT = (
    b"select id from pumpup.blob where ws = %(ws)s and sha256 is null and touched_at < " + _BEFORE + b" limit %(limit)s"
)
_LOCK = b"select 1 from pumpup.workspace where id = %(ws)s and not importing for no key update"
_FIND = b"select b.id from pumpup.blob b where " + _LOOSE + b" limit %(limit)s"
_HIDE = b"update pumpup.blob b set sha256 = null where b.id = any(%(ids)s::bigint[]) and " + _LOOSE + b" returning b.id"


async def sweep_blobs(pool: ReadPool, blobs: Blobs, workspace: int, now: datetime, loose_seconds: int | None) -> int:
    """Remove what nothing needs any more; return the number of contents of uploads that were dropped.

    Raises:
        StoreError: the database can't be used.
    """
    values = {"ws": workspace, "before": now - timedelta(seconds=MARGIN_SECONDS), "limit": _AT_ONCE}
    values |= {"margin": MARGIN_SECONDS, "seconds": loose_seconds}
    dropped = 0
    if loose_seconds is not None:
        # To find them takes long where there are many, so that is not done under the chain's lock.
        (found,) = await pool.ask((_FIND, values))
        dropped = await _dropped(pool, blobs, {**values, "ids": [blob for (blob,) in found]}) if found else 0
    (left,) = await pool.ask((_LEFT, values))
    for (blob,) in left:
        await blobs.drop(blob)
    return dropped


async def _dropped(pool: ReadPool, blobs: Blobs, values: Mapping[str, Any]) -> int:
    """Drop those of some contents that nothing needs still; return how many they were."""
    async with pool.writing() as connection:
        locked = await connection.execute(_LOCK, values)  # nothing is attached meanwhile
        if await locked.fetchone() is None:
            return 0
        ids = [blob for (blob,) in await (await connection.execute(_HIDE, values)).fetchall()]
    for blob in ids:
        await blobs.drop(blob)
    return len(ids)
