"""The statements of a commit: each row is looked up by its key, and what is prepared stays so."""

from __future__ import annotations

import pytest

from api_client.errors import NotFound
from store.postgres.address import DatabaseAddress
from store.postgres.connections import WRITING, connected
from store.postgres.known_authority import KnownAuthority
from store.postgres.lookup import Key, lookup
from tests.postgres.conftest import OpenServer
from tests.support.actors import AGENT
from tests.support.world_builder import add_note

KEYS = (
    Key("task", "tsk_1"),
    Key("upload", "upl_1"),
    Key("project", "prj_1"),
    Key("slug", "general"),
    Key("request", 1),
    Key("event", 1),
    Key("settlement", 1),
    Key("record", b"1"),
)


FILLED = """
    begin;
    insert into pumpup.task select w, n, 't' || n, 1, 's', n, null, 'x'
        from generate_series(-3, -1) w, generate_series(1, 2000) n;
    insert into pumpup.request select w, n, n, 1, now(), 'x'
        from generate_series(-3, -1) w, generate_series(1, 2000) n;
    insert into pumpup.project select w, n, 'p' || n, 's' || n, 'x'
        from generate_series(-3, -1) w, generate_series(1, 2000) n;
    insert into pumpup.upload select w, 'u' || n, 'a', 1, true, now(), 'h' || n, 'x'
        from generate_series(-3, -1) w, generate_series(1, 2000) n;
    insert into pumpup.event select w, n, 1, n, 1, n, decode(repeat('00', 32), 'hex'), 'x'
        from generate_series(-3, -1) w, generate_series(1, 2000) n;
    insert into pumpup.authority select w, 'a' || n, n, 'x'
        from generate_series(-3, -1) w, generate_series(1, 2000) n;
    insert into pumpup.idempotency select w, convert_to('d' || n, 'UTF8'), n, 'x'
        from generate_series(-3, -1) w, generate_series(1, 2000) n;
    analyze pumpup.task, pumpup.request, pumpup.project, pumpup.upload, pumpup.event, pumpup.authority,
        pumpup.idempotency;
"""


async def test_no_lookup_reads_a_workspace_as_a_whole(database: str) -> None:
    """Each search is for one key in an index: a plan that reads more and filters it takes longer with each event."""
    connection = await connected(DatabaseAddress.parse(database), WRITING)
    statement, values = lookup(-1, KEYS)
    authority = KnownAuthority()
    authority.add({}, 1_990)
    _, changed = authority.changed(-1)
    # Where a workspace has a handful of rows any index of it will do: the plan is asked for where it matters.
    await connection.execute(FILLED.encode(), prepare=False)
    rows = await (await connection.execute(b"explain " + statement, values, binary=True)).fetchall()
    rows += await (await connection.execute(b"explain " + changed[0], changed[1], binary=True)).fetchall()
    await connection.close()
    plan = "\n".join(line for (line,) in rows)
    assert "authority_since" in plan
    assert "Filter" not in plan
    assert "Materialize" not in plan
    assert "Seq Scan" not in plan
    for column in ("id", "slug", "no", "seq", "reply_to", "digest"):
        assert f"({column} = " in plan, plan


async def test_a_refusal_leaves_what_is_prepared(server: OpenServer) -> None:
    """The statements of a commit are prepared once, however many commands are refused in between."""
    backend = await server(AGENT)

    async def prepared() -> set[object]:
        with pytest.raises(NotFound):
            await backend.submit(add_note("tsk_000000000000"), key="refused")
        connection = backend._workspace.writer._connection
        assert connection is not None
        rows = await connection.execute("select name, prepare_time from pg_prepared_statements", prepare=False)
        return set(await rows.fetchall())

    before = await prepared()
    assert before
    assert before <= await prepared()
