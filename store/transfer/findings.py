"""The findings of a verification, of a folder or of a database."""

from __future__ import annotations

from dataclasses import dataclass, field

from store.folder.head import START, Position

BREACHES_NAMED = 20
"""Breaches of one kind that are named, at the most; the others are counted."""


@dataclass(slots=True)
class Findings:
    """The result of a verification: how far the record is sound, and each thing that is wrong."""

    position: Position = START
    wrong: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """Leftovers of a killed program, never acknowledged: the next write repairs them."""

    def expect(self, hash_: str | None) -> None:
        """Note where the record does not end with the hash that is expected; None is any."""
        if hash_ is not None and hash_.lower() != self.position.hash:
            self.wrong.append(f"The chain stands at {self.position.hash}, not at the expected {hash_}.")
