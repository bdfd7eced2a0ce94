"""Alerts of new requests: the terminal's title, its bell, and a desktop notification (OSC 9) where it has them.

The title holds a count of our own making; a notification holds an agent's words, cleaned to one short line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from pumpup_tui.backend.messages import InboxCount, RequestsArrived
from pumpup_tui.local_state.preferences import Preferences
from pumpup_tui.text.firewall import line, without_controls

ALERT_SECONDS = 3.0
"""Seconds between two bells or notifications: a hundred requests at once ring once."""
WORDS_SHOWN = 80
_PUSH, _POP = "\x1b[22;2t", "\x1b[23;2t"
_NO_OSC = re.compile(r"linux|dumb|vt\d|cons")
"""Terminals that would print such a sequence; those that merely don't know it swallow it."""


class Alerts:
    """Writes to the terminal beside the widgets. `write` is the driver's, `ring` the app's bell."""

    def __init__(
        self,
        preferences: Preferences,
        *,
        write: Callable[[str], None],
        ring: Callable[[], None],
        term: str,
        monotonic: Callable[[], float],
    ) -> None:
        self._preferences = preferences
        self._write = write
        self._ring = ring
        self._monotonic = monotonic
        self._can = not _NO_OSC.match(term or "dumb")
        self._title = ""
        self._last = float("-inf")

    def receive(self, event: InboxCount | RequestsArrived) -> None:
        """Take in how many requests are open, or that some have arrived."""
        if isinstance(event, InboxCount):
            self.count(event.words)
        else:
            self.asked(event.summaries)

    def count(self, waiting: str) -> None:
        """Put the count of what waits into the terminal's title; the one it had comes back in the end."""
        title = f"Pump Up · {waiting} waiting" if waiting not in ("", "0") else "Pump Up"
        if self._can and title != self._title:
            first = "" if self._title else _PUSH
            self._title = title
            self._write(f"{first}\x1b]2;{title}\x07")

    def asked(self, summaries: Sequence[str]) -> None:
        """Alert of new requests, in the ways that the user chose."""
        wanted = self._preferences.bell or self._preferences.desktop
        if not (wanted and summaries) or self._monotonic() - self._last < ALERT_SECONDS:
            return
        self._last = self._monotonic()
        more = f" (and {len(summaries) - 1} more)" if len(summaries) > 1 else ""
        self._alert(f"{line(summaries[0], WORDS_SHOWN)}{more}")

    def grants_ended(self, names: Sequence[str]) -> None:
        """Alert of grants that ended by themselves, however soon after another alert."""
        if names:
            self._alert(f"a grant ended by itself: {line(names[0], WORDS_SHOWN)}")

    def _alert(self, words: str) -> None:
        """Ring and notify, as the user chose; `words` are clean."""
        if self._preferences.bell:
            self._ring()
        if self._preferences.desktop and self._can:
            # Our own words come first: some terminals read what begins with a digit as another command.
            self._write(f"\x1b]9;{without_controls(f'Pump Up: {words}')}\x07")

    def close(self) -> None:
        """Give the terminal the title back that it had."""
        if self._title:
            self._title = ""
            self._write(_POP)
