"""The page of plain Python that checks a proof: it proves what is so, and refuses a file with any bit changed."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from store.core import merkle
from store.core.shared_proof import KnownNodes
from store.core.signed_note import LogHead, SignedNote, key_of, signed
from tests.cli.pages import ROOT, Page
from tests.support.examples import examples

PAGE = Page("docs/check-a-proof.md")
REFUSALS = (AttributeError, IndexError, InvalidSignature, KeyError, RecursionError, SystemExit, TypeError, ValueError)
"""What the page's own last lines turn into a message and an exit code of 1."""
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
NAME = "claims.example.com"
KEY = key_of(NAME, PRIVATE).written()
PHOTO = b"a photo of the hail"
PICKED = (17,), (36,), (22, 36), (1, 35, 36)
SHOWN = [
    {"uploadId": "upl_1", "label": "photo \u202e", "sha256": hashlib.sha256(PHOTO).hexdigest()},
    {"uploadId": "upl_2", "label": "", "sha256": hashlib.sha256(b"").hexdigest()},
]


def chain() -> Iterator[dict[str, Any]]:
    """Yield the practice record's events, and a request with attachments, as a proof has them but for the path."""
    lines = (ROOT / "docs" / "record.jsonl").read_bytes().splitlines()
    previous = "0" * 64
    asked: dict[str, Any] = {
        "seq": len(lines) + 1,
        "eventType": "APPROVAL_REQUESTED",
        "timestamp": "2026-03-02T15:00:00.000000Z",
    }
    last: dict[str, Any] = {
        **asked,
        "subject": "claims-bot",
        "payload": {"type": "ApprovalRequested", "attachmentSnapshots": SHOWN},
    }
    for seq, event in enumerate((*(line[9:-75].decode() for line in lines), json.dumps(last)), 1):
        hash_ = hashlib.sha256(f"{previous}{event}".encode()).hexdigest()
        yield {"seq": seq, "event": event, "previous": previous, "hash": hash_}
        previous = hash_


@cache
def proof(*seqs: int) -> dict[str, Any]:
    """Return a proof of some events of the record, with the attachments of the last."""
    events = list(chain())
    leaves = [merkle.leaf_hash(event["hash"]) for event in events]

    def node(level: int, place: int) -> bytes:
        return (
            leaves[place]
            if level == 0
            else merkle.node_hash(node(level - 1, 2 * place), node(level - 1, 2 * place + 1))
        )

    head = LogHead(NAME, len(events), merkle.root_of(len(events), node))
    for event in events:
        event["path"] = [one.hex() for one in merkle.inclusion_proof(event["seq"] - 1, len(events), node)]
    picked = [events[seq - 1] for seq in seqs]
    contents: tuple[dict[str, Any], ...] = (
        {"content": base64.b64encode(PHOTO).decode(), "size": len(PHOTO)},
        {"size": 0},
    )
    attachments = [{**one, **more} for one, more in zip(SHOWN, contents, strict=True)]
    return {
        "format": "pumpup-proof/1",
        "key": KEY,
        "checkpoint": signed(SignedNote(head.text(), ()), NAME, PRIVATE).written(),
        "events": picked,
        "attachments": attachments if len(events) in seqs else [],
    }


@cache
def program() -> dict[str, Any]:
    """Return the names of the page's program."""
    (block,) = (block for block in PAGE.blocks if block.language == "python")
    names: dict[str, Any] = {"__name__": block.file}
    exec(compile(block.text, block.file, "exec"), names)
    return names


def report(*seqs: int) -> dict[str, Any]:
    """Return the data of a report's page on some events, in order: one path for all of them."""
    made = proof(*seqs)
    shared = KnownNodes(36)
    for event in made["events"]:
        shared.add(event["seq"] - 1, [bytes.fromhex(digits) for digits in event["path"]])
    nodes = base64.b64encode(b"".join(shared.proof())).decode()
    events = [{key: event[key] for key in ("seq", "previous", "event")} for event in made["events"]]
    return {
        "format": "pumpup-report/1",
        **{key: made[key] for key in ("key", "checkpoint")},
        "nodes": nodes,
        "events": events,
    }


def told(changed: Mapping[str, Any], key: str = KEY) -> list[str]:
    """Return what the page's program says of a proof, or of a page with the data of a report."""
    text = json.dumps(changed)
    if "nodes" in changed:
        text = f"<!doctype html><script type=application/json data-sha256={'0' * 64}>{text}</script><script>"
    lines: list[str] = program()["check"](text, key)
    return lines


@settings(max_examples=examples(40, 500))
@given(seqs=st.lists(st.integers(1, 36), min_size=1, max_size=4, unique=True))
def test_what_is_so_is_proved(seqs: list[int]) -> None:
    """Any events of the record are proved, with who did what and when, and no foreign text is printed raw."""
    lines = told(proof(*seqs))
    assert lines[0] == "The record 'claims.example.com' had 36 events when it was signed. Among them:"
    assert [int(line.split()[0]) for line in lines[1 : len(seqs) + 1]] == seqs
    shown = ["Shown with it: 'photo \\u202e', content intact", "Shown with it: '', content not in the file"]
    assert lines[len(seqs) + 1 :] == (shown if 36 in seqs else [])
    assert told(report(*sorted(seqs)))[1:] == sorted(lines[1 : len(seqs) + 1], key=lambda one: int(one.split()[0]))
    if 17 in seqs:
        assert "17 '2026-03-02T13:20:00.000000Z' 'APPROVAL_DECIDED' 'maria' 'REJECT'" in lines


def leaves_of(value: Any, *path: str | int) -> Iterator[tuple[str | int, ...]]:
    """Yield the way to each text and number of a file that says something: a size does where the content is there."""
    if isinstance(value, (dict, list)):
        for key in value if isinstance(value, dict) else range(len(value)):
            if key != "size" or "content" in value:
                yield from leaves_of(value[key], *path, key)
    else:
        yield path


def turned(value: str | int, at: int) -> str | int:
    """Return a text with one bit of a character turned, or a number with one of its bits."""
    if isinstance(value, int):
        return value ^ 1 << at % 12
    place, bit = divmod(at % (7 * len(value)), 7) if value else (0, 0)
    return f"{value[:place]}{chr(ord(value[place]) ^ 1 << bit)}{value[place + 1 :]}" if value else "."


@settings(max_examples=examples(400, 20_000))
@given(
    made=st.sampled_from([*(proof(*seqs) for seqs in PICKED), *(report(*seqs) for seqs in PICKED)]),
    pick=st.integers(0),
    at=st.integers(0),
)
def test_a_changed_bit_is_refused(made: dict[str, Any], pick: int, at: int) -> None:
    """Whichever text or number of a proof or a report was changed, in one bit, nothing is proved."""
    changed = copy.deepcopy(made)
    ways = list(leaves_of(changed))
    *way, last = ways[pick % len(ways)]
    holder: Any = changed
    for key in way:
        holder = holder[key]
    holder[last] = turned(holder[last], at)
    with pytest.raises(REFUSALS):
        told(changed)


@pytest.mark.parametrize(
    "change",
    [
        lambda file: file["events"].clear(),
        lambda file: file["events"].pop(),
        lambda file: file["events"][1]["path"].pop(),
        lambda file: file["events"][0]["path"].append("0" * 64),
        lambda file: file["events"][0].update(path=file["events"][1]["path"]),
        lambda file: file["events"][0].update(seq=file["events"][1]["seq"]),
        lambda file: file["attachments"][0].pop("size"),
        lambda file: file.update(checkpoint=file["checkpoint"].partition("\n\n")[0]),
        lambda file: file.update(events=[[]]),
        lambda file: file["events"][1].update(event="[" * 100_000),
    ],
)
def test_a_file_that_lacks_a_part_is_refused(change: Any) -> None:
    """Without the event that names an attachment, a hash of a path, the signature: nothing is proved."""
    changed = copy.deepcopy(proof(17, 36))
    change(changed)
    with pytest.raises(REFUSALS):
        told(changed)


@pytest.mark.parametrize(
    "change",
    [
        lambda file: file["events"].clear(),
        lambda file: file["events"].pop(),
        lambda file: file["events"].append(file["events"][0]),
        lambda file: file.update(nodes=file["nodes"][:-44]),
        lambda file: file.update(nodes=base64.b64encode(base64.b64decode(file["nodes"]) + bytes(32)).decode()),
    ],
)
def test_a_report_that_lacks_a_part_is_refused(change: Any) -> None:
    """Without one of the hashes beside its events, with an event twice or one fewer: nothing is proved."""
    changed = report(1, 17, 36)
    assert told(changed)
    change(changed)
    with pytest.raises(REFUSALS):
        told(changed)


def test_another_key_is_refused() -> None:
    """A file that somebody else signed proves nothing, whether it names their key or the one that was given."""
    theirs = Ed25519PrivateKey.from_private_bytes(bytes(32))
    key = key_of(NAME, theirs).written()
    head = proof(17)["checkpoint"].partition("\n\n")[0]
    forged = {**proof(17), "checkpoint": signed(SignedNote(f"{head}\n", ()), NAME, theirs).written()}
    assert told({**forged, "key": key}, key)
    for file in (forged, {**forged, "key": key}):
        with pytest.raises(REFUSALS):
            told(file)


def test_it_says_so_and_exits_with_one(tmp_path: Path) -> None:
    """As a program: what is proved goes to stdout with exit code 0; else one plain sentence, and exit code 1."""
    script = tmp_path / "check_proof.py"
    (block,) = (block for block in PAGE.blocks if block.file == script.name)
    script.write_text(block.text, encoding="utf-8")
    whole, sound = tmp_path / "proof.json", json.dumps(proof(17))
    for text, said, code in (
        (sound, "17 '2026-03-02T13:20:00.000000Z' 'APPROVAL_DECIDED' 'maria' 'REJECT'\n", 0),
        (sound.replace("maria", "bertha"), "NOT PROVED: an event was changed.\n", 1),
        (sound.replace("36\\n", "37\\n"), "NOT PROVED: the checkpoint was changed after it was signed.\n", 1),
        (sound.replace('"format"', '"format": "other", "format"'), "NOT PROVED: an object has a key twice, which", 1),
        ("not a proof", "NOT PROVED: it can't be read as a proof (", 1),
    ):
        whole.write_text(text, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, script, whole, KEY], capture_output=True, encoding="utf-8", check=False, cwd=tmp_path
        )
        assert (done.returncode, "Traceback" in done.stderr) == (code, False)
        assert said in (done.stdout if code == 0 else done.stderr)
        assert code == 0 or done.stdout == ""
