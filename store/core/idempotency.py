"""Idempotency keys (CONTRACT.md part 3, Idempotency): their scope, and the record of what was answered."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Any, NamedTuple


class KeyScope(NamedTuple):
    """One caller's key on one concrete path: the same scope is answered the same."""

    caller: str
    path: str
    key: str


def record_of(scope: KeyScope, answer: dict[str, Any]) -> dict[str, Any]:
    """Return the record that is stored with a commit."""
    return {"caller": scope.caller, "path": scope.path, "key": scope.key, "answer": answer}


def is_record(value: object) -> bool:
    """Return whether a stored value is a record: a journal that an older version imported may hold any JSON."""
    return (
        isinstance(value, dict)
        and all(isinstance(value.get(name), str) for name in KeyScope._fields)
        and isinstance(value.get("answer"), dict)
    )


def answer_to(scope: KeyScope, record: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the answer that `record` holds for `scope`, None where it is another scope's."""
    if not record or (record["caller"], record["path"], record["key"]) != scope:
        return None
    answer: dict[str, Any] = record["answer"]
    return answer


@lru_cache(maxsize=256)  # a command's is asked for twice: when it is looked up, and when it is recorded
def digest(scope: tuple[str, str, str]) -> int:
    """Return 64 bits of a scope: enough to find its record, not to be sure of it."""
    text = "\0".join(scope).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big")
