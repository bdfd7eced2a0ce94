"""Checkpoints and proofs (CONTRACT.md part 5), over every backend, held against judges that are not ours."""

from __future__ import annotations

import hashlib

import orjson
import pytest

from api_client.backend import Backend
from api_client.errors import InvalidRequest, NotFound, TooLarge
from api_client.models import Event
from api_client.proofs import PROOFS_MOST, proofs_of, prove
from store.core import merkle
from store.core.proof_check import check_proof
from store.core.signed_note import read_verifier_key
from tests.contract.given import Given
from tests.support.backends import World
from tests.support.judges import JudgeTree, judged_checkpoint, judged_root


@pytest.fixture
async def some_events(world: World, given: Given) -> str:
    """A request that was decided, and some tasks; the request's id."""
    request = await given.approval()
    await given.decision(request)
    for number in range(5):
        await given.task(f"Claim C-{number + 2}")
    return request.id


async def chain(backend: Backend, size: int) -> list[str]:
    """Return the hashes of the first events, those on no timeline too, and check the links."""
    previous, hashes = "0" * 64, []
    for seq in range(1, size + 1):
        (proof,) = await backend.proofs.of([seq], size)
        assert (proof.seq, proof.previous) == (seq, previous)
        assert hashlib.sha256(proof.previous.encode() + proof.event.encode()).hexdigest() == proof.hash
        previous = proof.hash
        hashes.append(previous)
    return hashes


@pytest.mark.usefixtures("some_events")
async def test_a_checkpoint_and_its_proofs_convince_other_programs(world: World) -> None:
    """The note's signature, its root, each event's path and the growth from each earlier size hold for the judges."""
    backend = world.reviewer
    note = await backend.proofs.checkpoint()
    origin, size, root = judged_checkpoint(note, await backend.proofs.key())
    assert origin.startswith("pumpup/records/")
    hashes = await chain(backend, size)
    judge = JudgeTree(hashes)
    assert root == judge.root(size)
    for seq, proof in enumerate(await backend.proofs.of(range(1, size + 1), size), 1):
        assert judged_root(proof.hash, seq, size, proof.path) == root
    for old in range(1, size):
        path = list(await backend.proofs.consistency(old, size))
        assert merkle.is_consistent(old, judge.root(old), size, root, [bytes.fromhex(node) for node in path])
        assert path == judge.consistency(old, size)


async def test_a_checkpoint_stays_until_something_is_recorded(world: World, given: Given, some_events: str) -> None:
    """Asked again it is the same note; after a write it covers one event more, and only grew."""
    proofs = world.reviewer.proofs
    note = await proofs.checkpoint()
    assert await proofs.checkpoint() == note == await world.agent.proofs.checkpoint()
    await given.action((await world.reviewer.request(some_events)).task)
    _, size, _ = judged_checkpoint(note, await proofs.key())
    _, later, _ = judged_checkpoint(await proofs.checkpoint(), await proofs.key())
    assert later == size + 1
    assert (await proofs.of([1], size))[0].path != (await proofs.of([1], later))[0].path


async def test_an_agent_proves_the_decision_that_it_acts_on(world: World, some_events: str) -> None:
    """With an agent's key: the decision, alone, in a file that holds under the public key, without any other event."""
    decision = await settling(world, some_events)
    assert decision.seq is not None
    proof = await prove(world.agent.proofs, [decision.seq])
    checked = check_proof(proof.wire_bytes(), read_verifier_key(await world.agent.proofs.key()))
    assert [event["id"] for event in checked.events] == [decision.id]
    assert checked.events[0]["payload"]["outcome"] == {"type": "APPROVE"}
    assert some_events not in orjson.dumps([one.wire() for one in proof.events if one.seq != decision.seq]).decode()


async def settling(world: World, request_id: str) -> Event:
    events = (await world.reviewer.events(types=("APPROVAL_DECIDED",))).items
    return next(event for event in events if event.in_response_to == request_id)


@pytest.mark.usefixtures("some_events")
async def test_what_cannot_be_proved_is_refused(world: World) -> None:
    """Events that are not there, trees that are larger than the record, too many at once: a sentence each."""
    proofs = world.reviewer.proofs
    size = judged_checkpoint(await proofs.checkpoint(), await proofs.key())[1]
    for seqs, of in (([0], size), ([size + 1], size), ([1], size + 1), ([3], 2)):
        with pytest.raises(NotFound):
            await proofs.of(seqs, of)
    for old, new in ((size + 1, size), (1, size + 1), (3, 2)):
        with pytest.raises(NotFound):
            await proofs.consistency(old, new)
    with pytest.raises(InvalidRequest):
        await proofs.of([1] * (PROOFS_MOST + 1), size)
    assert list(await proofs.of([], size)) == []
    assert list(await proofs.consistency(0, size)) == []


async def test_large_events_come_in_several_answers(
    world: World, given: Given, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is over the bytes of one answer is asked for again, in any order, one event more than once; all of it holds.

    A hundred events of a megabyte each would be more than a caller reads, or a server should hold.
    """
    monkeypatch.setattr("store.core.record_proofs.PROOF_BYTES", 3_000)
    monkeypatch.setattr("store.postgres.database_proofs.PROOF_BYTES", 3_000)
    for number in range(6):
        await given.task("x" * 150 + f"{number}")
    proofs = world.reviewer.proofs
    note = await proofs.checkpoint()
    size = judged_checkpoint(note, await proofs.key())[1]
    seqs = [*range(size, 0, -1), 1, 1, *range(1, size + 1)]
    for _ in range(3):
        seqs += seqs[:40]
    assert 0 < len(await proofs.of(seqs[:100], size)) < 100
    found = await proofs_of(proofs, seqs, size)
    assert [proof.seq for proof in found] == seqs
    root = judged_checkpoint(note, await proofs.key())[2]
    assert {judged_root(proof.hash, proof.seq, size, proof.path) for proof in found} == {root}
    monkeypatch.setattr("api_client.proofs.EVENT_BYTES", 3_000)
    with pytest.raises(TooLarge, match="prove fewer"):
        await proofs_of(proofs, seqs, size)
