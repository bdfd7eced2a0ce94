"""Checkpoints of a workspace: signed by all its servers with one key, and never of two histories."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from api_client.errors import InvalidRequest, StoreBusy, StoreDamaged, StoreLogin, StoreReadOnly
from api_client.proofs import EventProof, Proofs
from store.core import chain, merkle
from store.core.record_proofs import holds
from store.core.signed_note import LogHead, read_head, read_note, read_verifier_key
from store.folder.local_backend import open_local
from store.postgres import database_proofs
from store.postgres.address import DatabaseAddress
from store.postgres.database_proofs import DatabaseProofs
from store.postgres.open_database import open_postgres
from store.transfer.database_verifier import verify_database
from tests.conftest import FixedClock
from tests.postgres.conftest import OpenServer
from tests.postgres.test_verify_database import harm
from tests.support.actors import AGENT, ALICE
from tests.support.backends import DatabasePlace
from tests.support.moves import archive_workspace, into_folder, into_workspace
from tests.support.postgres import Cluster
from tests.support.world_builder import add_note, create_task
from tests.waiting import until


async def signed(proofs: Proofs) -> LogHead:
    """Return what a checkpoint says, its signature checked."""
    note = read_note((await proofs.checkpoint()).encode())
    key = read_verifier_key(await proofs.key())
    head = read_head(note.text)
    assert key.signed_at(note) is not None
    assert head.origin == key.name
    return head


def is_proved(proof: EventProof, head: LogHead) -> bool:
    """Return whether an event is in the record that a checkpoint signs, and linked into its chain."""
    return chain.link(proof.previous, proof.event.encode()) == proof.hash and holds(proof, head.size, head.root)


@pytest.fixture
def moved(address: DatabaseAddress, workspace: str, archive: Path) -> DatabaseAddress:
    """A database with a record of some hundred events."""
    into_workspace(address, workspace, archive, FixedClock())
    return address


async def test_a_record_has_the_same_tree_wherever_it_is(
    moved: DatabaseAddress, workspace: str, server: OpenServer, tmp_path: Path
) -> None:
    """Moved from a folder into a database and back, roots and proofs are the same, and no key goes with it."""
    backend = await server()
    head = await signed(backend.proofs)
    archive_workspace(moved, workspace, tmp_path / "back")
    into_folder(tmp_path / "again", tmp_path / "back")
    seqs = [1, 2, 255, 256, 257, head.size]
    there = await backend.proofs.of(seqs, head.size)
    assert all(is_proved(proof, head) for proof in there)
    for data in (tmp_path / "data", tmp_path / "again"):
        folder = await open_local(data, ALICE)
        try:
            own = await signed(folder.proofs)
            assert (own.size, own.root) == (head.size, head.root)
            assert own.origin != head.origin
            assert list(await folder.proofs.of(seqs, head.size)) == there
            for old in (1, 200, 256, head.size):
                assert await folder.proofs.consistency(old, head.size) == await backend.proofs.consistency(
                    old, head.size
                )
        finally:
            await folder.aclose()
    with psycopg.connect(moved.conninfo) as connection:
        of_key = "select private_key from pumpup.signing_key where ws = %s"
        ((private,),) = connection.execute(of_key, (backend._workspace.number,)).fetchall()
    secret = private.strip().split("+", 4)[4].encode()
    assert len(secret) > 40
    assert not any(secret in path.read_bytes() for path in (tmp_path / "back").rglob("*") if path.is_file())


async def test_all_servers_sign_as_one(
    database: str, address: DatabaseAddress, workspace: str, server: OpenServer
) -> None:
    """Servers that ask for the first key together share it; whatever they sign while they write is one history."""
    place = DatabasePlace(database, workspace).address
    first, second = await server(AGENT, address=place), await server(AGENT, address=place)
    heads = await asyncio.gather(*(signed(one.proofs) for one in (first, second) * 4))
    assert {head.size for head in heads} == {0}
    assert len({head.origin for head in heads}) == 1
    assert heads[0].origin.startswith("pumpup/records/")
    task = (await first.submit(create_task(), key="task")).answer["id"]
    for batch in range(4):
        writes = (one.submit(add_note(task), key=f"{batch}-{n}") for n, one in enumerate((first, second) * 4))
        found = asyncio.gather(*(signed(one.proofs) for one in (first, second) * 2))
        await asyncio.gather(*writes)
        heads += await found
    assert heads[-1].size > 1
    by_size = {head.size: head.root for head in heads}
    assert len(by_size) == len(set(heads))
    last = await signed(second.proofs)
    assert last.size == 33
    for size, root in by_size.items():
        path = [bytes.fromhex(node) for node in await first.proofs.consistency(size, last.size)]
        assert merkle.is_consistent(size, root, last.size, last.root, path)
    assert verify_database(address, workspace).wrong == []


async def test_a_server_that_is_never_first_says_so(server: OpenServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkpoint that was not stored is not given out; where another server's is as new, it is that one."""
    first, second = await server(AGENT), await server(AGENT)
    await signed(first.proofs)
    task = (await first.submit(create_task(), key="task")).answer["id"]
    signing = DatabaseProofs._signed

    async def late(self: DatabaseProofs, *given: object) -> str:
        if self is first.proofs:
            return await signing(self, *given)  # type: ignore[arg-type]
        await first.submit(add_note(task), key=f"n{len(notes)}")
        notes.append(await first.proofs.checkpoint())
        return await signing(self, *given)  # type: ignore[arg-type]

    notes: list[str] = []
    monkeypatch.setattr(DatabaseProofs, "_signed", late)
    assert await second.proofs.checkpoint() == notes[-1]
    assert len(notes) == 1
    await first.submit(add_note(task), key="more")
    monkeypatch.setattr(database_proofs, "_TRIES", 1)
    with pytest.raises(StoreBusy, match="Other servers"):
        await second.proofs.checkpoint()


REWRITTEN = """
    update event set hash = sha256(hash) where ws = $w and seq > 100;
    update workspace set hash = (select hash from event where ws = $w and seq = workspace.seq) where id = $w
"""
HARM: dict[str, tuple[str, str]] = {
    "all events from one on": (REWRITTEN, "no longer begins"),
    "all events and the tree": (f"delete from subtree where ws = $w; {REWRITTEN}", "no longer begins"),
    "the last events gone": (
        "delete from event where ws = $w and seq > 290; update workspace set seq = 290, "
        "hash = (select hash from event where ws = $w and seq = 290) where id = $w",
        "no longer begins",
    ),
    "the head": ("update workspace set hash = sha256('') where id = $w", "not the one that the head names"),
    "the checkpoint": ("update signing_key set checkpoint = 'x' where ws = $w", "has not signed this checkpoint"),
    "its size": (
        r"update signing_key set checkpoint = regexp_replace(checkpoint, '\n\d+\n', E'\n2\n') where ws = $w",
        "has not signed this checkpoint",
    ),
    "the public key": ("update signing_key set public_key = 'x' where ws = $w", "was changed in the database"),
}


@pytest.mark.parametrize("what", HARM)
async def test_no_second_history_is_signed(
    database: str, moved: DatabaseAddress, workspace: str, server: OpenServer, what: str
) -> None:
    """Whatever of the record or of what was signed is changed behind the program's back: it signs no more."""
    backend = await server()
    await signed(backend.proofs)
    statements, words = HARM[what]
    for statement in statements.split(";"):
        harm(database, workspace, statement)
    with pytest.raises(StoreDamaged, match=words):
        await backend.proofs.checkpoint()
    assert verify_database(moved, workspace).wrong != []


async def test_a_key_that_is_none_signs_nothing(
    database: str, moved: DatabaseAddress, workspace: str, server: OpenServer
) -> None:
    """A private key that was changed, or put in the place of another one, is refused in words."""
    backend = await server(AGENT)
    note = await backend.proofs.checkpoint()
    await backend.submit(create_task(), key="task")
    other = await server()
    for value, words in (
        ("'x'", "it isn't a signing key"),
        ("overlay(private_key placing 'AAAA' from 60)", "was changed"),
    ):
        harm(database, workspace, f"update signing_key set private_key = {value} where ws = $w")
        with pytest.raises(StoreDamaged, match=words):
            await other.proofs.checkpoint()
    with psycopg.connect(moved.conninfo) as connection:
        assert (note,) in connection.execute("select checkpoint from pumpup.signing_key").fetchall()


async def test_a_wrong_row_of_the_tree_changes_no_proof(
    database: str, moved: DatabaseAddress, workspace: str, server: OpenServer
) -> None:
    """Where a stored node is wrong the events are asked: root and proofs are as before, and `verify` names it."""
    backend = await server(AGENT)
    head = await signed(backend.proofs)
    harm(database, workspace, "update subtree set hash = sha256('') where ws = $w")
    await backend.submit(create_task(), key="task")
    assert all(is_proved(proof, head) for proof in await backend.proofs.of([1, 256, 257], head.size))
    later = await signed(backend.proofs)
    (proof,) = await backend.proofs.of([later.size], later.size)
    assert is_proved(proof, later)
    (wrong,) = verify_database(moved, workspace).wrong
    assert "over the events 1 to 256" in wrong


async def test_a_row_that_was_planted_is_not_signed(
    database: str, moved: DatabaseAddress, workspace: str, server: OpenServer
) -> None:
    """A node that somebody stored before its events were signed gets into no root: the proofs of these hold."""
    backend = await server()
    harm(database, workspace, "insert into subtree values ($w, 8, 0, sha256(''))")
    head = await signed(backend.proofs)
    for _ in range(2):
        assert all(is_proved(proof, head) for proof in await backend.proofs.of([1, 256, 257], head.size))
    path = [bytes.fromhex(node) for node in await backend.proofs.consistency(257, head.size)]
    harm(database, workspace, "delete from subtree where ws = $w")
    assert path == [bytes.fromhex(node) for node in await backend.proofs.consistency(257, head.size)]
    assert verify_database(moved, workspace).wrong == []


async def test_a_changed_event_is_not_proved(
    database: str, moved: DatabaseAddress, workspace: str, server: OpenServer
) -> None:
    """A proof that nobody could check is not given out."""
    backend = await server()
    head = await signed(backend.proofs)
    harm(database, workspace, "update event set body = body || ' ' where ws = $w and seq = 7")
    with pytest.raises(StoreDamaged, match="Event 7 is not as it was written"):
        await backend.proofs.of([6, 7], head.size)
    harm(database, workspace, "delete from event where ws = $w and seq = 7")
    with pytest.raises(StoreDamaged, match="Event 7 is missing"):
        await backend.proofs.of([5, 7, 9], head.size)


async def test_a_wrong_hash_beside_a_proof_of_an_earlier_tree_is_noticed(
    database: str, moved: DatabaseAddress, workspace: str, server: OpenServer
) -> None:
    """Of trees before the last checkpoint, whose own nodes are not needed for its root: no wrong proof is given out."""
    backend = await server()
    await signed(backend.proofs)
    harm(database, workspace, "update event set hash = sha256(hash) where ws = $w and seq = 97")
    with pytest.raises(StoreDamaged, match="no longer begins"):
        await backend.proofs.of([3], 100)
    with pytest.raises(StoreDamaged, match="no longer begins"):
        await backend.proofs.consistency(40, 100)


async def test_where_nothing_is_written_the_last_checkpoint_is_given(
    database: str, moved: DatabaseAddress, workspace: str, server: OpenServer
) -> None:
    """Opened for reading, or by a role that may only read: proofs are made, and no checkpoint is signed."""
    only = f"reads_{workspace}".replace("-", "_")
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(f"create role {only} login; grant usage on schema pumpup to {only}".encode())
        connection.execute(f"grant select on pumpup.workspace, pumpup.migration, pumpup.event to {only}".encode())
        connection.execute(f"grant select on pumpup.subtree, pumpup.api_key to {only}".encode())
        connection.execute(f"grant select (ws, public_key, checkpoint) on pumpup.signing_key to {only}".encode())
    role = DatabaseAddress.parse(database.replace("//postgres@", f"//{only}@"))
    reading, reader = await server(for_reading=True), await server(address=role)
    assert await reading.proofs.key() == ""
    with pytest.raises(StoreReadOnly, match="no checkpoint yet"):
        await reading.proofs.checkpoint()
    with pytest.raises(StoreLogin):
        await reader.proofs.checkpoint()
    writing = await server(AGENT)
    head = await signed(writing.proofs)
    harm(database, workspace, "delete from subtree where ws = $w")
    assert await signed(reader.proofs) == head
    await writing.submit(create_task(), key="task")
    assert await signed(reading.proofs) == head
    for backend in (reading, reader):
        (proof,) = await backend.proofs.of([200], head.size)
        assert is_proved(proof, head)
        assert len(await backend.proofs.consistency(head.size, head.size + 1)) > 0
    with pytest.raises(StoreLogin):
        await reader.proofs.checkpoint()
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(f"drop owned by {only}; drop role {only}".encode())


async def test_a_standby_gives_the_last_checkpoint(archive: Path) -> None:
    """There nothing is signed: what the primary signed holds, and proofs are made."""
    with Cluster.create() as primary:
        address = DatabaseAddress.parse(primary.create_database("record"))
        into_workspace(address, "default", archive, FixedClock())
        standby = primary.standby("second", synchronous=False)
        backend = await open_postgres(address, "default", AGENT, pool_size=2)
        note = await backend.proofs.checkpoint()
        head = read_head(read_note(note.encode()).text)
        await backend.submit(create_task(), key="task")
        await backend.aclose()
        here = primary.execute("select seq from pumpup.workspace", database="record")
        await until(
            lambda: standby.execute("select seq from pumpup.workspace", database="record") == here, "it has all"
        )
        reading = await open_postgres(DatabaseAddress.parse(standby.url("record")), "default", ALICE, pool_size=2)
        assert await reading.proofs.checkpoint() == note
        assert all(is_proved(proof, head) for proof in await reading.proofs.of([1, head.size], head.size))
        await reading.aclose()


async def test_a_name_is_given_once(server: OpenServer, tokens: Callable[[], str]) -> None:
    """The first checkpoint names the record; it has no other name from then on."""
    backend = await server()
    assert isinstance(backend.proofs, DatabaseProofs)
    note = await backend.proofs.checkpoint(name="example.com/claims")
    assert note.startswith("example.com/claims\n0\n")
    await backend.acting_as(AGENT).submit(create_task(), key="task")
    with pytest.raises(InvalidRequest, match=r"named example[.]com/claims already"):
        await backend.proofs.checkpoint(name="example.com/other")


@pytest.mark.parametrize(
    "statement",
    [
        "update pumpup.signing_key set private_key = ''",
        "update pumpup.signing_key set public_key = ''",
        "delete from pumpup.signing_key",
        "update pumpup.subtree set hash = hash",
        "delete from pumpup.subtree",
    ],
)
def test_the_servers_role_neither_changes_nor_removes_a_key_or_node(
    database: str, workspace: str, statement: str
) -> None:
    """A server signs, and stores what it signed; its role can do no more to the key and the tree."""
    address = DatabasePlace(database, workspace).address
    with psycopg.connect(address.conninfo) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement.encode())
