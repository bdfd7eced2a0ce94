"""The rules of API keys: names, roles, tags, digests, ids (CONTRACT.md part 1, Headers).

A key is a random text that is shown once; only its SHA-256 is stored.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from api_client.commands import PLATFORM
from api_client.errors import InvalidRequest, NotFound
from api_client.models import Role
from api_client.unicode_scripts import why_no_name

SECRET_BYTES = 32
"""Random bytes of a key."""
_KIND: Mapping[str, str] = {"agent": "an agent's", "reviewer": "a reviewer's"}


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """A key's public data."""

    name: str
    role: Role
    tags: tuple[str, ...]
    added_at: str
    """In the wire's form."""
    id: str
    """Tells one of a name's keys from the others; says nothing of the secret that could be used."""
    last_used_at: str | None = None
    """In the wire's form, a few seconds late; None where it was never used."""


def check_owner(name: str, role: str, tags: Sequence[str]) -> None:
    """Check a key's name, role and tags by themselves.

    Raises:
        InvalidRequest: the name, role or a tag can't be used.
    """
    for what, text in (("name", name), *(("tag", tag) for tag in tags)):
        if not (1 <= len(text) <= 80 and text.isprintable() and text.strip() == text):
            raise InvalidRequest(f"A key's {what} must have 1 to 80 printable characters and no space at its ends.")
    if name == PLATFORM.subject:
        raise InvalidRequest(f"{name!r} is the store's own name.")
    if role not in get_args(Role):
        raise InvalidRequest(f"A key's role must be one of {', '.join(get_args(Role))}.")


def check_among(name: str, role: str, owners: Sequence[tuple[str, str]]) -> None:
    """Check a new key's name against the names and roles of all keys that there are.

    A name may have several keys: they are the same caller, whose answers are remembered under that name. So a name has
    one role: else an agent could be answered what a reviewer was.

    Raises:
        InvalidRequest: the name has a key of another role, or it could be taken for another (its word mixes alphabets,
            or it looks like one of these names).
    """
    if why := why_no_name(name, (PLATFORM.subject, *(other for other, _ in owners))):
        raise InvalidRequest(f"{name!r} could be taken for another name: {why}. Choose another.")
    if other := next((kind for owner, kind in owners if owner == name and kind != role), None):
        raise InvalidRequest(
            f"{name} has {_KIND[other]} key already, and a name has one role: take another name, or revoke that key "
            "first."
        )


def names_of_two_roles(owners: Iterable[tuple[str, str]]) -> list[str]:
    """Return the names that have keys of both roles, out of each key's name and role."""
    owners = set(owners)
    agents = {name for name, role in owners if role == "agent"}
    return sorted(agents & {name for name, role in owners if role != "agent"})


def secret_of(token: str) -> str:
    """Return the key that is made of a random text."""
    return f"pk_{token}"


def digest_of(secret: str) -> bytes:
    """Return the SHA-256 that a key is stored as."""
    return hashlib.sha256(secret.encode(errors="replace")).digest()


def id_of_digest(digest: str) -> str:
    """Return the id by which a key is listed and revoked, from its digest in hex."""
    return digest[:8]


def key_id(secret: str) -> str:
    """Return the id by which a key is listed and revoked."""
    return id_of_digest(digest_of(secret).hex())


def no_key(name: str, key_id: str | None = None) -> NotFound:
    """Return the error for a name that has no key, or none with this id."""
    return NotFound(f"{name} has no key {key_id}." if key_id else f"There is no key for {name}.")
