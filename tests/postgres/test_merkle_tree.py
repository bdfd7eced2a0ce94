"""The Merkle tree of a workspace: its rows, and what is read of it, beside the tree of all hashes in memory."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from functools import cache, partial
from pathlib import Path
from random import Random
from typing import Any

import psycopg
import pytest

from api_client.errors import StoreDamaged
from api_client.proofs import checkpoint_size
from store.core import merkle
from store.core.merkle import Nodes
from store.postgres import subtree_reader
from store.postgres.address import DatabaseAddress
from store.postgres.database_proofs import DatabaseProofs
from store.postgres.pooled import ReadPool
from store.postgres.subtree_reader import SubtreeReader
from store.postgres.subtree_rows import MADE
from store.transfer.database_verifier import verify_database
from tests.conftest import FixedClock
from tests.postgres.conftest import OpenServer
from tests.postgres.test_verify_database import harm
from tests.support.actors import AGENT
from tests.support.backends import DatabasePlace
from tests.support.moves import into_workspace
from tests.support.world_builder import add_note, create_task

WORKSPACE, MANY = -20, 65_536 + 3 * 256 + 5
"""The number of a workspace, and its events: so many that it has nodes of both levels."""


def in_memory(hashes: list[str]) -> Nodes:
    """Return the nodes of the tree over some hashes of events."""

    @cache
    def node(level: int, place: int) -> bytes:
        if level == 0:
            return merkle.leaf_hash(hashes[place])
        return merkle.node_hash(node(level - 1, 2 * place), node(level - 1, 2 * place + 1))

    return node


def fill(database: str, first: int, last: int) -> None:
    """Insert events whose hashes are those of their numbers."""
    with psycopg.connect(database) as connection:
        connection.execute(
            "insert into pumpup.event select %s, n, 1, null, null, null, sha256(n::text::bytea), 'x' "
            "from generate_series(%s::int, %s::int) n",
            (WORKSPACE, first, last),
        )


def remove(database: str, first: int, last: int) -> None:
    """Remove events."""
    with psycopg.connect(database) as connection:
        connection.execute("set session_replication_role = replica")  # no trigger fires
        connection.execute("delete from pumpup.event where ws = %s and seq between %s and %s", (WORKSPACE, first, last))


@pytest.fixture(scope="module")
def nodes(database: str) -> Iterator[Nodes]:
    """The tree of a workspace of many events."""
    fill(database, 1, MANY)
    yield in_memory([hashlib.sha256(str(n).encode()).hexdigest() for n in range(1, MANY + 1)])
    remove(database, 1, MANY)


@pytest.fixture
async def pool(database: str, nodes: Nodes) -> AsyncIterator[ReadPool]:
    """Connections to the database, in which no node of the workspace is stored."""
    with psycopg.connect(database) as connection:
        connection.execute("delete from pumpup.subtree where ws = %s", (WORKSPACE,))
    pool = ReadPool(DatabaseAddress.parse(database), 2)
    await pool.open()
    yield pool
    await pool.close()


def stored(database: str, workspace: int) -> dict[tuple[int, int], bytes]:
    """Return the rows of a workspace's tree."""
    with psycopg.connect(database) as connection:
        rows = connection.execute("select level, place, hash from pumpup.subtree where ws = %s", (workspace,))
        return {(level, place): node for level, place, node in rows.fetchall()}


@pytest.mark.parametrize("store", [False, True], ids=["read", "stored"])
async def test_what_is_read_is_as_all_hashes_make_it(
    database: str, nodes: Nodes, pool: ReadPool, *, store: bool
) -> None:
    """Roots and proofs of any size are right where no node is stored, where some are, and where all are."""
    reader, rng = SubtreeReader(pool, WORKSPACE), Random(17)
    sizes = [0, 1, 256, 257, 65_536, 65_537, MANY, *(rng.randrange(1, MANY) for _ in range(2))]
    for size in sizes:
        part = await reader.read(partial(merkle.root_of, size), trusted=MANY, store=store)
        assert merkle.root_of(size, part.node) == merkle.root_of(size, nodes)
    for size in sizes[1:]:
        place, old = rng.randrange(size), rng.randrange(size)
        part = await reader.read(partial(merkle.inclusion_proof, place, size), trusted=MANY, store=store)
        assert merkle.inclusion_proof(place, size, part.node) == merkle.inclusion_proof(place, size, nodes)
        part = await reader.read(partial(merkle.consistency_proof, old, size), trusted=MANY, store=store)
        assert merkle.consistency_proof(old, size, part.node) == merkle.consistency_proof(old, size, nodes)
    rows = stored(database, WORKSPACE)
    assert len(rows) == (MANY // 256 + 1 if store else 0)
    assert all(node == nodes(*key) for key, node in rows.items())


async def test_an_old_record_gets_its_tree_in_pieces(
    database: str, nodes: Nodes, pool: ReadPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each piece is stored when it is made; what is there is not made again, whatever of it is missing."""
    reader, ask = SubtreeReader(pool, WORKSPACE), pool.ask
    made: list[int] = []

    async def noted(*statements: Any) -> Any:
        made.extend(values["end"] - values["first"] for text, values in statements if text is MADE)
        return await ask(*statements)

    monkeypatch.setattr(pool, "ask", noted)
    monkeypatch.setattr(subtree_reader, "_AT_ONCE", 100)
    await reader.read(partial(merkle.root_of, MANY), trusted=MANY, store=True)
    assert made == [100, 100, 59]
    with psycopg.connect(database) as connection:
        connection.execute("delete from pumpup.subtree where ws = %s and place in (0, 7, 8, 99)", (WORKSPACE,))
    part = await reader.read(partial(merkle.root_of, MANY), trusted=MANY, store=True)
    assert made[3:] == [1, 2, 1]
    assert merkle.root_of(MANY, part.node) == merkle.root_of(MANY, nodes)
    await reader.read(partial(merkle.root_of, MANY), trusted=MANY, store=True)
    assert len(made) == 6


async def test_only_rows_that_were_signed_are_read(database: str, nodes: Nodes, pool: ReadPool) -> None:
    """What somebody has stored ahead is made of the events all the same, and so is what is no longer trusted."""
    with psycopg.connect(database) as connection:
        planted = "insert into pumpup.subtree select %s, level, place, sha256('') from unnest(%s, %s) t (level, place)"
        connection.execute(planted, (WORKSPACE, [8, 8, 16], [0, 257, 0]))
    reader = SubtreeReader(pool, WORKSPACE)
    for signed in (0, 100):
        part = await reader.read(partial(merkle.root_of, MANY), trusted=signed, store=True)
        assert merkle.root_of(MANY, part.node) == merkle.root_of(MANY, nodes)
    part = await reader.read(partial(merkle.root_of, 256), trusted=256)
    assert merkle.root_of(256, part.node) == hashlib.sha256().digest()
    assert stored(database, WORKSPACE)[8, 257] == hashlib.sha256().digest()  # no server may change a row


async def test_a_wrong_row_that_the_root_does_not_need_is_noticed(database: str, nodes: Nodes, pool: ReadPool) -> None:
    """A proof that is made with it does not hold: the events alone are asked."""
    with psycopg.connect(database) as connection:
        connection.execute(
            "insert into pumpup.workspace (id, name, seq, ruled_to, hash, created_at) overriding system value "
            "select ws, 'tree', seq, seq, hash, now() from pumpup.event where ws = %s and seq = %s",
            (WORKSPACE, MANY),
        )
    try:
        proofs = DatabaseProofs(pool, WORKSPACE, lambda: "token", "")
        size = checkpoint_size(await proofs.checkpoint())
        with psycopg.connect(database) as connection:
            wrong = "update pumpup.subtree set hash = sha256('') where ws = %s and level = 8 and place = 3"
            assert connection.execute(wrong, (WORKSPACE,)).rowcount == 1
        path = await proofs.consistency(3 * 256, size)
        assert list(path) == [node.hex() for node in merkle.consistency_proof(3 * 256, MANY, nodes)]
        assert checkpoint_size(await proofs.checkpoint()) == MANY
    finally:
        with psycopg.connect(database) as connection:
            connection.execute("delete from pumpup.workspace where id = %s", (WORKSPACE,))
            connection.execute("delete from pumpup.signing_key where ws = %s", (WORKSPACE,))


async def test_a_role_that_may_not_write_reads_proofs(nodes: Nodes, pool: ReadPool) -> None:
    """What no row has is made for it, and nothing is stored."""
    url = pool._address.shown
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("drop role if exists only_reads")
        connection.execute("create role only_reads login")
        connection.execute("grant usage on schema pumpup to only_reads")
        connection.execute("grant select on pumpup.event, pumpup.subtree to only_reads")
    reading = ReadPool(DatabaseAddress.parse(url.replace("//postgres@", "//only_reads@")), 1)
    await reading.open()
    try:
        part = await SubtreeReader(reading, WORKSPACE).read(partial(merkle.root_of, MANY), trusted=MANY, store=True)
        assert merkle.root_of(MANY, part.node) == merkle.root_of(MANY, nodes)
    finally:
        await reading.close()
        with psycopg.connect(url, autocommit=True) as connection:
            assert connection.execute("select 1 from pumpup.subtree where ws = %s", (WORKSPACE,)).fetchall() == []
            connection.execute("drop owned by only_reads; drop role only_reads")


@pytest.mark.parametrize("seq", [70, MANY - 1])
async def test_a_missing_event_is_said(database: str, nodes: Nodes, pool: ReadPool, seq: int) -> None:
    """A tree with a gap in its events has no root: neither where nodes are made of them, nor behind those."""
    remove(database, seq, seq)
    try:
        with pytest.raises(StoreDamaged, match=r"Of the events \d+ to \d+ one is missing"):
            await SubtreeReader(pool, WORKSPACE).read(partial(merkle.root_of, MANY), trusted=MANY, store=True)
        assert (8, 0) not in stored(database, WORKSPACE) or seq > 256
    finally:
        fill(database, seq, seq)


async def test_a_checkpoint_stores_what_was_completed(
    database: str, address: DatabaseAddress, workspace: str, archive: Path, server: OpenServer
) -> None:
    """Neither an import nor a commit does; of what is stored, each node that is not as it should be is named."""
    into_workspace(address, workspace, archive, FixedClock())
    backend = await server(AGENT, address=DatabasePlace(database, workspace).address)
    number = backend._workspace.number
    task = (await backend.submit(create_task(), key="task")).answer["id"]
    await backend.proofs.of([1], 300)
    assert stored(database, number) == {}
    await backend.proofs.checkpoint()
    assert set(stored(database, number)) == {(8, 0)}
    await asyncio.gather(*(backend.submit(add_note(task), key=f"n{n}") for n in range(256)))
    assert set(stored(database, number)) == {(8, 0)}
    await backend.proofs.checkpoint()
    assert set(stored(database, number)) == {(8, 0), (8, 1)}
    assert verify_database(address, workspace).wrong == []
    for statement, words in (
        (
            "update subtree set hash = sha256('') where ws = $w and place = 0",
            "over the events 1 to 256",
        ),
        (
            "update subtree set place = 2 where ws = $w and place = 0",
            "over the events 513 to 768",
        ),
    ):
        harm(database, workspace, statement)
        (wrong,) = verify_database(address, workspace).wrong
        assert words in wrong
    harm(database, workspace, "delete from subtree where ws = $w")
    assert verify_database(address, workspace).wrong == []
