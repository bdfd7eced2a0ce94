"""The first frame: the frame of all screens, while what the inbox needs is imported and opened behind it."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.app import ComposeResult
from textual.screen import Screen
from typing_extensions import override

from pumpup_tui.components.frame import SCREEN_KEYS, HeaderLine, KeyHints
from pumpup_tui.components.line_widgets import Lines
from pumpup_tui.context import Context
from pumpup_tui.text.layout import Line
from pumpup_tui.textual_patches.immediate_paint import ImmediatePaint


class Opening(Lines):
    """Shows that the backend is being opened, where the inbox will stand."""

    @override
    def lines(self, width: int) -> Sequence[Line]:
        return [[], [], [("   opening…", "muted")]]


class StartScreen(Screen[None]):
    """The frame of all screens, for the moment before the inbox is there."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.context = context
        self._painter = ImmediatePaint(self)

    @override
    def compose(self) -> ComposeResult:
        yield HeaderLine(self.context, "inbox", lambda: self.context.status.project)
        yield Opening()
        yield KeyHints(lambda: ((SCREEN_KEYS, "screens"),))

    async def on_idle(self, event: events.Idle) -> None:
        """Paint what changed."""
        await self._painter.idle(event)

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """Style the screen only where it was shown before."""
        self._painter.resume(event)

    def on_screen_suspend(self) -> None:
        """Note that the screen was shown."""
        self._painter.suspend()
