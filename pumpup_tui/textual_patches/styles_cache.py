"""Textual's cache of a widget's two background styles, without the widget.

Reason: Textual remembers these styles by the widget's own cache too, and with it, long after a screen is gone, every
line that it drew. `free_lines_with_screens` changes that for the whole process.

Performance: for memory: a screen's lines are freed with it.

Test: tests/unit/test_textual_patches.py.
"""

from __future__ import annotations

from functools import lru_cache

from textual._styles_cache import StylesCache
from textual.color import Color
from textual.style import Style


@lru_cache(1024)
def _inner_and_outer(base: Color, background: Color) -> tuple[Style, Style]:
    return Style(background=base + background), Style(background=base)


def free_lines_with_screens() -> None:
    """Have Textual's styles caches keep no widget alive; a second call changes nothing."""
    StylesCache.get_inner_outer = staticmethod(_inner_and_outer)  # type: ignore[assignment,method-assign]
