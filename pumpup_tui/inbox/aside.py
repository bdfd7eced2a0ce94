"""The task beside the request, where the screen is wide enough: made behind the first rows, drawn after a pause."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from typing_extensions import override

from pumpup_tui.components.frame import set_title
from pumpup_tui.components.split_panes import SplitPanes

if TYPE_CHECKING:
    from textual.screen import Screen
    from textual.timer import Timer

    from pumpup_tui.context import Context
    from pumpup_tui.inbox.detail import RequestPane
    from pumpup_tui.inbox.request_list import RequestList
    from pumpup_tui.inbox.request_view import RequestView
    from pumpup_tui.inbox.task_pane import TaskPane

WIDE = 160
"""Columns of the screen from which the third pane has room."""
PAUSE = 0.12
"""Seconds that the cursor stays before the task is drawn: requests that are passed by cost nothing."""


class InboxPanes(SplitPanes):
    """The inbox's panes side by side."""

    resized: Callable[[], None] | None = None
    """Called where there may be room for another number of them."""

    @override
    def on_resize(self) -> None:
        """Choose between two panes and three."""
        if self.resized is not None:
            self.resized()


class Aside:
    """Shows the task of the request under the cursor in a third pane, and takes it away where there is no room."""

    def __init__(
        self, screen: Screen[None], context: Context, *, requests: RequestList, view: RequestView, pane: RequestPane
    ) -> None:
        """Take the two widgets that the third one stands beside, and what holds the request."""
        self._screen = screen
        self._context = context
        self.panes = panes = InboxPanes(requests, view, id="inbox", last_view=context.last_view)
        """The panes that are there, side by side."""
        self._pane = pane
        self._requests = requests
        panes.resized = self.follow
        self._widget: TaskPane | None = None
        self._timer: Timer | None = None

    def follow(self) -> None:
        """Show the task of the request under the cursor soon, or no third pane."""
        if self._timer is not None:
            self._timer.stop()
        has_room = self._screen.size.width >= WIDE
        if self._widget is not None:
            self._widget.display = has_room
        if has_room:
            self._timer = self._screen.set_timer(PAUSE, self._show)

    def _show(self) -> None:
        if self._widget is None:
            from pumpup_tui.inbox.task_pane import TaskPane

            self._widget = widget = TaskPane(self._context)
            set_title(widget, "Task")
            self.panes.mount(widget)
            SplitPanes.on_resize(self.panes)
        item = self._requests.row
        loaded = self._pane.loaded if self._pane.is_read else None
        self._widget.show(loaded, (item.assignee_id or "") if item is not None else "")
