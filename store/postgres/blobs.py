"""The content of uploads, in pieces of their own rows: each is committed by itself, so no transaction is large."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterable, AsyncIterator, Callable
from contextlib import asynccontextmanager

from api_client.errors import NotFound, StoreBusy, StoreFault, TooLarge
from api_client.times import Clock
from store.core.ruling import Content
from store.core.state_view import Doc
from store.core.upload_allowance import UploadAllowance
from store.core.upload_limits import PIECE
from store.postgres.blob_statements import ADD_PIECE, BEGIN_BLOB, DROP_BLOB, DROP_PIECES, END_BLOB
from store.postgres.pooled import ReadPool

_TOUCH = b"update pumpup.blob set touched_at = %(now)s where ws = %(ws)s and id = %(blob)s"
_FIND = b"select id from pumpup.blob where ws = %(ws)s and sha256 = %(sha256)s order by id limit 1"
_PIECE = b"select bytes from pumpup.blob_piece where ws = %(ws)s and blob = %(blob)s and no = %(no)s"

_LOOSE = b"""
    select coalesce(sum(size), 0)::bigint from pumpup.upload
    where ws = %(ws)s and subject = %(subject)s and not attached
"""


class Blobs:
    """The contents of one workspace's uploads, by their SHA-256."""

    def __init__(self, pool: ReadPool, workspace: int, clock: Clock) -> None:
        self._pool, self._workspace, self._clock = pool, workspace, clock

    async def receive(self, content: AsyncIterable[bytes], take: Callable[[int], None], max_bytes: int) -> Content:
        """Store the bytes of an upload, and return their hash and size; `take` counts them for the caller's allowance.

        Raises:
            TooLarge: it is over the limit.
            StoreError: the database refuses.
        """
        blob = await self._begin()
        sha256, size, number = hashlib.sha256(), 0, 0
        try:
            async for piece in _of_one_size(content):
                size += len(piece)
                if size > max_bytes:
                    raise TooLarge(f"The upload is over {max_bytes:,} bytes.")
                take(len(piece))
                sha256.update(piece)
                await self._write((ADD_PIECE, {"no": number, "bytes": piece}), (_TOUCH, {}), blob=blob)
                number += 1
        except BaseException:  # a caller that has gone, too, must not leave half a content
            await self.drop(blob)
            raise
        found = Content(sha256.hexdigest(), size)
        if not await self._write((END_BLOB, {"sha256": found.sha256, "size": size}), blob=blob):
            # The clocks of two servers are hours apart.
            raise StoreBusy("The upload was dropped while it came, for it looked left over. Send it again.")
        return found

    async def pieces(self, upload: Doc) -> AsyncIterator[bytes]:
        """Yield an upload's content.

        Raises:
            NotFound: it was attached to nothing, and its content was dropped.
            StoreFault: the content is missing.
        """
        ((found,),) = [await self._pool.ask((_FIND, {"ws": self._workspace, "sha256": upload["sha256"]}))]
        if not found:
            if not upload.get("attached"):
                raise NotFound(f"The upload {upload['id']!r} was attached to nothing: its content was dropped.")
            raise StoreFault("The upload's content can't be read: it is missing.")
        number, left = 0, upload["size"]
        while left > 0:
            values = {"ws": self._workspace, "blob": found[0][0], "no": number}
            (rows,) = await self._pool.ask((_PIECE, values))
            if not rows:
                raise StoreFault("The upload's content can't be read: a piece is missing.")
            yield rows[0][0]
            left -= len(rows[0][0])
            number += 1

    async def drop(self, blob: int) -> None:
        """Remove a content."""
        await self._write((DROP_PIECES, {}), (DROP_BLOB, {}), blob=blob)

    async def _begin(self) -> int:
        async with self._pool.writing() as connection:
            values = {"ws": self._workspace, "now": self._clock()}
            row = await (await connection.execute(BEGIN_BLOB, values)).fetchone()
            return int(row[0]) if row else 0

    async def _write(self, *statements: tuple[bytes, dict[str, object]], blob: int) -> int:
        """Carry out statements in one transaction; return how many rows the last one changed."""
        values = {"ws": self._workspace, "blob": blob, "now": self._clock()}
        async with self._pool.writing() as connection:
            changed = 0
            for text, more in statements:
                changed = (await connection.execute(text, {**values, **more})).rowcount
            return changed


class LooseUploads:
    """The allowance of uploads that a caller has attached to no task: the recorded ones, and those of this process."""

    def __init__(self, pool: ReadPool, workspace: int, most: int) -> None:
        """Allow `most` bytes; 0 is no limit."""
        self._pool, self._workspace, self._most = pool, workspace, most
        self._recorded: dict[str, int] = {}
        self._allowance = UploadAllowance(lambda subject: self._recorded.get(subject, 0), most)

    @asynccontextmanager
    async def taking(self, subject: str) -> AsyncIterator[Callable[[int], None]]:
        """Give a function that counts the bytes of one upload (see `UploadAllowance.taking`)."""
        if self._most:
            (rows,) = await self._pool.ask((_LOOSE, {"ws": self._workspace, "subject": subject}))
            self._recorded = {**self._recorded, subject: int(rows[0][0])}
        with self._allowance.taking(subject) as take:
            yield take


async def _of_one_size(content: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """Yield the same bytes in pieces of `PIECE`, the last of which may be shorter."""
    waiting = bytearray()
    async for piece in content:
        waiting += piece
        while len(waiting) >= PIECE:
            yield bytes(waiting[:PIECE])
            del waiting[:PIECE]
    if waiting:
        yield bytes(waiting)
