"""The check of a filter in the configuration: a slip is reported, instead of being searched as text.

While a reader types, whatever is no word of a filter yet is searched as text (see `request_query`). A filter in the
configuration is complete: an unknown word there is a mistake, and would show other requests than its name says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from api_client.outcome_words import LONG_OUTCOME_WORDS, OUTCOME_WORDS
from api_client.request_query import CONFIDENCE, STATES, WORD

LONGEST = 1_000
"""Characters of a filter."""
KINDS = ("approval", "elicitation")
ANY: Sequence[str] = ()
"""Any value: it can't be known beforehand."""
VALUES: Mapping[str, Sequence[str]] = {
    "project": ANY,
    "step": ANY,
    "type": KINDS,
    "is": tuple(STATES),
    "agent": tuple(OUTCOME_WORDS.values()),
}
"""The values of each key, which may be shortened."""
_LONGER = tuple(LONG_OUTCOME_WORDS.values())
"""Values that were longer once, and are in filters that people have saved."""
_SLIPS = {"assignee": "@name", "reviewer": "@name", "assigned": "@name", "kind": "type:", "state": "is:"}
"""The key to write in place of another program's."""


def fault_of(text: str) -> str:
    """Return the fault of a filter and what to write instead; empty where there is none."""
    if not text.strip():
        return "is empty: it would show everything; write what it shows, or take it out"
    if len(text) > LONGEST:
        return f"is longer than {LONGEST:,} characters: a part of what you look for is enough"
    if not text.isprintable():
        return "has a character that can't be typed, like a line's end: write it in one line"
    faults = (_fault(match) for match in WORD.finditer(text))
    return next((fault for fault in faults if fault), "")


def _fault(match: re.Match[str]) -> str:
    _, key, quoted, plain = match.groups()
    word = match.group()
    if quoted is not None:
        if word.count('"') != 2:
            return f'{word!r} has no closing quote: write it like "lost parcel"'
        return _keyed(key.removesuffix(":"), quoted, word) if key else _text(quoted, word)
    if plain in ("-", "@"):
        return f"{plain!r} stands alone: write it like {'-project:claims' if plain == '-' else '@maria'}"
    if named := re.match(r"([^\W\d]\w*):(.*)", plain):
        return _keyed(named[1], named[2], plain)
    if re.match(r"[<>=!]", plain) or re.match(r"confidence\W", plain):
        return _confidence(plain)
    return _text(plain, word)


def _text(text: str, word: str) -> str:
    if not text.strip():
        return f"{word!r} looks for nothing: write a word between the quotes"
    return f"{word!r} has a quote within it: put one before and one after what you look for" if '"' in text else ""


def _keyed(key: str, value: str, word: str) -> str:
    if key not in VALUES:
        near = _SLIPS.get(key.lower()) or "".join(f"{name}:" for name in get_close_matches(key.lower(), VALUES, n=1))
        known = f"did you mean {near}" if near else f"there are {', '.join(f'{name}:' for name in VALUES)}"
        return f"{word!r} begins with no key: {known}; to look for it as text, put it in quotes"
    if not value.strip():
        return f"{word!r} has nothing after the colon: write it like {key}:{(VALUES[key] or ('claims',))[0]}"
    values, longer = VALUES[key], _LONGER if key == "agent" else ()
    if values and not any(known.startswith(value.casefold()) for known in (*values, *longer)):
        listed = ", ".join(f'{key}:"{known}"' if " " in known else f"{key}:{known}" for known in values)
        return f"{word!r} is none of {listed}"
    return ""


def _confidence(word: str) -> str:
    compared = CONFIDENCE.fullmatch(word)
    if compared is None:
        return f"{word!r} compares nothing: write it like confidence<.7, without blanks; there are < <= > >= ="
    return "" if float(compared[2]) <= 1 else f"{word!r} is out of bounds: an agent's confidence goes from 0 to 1"
