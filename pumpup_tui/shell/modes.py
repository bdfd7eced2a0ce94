"""The main screens by mode. Each is imported when it is first shown: the first frame waits for none."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.screen import Screen

    from pumpup_tui.components.reviewer_screen import ReviewerScreen
    from pumpup_tui.context import Context
    from pumpup_tui.shell.app_dialogs import AppDialogs

MODES = ("inbox", "board", "timeline", "insights")


def screen_of(mode: str, context: Context, dialogs: AppDialogs) -> ReviewerScreen:
    """Return the screen of a mode, and publish that it is made; `dialogs` show what it leads to."""
    context.signals.screen_made.publish(mode)
    if mode == "inbox":
        from pumpup_tui.inbox.screen import InboxScreen

        return InboxScreen(context)
    if mode == "board":
        from pumpup_tui.board.screen import BoardScreen

        return BoardScreen(context, dialogs.open_task)
    if mode == "insights":
        from pumpup_tui.insights.screen import InsightsScreen

        return InsightsScreen(context, dialogs.follow_figure)
    from pumpup_tui.timeline.screen import TimelineScreen

    return TimelineScreen(context, dialogs.open_task)


def show_request(screen: Screen[object], request_id: str) -> None:
    """Put the cursor on a request, where `screen` is the inbox."""
    from pumpup_tui.inbox.screen import InboxScreen

    if isinstance(screen, InboxScreen):
        screen.show_request(request_id)


def show_events(screen: Screen[object], task_id: str) -> None:
    """Show the events of one task, where `screen` is the timeline."""
    from pumpup_tui.timeline.screen import TimelineScreen

    if isinstance(screen, TimelineScreen):
        screen.show_task(task_id)


def reload_all(screens: Iterable[Screen[object]]) -> None:
    """Refresh what these screens show."""
    from pumpup_tui.components.reviewer_screen import ReviewerScreen

    for screen in screens:
        if isinstance(screen, ReviewerScreen):
            screen.reload()
