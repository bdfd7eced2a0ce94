"""The decisions of this session: the number that was recorded, and the pace. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pumpup_tui.decisions.desk import FINAL, Phase

if TYPE_CHECKING:
    from pumpup_tui.decisions.desk import Desk

PACE_AFTER = timedelta(minutes=5)
"""The time from the first decision on after which a pace says something."""


class SessionTally:
    """Counts decisions and answers as they are recorded."""

    def __init__(self) -> None:
        self.count = 0
        self._counted: frozenset[str] = frozenset()
        self._first: datetime | None = None

    def take(self, desk: Desk) -> bool:
        """Count what was recorded since the last time; return whether anything was."""
        recorded = [sent for sent in desk.sent if sent.phase is Phase.RECORDED and sent.intent.verb in FINAL]
        new = [sent for sent in recorded if sent.key not in self._counted]
        if new:
            self.count += len(new)
            self._first = self._first or min(sent.since for sent in new)
        self._counted = frozenset(sent.key for sent in recorded)  # what the desk has dropped does not come back
        return bool(new)

    def words(self, now: datetime) -> str:
        """Return the count in words, with the pace once there is one; empty before the first decision."""
        if self._first is None:
            return ""
        spent = now - self._first
        pace = f", {self.count / (spent / timedelta(hours=1)):.0f} an hour" if spent >= PACE_AFTER else ""
        return f"{self.count:,} decided{pace}"
