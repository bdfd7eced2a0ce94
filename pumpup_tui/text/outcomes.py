"""Outcomes and other acts: the word, past word, glyph and tone of each, the same on all screens and in all commands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from api_client.outcome_words import LONG_OUTCOME_WORDS, OUTCOME_WORDS


class ActWords(NamedTuple):
    """An act of a reviewer, as people see it."""

    word: str
    """What is done: the name of the command too."""
    past: str
    """What was done."""
    glyph: str
    tone: str
    long: str = ""
    """The word at length, where one needs explaining; else empty."""

    @property
    def armed(self) -> str:
        """The tone of the ground on which it is armed."""
        return f"armed-{self.tone}" if self.tone else "armed"

    @property
    def with_glyph(self) -> str:
        """Glyph and word."""
        return f"{self.glyph} {self.word}"

    @property
    def past_with_glyph(self) -> str:
        """Glyph and past word."""
        return f"{self.glyph} {self.past}"


_LOOKS: Mapping[str, tuple[str, str, str]] = {
    "APPROVE": ("approved", "▲", "approve"),
    "REJECT": ("denied", "▼", "deny"),
    "EDIT_AND_APPROVE": ("edited", "✎", "approve"),
    "REQUEST_MORE_INFO": ("asked for more", "?", "ask"),
    "ESCALATE": ("escalated", "!", "escalate"),
}
OUTCOMES: Mapping[str, ActWords] = {
    name: ActWords(word, *_LOOKS[name], LONG_OUTCOME_WORDS.get(name, "")) for name, word in OUTCOME_WORDS.items()
}
"""By an outcome's name on the wire, in the order in which they are listed."""
ACTS: Mapping[str, ActWords] = {
    **OUTCOMES,
    "ANSWER": ActWords("answer", "answered", "✓", "approve"),
    "WITHDRAW": ActWords("decline", "declined", "⊘", "deny", "decline to answer"),
    "MOVE": ActWords("move", "moved", "→", ""),
    "NOTE": ActWords("note", "noted", "¶", ""),
    "ASSIGN": ActWords("assign", "assigned", "@", ""),
    "PAUSE": ActWords("pause", "paused", "■", "deny"),
    "RESUME": ActWords("resume", "resumed", "▶", "approve"),
    "GIVE_GRANT": ActWords("give grant", "grant given", "◆", "approve"),
    "END_GRANT": ActWords("end grant", "grant ended", "◇", "deny"),
}
"""The outcomes and all else that a reviewer does, by its name in the program."""
