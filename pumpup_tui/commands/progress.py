"""A progress bar for what takes over a second: on stderr, and only where that is a terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

AFTER_SECONDS = 1.0


@contextmanager
def progress_bar(label: str, clock: Callable[[], float] = time.monotonic) -> Iterator[Callable[[int, int], None]]:
    """Yield what to tell how much is done, of how much; the bar appears after the first second, if it is not over."""
    start = clock()
    bar = click.progressbar(length=1, label=label, file=sys.stderr, show_eta=True)
    shown = False

    def told(done: int, total: int) -> None:
        nonlocal shown
        if not shown and (done >= total or clock() - start < AFTER_SECONDS or not sys.stderr.isatty()):
            return
        if not shown:
            shown = True
            bar.__enter__()
        bar.length = max(1, total)
        bar.update(done - bar.pos)

    try:
        yield told
    finally:
        if shown:
            bar.__exit__(None, None, None)
