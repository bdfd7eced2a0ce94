"""A scrolling view's vertical scrollbar, of a class of our own.

Reason: Textual has no public way to choose the class of a scrollbar, and its own draws all its lines with each move of
the cursor.

Performance: not measured alone.

Test: tests/pilot/test_painting.py.
"""

from __future__ import annotations

from collections.abc import Callable

from textual.scroll_view import ScrollView
from textual.scrollbar import ScrollBar


def vertical_scrollbar(view: ScrollView, make: Callable[[], ScrollBar]) -> ScrollBar:
    """Return the vertical scrollbar of a view; `make` makes it when it is first asked for."""
    bar = view._vertical_scrollbar
    if bar is None:
        bar = view._vertical_scrollbar = make()
        bar.display = False
        view.app._start_widget(view, bar)
    return bar
