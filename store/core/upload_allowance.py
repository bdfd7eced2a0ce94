"""The allowance of uploads that a caller has attached to no task (CONTRACT.md part 3, Limits)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from api_client.errors import TooManyRequests

RETRY_SECONDS = 60


class UploadAllowance:
    """Counts, by subject, the bytes of uploads that no task has: the recorded ones, and those that are coming in."""

    def __init__(self, recorded: Callable[[str], int], most: int) -> None:
        """Allow `most` bytes; 0 is no limit. `recorded` returns a subject's recorded bytes that no task has."""
        self._recorded, self._most = recorded, most
        self._coming: Counter[str] = Counter()

    @contextmanager
    def taking(self, subject: str) -> Iterator[Callable[[int], None]]:
        """Give a function that counts the bytes of one upload as they arrive, until it is recorded or given up.

        The function raises `TooManyRequests` where they are too many.
        """
        taken = 0

        def take(size: int) -> None:
            nonlocal taken
            if self._most and self._recorded(subject) + self._coming[subject] + size > self._most:
                raise TooManyRequests(
                    f"This key has uploaded {self._most:,} bytes that no task has. Attach them to their tasks, or "
                    "wait: what nothing attaches is dropped after a day.",
                    retry_after=RETRY_SECONDS,
                )
            taken += size
            self._coming[subject] += size

        try:
            yield take
        finally:
            self._coming[subject] -= taken
            if not self._coming[subject]:
                del self._coming[subject]
