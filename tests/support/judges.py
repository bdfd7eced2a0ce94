"""Judges that are not ours: another implementation of RFC 6962's trees, and another Ed25519 over C2SP's notes."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from typing import Any, cast

from nacl.signing import VerifyKey
from pymerkle import InclusionProof, InmemoryTree


class JudgeTree:
    """The tree of some events' hashes, by pymerkle."""

    def __init__(self, hashes: Sequence[str]) -> None:
        self._hashes = hashes
        self._tree = InmemoryTree(algorithm="sha256")
        for event_hash in hashes:
            self._tree.append_entry(event_hash.encode())

    def root(self, size: int) -> bytes:
        return cast("bytes", self._tree.get_root(size))

    def consistency(self, old: int, size: int) -> list[str]:
        """Return the proof that RFC 6962 writes down (2.1.2); pymerkle's own roots make it up, for it has another."""
        return [root.hex() for root in self._subproof(old, 0, size, is_whole=True)]

    def _subproof(self, old: int, start: int, end: int, *, is_whole: bool) -> list[bytes]:
        if old == end - start:
            return [] if is_whole else [self._root_of(start, end)]
        split = 1 << ((end - start - 1).bit_length() - 1)
        if old <= split:
            left = self._subproof(old, start, start + split, is_whole=is_whole)
            return [*left, self._root_of(start + split, end)]
        right = self._subproof(old - split, start + split, end, is_whole=False)
        return [*right, self._root_of(start, start + split)]

    def _root_of(self, start: int, end: int) -> bytes:
        tree = InmemoryTree(algorithm="sha256")
        for event_hash in self._hashes[start:end]:
            tree.append_entry(event_hash.encode())
        return cast("bytes", tree.get_root(end - start))

    def inclusion(self, place: int, size: int) -> list[str]:
        """Return the hashes beside the way from the leaf at a place, which its own proof begins with."""
        return cast("list[str]", self._tree.prove_inclusion(place + 1, size).serialize()["path"][1:])


def judged_root(event_hash: str, seq: int, size: int, path: Sequence[str]) -> bytes:
    """Return the root to which a path leads, by pymerkle's own walk."""
    model = InmemoryTree(algorithm="sha256")
    for number in range(size):
        model.append_entry(b"%d" % number)
    shape: dict[str, Any] = model.prove_inclusion(seq, size).serialize()
    leaf = hashlib.sha256(b"\0" + event_hash.encode()).hexdigest()
    shape["path"] = [leaf, *path]
    return cast("bytes", InclusionProof.deserialize(shape).compute_root())


def judged_checkpoint(note: str, vkey: str) -> tuple[str, int, bytes]:
    """Return what a signed checkpoint says, checked with libsodium alone, as the specifications say.

    Raises:
        BadSignatureError: it is not signed with this key.
    """
    name, key_id, encoded = vkey.split("+", 2)
    public = base64.b64decode(encoded)
    assert public[0] == 1
    assert hashlib.sha256(name.encode() + b"\n" + public).digest()[:4].hex() == key_id
    text, signatures = note.split("\n\n", 1)
    line = next(one for one in signatures.splitlines() if one.startswith(f"— {name} "))
    signature = base64.b64decode(line.rpartition(" ")[2])
    assert signature[:4].hex() == key_id
    VerifyKey(public[1:]).verify(f"{text}\n".encode(), signature[4:])
    origin, size, root = text.split("\n")
    return origin, int(size), base64.b64decode(root)


def judged_cosignature(note: str, vkey: str) -> int:
    """Return when a witness signed a note, in seconds since 1970, as C2SP tlog-cosignature says, with libsodium alone.

    Raises:
        BadSignatureError: it is not signed with this key.
    """
    name, key_id, encoded = vkey.split("+", 2)
    public = base64.b64decode(encoded)
    assert public[0] == 4
    assert hashlib.sha256(name.encode() + b"\n" + public).digest()[:4].hex() == key_id
    text, signatures = note.split("\n\n", 1)
    line = next(one for one in signatures.splitlines() if one.startswith(f"— {name} "))
    signature = base64.b64decode(line.rpartition(" ")[2])
    assert signature[:4].hex() == key_id
    at = int.from_bytes(signature[4:12], "big")
    VerifyKey(public[1:]).verify(f"cosignature/v1\ntime {at}\n{text}\n".encode(), signature[12:])
    return at
