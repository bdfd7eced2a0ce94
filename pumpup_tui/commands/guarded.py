"""The app as the command line runs it: no fault of it shows a traceback."""

from __future__ import annotations

from textual.driver import Driver
from typing_extensions import override

from pumpup_tui.app import PumpUpApp
from pumpup_tui.commands.terminals import fitted


class GuardedApp(PumpUpApp):
    """The app with its unforeseen faults left to `main`: Textual prints what local variables hold, keys too."""

    fault: Exception | None = None

    @override
    def get_driver_class(self) -> type[Driver]:
        return fitted(super().get_driver_class())

    @override
    def _handle_exception(self, error: Exception) -> None:
        self.fault = self.fault or error
        self.panic()
