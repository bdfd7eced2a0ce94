"""The words for a filter that no event matches: why, and the reviewer who may have been meant."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from pumpup_tui.commands.options import did_you_mean
from pumpup_tui.commands.output import print_line

LATEST = 500
"""Decisions whose reviewers a name is compared with."""


def tell_no_match(since: datetime | None, until: datetime | None, decided_by: str, known: Iterable[str]) -> None:
    """Say on stderr that no event matches.

    Args:
        since: The first moment of the range.
        until: The moment after it.
        decided_by: The name as it was typed; empty where none was.
        known: The raw names of reviewers who have decided.
    """
    if since is not None and until is not None and until <= since:
        print_line("No matching events: the range ends before it begins.", err=True)
        return
    names = set(known) if decided_by else set()
    is_known = decided_by.casefold() in {name.casefold() for name in names}
    print_line(f"No matching events.{'' if is_known else did_you_mean(decided_by, names)}", err=True)
