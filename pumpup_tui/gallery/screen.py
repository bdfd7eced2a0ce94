"""The screen that shows all exhibits, one below the other; an app that shows nothing else."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.screen import Screen
from textual.widgets import Static
from typing_extensions import override

from pumpup_tui.app import PumpUpApp
from pumpup_tui.backend.status import Status
from pumpup_tui.context import Context, Setup
from pumpup_tui.gallery.exhibits import Exhibit, exhibits
from pumpup_tui.gallery.samples import NOW
from pumpup_tui.local_state.preferences import Preferences
from styles.sheets import sheet

if TYPE_CHECKING:
    from textual.app import App

    from api_client.backend import Backend


class GalleryScreen(Screen[None]):
    """Each widget in each of its states."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.css_path = [sheet("answer"), sheet("gallery")]
        self.is_filled = False
        """Whether every widget has its content."""
        self._exhibits: list[Exhibit] = list(exhibits(context))

    @override
    def compose(self) -> ComposeResult:
        with VerticalScroll():
            for shown in self._exhibits:
                yield Static(shown.caption, markup=False, classes="exhibit-title")
                if shown.height is not None:
                    shown.widget.styles.height = shown.height
                yield shown.widget

    def on_mount(self) -> None:
        """Fill the widgets once they have their sizes."""
        self.call_after_refresh(self._fill)

    def _fill(self) -> None:
        for shown in self._exhibits:
            if shown.fill is not None:
                shown.fill()
        self.is_filled = True


async def _never() -> Backend:
    await asyncio.Event().wait()
    raise AssertionError


def _show(app: App[None], context: Context) -> None:
    """Show the gallery in place of the start, with a status as an open backend gives it."""
    able = frozenset(("decide", "answer", "move", "note", "assign", "board"))
    status = Status(reviewer="alice", tags=("claims-lead",), capabilities=able, connected=True, inbox="8")
    context.status_model.set(Status.in_touch(status))
    app.add_mode("gallery", lambda: GalleryScreen(context))
    app.switch_mode("gallery")


def gallery_app(theme: str = "") -> PumpUpApp:
    """Return an app that shows the gallery in a theme, and opens no backend; `theme` may be empty for the app's own."""
    from datetime import UTC

    setup = Setup(
        _never,
        source_label="gallery",
        clock=lambda: NOW,
        new_key=lambda: "key",
        zone=UTC,
        preferences=Preferences(theme=theme),
    )
    return PumpUpApp(setup, observers=[_show])
