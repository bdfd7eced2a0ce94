"""How many examples a property is tried with: a few in `make test`, all of them in `make properties`."""

from __future__ import annotations

import os

IS_FULL = os.environ.get("PROPERTIES") == "full"


def examples(few: int, full: int) -> int:
    """Return the number of examples: `few` in the short form, `full` under `PROPERTIES=full`."""
    return full if IS_FULL else few
