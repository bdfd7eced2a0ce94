"""The limits of `serve` that can be set by name; loaded by `serve` and by the configuration's check."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from store.core.command_limits import CommandLimits
    from store.server.limits import Limits

CONNECTIONS = "connections"
"""Connections of one address, which the socket limits, not the app."""
KEEP_FREE = "keep_free"
"""Space in bytes that uploads leave free on the disk, for the journal."""
KEEP_FREE_BYTES = 200_000_000
LOOSE_UPLOADS = "loose_uploads"
"""Size in bytes of a caller's uploads that are attached to no task."""
LOOSE_UPLOADS_BYTES = 250_000_000
RECORD = ("metadata_bytes", "schema_bytes", "loose_seconds")
"""Sizes of a task's and a project's data, and the seconds in which an upload must be attached: limited by the folder,
not by the app."""
MOST = 10**12
_MAY_BE_ZERO = frozenset((CONNECTIONS, KEEP_FREE, LOOSE_UPLOADS, "writes_per_second"))


def names() -> list[str]:
    """Return the names of all limits."""
    from api_client.body_limits import BodyLimits
    from store.server.shares import Shares

    return [
        *(field.name for model in (BodyLimits, Shares) for field in fields(model)),
        "body",
        *RECORD,
        KEEP_FREE,
        LOOSE_UPLOADS,
        CONNECTIONS,
    ]


def check(limits: Mapping[str, int]) -> None:
    """Check limits by name.

    Raises:
        ValueError: a name is unknown, or a number is out of range.
    """
    known = names()
    for name, value in limits.items():
        if name not in known:
            raise ValueError(f"{name!r} is no limit: there are {', '.join(known)}")
        least = 0 if name in _MAY_BE_ZERO else 1
        if not least <= value <= MOST:
            raise ValueError(f"{name} must be a whole number from {least} on")
    limits_of(limits, upload=1)


def parsed(words: Iterable[str]) -> dict[str, int]:
    """Return the limits in NAME=NUMBER arguments.

    Raises:
        ValueError: an argument has another form, or its limit is invalid.
    """
    limits = {}
    for word in words:
        name, _, number = word.partition("=")
        if not (number.isascii() and number.isdigit() and len(number) < 16):
            raise ValueError(f"{word!r} is no limit: write it like writes-per-second=50")
        limits[name.replace("-", "_")] = int(number)
    check(limits)
    return limits


def limits_of(limits: Mapping[str, int], *, upload: int) -> Limits:
    """Return the server's limits.

    Raises:
        ValueError: a number is out of range.
    """
    from api_client.body_limits import BodyLimits
    from store.server.limits import Limits
    from store.server.shares import Shares

    within = BodyLimits(**{field.name: limits[field.name] for field in fields(BodyLimits) if field.name in limits})
    shares = Shares(**{field.name: limits[field.name] for field in fields(Shares) if field.name in limits})
    made = Limits(upload=upload, within=within, shares=shares)
    return replace(made, body=limits["body"]) if "body" in limits else made


def record_limits_of(limits: Mapping[str, int]) -> CommandLimits:
    """Return the data folder's limits."""
    from store.core.command_limits import CommandLimits

    return replace(CommandLimits(), **{name: limits[name] for name in RECORD if name in limits})


def checked_url(url: str) -> str:
    """Return the address under which callers reach the server, without a slash at its end.

    Raises:
        ValueError: it is no address.
    """
    if not _is_address(url):
        raise ValueError(f"{url!r} is no address: write it like https://reviews.example.com/pumpup")
    if "?" in url or "#" in url:
        raise ValueError(f"{url!r} must end with its path: nothing comes after it")
    return url.rstrip("/")


def _is_address(url: str) -> bool:
    if not (url.isascii() and url.isprintable() and " " not in url):
        return False
    try:
        parts = urlsplit(url)
        has_valid_port = parts.port is None or parts.port > 0
    except ValueError:
        return False
    return has_valid_port and parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.username
