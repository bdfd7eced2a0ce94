"""How much is tried: a short form unless CRASH=full."""

from __future__ import annotations

import os

FULL = os.environ.get("CRASH") == "full"


def pick(short: int, full: int) -> int:
    """Return how many rounds to run."""
    return full if FULL else short
