"""Queues of things that wait, by their places in the chain: four bytes each."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator


class SeqQueue:
    """The seqs of the events that put something in a queue: a request, or a task's entry into its step; in order."""

    def __init__(self, seqs: array[int] | None = None) -> None:
        self.seqs: array[int] = seqs if seqs is not None else array("I")

    def __len__(self) -> int:
        return len(self.seqs)

    def __contains__(self, seq: int) -> bool:
        row = bisect_left(self.seqs, seq)
        return row < len(self.seqs) and self.seqs[row] == seq

    def add(self, seq: int) -> None:
        """Add a place: nearly always at the end."""
        if not self.seqs or seq > self.seqs[-1]:
            self.seqs.append(seq)
        else:
            self.seqs.insert(bisect_left(self.seqs, seq), seq)

    def remove(self, seq: int) -> None:
        """Remove a place; it may not be there."""
        if seq in self:
            del self.seqs[bisect_left(self.seqs, seq)]

    def after(self, seq: int) -> Iterator[int]:
        """Yield the places behind `seq`, in order."""
        for row in range(bisect_right(self.seqs, seq), len(self.seqs)):
            yield self.seqs[row]
