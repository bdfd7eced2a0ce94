"""Values of a context that are JSON: as lines, a key or an item each, with nothing left out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from pumpup_tui.text.firewall import line

LONGEST = 20_000
"""Characters of a value that is looked at as JSON."""
DEEPEST = 6
"""Levels that are laid out; a value that is nested deeper stays as it was written."""
BESIDE = 48
"""Characters of a list's items that stand in one line."""


class _Pairs(list[tuple[str, Any]]):
    """An object's pairs: two of one name are both shown."""


class _Literal(str):
    """A number, as it was written."""

    __slots__ = ()


def nested_lines(text: str) -> Sequence[str] | None:
    """Return a raw text that is a JSON object or list as clean lines; None where it is anything else."""
    if not text.lstrip().startswith(("{", "[")) or len(text) > LONGEST:
        return None
    try:
        value = json.loads(
            text, object_pairs_hook=_Pairs, parse_float=_Literal, parse_int=_Literal, parse_constant=_Literal
        )
    except (ValueError, RecursionError):
        return None
    lines = list(_lines(value, 0)) if _depth(value) <= DEEPEST else []
    return lines or None


def _depth(value: Any) -> int:
    children = [child for _, child in value] if isinstance(value, _Pairs) else value if isinstance(value, list) else []
    return 1 + max(map(_depth, children), default=0) if isinstance(value, list) else 0


def _lines(value: Any, level: int) -> Iterator[str]:
    indent = "  " * level
    if isinstance(value, _Pairs):
        for key, child in value:
            yield from _entry(f"{indent}{line(key, LONGEST)}:", child, level)
    else:
        for child in value:
            yield from _entry(f"{indent}•", child, level)


def _entry(start: str, value: Any, level: int) -> Iterator[str]:
    if _fits(value):
        yield f"{start} {_short(value)}"
    else:
        yield start
        yield from _lines(value, level + 1)


def _fits(value: Any) -> bool:
    """Return whether a value has room in the line of its label."""
    if not isinstance(value, list) or not value:
        return True
    if isinstance(value, _Pairs) or any(isinstance(item, list) for item in value):
        return False
    return len(_short(value)) <= BESIDE and not any("," in _scalar(item) for item in value)


def _short(value: Any) -> str:
    """Return a value in one line, clean."""
    if not isinstance(value, list):
        return _scalar(value)
    if not value:
        return "{}" if isinstance(value, _Pairs) else "[]"
    return ", ".join(_scalar(item) for item in value)


def _scalar(value: Any) -> str:
    return line(value if isinstance(value, str) else json.dumps(value), LONGEST) or '""'
