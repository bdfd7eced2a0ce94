"""Garbage collection while nobody types: then it costs no key its time.

Each line that is drawn is nine objects which Python's collector looks at, so that it comes round once or twice a key,
and with all that the screens hold takes 10 ms of one.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.app import App

    from pumpup_tui.context import Context

OFTEN, SELDOM = 10_000, 20_000
"""Objects more than were freed, from which a collection is worth it in a pause, and from which it waits for none."""
PAUSE_SECONDS = 1.0
SETTLED_SECONDS = 1.0
"""After which all that a screen brought is there."""
SETTLED_IN = frozenset(("board", "timeline"))
"""Modes whose screens are frozen once they are there; the inbox is with the app."""


class GarbageCollection:
    """When the garbage collector runs. It starts anew with each screen that was put together."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._pressed = monotonic()

    def attach(self, app: App[None], context: Context) -> None:
        """Watch the app's signals."""
        app.set_timer(SETTLED_SECONDS, self.freeze)
        signals = context.signals
        signals.screen_made.subscribe(app, lambda mode: self._screen_made(app, mode), immediate=True)
        signals.key_heard.subscribe(app, lambda _: self.pressed(), immediate=True)
        signals.tick.subscribe(app, lambda _: self.tick(), immediate=True)

    def _screen_made(self, app: App[None], mode: str) -> None:
        if mode in SETTLED_IN:
            app.set_timer(SETTLED_SECONDS, self.freeze)

    @staticmethod
    def freeze() -> None:
        """Leave alone what is there now: modules, sheets and widgets stay until the end."""
        gc.freeze()
        gc.set_threshold(SELDOM, 3, 3)
        gc.enable()

    def pressed(self) -> None:
        """Note that a key was pressed."""
        self._pressed = self._monotonic()

    def tick(self) -> None:
        """Collect, where that is worth it and nobody types."""
        if gc.get_count()[0] >= OFTEN and self._monotonic() - self._pressed >= PAUSE_SECONDS:
            gc.collect()
