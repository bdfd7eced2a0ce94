"""The limits of `serve` that its owner may set, by name; loaded by `serve` and where the configuration is checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from store.core.command_limits import CommandLimits
    from store.server.limits import Limits

CONNECTIONS = "connections"
"""Of one address; what the socket looks at, the app does not."""
KEEP_FREE = "keep_free"
"""Bytes of the disk that uploads leave free, for the journal."""
KEEP_FREE_BYTES = 200_000_000
LOOSE_UPLOADS = "loose_uploads"
"""Bytes of uploads that a caller has sent and attached to no task."""
LOOSE_UPLOADS_BYTES = 250_000_000
RECORD = ("metadata_bytes", "schema_bytes", "loose_seconds")
"""What the record keeps of a task and of a project, and how long an upload that no task has can be attached: the
folder looks at these, the app does not."""
MOST = 10**12
_NONE_AT_ZERO = frozenset((CONNECTIONS, KEEP_FREE, LOOSE_UPLOADS, "writes_per_second"))


def names() -> list[str]:
    """Return what can be limited."""
    from api_client.body_limits import BodyLimits
    from store.server.shares import Shares

    return [
        *(one.name for kind in (BodyLimits, Shares) for one in fields(kind)),
        "body",
        *RECORD,
        KEEP_FREE,
        LOOSE_UPLOADS,
        CONNECTIONS,
    ]


def check(limits: Mapping[str, int]) -> None:
    """Check limits by name.

    Raises:
        ValueError: there is none of this name, or the number can't be one.
    """
    known = names()
    for name, value in limits.items():
        if name not in known:
            raise ValueError(f"{name!r} is no limit: there are {', '.join(known)}")
        least = 0 if name in _NONE_AT_ZERO else 1
        if not least <= value <= MOST:
            raise ValueError(f"{name} must be a whole number from {least} on")
    limits_of(limits, upload=1)


def parsed(words: Iterable[str]) -> dict[str, int]:
    """Return limits written as NAME=NUMBER.

    Raises:
        ValueError: one is not written so, or can't be used.
    """
    found = {}
    for word in words:
        name, _, number = word.partition("=")
        if not (number.isascii() and number.isdigit() and len(number) < 16):
            raise ValueError(f"{word!r} is no limit: write it like writes-per-second=50")
        found[name.replace("-", "_")] = int(number)
    check(found)
    return found


def limits_of(limits: Mapping[str, int], *, upload: int) -> Limits:
    """Return what the server is made with.

    Raises:
        ValueError: a number can't be one.
    """
    from api_client.body_limits import BodyLimits
    from store.server.limits import Limits
    from store.server.shares import Shares

    within = BodyLimits(**{one.name: limits[one.name] for one in fields(BodyLimits) if one.name in limits})
    shares = Shares(**{one.name: limits[one.name] for one in fields(Shares) if one.name in limits})
    made = Limits(upload=upload, within=within, shares=shares)
    return replace(made, body=limits["body"]) if "body" in limits else made


def record_limits_of(limits: Mapping[str, int]) -> CommandLimits:
    """Return what the folder is opened with."""
    from store.core.command_limits import CommandLimits

    return replace(CommandLimits(), **{name: limits[name] for name in RECORD if name in limits})


def checked_url(url: str) -> str:
    """Return the address under which callers reach the server, without a slash at its end.

    Raises:
        ValueError: it is none.
    """
    try:
        parts = urlsplit(url)
        has_port = parts.port is None or parts.port > 0
    except ValueError:
        parts, has_port = urlsplit(""), False
    plain = url.isascii() and url.isprintable() and " " not in url
    if not (plain and has_port and parts.scheme in ("http", "https") and parts.hostname and not parts.username):
        raise ValueError(f"{url!r} is no address: write it like https://reviews.example.com/pumpup")
    if parts.query or parts.fragment or "?" in url or "#" in url:
        raise ValueError(f"{url!r} must end with its path: nothing comes after it")
    return url.rstrip("/")
