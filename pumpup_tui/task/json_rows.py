"""Metadata as a tree of rows, nested values folded until they are opened. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeAlias

from rich.cells import cell_len

from pumpup_tui.text.firewall import line
from pumpup_tui.text.paragraphs import Paragraph, foreign, ours

Path: TypeAlias = tuple[str | int, ...]
"""The keys and places that lead to a value."""
MOST = 200
"""Values of one object or list that are shown; more are counted."""
DEEPEST = 40
"""Levels that are opened; an agent may nest deeper than anyone reads."""
VALUE_KEPT = 600


@dataclass(frozen=True)
class JsonRow:
    """One value: its text, where it is, and whether it can be folded."""

    path: Path
    paragraph: Paragraph
    folds: bool = False


def json_rows(value: Mapping[str, Any], opened: Set[Path]) -> list[JsonRow]:
    """Return the rows of an object's values, those in `opened` with their own below."""
    return list(_children(value, (), opened))


def _children(value: Any, path: Path, opened: Set[Path]) -> Iterator[JsonRow]:
    pairs = value.items() if isinstance(value, Mapping) else enumerate(value)
    for key, child in islice(pairs, MOST):
        yield from _rows(key, child, (*path, key), opened)
    if len(value) > MOST:
        indent = "  " * len(path)
        yield JsonRow((*path, -1), ours((f"{indent}  … and {len(value) - MOST:,} more", "muted")))


def _rows(key: str | int, value: Any, path: Path, opened: Set[Path]) -> Iterator[JsonRow]:
    indent = "  " * (len(path) - 1)
    label = line(key, 80) if isinstance(key, str) else f"{key + 1}."
    nested = isinstance(value, Mapping | list) and len(value) > 0 and len(path) < DEEPEST
    if not nested:
        beside = f"{indent}  {label}  "
        yield JsonRow(path, foreign((beside, "muted"), value_run(value), indent=cell_len(beside)))
        return
    is_open = path in opened
    mark = "▾" if is_open else "▸"
    paragraph = foreign((f"{indent}{mark} ", "accent"), (f"{label}  ", "muted"), (_size(value), ""))
    yield JsonRow(path, paragraph, folds=True)
    if is_open:
        yield from _children(value, path, opened)


def value_run(value: Any) -> tuple[str, str]:
    """Return a value that is not nested: a text as it is, others as JSON has them."""
    if isinstance(value, str):
        return (line(value, VALUE_KEPT), "") if value else ("empty text", "muted")
    if isinstance(value, Mapping | list):
        return (
            ("{…}" if value else "{}", "muted") if isinstance(value, Mapping) else ("[…]" if value else "[]", "muted")
        )
    words = {None: "null", True: "true", False: "false"}
    return (words[value], "accent") if value is None or isinstance(value, bool) else (line(value), "")


def _size(value: Mapping[str, Any] | list[Any]) -> str:
    count = len(value)
    what = "key" if isinstance(value, Mapping) else "value"
    return f"{count:,} {what}{'s' if count != 1 else ''}"
