"""The small files that the simulated agent brings along, made on the spot."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class File:
    """A small file that a case brings along."""

    name: str
    content_type: str
    content: bytes


def text_file(name: str, lines: list[str]) -> File:
    """Return a plain-text or CSV file of these lines."""
    kind = "text/csv" if name.endswith(".csv") else "text/plain"
    return File(name, kind, ("\n".join(lines) + "\n").encode())


def photo(name: str, rng: Random) -> File:
    """Return a small picture (PNG, 48 by 32 points of noise on a slope)."""
    rows = b"".join(
        b"\0" + bytes(min(255, 4 * x + 2 * y + rng.randrange(24)) for x in range(48) for _ in range(3))
        for y in range(32)
    )

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 48, 32, 8, 2, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return File(name, "image/png", png)
