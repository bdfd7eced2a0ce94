"""The dialog that chooses the project of all screens, with the open work of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from textual import on
from typing_extensions import override

from pumpup_tui.backend.messages import CallFailed
from pumpup_tui.board.calls import BoardFeed
from pumpup_tui.board.messages import ProjectCounts
from pumpup_tui.components.dialogs import Choice, ChoiceList, PickScreen
from pumpup_tui.context import Context
from pumpup_tui.text.firewall import line
from pumpup_tui.text.layout import Line, columns, fit

if TYPE_CHECKING:
    from api_client.models import Project

ALL = ""
"""Stands for all projects."""


class ProjectScreen(PickScreen[str]):
    """The projects: at once by name, their counts as they come. Returns an id, or `ALL`."""

    def __init__(self, context: Context, projects: Sequence[Project]) -> None:
        choices = [Choice(ALL, "all projects"), *(Choice(project.id, project.name) for project in projects)]
        super().__init__("Project", choices, context.project_id or ALL)
        self.context = context
        self._counts: Mapping[str, tuple[int, int]] = {}
        """Open requests and open tasks by project id, as far as they are known."""

    @override
    def choice_list(self) -> ChoiceList[str]:
        return ChoiceList(empty="no projects: pumpup-tui projects create makes one", draw=self._draw_project)

    def _draw_project(self, project: Choice[str], width: int) -> Sequence[Line]:
        count = self._counts.get(project.value)
        if count is None:
            return [[(fit(line(project.label, 80), width), "")]]
        requests, tasks = count
        counts = f"◌ {requests:,} waiting  {tasks:>7,} open " if requests else f"{tasks:>7,} open "
        return [[(columns(line(project.label, 80), counts, width), "" if tasks else "muted")]]

    @override
    def on_mount(self) -> None:
        """List the projects, and count behind that."""
        super().on_mount()
        if self.context.can("board"):
            BoardFeed(self.context.calls).counts(
                self, [choice.value for choice in self._choices if choice.value != ALL]
            )

    @on(ProjectCounts)
    def _counted(self, event: ProjectCounts) -> None:
        event.stop()
        choices = self.query_one(ChoiceList)
        whole = tuple(map(sum, zip(*event.counts.values(), strict=True))) if event.counts else (0, 0)
        self._counts = {**event.counts, ALL: (whole[0], whole[1])}
        choices.redraw()
        choices.refresh()  # lines that were never drawn without counts do not differ from themselves

    @on(CallFailed)
    def _not_counted(self, event: CallFailed) -> None:
        event.stop()  # the names are there to choose from
