"""The lines that stand on a screen of an app under test."""

from __future__ import annotations

from typing import Any

from textual._context import visible_screen_stack
from textual.screen import Screen
from textual.strip import Strip


def strips_of(screen: Screen[Any]) -> list[Strip]:
    """Return what stands on a screen, with the screens below it where it lets them through, as the app draws them.

    Without these a dialog that was not drawn yet would draw nothing around itself, and keep that.
    """
    visible_screen_stack.set(screen.app._background_screens)
    return screen._compositor.render_strips()
