"""Signed notes and checkpoints, as C2SP writes them (signed-note, tlog-checkpoint, tlog-cosignature).

Pure. A note is a text and signatures of it; a checkpoint is one whose text names a log, a size and a root.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

SIGNATURE, COSIGNATURE = 0x01, 0x04
"""The types of signatures: Ed25519 over the text, and a witness's with the time at which it looked."""
NOTE_MOST = 16_000
"""Bytes of a note at the most."""
SIGNATURES_MOST = 64
_NAME = re.compile(r"[^\s+]{1,200}")
_SIZE = re.compile("0|[1-9][0-9]{0,18}")
_ID_BYTES, _TIME_BYTES, _ROOT_BYTES = 4, 8, 32


class NoteFault(ValueError):
    """A text is no note, checkpoint or key; the message says in which way."""


class NoteSignature(NamedTuple):
    """One line of signature: who signed, with which key, and the bytes."""

    name: str
    key_id: bytes
    signature: bytes

    def line(self) -> str:
        """Return the line as it stands in a note."""
        return f"— {self.name} {base64.b64encode(self.key_id + self.signature).decode()}\n"


class SignedNote(NamedTuple):
    """A text, which ends in a newline, and its signatures."""

    text: str
    signatures: tuple[NoteSignature, ...]

    def written(self) -> str:
        """Return the note as it is stored and sent."""
        return f"{self.text}\n{''.join(one.line() for one in self.signatures)}"


class LogHead(NamedTuple):
    """The content of a checkpoint: the log, the number of its events, and the root of its tree."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """Return the text that is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


class VerifierKey(NamedTuple):
    """The public half of a key, with the name of who holds it."""

    name: str
    kind: int
    public: bytes

    @property
    def key_id(self) -> bytes:
        """The first bytes of a hash of name, kind and key, by which signatures name it."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:_ID_BYTES]

    def written(self) -> str:
        """Return the key as it is published: `name+id+key`."""
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(bytes([self.kind]) + self.public).decode()}"

    def signed_at(self, note: SignedNote) -> int | None:
        """Return when this key signed a note, in seconds since 1970 (0 for a signature without a time).

        None where it has not signed it.

        Raises:
            NoteFault: a signature in this key's name is none of this text.
        """
        found = [one for one in note.signatures if (one.name, one.key_id) == (self.name, self.key_id)]
        times = [self._checked(note.text, one.signature) for one in found]
        return max(times, default=None)

    def _checked(self, text: str, signature: bytes) -> int:
        at, message = 0, text.encode()
        if self.kind == COSIGNATURE:
            at, signature = int.from_bytes(signature[:_TIME_BYTES], "big"), signature[_TIME_BYTES:]
            message = _cosigned(text, at)
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            raise NoteFault(f"the signature of {self.name} does not fit the text") from None
        return at


def is_key_name(text: str) -> bool:
    """Return whether a text can name who signs: 1 to 200 visible characters, without spaces and without `+`."""
    return bool(_NAME.fullmatch(text)) and text.isprintable()


def read_verifier_key(text: str) -> VerifierKey:
    """Return the key that a text is.

    Raises:
        NoteFault: it is none.
    """
    name, _, rest = text.strip().partition("+")
    id_, _, encoded = rest.partition("+")
    data = _decoded(encoded)
    if not is_key_name(name) or data is None or len(data) != 33 or data[0] not in (SIGNATURE, COSIGNATURE):
        raise NoteFault("it is no public key: one looks like name+0123abcd+AekyeRrm…")
    key = VerifierKey(name, data[0], data[1:])
    if key.key_id.hex() != id_:
        raise NoteFault(f"its id {id_[:20]} is not that of its name and key: it was changed or cut")
    return key


def key_of(name: str, private: Ed25519PrivateKey, kind: int = SIGNATURE) -> VerifierKey:
    """Return the public half of a key."""
    return VerifierKey(name, kind, private.public_key().public_bytes_raw())


def signed(note: SignedNote, name: str, private: Ed25519PrivateKey) -> SignedNote:
    """Return a note with one more signature."""
    signature = NoteSignature(name, key_of(name, private).key_id, private.sign(note.text.encode()))
    return note._replace(signatures=(*note.signatures, signature))


def cosigned(note: SignedNote, name: str, private: Ed25519PrivateKey, at: int) -> SignedNote:
    """Return a note with a witness's signature, which says when it looked, in seconds since 1970."""
    key_id = key_of(name, private, COSIGNATURE).key_id
    signature = at.to_bytes(_TIME_BYTES, "big") + private.sign(_cosigned(note.text, at))
    return note._replace(signatures=(*note.signatures, NoteSignature(name, key_id, signature)))


def _cosigned(text: str, at: int) -> bytes:
    return f"cosignature/v1\ntime {at}\n{text}".encode()


def read_note(data: bytes) -> SignedNote:
    """Return the note that bytes are.

    Raises:
        NoteFault: they are none.
    """
    if len(data) > NOTE_MOST:
        raise NoteFault(f"it has over {NOTE_MOST:,} bytes, and is no note")
    try:
        whole = data.decode()
    except UnicodeDecodeError:
        raise NoteFault("it is no UTF-8, and no note") from None
    text, blank, lines = whole.rpartition("\n\n")
    if not blank or not lines.endswith("\n") or any(char < " " and char != "\n" for char in whole):
        raise NoteFault("it is no note: a text, an empty line and lines of signatures")
    found = lines.removesuffix("\n").split("\n")
    if len(found) > SIGNATURES_MOST:
        raise NoteFault(f"it has over {SIGNATURES_MOST} signatures")
    return SignedNote(f"{text}\n", tuple(map(_signature, found)))


def _signature(line: str) -> NoteSignature:
    dash, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    data = _decoded(encoded)
    if dash != "—" or not is_key_name(name) or data is None or len(data) <= _ID_BYTES:
        raise NoteFault("a line of signature in it is none")
    return NoteSignature(name, data[:_ID_BYTES], data[_ID_BYTES:])


def read_head(text: str) -> LogHead:
    """Return what the text of a checkpoint says; lines behind its three are refused, for nobody would look at them.

    Raises:
        NoteFault: it is no checkpoint's.
    """
    lines = text.split("\n")
    root = _decoded(lines[2]) if len(lines) == 4 else None
    if root is None or len(root) != _ROOT_BYTES or not is_key_name(lines[0]) or not _SIZE.fullmatch(lines[1]):
        raise NoteFault("it is no checkpoint: a name, a number of events and a root, on three lines")
    return LogHead(lines[0], int(lines[1]), root)


def _decoded(text: str) -> bytes | None:
    """Return the bytes of a base64 text, None where it is none, or not written as it would be."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if base64.b64encode(data).decode() == text else None
