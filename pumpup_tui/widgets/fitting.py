"""Telling a scrolling view how long it is, without laying the screen out again."""

from __future__ import annotations

from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.widget import Widget


def fit_height(view: ScrollView, height: int) -> None:
    """Have `view` scroll over `height` lines.

    Textual lays the screen out, and draws the whole view, each time its virtual size is set: kilobytes over SSH for a
    list that grew by a page. Only a scrollbar that comes or goes needs that.
    """
    size = Size(view.size.width, height)
    if size == view.virtual_size:
        return
    view.set_reactive(Widget.virtual_size, size)
    if view.show_vertical_scrollbar != (height > view.container_size.height):
        view.refresh(layout=True)
    elif view.show_vertical_scrollbar:
        view.vertical_scrollbar.window_virtual_size = height
    if view.scroll_y > view.max_scroll_y:
        view.scroll_to(y=view.max_scroll_y, animate=False)
