"""The figures as rows of a table, by day, project, reviewer or agent: what is printed, copied and exported."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal, get_args

from pumpup_tui.insights.deed_figures import DeedFigures
from pumpup_tui.insights.open_work import Backlog, OpenWork
from pumpup_tui.insights.settled_figures import Group, SettledFigures

Dimension = Literal["day", "project", "reviewer", "agent"]
DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)
NOBODY = "not given"
"""The name of a reviewer or an agent whom the record does not name."""
UNASSIGNED = "unassigned"


@dataclass(frozen=True, slots=True)
class FigureRow:
    """One row: a name, raw, and its figures. Seconds throughout; None where there is nothing to tell."""

    id: str
    name: str
    group: Group
    backlog: Backlog = field(default_factory=Backlog)
    asked: int | None = 0
    """Requests that were asked in the range; of a reviewer, whom none is asked of, None."""
    open: int = 0
    """Open requests now; of a day, those that were open at its end."""
    oldest_seconds: float | None = None
    overdue: int | None = None
    """Overdue requests now; of a day None, for that is not known."""
    is_person: bool = False
    """Whether it is of one reviewer, whose figures say nothing of what was hidden from them: that would rank people."""

    def wire(self) -> dict[str, Any]:
        """Return the figures as JSON."""
        group = self.group
        apart: dict[str, Any] = {"granted": group.granted, "expired": group.expired, "blindReview": self.blind_review()}
        return {
            "name": self.name,
            "asked": self.asked,
            "open": self.open,
            "overdue": self.overdue,
            "oldestSeconds": self.oldest_seconds,
            "settled": group.settled,
            "waitSeconds": {"p50": group.waited(50), "p95": group.waited(95)},
            "outcomes": group.listed_outcomes(),
            "agreement": [
                {"band": band.caption, "decided": band.given, "agreed": band.followed} for band in group.bands()
            ],
            **({} if self.is_person else apart),
        }

    def blind_review(self) -> list[dict[str, Any]]:
        """Return the recommendations that were shown and that were hidden, with how many of each were followed."""
        bands = self.group.by_blindness()
        return [{"recommendation": band.caption, "decided": band.given, "agreed": band.followed} for band in bands]


@dataclass(frozen=True, slots=True)
class RangeFigures:
    """All figures of one range: what was settled in it, and what is open now."""

    settled: SettledFigures
    work: OpenWork
    names: Mapping[str, str]
    """Of projects, by id, raw."""
    now: datetime
    deeds: DeedFigures | None = None
    """What came of the decisions; None where that is not known."""

    def total(self) -> FigureRow:
        """Return the figures of everything."""
        return self._row("", "all", self.settled.all, self.work.all(self.now))

    def rows(self, by: Dimension) -> list[FigureRow]:
        """Return a row for each day, project, reviewer or agent, by name; of whom nothing is known comes last."""
        return self.by_day() if by == "day" else sorted(self._named(by), key=lambda row: (not row.id, row.name))

    def by_day(self) -> list[FigureRow]:
        """Return a row for each period of the range, the earliest first."""
        groups = dict(self.settled.periods)
        asked = {at: backlog.asked for at, backlog in self.work.by_period(self.now).items() if backlog.asked}
        for at in asked:
            groups.setdefault(at, Group())
        rows: list[FigureRow] = []
        left = self.work.asked_before_end() + self.settled.settled_later
        for at in sorted(groups, reverse=True):
            group, new = groups[at], groups[at].asked + asked.get(at, 0)
            rows.append(FigureRow(at, at, group, asked=new, open=left))
            left += group.left - new
        return rows[::-1]

    def _named(self, by: Dimension) -> list[FigureRow]:
        settled, work = self.settled, self.work
        sources: dict[Dimension, tuple[dict[str, Group], dict[str, Backlog], Callable[[str], str]]] = {
            "project": (settled.projects, work.by_project(self.now), lambda key: self.names.get(key, key)),
            "reviewer": (settled.reviewers, work.by_reviewer(self.now), lambda key: key or UNASSIGNED),
            "agent": (settled.agents, work.by_agent(self.now), lambda key: key or NOBODY),
        }
        groups, backlogs, name = sources[by]
        keys = dict.fromkeys((*groups, *backlogs))
        rows = [self._row(key, name(key), groups.get(key, Group()), backlogs.get(key, Backlog())) for key in keys]
        # What was settled says who settled it, not who had it before: only the agents and the projects are asked.
        return [replace(row, asked=None, is_person=True) for row in rows] if by == "reviewer" else rows

    def _row(self, key: str, name: str, group: Group, backlog: Backlog) -> FigureRow:
        oldest = None if backlog.oldest_at is None else (self.now - backlog.oldest_at).total_seconds()
        asked = group.asked + backlog.asked
        return FigureRow(key, name, group, backlog, asked, backlog.open, oldest, backlog.overdue)
