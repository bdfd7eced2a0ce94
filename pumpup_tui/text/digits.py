"""Detection of misleading numbers: letters among digits (`1,OOO`), and digits of another script than the text.

Pure. To a program, which reads the characters, such a number is another one than to a person, or none.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator

from api_client.unicode_scripts import script_of, scripts_of, seems

_TOKEN = re.compile(r"[^\W_]+(?:[.,'\u2019][^\W_]+|(?<=\d)[ \u00a0\u202f](?=[Il]*[\dO])[\dOIl]{3}(?![^\W_]))*")
"""A candidate for a number: letters and digits, with the marks or blanks that part thousands and decimals."""
_MARKS = ".,'\u2019 \u00a0\u202f"
_LETTER_BY_DIGIT = re.compile(r"\d[.,' ]?[A-Za-z]|[A-Za-z][.,']?\d|\$[A-Za-z]")
"""A pattern that an ASCII text must contain for any of it to be flagged."""
_NARROW = frozenset("0Oo1Il|")
"""Characters that look like digits anywhere."""
_WIDE = _NARROW | frozenset("SBZG23456789")
"""Characters that look like digits in an amount; letters that look like one of these count too."""
CURRENCY = "USD|EUR|GBP|JPY|CHF|CNY|INR|AUD|CAD|SEK|NOK|DKK|PLN|BRL|MXN|SGD|HKD|NZD|ZAR|KRW|RUB|TRY"
"""Codes of currencies, as a pattern."""
_CODE = re.compile(rf"(?:{CURRENCY})(?![A-Za-z])")
_CODE_FIRST = re.compile(f"(?:{CURRENCY})")
_SCALE = re.compile("(?<=.)(?:[kKmMbBtT]|bn|mn|MM)$")
"""A suffix of an amount: thousands, millions and more."""
_GROUPED = re.compile(rf"[dL]{{1,3}}(?:[{_MARKS}][dL]{{3}})+(?:[.,][dL]{{1,2}})?|d[dL]*[.,][dL]{{2}}")
"""The shape of a number with thousands or cents; `d` a digit, `L` a letter that looks like one."""
_ROMAN = re.compile(r"d+\.L+")
"""The shape of a chapter and its section."""
_NO_DIGIT = re.compile("[1Il]?[O\u041e\u039f]{2,}")
"""An amount without any digit."""
_ARABIC = frozenset(("ARABIC", "SYRIAC", "THAANA"))
"""Scripts that share the Arabic digits."""


def letters_among_digits(text: str) -> list[int]:
    """Return where letters stand that look like digits of the number around them, in time linear in `text`."""
    if text.isascii() and not _LETTER_BY_DIGIT.search(text):
        return []
    return [at for token in _TOKEN.finditer(text) for at in _among(text, token)]


def foreign_digits(text: str) -> list[int]:
    """Return where digits stand that are of no script written in `text`, or of another than the digits beside them."""
    if text.isascii():
        return []
    digits = [index for index, char in enumerate(text) if not char.isascii() and _is_plain_digit(char)]
    if not digits:
        return []
    of_script = Counter(_family(script_of(text[index])) for index in digits)
    letters = Counter[str]()
    for script, count in scripts_of(text).items():
        letters[_family(script)] += count
    strange = {script for script, count in of_script.items() if letters[script] < count}
    mixed = {at for token in _TOKEN.finditer(text) for at in _mixed_digits(text, token)}
    return [index for index in digits if index in mixed or _family(script_of(text[index])) in strange]


def _is_plain_digit(char: str) -> bool:
    """Return whether a character is a digit of a script, and not another form (NFKC) of one."""
    return char.isdecimal() and not unicodedata.decomposition(char)


def _family(script: str) -> str:
    return "ARABIC" if script in _ARABIC else script


def _mixed_digits(text: str, token: re.Match[str]) -> Iterator[int]:
    """Yield the digits past ASCII of a number that has digits of several scripts."""
    digits = [index for index in range(*token.span()) if text[index].isdecimal()]
    if len({_family(script_of(text[index])) for index in digits}) > 1:
        yield from (index for index in digits if not text[index].isascii())


def _among(text: str, token: re.Match[str]) -> list[int]:
    """Return where letters stand among the digits of one number."""
    word, start = token.group(), token.start()
    if word.isdecimal() or not (any(map(str.isdecimal, word)) or _is_sign(text[start - 1 : start])):
        return []
    is_amount = _is_amount(text, token)
    code, scale = _CODE_FIRST.match(word) if is_amount else None, _SCALE.search(word)
    begin, end = code.end() if code else 0, scale.start() if scale else len(word)
    core = word[begin:end]
    shape = "".join(_shape(char, _WIDE if is_amount else _NARROW) for char in core)
    if "L" not in shape or "x" in shape:
        return []
    if not (_reads_as_amount(core, shape) if is_amount else _reads_as_number(core, shape)):
        return []
    return [start + begin + index for index, char in enumerate(shape) if char == "L"]


def _is_amount(text: str, token: re.Match[str]) -> bool:
    """Return whether a currency stands beside a number, or begins it."""
    before = text[max(0, token.start() - 4) : token.start()].strip()
    after = text[token.end() : token.end() + 5].strip()
    return bool(
        _is_sign(before[-1:])
        or _is_sign(after[:1])
        or _CODE.fullmatch(before)
        or _CODE.match(after)
        or _CODE_FIRST.match(token.group())
    )


def _is_sign(char: str) -> bool:
    return bool(char) and unicodedata.category(char) == "Sc"


def _shape(char: str, digit_like: frozenset[str]) -> str:
    """Return `d` for a digit, `L` for a letter that looks like one, a mark as itself, `x` for the rest."""
    if char in _MARKS:
        return char
    if char.isdecimal():
        return "d"
    return "L" if digit_like & ({char} if char.isascii() else seems(char)) else "x"


def _reads_as_amount(core: str, shape: str) -> bool:
    return "d" in shape or bool(_GROUPED.fullmatch(shape) or _NO_DIGIT.fullmatch(core))


def _reads_as_number(core: str, shape: str) -> bool:
    """Return whether a shape without a currency reads as one number; `10l`, `1o`, `O365` and `1.II` are none."""
    letters = [char for char, kind in zip(core, shape, strict=True) if kind == "L"]
    if len(letters) == 1 and shape.endswith("L") and letters[0] in "lo\u043e":
        return False  # litres, or an ordinal
    if _GROUPED.fullmatch(shape):
        return not (_ROMAN.fullmatch(shape) and set(letters) == {"I"})
    if any(mark in shape for mark in _MARKS):
        return False
    return shape.startswith("d") or (core.startswith("l") and len(core) > 2)
