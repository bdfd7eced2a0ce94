"""The overview of all projects in use: when it is shown, read and read again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from pumpup_tui.board.filtering import monotonic_seconds
from pumpup_tui.board.projects_view import ProjectRow, ProjectsView
from pumpup_tui.components.frame import set_title
from pumpup_tui.components.task_turn import TaskRules

if TYPE_CHECKING:
    from textual.screen import Screen
    from textual.timer import Timer

    from api_client.models import Project
    from pumpup_tui.board.calls import BoardFeed
    from pumpup_tui.context import Context

REREAD_SECONDS = 2.0
"""Between two reads of the boards because of changes."""
STUCK_SECONDS = 60.0
"""Between two looks for what is stuck: that takes hours to become so."""


class ProjectsOverview:
    """Shows all projects in place of one board."""

    def __init__(self, context: Context, screen: Screen[None], calls: BoardFeed) -> None:
        self._context, self._screen, self._calls = context, screen, calls
        self.view = ProjectsView(context, id="projects")
        set_title(self.view, "All projects")
        self._timer: Timer | None = None
        self._stuck_from = 0.0

    @property
    def is_shown(self) -> bool:
        """Whether it is shown."""
        return self._screen.has_class("-all")

    def show(self) -> None:
        """Show all projects, and read what is going on in each."""
        was_shown, self._stuck_from = self.is_shown, 0.0
        self._screen.add_class("-all")
        if not was_shown:
            self.view.focus()
        self.read()

    def hide(self) -> None:
        """Show a board again."""
        self._screen.remove_class("-all")

    def read(self) -> None:
        """Read the boards of all projects, and look for what is stuck."""
        # The one that is always there comes last: most have nothing in it.
        projects = sorted(self._context.status.projects, key=lambda project: project.project_name == "general")
        known = {row.project.id: row for row in self.view.rows}
        self.view.show(known.get(project.id, ProjectRow(project)) for project in projects)
        set_title(self.view, "All projects", f"{len(projects):,}")
        self._calls.figures(self.view, projects, self._rules(projects))

    def _counts_stuck(self) -> bool:
        """Return whether it is time to look for what is stuck, which takes many reads where there are many tasks."""
        now = monotonic_seconds()
        is_time = now >= self._stuck_from
        if is_time:
            self._stuck_from = now + STUCK_SECONDS
        return is_time

    def read_soon(self) -> None:
        """Read them again, for something has changed."""
        if self._timer is None:
            self._timer = self._screen.set_timer(REREAD_SECONDS, self._read_again)

    def _read_again(self) -> None:
        self._timer = None
        if self.is_shown:
            self.read()

    def _rules(self, projects: Iterable[Project]) -> Mapping[str, TaskRules]:
        if not self._counts_stuck():
            return {}
        now, stuck = self._context.clock(), self._context.preferences.stuck
        return {project.id: TaskRules.of(now, stuck, project.project_name) for project in projects}
