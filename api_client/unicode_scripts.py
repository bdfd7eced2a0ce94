"""Unicode's scripts: the alphabet of a character, its lookalikes, and the alphabets that one word may mix (TR 39).

Pure. Unicode's tables, 9,600 lookalikes, are loaded with the first character that is not ASCII.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from functools import lru_cache

NO_SCRIPT = ("COMMON", "INHERITED", "Unknown")
INVISIBLE = frozenset(
    (
        *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180C, 0x180D, 0x180F, 0x2800, 0x3164, 0xFFA0),
        *range(0xFE00, 0xFE10),
        *range(0xE0100, 0xE01F0),
    )
)
"""Invisible characters that Unicode counts among letters, marks and symbols."""
_WRITTEN_TOGETHER = (
    frozenset(("LATIN", "HAN", "HIRAGANA", "KATAKANA")),
    frozenset(("LATIN", "HAN", "HANGUL")),
    frozenset(("LATIN", "HAN", "BOPOMOFO")),
)
"""Scripts that one word may mix (Unicode TR 39, highly restrictive)."""
_ALIKE = str.maketrans("1I|0", "lllO")
"""ASCII characters that look alike in a terminal's font."""
_BLANKS = "\t\n\v\f\r\x1c\x1d\x1e\x1f"
_CONTROLS = "".join(char for char in map(chr, (*range(0x20), 0x7F)) if char not in _BLANKS)
_ALIKE_FOLDED = str.maketrans("1|0" + _BLANKS, "llo" + " " * len(_BLANKS), _CONTROLS)
"""Those of them that do without capitals, blanks, and what can't be seen."""


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

    lookalikes = {entry["c"].strip("\u200e") for entry in confusables.confusables_data.get(char, ())}
    return frozenset(lookalike for lookalike in lookalikes if len(lookalike) == 1 and lookalike != char)


def scripts_of(word: str) -> Counter[str]:
    """Return the number of letters of `word` in each script, without those of no script."""
    counts = Counter(script_of(char) for char in word if char.isalpha())
    for name in NO_SCRIPT:
        counts.pop(name, None)
    return counts


def is_mixed(word: str) -> bool:
    """Return whether `word` mixes scripts that are not written together."""
    if word.isascii():
        return False
    scripts = frozenset(scripts_of(word))
    return len(scripts) > 1 and not any(scripts <= together for together in _WRITTEN_TOGETHER)


_WORD = re.compile(r"[^\W_]+")


def why_no_name(name: str, others: Iterable[str]) -> str:
    """Return why `name` could be mistaken for another, for whoever chose it; empty if it can't.

    Args:
        name: A name that decides or asks.
        others: The existing names.
    """
    if not name.isascii():
        if hidden := next((char for char in name if ord(char) in INVISIBLE), ""):
            return f"it holds a character that can't be seen (U+{ord(hidden):04X})"
        for word in _WORD.findall(name):
            if is_mixed(word):
                mixed = " and ".join(script.replace("_", " ").title() for script in sorted(scripts_of(word)))
                return f"the word {word!r} mixes alphabets ({mixed})"
    look = skeleton(name)
    alike = next((other for other in others if other != name and skeleton(other) == look), "")
    return f"it looks like {alike!r}, which is there already" if alike else ""


def skeleton(name: str) -> str:
    """Return the look of `name`: two names with the same skeleton can't be told apart by eye."""
    if name.isascii():
        return name.translate(_ALIKE)
    plain = unicodedata.normalize("NFKC", name)
    return "".join(map(_ascii_of, plain)).translate(_ALIKE)


def are_alike(text: str, other: str) -> bool:
    """Return whether two texts whose case does not matter can't be told apart by eye."""
    return not looks(text).isdisjoint(looks(other))


def looks(text: str) -> frozenset[str]:
    """Return the looks of a text whose case does not matter: what can't be seen is left out, lookalikes are one.

    There are two, for a letter may look like another one than its capital does: the text as it is written, and the
    text whatever its case. Texts that share a look can't be told apart by eye.
    """
    return _short_looks(text) if len(text) <= _SHORT else _looks(text)


def _looks(text: str) -> frozenset[str]:
    texts = (text,) if text.isascii() else (text.translate(_AS_WRITTEN), text.translate(_IN_ANY_CASE))
    return frozenset(" ".join(one.casefold().translate(_ALIKE_FOLDED).split()) for one in texts)


_SHORT = 400
"""Characters of a text whose looks are kept, for each rule and filter compares with the same ones again."""
_short_looks = lru_cache(1024)(_looks)


class _LooksByCharacter(dict[int, str]):
    """A table for `str.translate` from characters to what they look like, filled as they are met."""

    def __init__(self, seen: Callable[[str], str]) -> None:
        super().__init__()
        self._seen = seen

    def __missing__(self, code: int) -> str:
        if len(self) >= _CHARACTERS_KEPT:
            self.clear()
        self[code] = seen = self._seen(chr(code))
        return seen


def _as_written(char: str) -> str:
    """Return what a character looks like: an ASCII letter or digit where it may be one; empty where it has no place."""
    if char.isascii():
        return char
    if ord(char) in INVISIBLE or unicodedata.category(char) in _UNSEEN:
        return ""
    if (alike := _ascii_of(char)) != char:
        return alike
    if (parts := unicodedata.normalize("NFKD", char)) != char:
        return "".join(map(_as_written, parts))
    named = _LETTER.search(unicodedata.name(char, ""))
    return named[1] if named else char


def _in_any_case(char: str) -> str:
    """Return what a character looks like as a small or as a capital letter: the same for both."""
    found = {"".join(map(_as_written, other)).casefold() for other in (char.lower(), char.upper())}
    return min(found, key=lambda text: (not text.isascii(), text))


_UNSEEN = frozenset(("Cf", "Mn", "Me", "Cc", "Cn", "Co", "Cs", "Zl", "Zp"))
"""The categories of characters that are invisible, or stand over the one before them."""
_LETTER = re.compile(r"\b(?:LATIN (?:SMALL |CAPITAL )?LETTER (?:SMALL CAPITAL )?|SYMBOL LETTER )([A-Z])(?= WITH|$)")
"""The letter in the name of a character that is one with a stroke, in a square or in some other form."""
_CHARACTERS_KEPT = 10_000
_AS_WRITTEN, _IN_ANY_CASE = _LooksByCharacter(_as_written), _LooksByCharacter(_in_any_case)


@lru_cache(maxsize=4096)
def _ascii_of(char: str) -> str:
    """Return the one ASCII letter or digit that `char` looks like, else `char`."""
    if char.isascii():
        return char
    return min((alike for alike in seems(char) if alike.isascii() and alike.isalnum()), default=char)
