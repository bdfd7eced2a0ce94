"""What some terminals need to be told, and others do not mind."""

from __future__ import annotations

from collections.abc import Mapping

from textual.driver import Driver


def reports_mouse(environment: Mapping[str, str]) -> bool:
    """Return whether the terminal may be asked to report the mouse.

    While it does, GNU screen keeps escape back until another key comes, and hands both over as one. It names itself
    in `STY`; over SSH its `TERM` alone is seen, which tmux may have too.
    """
    within = environment.get("TERM", "").startswith("screen") and not environment.get("TMUX")
    return not (within or environment.get("STY"))


def fitted(driver: type[Driver]) -> type[Driver]:
    """Return our own driver in place of Textual's for a terminal; any other as it is."""
    if driver.__name__ != "LinuxDriver":
        return driver
    from pumpup_tui.commands.terminal_driver import TerminalDriver

    return TerminalDriver
