"""The decisions of this session: the number that was recorded, of agreements too, and the pace. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pumpup_tui.decisions.desk import FINAL, Phase

if TYPE_CHECKING:
    from pumpup_tui.decisions.desk import Desk

PACE_AFTER = timedelta(minutes=5)
"""The time from the first decision on after which a pace says something."""


class SessionTally:
    """Counts decisions and answers as they are recorded, and agreements apart: they decide nothing alone."""

    def __init__(self) -> None:
        self.count = 0
        self.agreements = 0
        self._counted: dict[str, bool] = {}
        """Whether each of those that the desk still has is an agreement."""
        self._first: datetime | None = None

    def take(self, desk: Desk) -> bool:
        """Count what was recorded since the last time; return whether anything was."""
        recorded = [sent for sent in desk.sent if sent.phase is Phase.RECORDED and sent.intent.verb in FINAL]
        kinds = {sent.key: sent.on_record.is_agreement for sent in recorded}
        changed = [key for key, is_agreement in kinds.items() if self._counted.get(key) is not is_agreement]
        for key in changed:
            # What was counted before turned out to be the other kind.
            self._count(is_agreement=kinds[key], by=1)
            if key in self._counted:
                self._count(is_agreement=self._counted[key], by=-1)
        if changed:
            self._first = self._first or min(sent.since for sent in recorded)
        self._counted = kinds  # what the desk has dropped does not come back
        return bool(changed)

    def _count(self, *, is_agreement: bool, by: int) -> None:
        if is_agreement:
            self.agreements += by
        else:
            self.count += by

    def words(self, now: datetime) -> str:
        """Return the counts in words, with the pace once there is one; empty before the first decision."""
        if self._first is None:
            return ""
        spent = now - self._first
        pace = f", {self.count / (spent / timedelta(hours=1)):.0f} an hour" if spent >= PACE_AFTER else ""
        agreed = f"{self.agreements:,} agreed"
        decided = f"{self.count:,} decided{pace}"
        if not self.agreements:
            return decided
        return f"{decided}, {agreed}" if self.count else agreed
