"""Values of foreign JSON as text again, whatever they hold.

A reader of JSON lets through what its writers refuse: half a surrogate pair, or objects just short of too deep.
"""

from __future__ import annotations

import json

import msgspec

TOO_DEEP = '"(nested too deeply to be shown)"'


def json_bytes(value: object) -> bytes:
    """Return a value as JSON in one line; half a surrogate pair stays what it was ("surrogatepass")."""
    try:
        try:
            return msgspec.json.encode(value)
        except UnicodeEncodeError:
            return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
    except RecursionError:
        return TOO_DEEP.encode()


def json_text(encoded: bytes) -> str:
    """Return what `json_bytes` made in indented lines."""
    try:
        return msgspec.json.format(encoded, indent=2).decode("utf-8", "surrogatepass")
    except RecursionError:
        return TOO_DEEP
