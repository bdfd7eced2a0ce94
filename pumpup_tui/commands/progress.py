"""A progress bar for operations of over a second, on stderr where it is a terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

AFTER_SECONDS = 1.0


@contextmanager
def progress_bar(label: str, clock: Callable[[], float] = time.monotonic) -> Iterator[Callable[[int, int], None]]:
    """Yield a function that takes the amount done and the total; the bar appears after the first second."""
    start = clock()
    bar = click.progressbar(length=1, label=label, file=sys.stderr, show_eta=True)
    is_visible = False

    def update(done: int, total: int) -> None:
        nonlocal is_visible
        if not is_visible and (done >= total or clock() - start < AFTER_SECONDS or not sys.stderr.isatty()):
            return
        if not is_visible:
            is_visible = True
            bar.__enter__()
        bar.length = max(1, total)
        bar.update(done - bar.pos)

    try:
        yield update
    finally:
        if is_visible:
            bar.__exit__(None, None, None)
