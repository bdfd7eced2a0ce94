"""Bracketed paste: all between the brackets is text, escapes too.

Reason: Textual's parser takes an escape within a paste for the beginning of a key, so that what follows it overtakes
the rest of the text, as keys.

Performance: not measured alone; text without an escape is passed on as it is.

Test: tests/unit/test_terminals.py, tests/cli/test_pasting.py.
"""

from __future__ import annotations

OPENING, CLOSING = "\x1b[200~", "\x1b[201~"
SHOWN = "\u241b"
"""The picture that an escape within a paste becomes: it controls no terminal, here or where the text goes next."""


class Pastes:
    """Filters the input of a terminal, piece by piece: escapes within pastes become pictures."""

    def __init__(self) -> None:
        self._inside = False
        self._matched = 0
        """Characters of the next bracket that were the last to come."""

    def filtered(self, text: str) -> str:
        """Return `text` with the escapes within a paste replaced.

        The beginning of what may be the closing bracket is held back until it is known.
        """
        if not self._inside and "\x1b" not in text and not self._matched:
            return text
        return "".join(map(self._one, text))

    def _one(self, char: str) -> str:
        bracket = CLOSING if self._inside else OPENING
        held = bracket[: self._matched] if self._inside else ""
        if char == bracket[self._matched]:
            self._matched += 1
            if self._matched < len(bracket):
                return "" if self._inside else char
            self._inside, self._matched = not self._inside, 0
            return held + char
        # An escape begins a bracket anew, wherever in one it comes.
        self._matched = 1 if char == "\x1b" else 0
        if not self._inside:
            return char
        return held.replace("\x1b", SHOWN) + ("" if self._matched else char)
