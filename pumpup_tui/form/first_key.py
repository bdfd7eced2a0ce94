"""Keeps a decision's keys out of a form that opened under them: `a y` on an approval, and the next one is a form."""

from __future__ import annotations

from collections.abc import Callable, Collection


class FirstKey:
    """Refuses the keys of a decision, from when a form opens until a key of the form's own was pressed.

    Once one was refused, no character is typed before such a key either: half a word would be worse than none.
    """

    def __init__(self, decides: Collection[str], refused: Callable[[str], None], begun: Callable[[], None]) -> None:
        """Take the keys that decide, by their long names, what says that one was refused, and what says so no more."""
        self._decides = decides
        self._refused = refused
        self._begun = begun
        self._waits = True
        self._has_refused = False

    def wait(self, decides: Collection[str]) -> None:
        """Wait for a key of the form's own again: a hand may be about to press one of these."""
        self._decides, self._waits, self._has_refused = decides, True, False

    def refuses(self, key: str, *, is_typed: bool) -> bool:
        """Return whether a key must not reach the field that has the focus; any other is a key of the form's own."""
        if not self._waits:
            return False
        if is_typed and (key in self._decides or self._has_refused):
            self._has_refused = True
            self._refused(key)
            return True
        self.begin()
        return False

    def begin(self) -> None:
        """Let every key by: the form is being filled in."""
        had_refused, self._waits, self._has_refused = self._has_refused, False, False
        if had_refused:
            self._begun()
