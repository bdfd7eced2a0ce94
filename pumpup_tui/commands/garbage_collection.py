"""Looking for garbage when nobody types: what is found then costs no key its time.

Each line that is drawn is nine objects which Python's collector looks at, so that it comes round once or twice a key,
and with all that the screens hold takes 10 ms of one.
"""

from __future__ import annotations

import gc
from collections.abc import Callable

OFTEN, SELDOM = 10_000, 20_000
"""Objects more than were let go, from which a look is worth it in a pause, and from which it waits for none."""
PAUSE_SECONDS = 1.0


class Tidying:
    """When the garbage collector runs. It is begun anew with each screen that was put together."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._pressed = monotonic()

    @staticmethod
    def keep_all() -> None:
        """Leave alone what is there now: modules, sheets and widgets stay until the end."""
        gc.freeze()
        gc.set_threshold(SELDOM, 3, 3)
        gc.enable()

    def pressed(self) -> None:
        """Hear of a key."""
        self._pressed = self._monotonic()

    def tick(self) -> None:
        """Collect, where that is worth it and nobody types."""
        if gc.get_count()[0] >= OFTEN and self._monotonic() - self._pressed >= PAUSE_SECONDS:
            gc.collect()
