"""Counts of the palette's commands: the most used come first, and what is used no more is forgotten slowly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from api_client.times import Clock
    from pumpup_tui.local_state.last_view import LastView

STORED_AS = "commands"
HALF_LIFE_DAYS = 30.0
"""After so many days without use a command's count is half of what it was."""
LEAST = 0.1
"""A count below this is no longer stored."""
_DAY_SECONDS = 86_400


class CommandUse:
    """One reviewer's use of commands, by their ids; stored beside the last view."""

    def __init__(self, last_view: LastView, clock: Clock) -> None:
        self._last_view = last_view
        self._clock = clock

    def counts(self) -> dict[str, float]:
        """Return the present count of each command that was used, however much of it is forgotten by now."""
        today = self._today()
        return {name: _left(noted, today) for name, noted in self._last_view.recall(STORED_AS).items()}

    def note(self, command: str) -> None:
        """Count one more use of a command."""
        counts = self.counts()
        counts[command] = counts.get(command, 0.0) + 1
        today = self._today()
        noted = {name: [round(count, 3), today] for name, count in counts.items() if count >= LEAST}
        self._last_view.note(STORED_AS, noted)

    def _today(self) -> float:
        return round(self._clock().timestamp() / _DAY_SECONDS, 2)


def _left(noted: Any, today: float) -> float:
    """Return what is left of a count by now; nothing of one that another version wrote, or that is damaged."""
    match noted:
        case [int() | float() as count, int() | float() as day]:
            return float(min(count, 1e6) * 0.5 ** (max(0.0, min(today - day, 1e4)) / HALF_LIFE_DAYS))
        case _:
            return 0.0
