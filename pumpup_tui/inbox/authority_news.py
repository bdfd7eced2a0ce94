"""The effects of authority on the inbox: the section of escalated tasks over the list, and who may decide what."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from textual import on
from typing_extensions import override

from pumpup_tui.backend.messages import ShowTask
from pumpup_tui.components.density import is_compact
from pumpup_tui.components.frame import set_title
from pumpup_tui.components.virtual_list import VirtualList
from pumpup_tui.text.firewall import line
from pumpup_tui.text.layout import Line, fit, width_of

if TYPE_CHECKING:
    from textual.screen import Screen
    from textual.widget import Widget

    from api_client.authority import EscalatedTask
    from pumpup_tui.backend.status import Status
    from pumpup_tui.components.frame import KeyHints
    from pumpup_tui.context import Context
    from pumpup_tui.inbox.detail import RequestPane
    from pumpup_tui.inbox.loader import InboxLoader

ROWS_MOST = 4
"""Escalated tasks in view; the others are a scroll away."""


class EscalatedList(VirtualList["EscalatedTask"]):
    """The tasks that were escalated to the reader, the newest first; enter opens one."""

    def __init__(self, context: Context, focus_changed: Callable[[], None] = lambda: None) -> None:
        """Take what is called when the keys come or go."""
        super().__init__(id="escalated")
        self.context = context
        self._focus_changed = focus_changed

    @override
    def row_id(self, row: EscalatedTask) -> str:
        return row.task_id

    @override
    def draw_row(self, row: EscalatedTask, width: int) -> Sequence[Line]:
        who = f"by {line(row.by, 30)} {self.context.stamp(row.at)}"
        head: Line = [("! ", "escalate"), (line(row.task_name, 60), "strong"), (f"  {who}", "muted")]
        room = max(0, width - width_of(head) - 2)
        return [[*head, ("  ", ""), (fit(line(row.note, 300) if row.note else "", room), "")]]

    @property
    @override
    def shows_cursor(self) -> bool:
        return self.has_focus

    def on_focus(self) -> None:
        """Show the cursor, and the keys that go to it."""
        self.redraw()
        self._focus_changed()

    def on_blur(self) -> None:
        """Show no cursor: the one of the requests is where keys go."""
        self.redraw()
        self._focus_changed()

    @on(VirtualList.Chosen)
    def _open(self, event: VirtualList.Chosen) -> None:
        event.stop()
        if event.row_id is not None:
            self.post_message(ShowTask(event.row_id))

    @on(VirtualList.Moved)
    @on(VirtualList.Gone)
    @on(VirtualList.NeedMore)
    def _own(self, event: VirtualList.OfRow) -> None:
        event.stop()  # else the screen would take it for one of its requests


class AuthorityNews:
    """Shows the section where anything is escalated to the reader; has the list read again under another policy."""

    def __init__(
        self,
        screen: Screen[None],
        context: Context,
        *,
        panes: Widget,
        loader: InboxLoader,
        pane: RequestPane,
        hints: KeyHints,
    ) -> None:
        """Take the panes that the section stands over, and what reads the requests."""
        self._screen = screen
        self._context = context
        self._panes = panes
        self._loader = loader
        self._pane = pane
        self._hints = hints
        self._list: EscalatedList | None = None
        self._shown: Sequence[EscalatedTask] = ()
        self._policies: str | None = None

    def take(self, status: Status) -> None:
        """Take a changed status."""
        self._show(status.escalated_to_me)
        before, self._policies = self._policies, status.policies
        if before is not None and status.policies != before and status.connected:
            self._loader.restart()
            self._pane.read()

    def _show(self, tasks: Sequence[EscalatedTask]) -> None:
        if tasks == self._shown:
            return
        self._shown = tasks
        if self._list is None:
            self._list = EscalatedList(self._context, self._hints.update_lines)
            self._screen.mount(self._list, before=self._panes)
        section = self._list
        if not tasks and section.has_focus:
            self._screen.focus_next()
        section.display = bool(tasks)
        section.styles.height = min(len(tasks), ROWS_MOST) + (1 if is_compact(section) else 2)
        set_title(section, "Escalated to you · shift+tab", f"{len(tasks):,}")
        section.show(tasks)
