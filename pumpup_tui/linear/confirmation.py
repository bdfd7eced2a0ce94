"""The second step of a decision: `yes` and a word that only who has read the question knows.

A pasted `approve` and `yes` confirm nothing, and neither does a text that an agent has prepared: the word is made of a
secret of this session, and of the hash of what was printed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from pumpup_tui.decisions.desk import Intent

WORDS = [
    "amber",
    "anchor",
    "apple",
    "autumn",
    "basket",
    "beacon",
    "bottle",
    "bridge",
    "candle",
    "canyon",
    "castle",
    "cedar",
    "cherry",
    "circle",
    "copper",
    "cotton",
    "desert",
    "dolphin",
    "dragon",
    "eagle",
    "ember",
    "engine",
    "falcon",
    "feather",
    "forest",
    "garden",
    "ginger",
    "glacier",
    "hammer",
    "harbor",
    "hazel",
    "island",
    "jacket",
    "jasmine",
    "kettle",
    "ladder",
    "lantern",
    "lemon",
    "lemonade",
    "lizard",
    "magnet",
    "maple",
    "marble",
    "meadow",
    "mirror",
    "nickel",
    "ocean",
    "olive",
    "orchid",
    "paper",
    "pebble",
    "pepper",
    "pigeon",
    "planet",
    "pocket",
    "rabbit",
    "ribbon",
    "river",
    "saddle",
    "silver",
    "summer",
    "timber",
    "tunnel",
    "velvet",
    "violet",
    "walnut",
    "window",
    "winter",
]
"""Words that differ in sound."""


class ConfirmationWords:
    """The words of one session."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def word_of(self, intents: Sequence[Intent]) -> str:
        """Return the word that confirms these acts, on what was printed of them, with the notes that they have now."""
        digest = hashlib.sha256(self._secret.encode())
        for intent in intents:
            # not foreign: hashed, not said
            digest.update(repr(intent).encode("utf-8", "backslashreplace"))
        return WORDS[int.from_bytes(digest.digest()[:4], "big") % len(WORDS)]


def is_yes(answer: str, word: str) -> bool:
    """Return whether an answer confirms with this word."""
    return answer.casefold().split() == ["yes", word]
