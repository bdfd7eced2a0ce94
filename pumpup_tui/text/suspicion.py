"""Detection of misleading characters: hidden ones, lookalikes, mixed scripts, other forms; and the text spelt out.

`clean` makes a text safe to show. This module counts what a reader would still miss, to be shown beside the text, and
spells the text out (`spelt_out`). Pure; Unicode's tables are read with the first text that is not ASCII.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from api_client.unicode_scripts import is_mixed, script_of, scripts_of, seems
from pumpup_tui.text.digits import foreign_digits, letters_among_digits
from pumpup_tui.text.firewall import BLOCK, is_shown_as_is, stacked_marks, stray_marks, wide_gaps

Kind = Literal["hidden", "lookalike", "form", "digit", "gap"]

_WORD = re.compile("(?:[^\\W_][\u0300-\u036f]*)+")
_ODD = re.compile(r"[^\n\t\r\x20-\x7e]|\r(?!\n)")
_EAST_ASIAN = frozenset(("HAN", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO"))
_STRUCTURAL = frozenset("/\\:.!?&=;")
"""ASCII marks that structure an address or a path."""
_NEAR = 3
"""Characters to either side among which East Asian writing makes wide marks usual."""
_USUAL_SPELT = {ord("\\"): "\\\\", ord("\n"): "\\n\n", ord("\t"): "\\t", ord("\r"): "\\r"}
"""Characters of ordinary ASCII text that are spelt in another way."""
_WIDE_BLANK = "\u3000"
_ON_KEYBOARDS = frozenset("…™№ıĳŀŉ\u0e33\u0eb3")
"""Characters beyond Latin-1 that Unicode lists as another form or a lookalike, and that are common in ordinary text."""


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Counts of misleading characters."""

    hidden: int = 0
    """Characters that a terminal would not show, or that would control it."""
    lookalikes: int = 0
    """Characters that look like others of the script around them."""
    mixed: int = 0
    """Words with letters of scripts that are not used together."""
    forms: int = 0
    """Characters that are another form of plain ones (Unicode's NFKC)."""
    digits: int = 0
    """Digits of another script than the text or the digits beside them."""
    gaps: int = 0
    """Long runs of blanks."""

    def __add__(self, other: Suspicion) -> Suspicion:
        return Suspicion(
            self.hidden + other.hidden,
            self.lookalikes + other.lookalikes,
            self.mixed + other.mixed,
            self.forms + other.forms,
            self.digits + other.digits,
            self.gaps + other.gaps,
        )

    def __bool__(self) -> bool:
        return self != Suspicion()

    @property
    def words(self) -> str:
        """The counts to show beside the text, such as "3 hidden, 1 looks like something else"; empty for none."""
        counts = (
            (self.hidden, "hidden", "hidden"),
            (self.lookalikes, "looks like something else", "look like something else"),
            (self.mixed, "word of mixed alphabets", "words of mixed alphabets"),
            (self.forms, "in another form", "in another form"),
            (self.digits, "digit of another script", "digits of another script"),
            (self.gaps, "wide gap", "wide gaps"),
        )
        return ", ".join(f"{count:,} {one if count == 1 else many}" for count, one, many in counts if count)


def suspicion_of(text: str, *, limit: int = BLOCK) -> Suspicion:
    """Count the misleading characters among the first `limit` of `text`, in time linear in `limit`."""
    text = text[:limit]
    return _counted(text, _marked(text))


def count_hidden(text: str, *, limit: int = BLOCK) -> int:
    """Return how many characters `suspicion_of` counts as hidden; quick enough for each key in an editor."""
    text = text[:limit]
    odd = sum(1 for match in _ODD.finditer(text) if match.group() != "\ufe0f" and not is_shown_as_is(match.group()))
    return odd + len({*stray_marks(text), *stacked_marks(text)})


def spelt_out(text: str, *, limit: int = BLOCK) -> str:
    r"""Return `text` spelt out: each misleading character as its escape (`\x1b`, `\u0430`), as in Python.

    A backslash is doubled; a newline is `\n` and ends the line as well. Characters over `limit` are counted.
    """
    inspected = text[:limit]
    return _spelt_out(inspected, _marked(inspected), left_out=len(text) - len(inspected))


def inspect_text(text: str, *, limit: int = BLOCK) -> tuple[Suspicion, str]:
    """Return the results of `suspicion_of` and `spelt_out`, in one pass."""
    inspected = text[:limit]
    marked = _marked(inspected)
    return _counted(inspected, marked), _spelt_out(inspected, marked, left_out=len(text) - len(inspected))


def _counted(text: str, marked: Mapping[int, Kind]) -> Suspicion:
    kinds = Counter(marked.values())
    mixed = 0 if text.isascii() else sum(1 for word in _WORD.findall(text) if is_mixed(word))
    return Suspicion(kinds["hidden"], kinds["lookalike"], mixed, kinds["form"], kinds["digit"], kinds["gap"])


def _spelt_out(text: str, marked: Mapping[int, Kind], *, left_out: int) -> str:
    if marked or not text.isascii():
        spelt = "".join([_spelt(char, escaped=index in marked) for index, char in enumerate(text)])
    else:
        spelt = text.translate(_USUAL_SPELT)
    return spelt + (f"… +{left_out:,} characters" if left_out else "")


def _spelt(char: str, *, escaped: bool) -> str:
    if char == "\n":
        return "\\n\n"
    if char == "\\":
        return "\\\\"
    if escaped and char.isascii() and char.isprintable():
        return f"\\x{ord(char):02x}"
    if escaped or not char.isprintable() or script_of(char) == "INHERITED":  # a mark would sit on the escape before it
        return char.encode("unicode_escape").decode("ascii")
    return char


def _marked(text: str) -> Mapping[int, Kind]:
    """Return the misleading characters by their place in `text`."""
    marked: dict[int, Kind] = dict.fromkeys(wide_gaps(text), "gap")
    marked |= dict.fromkeys(letters_among_digits(text), "lookalike")
    odd = list(_ODD.finditer(text))
    if not odd:
        return marked
    main = "LATIN" if text.isascii() else _main_script(text)
    for match in odd:
        kind = _kind_at(text, match.start(), main)
        if kind and (kind == "hidden" or match.start() not in marked):
            marked[match.start()] = kind
    marked |= dict.fromkeys([*stray_marks(text), *stacked_marks(text)], "hidden")
    marked |= dict.fromkeys(foreign_digits(text), "digit")
    if not text.isascii():
        for word in _WORD.finditer(text):
            for index in _lookalikes(word.group(), main):
                marked.setdefault(word.start() + index, "lookalike")
    return marked


def _kind_at(text: str, index: int, main: str) -> Kind | None:
    """Return the kind of the character at `index`, by itself."""
    char = text[index]
    if char == "\ufe0f":
        return None  # `stray_marks` finds those that belong to no emoji
    if not is_shown_as_is(char):
        return "hidden"
    if char == _WIDE_BLANK:
        begins = text[index - 1 : index] != _WIDE_BLANK
        return "gap" if begins and not _is_east_asian(_around(text, index)) else None
    if _is_form(char):
        is_emoji = text[index + 1 : index + 2] == "\ufe0f"
        is_usual = _is_wide_mark(char) and _is_east_asian(_around(text, index))
        return None if is_emoji or is_usual else "form"
    return "lookalike" if _imitates_structure(char, main) else None


def _around(text: str, index: int) -> str:
    return text[max(0, index - _NEAR) : index + _NEAR + 1]


# Single characters.


@lru_cache(maxsize=4096)
def _is_form(char: str) -> bool:
    """Return whether NFKC makes another character of `char`, and `char` is unusual in everyday text."""
    if char < "\u0100" or char in _ON_KEYBOARDS or unicodedata.category(char) == "Zs":
        return False
    made_of = unicodedata.decomposition(char)
    half_kana = "\uff65" <= char <= "\uff9f"
    return not half_kana and (made_of.startswith("<") or (bool(made_of) and " " not in made_of))


def _is_wide_mark(char: str) -> bool:
    return "\uff01" <= char <= "\uff5e" and not char.isalnum()


def _is_east_asian(text: str) -> bool:
    return any(script_of(char) in _EAST_ASIAN for char in text)


def _imitates_structure(char: str, main: str) -> bool:
    """Return whether a character looks like a mark of an address, and does not belong to the text's own script."""
    script = script_of(char)
    if script in _EAST_ASIAN or (script == main and script != "LATIN") or unicodedata.category(char)[0] in "NM":
        return False
    return char not in _ON_KEYBOARDS and bool(seems(char) & _STRUCTURAL)


# Words.


def _main_script(text: str) -> str:
    """Return the script that most letters are of; Latin where that is undecided."""
    counts = scripts_of(text)
    return max(counts, key=lambda script: (counts[script], script == "LATIN"), default="LATIN")


def _lookalikes(word: str, around: str) -> list[int]:
    """Return the places of letters that look like others of the word's script; all where it looks like `around`'s."""
    if word.isascii():
        return []
    scripts = scripts_of(word)
    if not scripts:
        return []
    main = max(scripts, key=lambda script: (scripts[script], script == around))
    lookalikes = [index for index, char in enumerate(word) if not _is_plain(char, main) and _passes_for(char, main)]
    if not lookalikes and len(scripts) == 1 and main != around and main not in _EAST_ASIAN:
        letters = [index for index, char in enumerate(word) if char.isalpha()]
        return letters if all(_passes_for(word[index], around) for index in letters) else []
    return lookalikes


@lru_cache(maxsize=4096)
def _is_plain(char: str, script: str) -> bool:
    """Return whether a letter is an ordinary one of a script; one of Latin may look like one of ASCII, and is not."""
    if not char.isalpha() or char in _ON_KEYBOARDS:
        return True
    return script_of(char) == script and (char < "\u0100" or script != "LATIN")


@lru_cache(maxsize=4096)
def _passes_for(char: str, script: str) -> bool:
    """Return whether a letter looks like one of a script; of Latin, like one of ASCII."""
    return any(
        one.isalpha() and script_of(one) == script and (one.isascii() or script != "LATIN") for one in seems(char)
    )
