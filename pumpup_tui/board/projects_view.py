"""All projects on one board: a row a project, with the counts of its steps, and what is overdue, stuck and oldest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from textual import on
from typing_extensions import override

from pumpup_tui.board.column_head import FINAL, OVERDUE
from pumpup_tui.board.messages import ProjectFigures, StuckCount
from pumpup_tui.components.virtual_list import VirtualList
from pumpup_tui.context import Context
from pumpup_tui.text.firewall import line
from pumpup_tui.text.layout import Line, Run, fit, width_of

if TYPE_CHECKING:
    from api_client.models import Board, Column, Project


@dataclass(frozen=True)
class ProjectRow:
    """A project with its board, as far as that was read."""

    project: Project
    board: Board | None = None
    stuck: StuckCount | None = None

    @property
    def open_count(self) -> int:
        """Its tasks that are not closed."""
        return sum(column.count for column in self._open)

    @property
    def overdue(self) -> int:
        """Its overdue tasks."""
        return sum(column.overdue or 0 for column in self._open)

    @property
    def oldest_at(self) -> datetime | None:
        """When the task that has been in its step for longest entered that."""
        return min((column.oldest_at for column in self._open if column.oldest_at), default=None)

    @property
    def _open(self) -> list[Column]:
        return [column for column in self.board.columns if not column.terminal] if self.board else []


class ProjectsView(VirtualList[ProjectRow]):
    """The projects, each in two lines."""

    ROW_HEIGHT: ClassVar[int] = 2

    def __init__(self, context: Context, *, id: str) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id, empty="no projects: pumpup-tui projects create makes one")
        self.context = context

    @on(ProjectFigures)
    def _figures_read(self, event: ProjectFigures) -> None:
        event.stop()
        rows = {row.project.id: row for row in self.rows}
        for project_id, (board, stuck) in event.figures.items():
            if (row := rows.get(project_id)) is not None:
                rows[project_id] = ProjectRow(row.project, board, stuck or row.stuck)
        self.show(rows.values())

    @override
    def row_id(self, row: ProjectRow) -> str:
        return row.project.id

    @override
    def searched(self, row: ProjectRow) -> str:
        return row.project.name

    @override
    def draw_row(self, row: ProjectRow, width: int) -> Sequence[Line]:
        figures = self._figures(row)
        room = max(12, width - 2 - width_of(figures))
        return [
            [(" " + fit(line(row.project.name, 200), room - 1), "strong"), *figures],
            [("   ", ""), *steps_runs(row.board, width - 4)],
        ]

    def _figures(self, row: ProjectRow) -> Line:
        if row.board is None:
            return [(fit("reading…", 49), "muted")]
        oldest = f"oldest {self.context.age(row.oldest_at)}" if row.oldest_at else ""
        overdue = f"{OVERDUE} {row.overdue:,} overdue" if row.overdue else ""
        tasks = "task" if row.open_count == 1 else "tasks"
        return [
            (fit(f"{row.open_count:,} open {tasks}", 16), "" if row.open_count else "muted"),
            (fit(overdue, 13), "needs"),
            (fit(row.stuck.words() if row.stuck else "", 12), "needs"),
            (fit(oldest, 11), "muted"),
        ]


def steps_runs(board: Board | None, cells: int) -> Line:
    """Return the steps of a board with their counts, as many as fit; more are counted."""
    runs: list[Run] = []
    columns = board.columns if board else ()
    for number, column in enumerate(columns):
        mark = f"{FINAL} " if column.terminal else ""
        arrow = " ▸ " if number else ""
        part = f"{arrow}{mark}{line(column.step, 30)} {column.count:,}"
        if width_of([*runs, (part, "")]) > cells - 8:
            return [*runs, (f" … +{len(columns) - number}", "muted")]
        runs.append((part, "muted" if column.terminal or not column.count else ""))
    return runs
