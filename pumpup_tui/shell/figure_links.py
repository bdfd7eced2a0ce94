"""The ways from a row of the insights to the work behind it: a board, a timeline, a task."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from api_client.event_filter import DeedFilter, EventFilter, deed_filter
from pumpup_tui.backend.timeline_query import DECISIONS, Query
from pumpup_tui.timeline.screen import TimelineScreen

if TYPE_CHECKING:
    from textual.app import App

    from pumpup_tui.context import Context
    from pumpup_tui.insights.pane_lines import Target
    from pumpup_tui.insights.ranges import Range


def follow(app: App[None], context: Context, target: Target, chosen: Range, open_task: Callable[[str], None]) -> None:
    """Show the board of a project, a task's page, or the decisions of a reviewer, of an hour or of what came of them.

    Escape leads back from each of them, and no choice that holds for all screens is changed.
    """
    if target.kind == "task":
        open_task(target.id)
    elif target.kind == "project":
        _show_board(app, target.id)
    elif target.kind == "reviewer":
        _show_decisions(app, chosen, decided_by=target.id)
    elif target.kind == "period":
        _show_decisions(app, chosen)
    elif target.kind == "deed":
        _show_decisions(app, chosen, deed=deed_filter(target.id))


def _way_back(app: App[None]) -> Callable[[], None]:
    def go_back() -> None:
        app.switch_mode("insights")

    return go_back


def _show_board(app: App[None], project_id: str) -> None:
    from pumpup_tui.board.screen import BoardScreen

    app.switch_mode("board")
    if isinstance(app.screen, BoardScreen):
        app.screen.open_project(project_id, _way_back(app))


def _show_decisions(app: App[None], chosen: Range, decided_by: str = "", deed: DeedFilter = "") -> None:
    app.switch_mode("timeline")
    only = EventFilter(since=chosen.since, until=chosen.until, decided_by=decided_by, deed=deed)

    def show() -> None:
        if isinstance(app.screen, TimelineScreen):
            app.screen.visit.begin(
                Query(types=() if deed else DECISIONS, only=only, times=chosen.caption), _way_back(app)
            )

    app.call_after_refresh(show)
