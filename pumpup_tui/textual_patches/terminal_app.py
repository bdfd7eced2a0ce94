"""The app's side of its terminal: what is drawn again, suspended, and written beside the screens."""

from __future__ import annotations

from textual.app import App


class TerminalApp(App[None]):
    """An app that shares its terminal with a shell and other programs."""

    def action_repaint(self) -> None:
        """Draw every cell again."""
        self.repaint()

    def repaint(self) -> None:
        """Draw every cell again: another program may have drawn over them."""
        self.refresh(repaint=True, layout=True)

    def write_raw(self, sequence: str) -> None:
        """Write to the terminal beside the screens, in turn with them."""
        if self._driver is not None and not self._driver.is_headless:
            self._driver.write(sequence)  # Textual has no public way: its own clipboard and bell go through here
            self._driver.flush()
