"""Failures to connect to a database, each in words that say what to do about it.

A server refuses a connection in its own words and language, without a code that the driver passes on: what is not
recognised is reported as it was said.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import psycopg

from api_client.errors import StoreAbsent, StoreBusy, StoreError, StoreFault, StoreLogin
from store.postgres.address import DatabaseAddress

_CREDENTIALS = "in PUMPUP_DATABASE_URL, in a file that you alone can read (--database-file FILE), or in ~/.pgpass"


class _Kind(NamedTuple):
    """One kind of failure, recognised by what the server or the driver says."""

    said: re.Pattern[str]
    words: str
    """What is wrong and what to do, with `{database}` and `{address}`, and `{said}` for the server's own words."""
    make: Callable[[str], StoreError]


_KINDS: Sequence[_Kind] = (
    _Kind(
        re.compile(r"no password supplied"),
        f"{{database}} asks for a password, and there is none: put it {_CREDENTIALS}.",
        StoreLogin,
    ),
    _Kind(
        re.compile(r"authentication failed|role \".*\" does not exist|role \".*\" is not permitted to log in"),
        f"{{database}} refuses the login: {{said}}. Check the user and the password: {_CREDENTIALS}.",
        StoreLogin,
    ),
    _Kind(
        re.compile(r"no pg_hba\.conf entry|pg_hba\.conf rejects"),
        "{database} lets nobody in like this: {said}. Its pg_hba.conf must allow it; where it allows TLS alone, add "
        "?sslmode=require to the address.",
        StoreLogin,
    ),
    _Kind(
        re.compile(r"permission denied for database"),
        "{database} refuses this role: {said}. Its owner can GRANT CONNECT.",
        StoreLogin,
    ),
    _Kind(
        re.compile(r"database \".*\" does not exist"),
        "There is no database there: {said}. Check the name at the end of {address}, or make the database with "
        "'createdb'.",
        StoreAbsent,
    ),
    _Kind(
        re.compile(r"starting up|shutting down|not yet accepting|recovery mode|not accepting connections"),
        "{database} does not take connections at present: {said}. Try again in a moment.",
        StoreBusy,
    ),
    _Kind(
        re.compile(r"too many clients|remaining connection slots|too many connections|no more connections allowed"),
        "{database} has no connection left: {said}. Try again, or raise its max_connections.",
        StoreBusy,
    ),
    _Kind(
        re.compile(r"SSL|certificate|TLS", re.IGNORECASE),
        "{database} can't be reached over TLS: {said}. Check sslmode and sslrootcert in the address, and the server's "
        "certificate.",
        StoreFault,
    ),
    _Kind(
        re.compile(r"failed to resolve|could not translate host name|Name or service not known"),
        "{database} can't be reached: no machine of that name is known here. Check the address.",
        StoreBusy,
    ),
    _Kind(
        re.compile(r"Connection refused|No such file or directory|Is the server running"),
        "{database} can't be reached: nothing listens there. Is the server running, and the address right?",
        StoreBusy,
    ),
    _Kind(
        re.compile(r"time(d )?out|unreachable|No route", re.IGNORECASE),
        "{database} can't be reached: it does not answer. Is the address right, and nothing in between that drops "
        "connections?",
        StoreBusy,
    ),
)


def connection_failure(address: DatabaseAddress, fault: psycopg.Error) -> StoreError:
    """Return the store's error for a connection that can't be made; it shows no password.

    StoreBusy is a failure that may pass by itself: the same connection may be made a little later.
    """
    said = _said(fault)
    for kind in _KINDS:
        if kind.said.search(said):
            values = {"database": f"The database {address.shown}", "address": address.shown, "said": _short(said)}
            return kind.make(_filled(kind.words, values))
    return StoreFault(f"The database {address.shown} can't be reached: {_short(said)}.")


def _filled(words: str, values: Mapping[str, str]) -> str:
    # Not `format`: what a server says may hold braces.
    return re.sub(r"\{(\w+)\}", lambda match: values[match[1]], words)


def _said(fault: psycopg.Error) -> str:
    """Return all that was said, of each host that was tried."""
    return fault.diag.message_primary or str(fault)


def _short(said: str) -> str:
    """Return the last thing that was said, without the driver's preamble, on one line."""
    lines = [part.strip().rstrip(".") for part in said.splitlines() if part.strip()]
    last = next((text for text in reversed(lines) if "FATAL:" in text), lines[-1] if lines else "no reason was given")
    return re.split(r"FATAL:|failed: ", last)[-1].strip() or last
