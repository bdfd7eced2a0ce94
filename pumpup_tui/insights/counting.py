"""The figures of one range and project as they are counted: all once, and then what is new."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from pumpup_tui.insights.deed_figures import DeedFigures, deed_figures
from pumpup_tui.insights.figure_panes import Stuck, panes
from pumpup_tui.insights.figure_rows import RangeFigures
from pumpup_tui.insights.open_work import OpenWork
from pumpup_tui.insights.reading import OpenReader, SettledReader
from pumpup_tui.insights.settled_figures import SettledFigures
from pumpup_tui.insights.stuck_tasks import stuck_tasks

if TYPE_CHECKING:
    from api_client.backend import Backend
    from api_client.models import Event, Project
    from api_client.settled import SettledRequest
    from api_client.times import Clock
    from pumpup_tui.components.task_turn import TaskRules
    from pumpup_tui.insights.pane_lines import Pane
    from pumpup_tui.insights.ranges import Range

FIRST_SECONDS = 0.25
"""Before the first report: most ranges are counted by then, and drawn once."""
REPORT_SECONDS = 0.5
"""Between two reports of the progress."""
REST = 5
"""How many times as long as the last look for what came of decisions took it is not repeated."""
PANES_SECONDS = 4.0
"""Between two reports of other figures, once a count goes on for long: each draws most of the screen again."""


@dataclass(frozen=True, slots=True)
class Counted:
    """The figures as far as they are counted."""

    figures: RangeFigures
    panes: Sequence[Pane]
    rows: int
    """Settled requests that were counted so far."""
    back_to: datetime | None
    """The oldest of them: those of the range before it are still to come; None where all are counted."""


Report = Callable[[Counted], None]
RulesOf = Callable[["Project"], "TaskRules"]
"""Returns when a task of a project counts as stuck."""


class Counting:
    """One count. Its methods run one at a time; what takes long runs in a thread, and never on the event loop."""

    def __init__(
        self,
        chosen: Range,
        project_id: str | None,
        names: Mapping[str, str],
        clock: Clock,
        *,
        asker: str = "",
        me: str = "",
    ) -> None:
        """Begin with nothing.

        Args:
            chosen: The range.
            project_id: The project whose work counts; None is all.
            names: The projects' names by id, raw.
            clock: Returns the present time.
            asker: The agent whose requests alone count; empty is all.
            me: The reviewer who sees them.
        """
        self.range, self._asker, self._me = chosen, asker, me
        self._names, self._clock = names, clock
        self._settled_reader, self._open_reader = SettledReader(chosen, project_id), OpenReader(project_id)
        self._settled, self._work = SettledFigures(chosen), OpenWork(chosen)
        self._rows = 0
        self._back_to: datetime | None = chosen.made_at
        self._stuck = Stuck()
        self._project_id = project_id
        self._deeds: DeedFigures | None = None
        self._deeds_from = 0.0
        """When what came of decisions may be looked for again, by the event loop's clock."""

    def is_about(self, event: Event) -> bool:
        """Return whether an event may get a task going that was found stuck, or be what was not done yet."""
        counts = self._deeds.counts.values() if self._deeds else ()
        return any(task.task_id == event.task_id for task in self._stuck.tasks or ()) or any(
            row.task_id == event.task_id for count in counts for row in count.rows
        )

    @property
    def is_complete(self) -> bool:
        """Whether all of the range is counted."""
        return self._back_to is None

    async def count(self, backend: Backend, report: Report) -> Counted:
        """Count everything, and report the figures so far at most twice a second.

        Raises:
            ApiError: the backend could not be read.
        """
        async for items in self._open_reader.pages(backend):
            self._work.add(item for item in items if self._asker in ("", item.requested_by))
        clock = asyncio.get_running_loop().time
        counted, pause = await self.state(), FIRST_SECONDS
        drawn = reported = clock()
        async for rows in self._settled_reader.pages(backend):
            await self._add(rows)
            if clock() - reported >= min(pause, REPORT_SECONDS):
                reported = clock()
                if reported - drawn >= pause:
                    counted, drawn, pause = await self.state(), reported, min(PANES_SECONDS, 2 * pause)
                report(replace(counted, rows=self._rows, back_to=self._back_to))
        self._back_to = None
        return await self.state()

    async def catch_up(self, backend: Backend, events: Sequence[Event]) -> Counted:
        """Count what is new since; `events` are those that came.

        Raises:
            ApiError: the backend could not be read.
        """
        async for items in self._open_reader.pages(backend):
            self._work.add(item for item in items if self._asker in ("", item.requested_by))
        async for rows in self._settled_reader.news(backend):
            await self._add(rows)
            self._work.remove(row.request_id for row in rows)
        self._work.follow(events)
        return await self.state()

    async def look_for_stuck(
        self, backend: Backend, projects: Sequence[Project], rules_of: RulesOf, *, deeds: bool
    ) -> Counted:
        """Find the tasks of these projects that are stuck, and with `deeds` what came of the range's decisions.

        That is not known of one agent alone: a decision does not say who asked for it.

        Raises:
            ApiError: the backend could not be read.
        """
        self._stuck = await stuck_tasks(backend, projects, rules_of, self._asker)
        if deeds and not self._asker:
            await self._look_for_deeds(backend)
        return await self.state()

    async def _look_for_deeds(self, backend: Backend) -> None:
        clock = asyncio.get_running_loop().time
        if (began := clock()) >= self._deeds_from:
            self._deeds = await deed_figures(backend, self.range, self._project_id)
            self._deeds_from = clock() + REST * (clock() - began)

    async def state(self) -> Counted:
        """Return the figures as they are now."""
        return await asyncio.to_thread(self._state)

    async def _add(self, rows: Sequence[SettledRequest]) -> None:
        if not rows:
            return
        mine = [row for row in rows if self._asker in ("", row.requested_by)]
        await asyncio.to_thread(self._settled.add, mine)
        self._rows += len(rows)
        if self._back_to is not None:
            self._back_to = min(row.settled_at for row in rows)

    def _state(self) -> Counted:
        figures = RangeFigures(self._settled, self._work, self._names, self._clock(), self._deeds)
        return Counted(figures, panes(figures, self._stuck, self._me), self._rows, self._back_to)
