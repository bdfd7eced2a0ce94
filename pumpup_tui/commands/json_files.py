"""JSON from a file or stdin, up to a limit of size; refused with a message where it is ambiguous."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from pumpup_tui.commands.failure import Failed, reason
from pumpup_tui.text.firewall import line

MOST_BYTES = 1_000_000
STDIN = "-"


class _DuplicateKey(ValueError):
    """An object has one key twice, so its value is ambiguous."""


def read_json(file: Path, what: str) -> Any:
    """Return the JSON value in a file; `-` is stdin. A byte order mark at its start is skipped.

    Args:
        file: The file's path.
        what: The subject of error messages, like "The answers in".

    Raises:
        Failed: it can't be read, is too long, is no JSON, or holds a key twice in one object.
    """
    subject = f"{what} {'stdin' if str(file) == STDIN else file}"
    try:
        content = _content(file)
    except OSError as fault:
        raise Failed(f"{subject} can't be read: {reason(fault)}.") from None
    if len(content) > MOST_BYTES:
        raise Failed(f"{subject} is over {MOST_BYTES:,} bytes: is it the right file?")
    return _parsed(content, subject)


def _content(file: Path) -> bytes:
    if str(file) == STDIN:
        return sys.stdin.buffer.read(MOST_BYTES + 1)
    with file.open("rb") as opened:
        return opened.read(MOST_BYTES + 1)


def _parsed(content: bytes, subject: str) -> Any:
    try:
        return json.loads(content.decode("utf-8-sig"), object_pairs_hook=_without_duplicates)
    except json.JSONDecodeError as fault:
        raise Failed(f"{subject} is no JSON: {fault.msg} in line {fault.lineno}.") from None
    except _DuplicateKey as fault:
        raise Failed(f"{subject} names {line(repr(str(fault)), 100)} twice in one object: leave one out.") from None
    except (UnicodeDecodeError, RecursionError, ValueError):
        raise Failed(f"{subject} is no JSON text in UTF-8.") from None


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    items: dict[str, Any] = {}
    for key, value in pairs:
        if key in items:
            raise _DuplicateKey(key)
        items[key] = value
    return items
