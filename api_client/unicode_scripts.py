"""Scripts: which alphabet a character is of, what it looks like, and which alphabets one word may mix (Unicode TR 39).

Pure. Unicode's tables, 9,600 lookalikes, are read with the first character that is not ASCII.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

NO_SCRIPT = ("COMMON", "INHERITED", "Unknown")
INVISIBLE = frozenset(
    (
        *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180C, 0x180D, 0x180F, 0x2800, 0x3164, 0xFFA0),
        *range(0xFE00, 0xFE10),
        *range(0xE0100, 0xE01F0),
    )
)
"""Characters without a picture that Unicode counts among letters, marks and symbols."""
_WRITTEN_TOGETHER = (
    frozenset(("LATIN", "HAN", "HIRAGANA", "KATAKANA")),
    frozenset(("LATIN", "HAN", "HANGUL")),
    frozenset(("LATIN", "HAN", "BOPOMOFO")),
)
"""Scripts that one word may mix (Unicode TR 39, highly restrictive)."""
_ALIKE = str.maketrans("1I|0", "lllO")
"""ASCII characters that a name is told apart by, and that a terminal's font hardly does."""


@lru_cache(maxsize=4096)
def script_of(char: str) -> str:
    """Return the script of a character, as Unicode names it in capitals."""
    if char.isascii():
        return "LATIN" if char.isalpha() else "COMMON"
    from confusable_homoglyphs import categories

    return str(categories.alias(char))


@lru_cache(maxsize=4096)
def seems(char: str) -> frozenset[str]:
    """Return the single characters that `char` looks like."""
    from confusable_homoglyphs import confusables

    found = {one["c"].strip("\u200e") for one in confusables.confusables_data.get(char, ())}
    return frozenset(one for one in found if len(one) == 1 and one != char)


def scripts_of(word: str) -> Counter[str]:
    """Return how many letters of `word` are of each script; what is of none is left out."""
    found = Counter(script_of(char) for char in word if char.isalpha())
    for none in NO_SCRIPT:
        found.pop(none, None)
    return found


def is_mixed(word: str) -> bool:
    """Return whether the letters of `word` are of scripts that are not written together."""
    if word.isascii():
        return False
    scripts = frozenset(scripts_of(word))
    return len(scripts) > 1 and not any(scripts <= together for together in _WRITTEN_TOGETHER)


_WORD = re.compile(r"[^\W_]+")


def why_no_name(name: str, others: Iterable[str]) -> str:
    """Return why `name` could be taken for another, to say to who chose it; empty where it stands for itself.

    Args:
        name: A name that decides or asks.
        others: The names that there are already.
    """
    if not name.isascii():
        if hidden := next((char for char in name if ord(char) in INVISIBLE), ""):
            return f"it holds a character that can't be seen (U+{ord(hidden):04X})"
        for word in _WORD.findall(name):
            if is_mixed(word):
                mixed = " and ".join(one.replace("_", " ").title() for one in sorted(scripts_of(word)))
                return f"the word {word!r} mixes alphabets ({mixed})"
    look = skeleton(name)
    alike = next((one for one in others if one != name and skeleton(one) == look), "")
    return f"it looks like {alike!r}, which is there already" if alike else ""


def skeleton(name: str) -> str:
    """Return what `name` looks like: two names of one skeleton can't be told apart by eye."""
    if name.isascii():
        return name.translate(_ALIKE)
    plain = unicodedata.normalize("NFKC", name)
    return "".join(map(_ascii_of, plain)).translate(_ALIKE)


@lru_cache(maxsize=4096)
def _ascii_of(char: str) -> str:
    """Return the one ASCII letter or digit that `char` looks like, else `char`."""
    if char.isascii():
        return char
    return min((one for one in seems(char) if one.isascii() and one.isalnum()), default=char)
