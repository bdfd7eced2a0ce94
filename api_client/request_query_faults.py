"""The check of a filter in the configuration or in a grant: a slip is reported, instead of being searched as text.

While a reader types, whatever is no word of a filter yet is searched as text (see `request_query`). A filter that is
kept is complete: an unknown word there is a mistake, and would show other requests than its name says, or grant others.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from api_client.outcome_words import LONG_OUTCOME_WORDS, OUTCOME_WORDS
from api_client.request_query import CONFIDENCE, STATES, WORD, context_bound, keyed_value

LONGEST = 1_000
"""Characters of a filter."""
GRANT_WORDS_MOST = 30
"""Words of a grant's filter, which every request of its project is tried with."""
GRANT_EXAMPLE = "context.Amount<500 -step:triage"
"""A filter that a grant may have."""
KINDS = ("approval", "elicitation")
ANY: Sequence[str] = ()
"""Any value: it can't be known beforehand."""
VALUES: Mapping[str, Sequence[str]] = {
    "project": ANY,
    "step": ANY,
    "type": KINDS,
    "is": tuple(STATES),
    "agent": tuple(OUTCOME_WORDS.values()),
    "from": ANY,
}
"""The values of each key, which may be shortened."""
_LONGER = tuple(LONG_OUTCOME_WORDS.values())
"""Values that were longer once, and are in filters that people have saved."""
_IN_CONTEXT = "context.Amount<500 or context.Region:EU"
_SLIPS = {
    "assignee": "@name",
    "reviewer": "@name",
    "assigned": "@name",
    "kind": "type:",
    "state": "is:",
    "asker": "from:",
    "requester": "from:",
    "context": _IN_CONTEXT,
}
"""The key to write in place of another program's."""
_COMPARISON = re.compile(r"[<>=!]|confidence\W|(?i:context)[.<>=]")
"""The beginning of what is meant to compare."""


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


def grant_fault(text: str) -> str:
    """Return the fault of a grant's filter and what to write instead; empty where there is none.

    A grant decides by the request as it was asked: words on the reader, the time and the assignee are faults there.
    """
    if fault := fault_of(text):
        return fault
    words = [*WORD.finditer(text)]
    if len(words) > GRANT_WORDS_MOST:
        return f"has {len(words)} words, at most {GRANT_WORDS_MOST} are taken: give several grants"
    return next(filter(None, map(_grant_fault, words)), "")


def _grant_fault(match: re.Match[str]) -> str:
    word, without, (key, value) = match.group(), bool(match["without"]), keyed_value(match)
    if key == "is":
        return f"{word!r} changes with the reader, the time or the task, and a grant does not: take it out"
    if key == "type" and "approval".startswith(value.casefold()) is without:
        return f"{word!r} leaves no approvals, and a grant decides nothing else: take it out"
    plain = match["plain"] or ""
    if plain.startswith("@"):
        return f"{word!r} changes with who takes the task, and a grant does not: take it out"
    if without and CONFIDENCE.fullmatch(plain):
        return f"{word!r} would also grant what has no confidence: write it without the -, like confidence>=.7"
    return ""


def _fault(match: re.Match[str]) -> str:
    key, quoted, plain, word = match["key"], match["quoted"], match["plain"], match.group()
    if match["sign"]:
        return _context(match, word)
    if quoted is not None:
        if word.count('"') != 2:
            return f'{word!r} has no closing quote: write it like "lost parcel"'
        return _keyed(key.removesuffix(":"), quoted, word) if key else _text(quoted, word)
    if plain in ("-", "@"):
        return f"{plain!r} stands alone: write it like {'-project:claims' if plain == '-' else '@maria'}"
    if named := re.match(r"([^\W\d]\w*):(.*)", plain):
        return _keyed(named[1], named[2], plain)
    return _comparison(plain) if _COMPARISON.match(plain) else _text(plain, word)


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
        example = "refund-agent" if key == "from" else (VALUES[key] or ("claims",))[0]
        return f"{word!r} has nothing after the colon: write it like {key}:{example}"
    values, longer = VALUES[key], _LONGER if key == "agent" else ()
    if values and not any(known.startswith(value.casefold()) for known in (*values, *longer)):
        listed = ", ".join(f'{key}:"{known}"' if " " in known else f"{key}:{known}" for known in values)
        return f"{word!r} is none of {listed}"
    return ""


def _context(match: re.Match[str], word: str) -> str:
    key, sign, bound = match["quoted_name"] or match["name"], match["sign"], context_bound(match)
    if word.count('"') % 2:
        return f'{word!r} has no closing quote: write it like "context.Net amount"<500 or context.City:"New York"'
    if match["quoted_bound"] is None and '"' in bound:
        return f"{word!r} has a quote within it: put one before and one after the value"
    if not (key.strip() and bound.strip()):
        return f"{word!r} compares nothing: write it like {_IN_CONTEXT}, without blanks"
    from api_client.quantities import quantity_of

    is_certain = sign == ":" or quantity_of(bound) is not None
    return "" if is_certain else f"{word!r} compares with no certain number: write it like {_IN_CONTEXT}"


def _comparison(word: str) -> str:
    if word.casefold().startswith("context"):
        return f"{word!r} asks nothing of the context: write it like {_IN_CONTEXT}, without blanks"
    compared = CONFIDENCE.fullmatch(word)
    if compared is None:
        return f"{word!r} compares nothing: write it like confidence<.7, without blanks; there are < <= > >= ="
    return "" if float(compared[2]) <= 1 else f"{word!r} is out of bounds: an agent's confidence goes from 0 to 1"
