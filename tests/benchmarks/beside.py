"""What the screens are measured beside: an empty app, Textual's own list, a widget per card, our app over a slow link.

python -m tests.benchmarks.beside empty | options COUNT | cards COUNT | slow FOLDER SECONDS | deciding FOLDER STATE
"""

from __future__ import annotations

import asyncio
import gc
import secrets
import sys
from pathlib import Path
from typing import Any


def empty() -> None:
    """Run a Textual app that shows nothing."""
    from textual.app import App

    App[None]().run()


def cards(count: int) -> None:
    """Run the naive board: five columns, a focusable widget for each card."""
    from textual.app import App, ComposeResult
    from textual.containers import Horizontal, VerticalScroll
    from textual.widgets import Static

    class Card(Static, can_focus=True):
        """One task."""

    class Naive(App[None]):
        """All cards mounted."""

        CSS = "Card { height: 3; margin-bottom: 1; } Card:focus { background: $primary-muted; }"
        BINDINGS = [("j", "app.focus_next"), ("k", "app.focus_previous")]  # noqa: RUF012 - declared so by Textual

        def compose(self) -> ComposeResult:
            """Yield every card."""
            with Horizontal():
                for column in range(5):
                    with VerticalScroll(can_focus=False):
                        for number in range(column, count, 5):
                            yield Card(f"Claim C-{number}\nwaiting\n? approval: Refund ${number}")

    Naive().run()


def options(count: int) -> None:
    """Run Textual's own list, with a detail beside it that follows the cursor."""
    from textual.app import App, ComposeResult
    from textual.containers import Horizontal
    from textual.widgets import OptionList, Static

    class Plain(App[None]):
        """A list and its detail, as Textual's guide would have them."""

        CSS = "OptionList { width: 45%; } Static { width: 55%; }"
        BINDINGS = [  # noqa: RUF012 - declared so by Textual
            ("j", "move('cursor_down')"),
            ("G", "move('last')"),
            ("g", "move('first')"),
        ]

        def compose(self) -> ComposeResult:
            """Yield both."""
            with Horizontal():
                yield OptionList(*(f"Refund ${number} on C-{number}\nclaims · waiting" for number in range(count)))
                yield Static(markup=False)

        def action_move(self, where: str) -> None:
            """Move the list's cursor."""
            getattr(self.query_one(OptionList), f"action_{where}")()

        def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
            """Show the option under the cursor."""
            lines = [f"Refund on claim C-{event.option_index}", "", *(f"12:0{n}  agent  looked" for n in range(8))]
            self.query_one(Static).update("\n".join(lines))

    Plain().run()


class Slow:
    """A backend every call of which takes longer, as over a slow link."""

    def __init__(self, backend: Any, seconds: float) -> None:
        self._backend, self._seconds = backend, seconds

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._backend, name)
        if name in ("changes", "aclose", "notices", "download"):
            return real

        async def call(*args: Any, **kwargs: Any) -> Any:
            await asyncio.sleep(self._seconds)
            return await real(*args, **kwargs)

        return call


def slow(folder: Path, seconds: float) -> None:
    """Run our app over a folder whose every answer comes late."""
    from api_client.actor import Actor
    from api_client.times import utc_now
    from pumpup_tui.app import PumpUpApp
    from pumpup_tui.context import Setup
    from store.folder.local_backend import open_local

    async def connect() -> Any:
        return Slow(await open_local(folder, Actor("alice", "reviewer")), seconds)

    PumpUpApp(Setup(connect, source_label="slow", clock=utc_now, new_key=lambda: secrets.token_hex(16))).run()


def deciding(folder: Path, state: Path) -> None:
    """Run our app over a folder, without a grace time, keeping what is on its way as it always does."""
    from api_client.actor import Actor
    from api_client.times import utc_now
    from pumpup_tui.app import PumpUpApp
    from pumpup_tui.context import Setup
    from pumpup_tui.local_state.document_store import DocumentStore
    from pumpup_tui.local_state.preferences import Preferences
    from store.folder.local_backend import open_local

    async def connect() -> Any:
        backend = await open_local(folder, Actor("alice", "reviewer"))
        gc.freeze()  # as `pumpup_tui.commands.screens` does
        return backend

    PumpUpApp(
        Setup(
            connect,
            source_label="local",
            clock=utc_now,
            new_key=lambda: secrets.token_hex(16),
            preferences=Preferences(grace_seconds=0),
            documents=DocumentStore(state),
        )
    ).run()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["empty"]:
            empty()
        case ["options", number]:
            options(int(number))
        case ["cards", number]:
            cards(int(number))
        case ["slow", place, late]:
            slow(Path(place), float(late))
        case ["deciding", place, state]:
            deciding(Path(place), Path(state))
