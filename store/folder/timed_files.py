"""The system's own operations on files, with each sync timed."""

from __future__ import annotations

import time
from collections.abc import Callable

from typing_extensions import override

from store.folder.files import Files


class TimedFiles(Files):
    """Files whose syncs are reported, for metrics."""

    def __init__(self, on_sync: Callable[[float], None]) -> None:
        """Call `on_sync` with the seconds of each sync."""
        self._on_sync = on_sync

    @override
    def sync(self, fd: int) -> None:
        """Return when the file's bytes are on the disk."""
        start = time.perf_counter()
        super().sync(fd)
        self._on_sync(time.perf_counter() - start)
