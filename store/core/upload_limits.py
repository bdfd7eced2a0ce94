"""Limits of the uploads of one record (CONTRACT.md part 3, Limits)."""

from __future__ import annotations

from dataclasses import dataclass

MAX_BYTES = 25_000_000
"""The largest upload that is taken unless the store's owner says otherwise."""
PIECE = 1 << 18
"""An upload's content is read and written in pieces of so many bytes."""


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """Limits of the uploads of one record, in bytes."""

    max_bytes: int = MAX_BYTES
    """Of one upload."""
    keep_free: int = 0
    """Left free on a folder's disk, for the journal."""
    loose_bytes: int = 0
    """Of a caller's uploads that are attached to no task; 0 is no limit."""
