"""The app's side of its terminal: what is drawn again, suspended, written beside the screens, and left in order.

Textual has no public way to write to the terminal, to learn that a key was bound to nothing or that a fault ends the
app, or to choose the driver: each use of its private parts below says which.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from textual.app import App, ScreenStackError
from textual.css.query import NoMatches
from textual.driver import Driver
from textual.widget import AwaitMount, MountError
from typing_extensions import override

_WITHOUT_SCREENS = (MountError, NoMatches, ScreenStackError)
"""What is raised where a widget or a screen is gone, or was never mounted."""


class TerminalHooks:
    """The composition root's decisions about the terminal. By itself this leaves everything to Textual."""

    def driver_class(self, default: type[Driver]) -> type[Driver]:
        """Return the driver's class; `default` is Textual's choice."""
        return default

    def attach(self, app: TerminalApp) -> None:
        """Begin, in the running loop and before the terminal is touched."""

    def failed(self, error: Exception) -> bool:
        """Take an unforeseen fault that ends the app; return whether Textual must not print it."""
        return False

    def terminal_gone(self) -> None:
        """Leave, as for a hang-up: from any thread."""


class TerminalApp(App[None]):
    """An app that shares its terminal with a shell and other programs."""

    def __init__(self, sheets: Sequence[Path], hooks: TerminalHooks | None = None) -> None:
        self._hooks = hooks or TerminalHooks()  # before Textual asks for the driver
        super().__init__(css_path=list(sheets))
        self._hides_updates = True

    def on_load(self) -> None:
        """Begin: from here on it is left in order."""
        self._hooks.attach(self)

    def action_repaint(self) -> None:
        """Draw every cell again."""
        self.repaint()

    def repaint(self) -> None:
        """Draw every cell again: another program may have drawn over them."""
        self.refresh(repaint=True, layout=True)

    def terminal_gone(self) -> None:
        """Leave: nothing can be drawn or read any more. The driver calls it from any thread."""
        self._hooks.terminal_gone()

    def write_raw(self, sequence: str) -> None:
        """Write to the terminal beside the screens, in turn with them."""
        if self._driver is not None and not self._driver.is_headless:
            self._driver.write(sequence)  # Textual has no public way: its own clipboard and bell go through here
            self._driver.flush()

    def restore_terminal(self) -> None:
        """Put the terminal in order where the app can't end by itself."""
        if self._driver is not None:  # private: only the driver knows what it has changed
            self._driver.stop_application_mode()
            self._driver.close()

    async def store_and_exit(self, code: int) -> None:
        """Exit with `code`, after what would be lost is stored."""
        self.exit(return_code=code)

    def key_unbound(self, key: str) -> None:
        """Answer a key that no binding took."""

    @override
    def get_driver_class(self) -> type[Driver]:
        return self._hooks.driver_class(super().get_driver_class())

    @override
    def _handle_exception(self, error: Exception) -> None:
        # Private: only Textual knows that it is ending. It mounts nothing then and takes the screens away, and what is
        # still to be done meets that: no fault, and nothing for the user (tests/pilot/test_leaving_early.py).
        if (self._exit or not self._running) and isinstance(error, _WITHOUT_SCREENS):
            return
        # Private: Textual prints a traceback with what local variables hold, keys too (tests/cli/test_screens.py).
        if self._hooks.failed(error):
            self.panic()
        else:
            super()._handle_exception(error)

    @override
    async def _check_bindings(self, key: str, priority: bool = False) -> bool:
        # Private: there is no public way to learn that a key was bound to nothing (tests/cli/test_keys_answered.py).
        bound = await super()._check_bindings(key, priority)
        if not bound and not priority:
            self.key_unbound(key)
        return bound

    @override
    def switch_mode(self, mode: str) -> AwaitMount:
        self._hides_updates = mode not in self._screen_stacks  # private: there is no public list of what was shown
        try:
            return super().switch_mode(mode)
        finally:
            self._hides_updates = True

    @override
    def delay_update(self, delay: float = 0.05) -> None:
        # So long Textual hides a screen that may still be put together; one that was shown before is there at once.
        super().delay_update(delay if self._hides_updates else 0.001)
