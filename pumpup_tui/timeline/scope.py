"""The scope of the timeline screen: the query whose events it shows, within the chosen project."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pumpup_tui.backend.timeline_query import Query
from pumpup_tui.components.hot_spots import Control, control
from pumpup_tui.text.firewall import line

if TYPE_CHECKING:
    from pumpup_tui.context import Context


class TimelineScope:
    """The query as it was chosen; all but its task and text are stored for the next start."""

    def __init__(self, context: Context, stored_as: str) -> None:
        self._context = context
        self._stored_as = stored_as
        self._chosen = Query.restored(context.last_view.recall(stored_as))

    @property
    def chosen(self) -> Query:
        """The query as it was chosen, without the project."""
        return self._chosen

    @property
    def query(self) -> Query:
        """The query whose events are shown: one task's, or those of the chosen project."""
        return replace(self._chosen, project_id=None if self._chosen.task_id else self._context.project_id)

    def choose(self, query: Query) -> None:
        """Show another query's events, and store that for the next start."""
        self._chosen = query
        self._context.last_view.note(self._stored_as, query.lasting())

    def runs(self, task_name: str = "") -> Sequence[Control]:
        """Return the scope in clean words: whose events, in which order, what is left out; each with what changes it.

        Args:
            task_name: The raw name of the task whose events they are.
        """
        query, project = self.query, self._context.status.project
        task = line(task_name or query.task_id, 60) if query.task_id else ""
        where = task or (line(project.name, 40) if project else "everything")
        order = "newest first" if query.newest_first else "oldest first"
        runs = (
            control(where, "muted", "timeline.task" if task else "screens.project"),
            control(order, "muted", "timeline.order"),
            control(query.words(), "muted", "timeline.filter"),
        )
        return [run for run in runs if run[0]]
