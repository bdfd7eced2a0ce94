"""The key that signs a record's checkpoints, or a witness's; its text as a file holds it, as Go's `note` writes it.

Pure but for the making of a key. Whoever has this text can sign as the record: it is never exported with it.
"""

from __future__ import annotations

import base64
import binascii
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api_client.errors import InvalidRequest
from store.core.signed_note import (
    SIGNATURE,
    LogHead,
    NoteFault,
    SignedNote,
    VerifierKey,
    is_key_name,
    key_of,
    signed,
)

KEY_MOST = 1_000
"""Bytes of a key's file at the most."""
_PREFIX = "PRIVATE+KEY+"
_SEED_BYTES = 32


class SigningKey(NamedTuple):
    """A private key and the name that it signs under: a record's, which is its checkpoints' origin, or a witness's."""

    name: str
    private: Ed25519PrivateKey
    kind: int = SIGNATURE

    @property
    def public(self) -> VerifierKey:
        """The public half, which is published."""
        return key_of(self.name, self.private, self.kind)

    def written(self) -> str:
        """Return the key as its file holds it: a line with `PRIVATE+KEY+name+id+key`."""
        data = bytes([self.kind]) + self.private.private_bytes_raw()
        return f"{_PREFIX}{self.name}+{self.public.key_id.hex()}+{base64.b64encode(data).decode()}\n"

    def checkpoint(self, size: int, root: bytes) -> SignedNote:
        """Return a signed checkpoint of a record of so many events."""
        return signed(SignedNote(LogHead(self.name, size, root).text(), ()), self.name, self.private)


def check_name(key: SigningKey | None, name: str) -> None:
    """Check that a record can be named so; an empty name is any.

    Raises:
        InvalidRequest: it can't name a key, or the record has a key of another name.
    """
    if name and not is_key_name(name):
        raise InvalidRequest("A record's name has 1 to 200 visible characters, without spaces and without +.")
    if name and key is not None and key.name != name:
        raise InvalidRequest(f"This record is named {key.name} already: its public key was made with that name.")


def new_signing_key(name: str, kind: int = SIGNATURE) -> SigningKey:
    """Return a new key. Its randomness is the library's own: no test and no record depends on a private key."""
    return SigningKey(name, Ed25519PrivateKey.generate(), kind)


def read_signing_key(text: str, kind: int = SIGNATURE) -> SigningKey:
    """Return the key that a file's text is.

    Raises:
        NoteFault: it is none; the message holds nothing of it.
    """
    name, _, rest = text.strip().removeprefix(_PREFIX).partition("+")
    id_, _, encoded = rest.partition("+")
    try:
        data = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if not text.startswith(_PREFIX) or not is_key_name(name) or len(data) != 1 + _SEED_BYTES or data[0] != kind:
        raise NoteFault("it isn't a signing key")
    key = SigningKey(name, Ed25519PrivateKey.from_private_bytes(data[1:]), kind)
    if key.public.key_id.hex() != id_:
        raise NoteFault("its id is not that of its name and key: it was changed or cut")
    return key


def record_name(token: str) -> str:
    """Return the name of a record whose owner gave it none: random, so that no two records share it."""
    return f"pumpup/records/{token}"
