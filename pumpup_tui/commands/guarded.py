"""The guard of the running screens: no fault of them shows a traceback, and nothing keeps them from being left."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from textual.driver import Driver
from typing_extensions import override

from pumpup_tui.commands.shutdown import HANGUP, Shutdown
from pumpup_tui.commands.terminal_setup import own_driver
from pumpup_tui.textual_patches.terminal_app import TerminalApp, TerminalHooks


class Guard(TerminalHooks):
    """Leaves unforeseen faults to `main`, for Textual prints what local variables hold, keys too."""

    def __init__(self, shutdown: Shutdown) -> None:
        """Take what else than a key ends the screens."""
        self._shutdown = shutdown
        self._exits: set[asyncio.Task[None]] = set()
        self.fault: Exception | None = None
        """The fault that ended the screens."""

    @override
    def attach(self, app: TerminalApp) -> None:
        loop = asyncio.get_running_loop()

        def leave(code: int) -> None:
            self._stop_editor()
            with suppress(RuntimeError):  # the loop has ended, and the process is about to
                loop.call_soon_threadsafe(lambda: self._exits.add(loop.create_task(app.store_and_exit(code))))

        self._shutdown.handle_by(leave)
        self._shutdown.add_cleanup(app.restore_terminal)

    @override
    def terminal_gone(self) -> None:
        self._shutdown.request(HANGUP)

    @override
    def driver_class(self, default: type[Driver]) -> type[Driver]:
        return own_driver(default)

    @override
    def failed(self, error: Exception) -> bool:
        self.fault = self.fault or error
        return True

    @staticmethod
    def _stop_editor() -> None:
        from pumpup_tui.components.external_editor import stop_editors

        stop_editors()
