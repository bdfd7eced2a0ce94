"""The check of a proof file: what holds, holds for judges that are not ours; what was changed is refused."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api_client.proofs import PROOF_FORMAT, ProofFile, ProvenAttachment
from store.core import merkle
from store.core.chain import NO_HASH, link
from store.core.proof_check import ProofFault, check_proof
from store.core.record_proofs import event_proof
from store.core.signed_note import VerifierKey
from store.core.signing_key import SigningKey, new_signing_key
from tests.support.examples import examples
from tests.support.judges import JudgeTree, judged_checkpoint, judged_root

CONTENT = b"a photo of hail"


class Log:
    """A chain of events with its tree, as a record has it."""

    def __init__(self, size: int, key: SigningKey, first: bytes = b"") -> None:
        self.key, self.hashes, self.texts = key, [NO_HASH], [b""]
        self._nodes: dict[tuple[int, int], bytes] = {}
        for seq in range(1, size + 1):
            snapshot = {"uploadId": "upl_1", "label": "hail.jpg", "sha256": hashlib.sha256(CONTENT).hexdigest()}
            event = {"id": f"evt_{seq:08x}aaaaaaaaaaaa", "seq": seq, "payload": {"attachmentSnapshots": [snapshot]}}
            self.texts.append((seq == 1 and first) or orjson.dumps(event))
            self.hashes.append(link(self.hashes[-1], self.texts[-1]))
            leaf = merkle.leaf_hash(self.hashes[-1])
            for level, place, node in merkle.completed(seq - 1, leaf, self.node):
                self._nodes[level, place] = node
        self.size = size

    def node(self, level: int, place: int) -> bytes:
        return self._nodes[level, place]

    def proof(self, *seqs: int) -> dict[str, Any]:
        """Return a proof file, as JSON values."""
        attachment = ProvenAttachment(
            upload_id="upl_1",
            label="hail.jpg",
            sha256=hashlib.sha256(CONTENT).hexdigest(),
            size=len(CONTENT),
            content=base64.b64encode(CONTENT).decode(),
        )
        proofs = [
            event_proof(seq, self.size, self.texts[seq], (self.hashes[seq - 1], self.hashes[seq]), self.node)
            for seq in seqs
        ]
        note = self.key.checkpoint(self.size, merkle.root_of(self.size, self.node)).written()
        return ProofFile(
            format=PROOF_FORMAT,
            key=self.key.public.written(),
            checkpoint=note,
            events=tuple(proofs),
            attachments=(attachment,),
        ).wire()


KEY = new_signing_key("example.com/claims")
LOGS: dict[int, Log] = {}


def log_of(size: int) -> Log:
    if size not in LOGS:
        LOGS[size] = Log(size, KEY)
    return LOGS[size]


def holds(proof: Any, key: VerifierKey = KEY.public) -> bool:
    try:
        check_proof(orjson.dumps(proof), key)
    except ProofFault:
        return False
    return True


@settings(max_examples=examples(60, 2_000), deadline=None)
@given(size=st.integers(1, 70), pick=st.integers(0))
def test_a_proof_holds_for_other_programs_too(size: int, pick: int) -> None:
    """Each event of a random log: the note's signature by libsodium, the root and the path by pymerkle."""
    log, seq = log_of(size), 1 + pick % size
    proof = log.proof(seq)
    assert holds(proof)
    _, signed_size, root = judged_checkpoint(proof["checkpoint"], proof["key"])
    judge = JudgeTree(log.hashes[1:])
    assert (signed_size, root) == (size, judge.root(size))
    (event,) = proof["events"]
    assert judged_root(event["hash"], seq, size, event["path"]) == root
    assert event["path"] == judge.inclusion(seq - 1, size)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the way to each text and number in JSON values."""
    if isinstance(value, dict):
        return [found for key, inner in value.items() for found in leaves(inner, (*path, key))]
    if isinstance(value, list):
        return [found for number, inner in enumerate(value) for found in leaves(inner, (*path, number))]
    return [path]


def changed(value: Any, pick: int) -> Any:
    """Return a text with one bit of a character turned, or another number."""
    if isinstance(value, int):
        return value + 1 + pick % 5
    at = pick % len(value)
    other = chr(ord(value[at]) ^ 1 << pick % 6)
    return value[:at] + other + value[at + 1 :]


@settings(max_examples=examples(300, 10_000), deadline=None)
@given(size=st.integers(1, 40), pick=st.integers(0), where=st.integers(0), bit=st.integers(0))
def test_every_changed_bit_is_refused(size: int, pick: int, where: int, bit: int) -> None:
    """Of the event, its hashes, its path, its place, the note, the key, the attachment's name, hash, size and bytes."""
    proof = json.loads(json.dumps(log_of(size).proof(1 + pick % size)))
    ways = leaves(proof)
    *way, last = ways[where % len(ways)]
    inner = proof
    for step in way:
        inner = inner[step]
    inner[last] = changed(inner[last], bit)
    assert not holds(proof)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda proof: proof.update(events=[]), "no event"),
        (lambda proof: proof.update(events=proof["events"] * 2), "twice"),
        (lambda proof: proof.update(more=1), "isn't a proof file"),
        (lambda proof: proof["events"][0].update(more=1), "isn't a proof file"),
        (lambda proof: proof["events"][0]["path"].append("00" * 32), "not in the record"),
        (lambda proof: proof["events"][0]["path"].pop(), "not in the record"),
        (lambda proof: proof["events"][0]["path"].__setitem__(0, proof["events"][0]["path"][0].upper()), "path"),
        (lambda proof: proof["attachments"][0].update(label="another.jpg"), "not one that a proved event names"),
        (lambda proof: proof["attachments"][0].update(content="!"), "isn't base64"),
        (lambda proof: proof.update(checkpoint=proof["checkpoint"].replace("\n\n", "\nmore\n\n")), "checkpoint"),
        (lambda proof: proof.update(checkpoint=proof["checkpoint"].split("\n\n")[0] + "\n\n"), "checkpoint"),
    ],
)
def test_what_was_put_in_or_taken_out_is_refused_in_words(change: Any, words: str) -> None:
    """Events, keys, hashes, attachments and signatures that were added, doubled, taken out or written otherwise."""
    proof = json.loads(json.dumps(log_of(9).proof(4)))
    change(proof)
    with pytest.raises(ProofFault, match=words):
        check_proof(orjson.dumps(proof), KEY.public)


def test_another_key_and_what_is_no_proof_are_refused() -> None:
    """A proof of another record under its own name, texts that are no JSON, and JSON that is none."""
    other = new_signing_key(KEY.name)
    with pytest.raises(ProofFault, match="another record, or it is forged"):
        check_proof(orjson.dumps(Log(3, other).proof(2)), KEY.public)
    swapped = {**Log(3, other).proof(2), "key": KEY.public.written()}
    with pytest.raises(ProofFault, match="not signed by"):
        check_proof(orjson.dumps(swapped), KEY.public)
    whole = orjson.dumps(Log(3, KEY).proof(2))
    twice = whole[:-1] + b',"events":[]}', whole.replace(b'"path":[', b'"path":[],"path":[')
    assert holds(orjson.loads(whole))
    for content in (*twice, b"", b"{", b"[]", b"\xff", b'{"format":"pumpup-proof/1"}', b"[" * 100_000):
        with pytest.raises(ProofFault, match="isn't a proof file"):
            check_proof(content, KEY.public)


@pytest.mark.parametrize(
    "event",
    [
        b'{"seq":1,"eventType":"APPROVAL_DECIDED","payload":{"outcome":{"type":"DENY","type":"APPROVE"}}}',
        b'{"seq":9,"seq":1}',
        b'{"seq":true}',
        b'{"seq":1.0}',
        b'{"seq":1,"amount":18446744073709551616}',
        b'{"seq":1,"amount":' + b"9" * 5_000 + b"}",
        b'{"seq":1,"amount":NaN}',
        b'{"seq":1,"note":"\\ud800"}',
        b'{"seq":1,"payload":' + b"[" * 400 + b"]" * 400 + b"}",
        b'{"seq":1,"payload":' + b"[" * 5_000 + b"]" * 5_000 + b"}",
        b"[1]",
        b'"1"',
        b"{",
    ],
)
def test_an_event_that_programs_read_differently_is_refused(event: bytes) -> None:
    """Whoever holds the key can sign any bytes: a key twice, a number that some round, what is no event at all."""
    with pytest.raises(ProofFault, match="Event 1 "):
        check_proof(orjson.dumps({**Log(2, KEY, event).proof(1), "attachments": []}), KEY.public)


@pytest.mark.parametrize(
    "snapshot", ['{"uploadId":["upl_1"],"label":{},"sha256":1}', "5", "null", "[]", '{"label":"hail.jpg"}']
)
def test_an_attachment_that_no_event_names_rightly_is_refused(snapshot: str) -> None:
    """Whatever JSON stands where an event names its attachments."""
    event = b'{"seq":1,"payload":{"attachmentSnapshots":[%s]}}' % snapshot.encode()
    with pytest.raises(ProofFault, match="not one that a proved event names"):
        check_proof(orjson.dumps(Log(2, KEY, event).proof(1)), KEY.public)
