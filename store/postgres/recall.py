"""Looks up what a key was answered, for a call that is not carried out."""

from __future__ import annotations

import orjson

from api_client.models import Receipt
from store.core.idempotency import KeyScope, answer_to
from store.postgres.commit_writer import TOUCH
from store.postgres.lookup import found_rows, lookup, record_key
from store.postgres.pooled import ReadPool


async def recall(pool: ReadPool, workspace: int, scope: KeyScope) -> Receipt | None:
    """Return the answer that was recorded for a key's scope, None where there is none.

    The answer is an acknowledgement, so a commit first proves that what was recorded is durable.

    Raises:
        StoreError: the database can't be used.
    """
    (rows,) = await pool.ask(lookup(workspace, [record_key(scope)]))
    for _, (text, _) in found_rows(rows):
        if (answer := answer_to(scope, orjson.loads(text))) is not None:
            async with pool.writing() as connection:
                await connection.execute(TOUCH, {"ws": workspace})
            return Receipt(answer=answer, replayed=True)
    return None
