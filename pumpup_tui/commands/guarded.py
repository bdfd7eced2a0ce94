"""The app as the command line runs it: no fault of it shows a traceback, and nothing keeps it from being left."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from textual.driver import Driver
from typing_extensions import override

from pumpup_tui.app import PumpUpApp
from pumpup_tui.commands.shutdown import HANGUP, Shutdown
from pumpup_tui.commands.terminal_setup import own_driver


class GuardedApp(PumpUpApp):
    """The app with its unforeseen faults left to `main`: Textual prints what local variables hold, keys too."""

    fault: Exception | None = None
    leaving: Shutdown | None = None
    """What else than a key ends the screens; set before they run."""

    def on_load(self) -> None:
        """Be left in order from now on: before the terminal is touched."""
        if self.leaving is not None:
            loop, self._leaves = asyncio.get_running_loop(), set[asyncio.Task[None]]()

            def leave(code: int) -> None:
                self._stop_editor()
                with suppress(RuntimeError):  # the loop has ended, and the process is about to
                    loop.call_soon_threadsafe(lambda: self._leaves.add(loop.create_task(self._leave_with(code))))

            self.leaving.handle_by(leave)
            self.leaving.add_cleanup(self._restore_terminal)

    def terminal_gone(self) -> None:
        """Leave, as for a hang-up: from any thread."""
        if self.leaving is not None:
            self.leaving.request(HANGUP)

    @override
    def get_driver_class(self) -> type[Driver]:
        return own_driver(super().get_driver_class())

    @override
    def _handle_exception(self, error: Exception) -> None:
        self.fault = self.fault or error
        self.panic()

    async def _leave_with(self, code: int) -> None:
        # First what would be lost: the rest may take longer than there is time for.
        await self.context.drafts.flush()
        await self.store_outgoing()
        self.exit(return_code=code)

    @staticmethod
    def _stop_editor() -> None:
        from pumpup_tui.components.external_editor import stop_editors

        stop_editors()

    def _restore_terminal(self) -> None:
        if self._driver is not None:
            self._driver.stop_application_mode()
            self._driver.close()
