"""Pictures of the gallery: each widget in each of its states, in each theme."""

from __future__ import annotations

from typing import Any

import pytest

from pumpup_tui.gallery.screen import GalleryScreen, gallery_app
from styles.themes import THEMES
from tests.waiting import until

LINES = 290
"""Enough for all of it."""
THEMED = ("textual-dark", "textual-light", "ansi-dark", *(one.name for one in THEMES))


async def filled(pilot: Any) -> None:
    await until(lambda: isinstance(pilot.app.screen, GalleryScreen) and pilot.app.screen.is_filled, "all is shown")
    for _ in range(3):  # a size that changes is told widget by widget
        await pilot.pause()


@pytest.mark.parametrize("theme", THEMED)
def test_gallery(snap_compare: Any, theme: str) -> None:
    """A light theme, the terminal's own sixteen colours, high contrast, and safe for the colour-blind."""
    assert snap_compare(gallery_app(theme), terminal_size=(120, LINES), run_before=filled)


def test_gallery_in_a_narrow_terminal(snap_compare: Any) -> None:
    """At 80 columns nothing is lost over the edge."""
    assert snap_compare(gallery_app(), terminal_size=(80, LINES + 20), run_before=filled)
