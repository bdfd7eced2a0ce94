"""Event ids: `evt_`, the event's place in the chain as eight hex digits, and a random part."""

from __future__ import annotations

import secrets


def random_token() -> str:
    """Return 48 random bits in hex: the part of an id that can't be guessed."""
    return secrets.token_hex(6)


def event_id(seq: int, token: str) -> str:
    """Return the id of the event at the place `seq`, with the random part `token`."""
    return f"evt_{seq:08x}{token}"


def seq_of(event_id: str) -> int:
    """Return the place in the chain that an event's id names, 0 where it names none.

    Whoever made the id up may have named any place: compare it with the id of the event that stands there.
    """
    try:
        return int(event_id[4:12], 16) if event_id.startswith("evt_") else 0
    except ValueError:
        return 0
