"""Panes side by side, whose common edge can be dragged: the widths are kept for the next start."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from textual import events
from textual.containers import Horizontal

from pumpup_tui.components.pane_frame import FramedPane, PaneFrame
from pumpup_tui.components.scroll_view import LineScrollView

if TYPE_CHECKING:
    from textual.widget import Widget

    from pumpup_tui.local_state.last_view import LastView

LEAST = 24
"""Cells that a pane keeps."""


class SplitPanes(Horizontal):
    """Panes side by side; a double click on an edge gives all their own widths back."""

    def __init__(self, *panes: Widget, id: str, last_view: LastView) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(*panes, id=id)
        self._last_view = last_view
        self._stored_as = f"widths of {id}"  # not foreign: of ours
        self._dragged: tuple[Widget, Widget] | None = None
        self._shown: tuple[Widget, Widget] | None = None
        """The panes whose edge is shown to be one that can be dragged."""

    def on_resize(self) -> None:
        """Give the panes the widths that they were dragged to, where the same ones are shown as then."""
        panes = self._panes
        widths = self._last_view.recall(self._stored_as).get(_names(panes))
        fits = isinstance(widths, list) and len(widths) == len(panes) and all(isinstance(one, int) for one in widths)
        if isinstance(widths, list) and fits:
            _set_widths(panes, widths)

    @property
    def _panes(self) -> Sequence[Widget]:
        return [pane for pane in self.children if pane.display and pane.id]

    def _edge_at(self, x: int) -> tuple[Widget, Widget] | None:
        """Return the panes whose common edge stands in a column of the screen."""
        pairs = pairwise(self._panes)
        return next(((one, other) for one, other in pairs if x in (one.region.right - 1, other.region.x)), None)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Begin to drag."""
        self._dragged = self._edge_at(event.screen_x)
        if self._dragged is not None:
            event.stop()
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Move the edge with the mouse; where none is dragged, show one under it."""
        if self._dragged is None:
            self._show(self._edge_at(event.screen_x))
            return
        event.stop()
        one, other = self._dragged
        whole = one.region.width + other.region.width
        width = max(LEAST, min(event.screen_x - one.region.x + 1, whole - LEAST))
        if width != one.region.width:
            widths = {one: width, other: whole - width}
            _set_widths(self._panes, [widths.get(pane, pane.region.width) for pane in self._panes])

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Leave the edge where it is."""
        if self._dragged is not None:
            event.stop()
            self._dragged = None
            self.release_mouse()
            self._store([pane.region.width for pane in self._panes])

    def on_leave(self) -> None:
        """Show no edge."""
        if self._dragged is None:
            self._show(None)

    def on_click(self, event: events.Click) -> None:
        """Give the panes their own widths back."""
        if event.chain == 2 and self._edge_at(event.screen_x):
            for pane in self._panes:
                pane.styles.clear_rule("width")
                pane.refresh(layout=True)
            self._store([])

    def _store(self, widths: Sequence[int]) -> None:
        stored = dict(self._last_view.recall(self._stored_as))
        self._last_view.note(self._stored_as, stored | {_names(self._panes): list(widths)})

    def _show(self, edge: tuple[Widget, Widget] | None) -> None:
        if edge != self._shown:
            for panes, is_shown in ((self._shown, False), (edge, True)):
                for pane, side in zip(panes or (), ("right", "left"), strict=False):
                    for frame in _frames(pane):
                        frame.show_grip(side if is_shown else "")
            self._shown = edge


def _names(panes: Sequence[Widget]) -> str:
    return " ".join(pane.id or "" for pane in panes)  # not foreign: ids of our widgets


def _set_widths(panes: Sequence[Widget], widths: Sequence[int]) -> None:
    # As shares: they hold in a window of another width too.
    for pane, width in zip(panes, widths, strict=True):
        pane.styles.width = f"{width}fr"


def _frames(pane: Widget) -> Sequence[PaneFrame]:
    return [one.frame for one in pane.walk_children(with_self=True) if isinstance(one, (LineScrollView, FramedPane))]
