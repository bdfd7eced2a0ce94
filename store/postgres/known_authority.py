"""The policies, grants and pauses of a workspace as this process has read them: all of them, up to one moment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from psycopg import AsyncConnection

from store.core.state_view import Doc
from store.postgres.lookup import Statement
from store.postgres.pooled import Rows

_CHANGED = b"""
    select w.authority, a.id, a.doc from pumpup.workspace w left join lateral (
        select id, doc from pumpup.authority where ws = w.id and seq > %(known)s
    ) a on true where w.id = %(ws)s
"""


class KnownAuthority:
    """Documents by id, and the seq of the last change of any of them, by which they are known to be current."""

    def __init__(self) -> None:
        self.seq = 0
        """The workspace's `authority` when they were read; 0 where it has none, or none was read."""
        self.docs: Mapping[str, Doc] = {}
        """They are replaced and never changed, so whoever holds them may go on reading."""

    def forget(self) -> None:
        """Forget them all: the database may be another one now, which lacks the last of them."""
        self.seq, self.docs = 0, {}

    def changed(self, workspace: int) -> tuple[int, Statement]:
        """Return `seq`, and the statement that returns what was changed after it, for `take`."""
        return self.seq, (_CHANGED, {"ws": workspace, "known": self.seq})

    def take(self, known: int, rows: Rows) -> bool:
        """Take in what was changed after `known`; return whether that was enough, or all has to be asked for anew."""
        authority = rows[0][0] if rows else known
        if authority < known:  # the database was put back to an earlier state
            self.forget()
            return False
        if self.seq < known:  # forgotten meanwhile
            return False
        if authority > self.seq:
            self.add({doc_id: orjson.loads(doc) for _, doc_id, doc in rows if doc_id is not None}, authority)
        return True

    async def bring_up_to(self, seq: int, connection: AsyncConnection[Any], workspace: int) -> None:
        """Read them all where the last change of any was not at `seq`. The connection has the chain's lock."""
        if self.seq != seq:
            self.forget()
            known, statement = self.changed(workspace)
            self.take(known, await (await connection.execute(*statement, binary=True)).fetchall())

    def add(self, docs: Mapping[str, Doc], seq: int) -> None:
        """Put documents in place that the database has by now, the last of which was changed at `seq`."""
        self.docs, self.seq = {**self.docs, **docs}, seq
