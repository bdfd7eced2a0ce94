"""Which idempotency keys were answered, and on which line of the journal the answer stands.

The keys and answers stay on disk; here are eight bytes of digest and eight of offset each, so that a million
records cost 16 MB. Two keys of the same digest are told apart by what stands on their lines.
"""

from __future__ import annotations

import hashlib
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from typing import Any


def digest(caller: str, path: str, key: str) -> int:
    """Return 64 bits of the scope that a key is good for (CONTRACT.md part 3, Idempotency)."""
    text = "\0".join((caller, path, key)).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big")


class Remembered:
    """The line's offset for each digest: sorted columns, and what came since they were sorted."""

    def __init__(self, digests: array[int] | None = None, offsets: array[int] | None = None) -> None:
        self.digests: array[int] = digests if digests is not None else array("Q")
        self.offsets: array[int] = offsets if offsets is not None else array("Q")
        self._fresh: dict[int, list[int]] = {}

    def __len__(self) -> int:
        return len(self.digests) + sum(map(len, self._fresh.values()))

    def add(self, record: dict[str, Any], offset: int) -> None:
        """Remember a key record and the offset of its line."""
        found = digest(record["caller"], record["path"], record["key"])
        self._fresh.setdefault(found, []).append(offset)

    def lines(self, caller: str, path: str, key: str) -> Iterator[int]:
        """Yield the offsets of the lines where this scope's answer may stand."""
        wanted = digest(caller, path, key)
        yield from self._fresh.get(wanted, ())
        row = bisect_left(self.digests, wanted)
        while row < len(self.digests) and self.digests[row] == wanted:
            yield self.offsets[row]
            row += 1

    def settle(self) -> None:
        """Sort what came into the columns."""
        if not self._fresh:
            return
        fresh = ((found, offset) for found, offsets in self._fresh.items() for offset in offsets)
        merged = sorted([*zip(self.digests, self.offsets, strict=True), *fresh])
        self.digests = array("Q", (found for found, _ in merged))
        self.offsets = array("Q", (offset for _, offset in merged))
        self._fresh = {}
