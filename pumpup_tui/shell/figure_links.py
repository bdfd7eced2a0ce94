"""The ways from a row of the insights to the work behind it: a board, a timeline, a task."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from api_client.event_filter import EventFilter
from pumpup_tui.backend.timeline_query import DECISIONS, Query
from pumpup_tui.timeline.screen import TimelineScreen

if TYPE_CHECKING:
    from textual.app import App

    from pumpup_tui.context import Context
    from pumpup_tui.insights.pane_lines import Target


def follow(app: App[None], context: Context, target: Target, open_task: Callable[[str], None]) -> None:
    """Show the board of a project, the decisions of a reviewer, what an agent did, or a task's page."""
    if target.kind == "task":
        open_task(target.id)
    elif target.kind == "project":
        context.show_project(target.id)
        app.switch_mode("board")
    elif target.kind == "reviewer":
        _show_events(app, Query(types=DECISIONS, only=EventFilter(decided_by=target.id)))
    elif target.kind == "agent":
        _show_events(app, Query(sources=("AGENT",), text=target.id))


def _show_events(app: App[None], query: Query) -> None:
    app.switch_mode("timeline")

    def show() -> None:
        if isinstance(app.screen, TimelineScreen):
            app.screen.show(query)

    app.call_after_refresh(show)
