"""The range that the insights show: chosen by a key, typed, or opened from a row; stored for the next start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pumpup_tui.insights.ranges import Range, last_days, parsed, unit_of

if TYPE_CHECKING:
    from pumpup_tui.context import Context
    from pumpup_tui.insights.pane_lines import Target

DAYS = (1, 7, 30)
"""The ranges that have a key each: so many days with today, in the viewer's zone."""
DEFAULT = 7


@dataclass(frozen=True, slots=True)
class Chosen:
    """A choice: of the last days, or a typed text where that is not empty."""

    days: int = DEFAULT
    times: str = ""
    by_whom: str = ""
    """The agent whose requests alone count, raw; empty is all of them."""

    @property
    def caption(self) -> str:
        """The choice in clean words."""
        return self.times or ("today" if self.days == 1 else f"{self.days}d")


class RangeChoice:
    """The present choice, and those that a row was opened from."""

    def __init__(self, context: Context, stored_as: str) -> None:
        self._context, self._stored_as = context, stored_as
        self._chosen = self._restored()
        self._before: list[Chosen] = []

    def _restored(self) -> Chosen:
        days = self._context.last_view.recall(self._stored_as).get("days")
        return Chosen(days) if days in DAYS else Chosen()

    @property
    def caption(self) -> str:
        """The present choice in clean words."""
        return self._chosen.caption

    @property
    def before(self) -> str:
        """The choice that the way back leads to, in clean words; empty where there is none."""
        if self._before and self._before[-1].by_whom == self.by_whom:
            return self._before[-1].caption
        return "all agents" if self.by_whom else ""

    @property
    def by_whom(self) -> str:
        """The agent whose requests alone count, raw; empty is all of them."""
        return self._chosen.by_whom

    def choices(self, ids: Sequence[str]) -> list[tuple[str, str]]:
        """Return the names of the ranges with the keys of these bindings."""
        names = [*(Chosen(days).caption for days in DAYS), "range…"]
        return [(name, self._context.key(binding)) for name, binding in zip(names, ids, strict=True)]

    def range(self) -> Range:
        """Return the range as of now."""
        now, zone = self._context.clock(), self._context.zone
        if not self._chosen.times:
            return last_days(self._chosen.days, now, zone)
        since, until = parsed(self._chosen.times, now, zone)
        return Range(self._chosen.times, since, until, unit_of(since, until or now), zone, now)

    def is_over(self, chosen: Range) -> bool:
        """Return whether a range that was made earlier is another one by now: a new day has begun."""
        return chosen.since != self.range().since

    def choose(self, days: int | None = None, text: str = "") -> str:
        """Choose the last days, or what was typed; return why it can't be, in clean words, empty where it can."""
        made = Chosen(days or DEFAULT, text, self.by_whom)
        if text:
            try:
                parsed(text, self._context.clock(), self._context.zone)
            except ValueError as fault:
                return str(fault)
        self._chosen, self._before = made, []
        self._context.last_view.note(self._stored_as, {"days": made.days})
        return ""

    def range_of(self, target: Target) -> Range:
        """Return the range that a row of the present figures is about: an hour, or all of it."""
        chosen = self.range()
        if target.kind != "period":
            return chosen
        hour = datetime.fromisoformat(target.id)
        words = f"{hour:%Y-%m-%d %H:%M}-{hour + timedelta(hours=1):%H:%M}"
        since, until = parsed(words, chosen.made_at, chosen.zone)
        return replace(chosen, caption=words, since=since, until=until)

    def open_period(self, period: str) -> None:
        """Choose a day or a week of the present range."""
        last = datetime.fromisoformat(period) + timedelta(days=6)
        self._before.append(self._chosen)
        times = period if self.range().unit == "day" else f"{period}..{last:%Y-%m-%d}"
        self._chosen = replace(self._chosen, times=times)

    def open_agent(self, by_whom: str) -> None:
        """Count the requests of one agent alone."""
        self._before.append(self._chosen)
        self._chosen = replace(self._chosen, by_whom=by_whom)

    def go_back(self) -> bool:
        """Choose what was chosen before a row was opened; return False where nothing was."""
        if self._before:
            self._chosen = self._before.pop()
        elif self.by_whom:
            self._chosen = replace(self._chosen, by_whom="")
        else:
            return False
        return True
