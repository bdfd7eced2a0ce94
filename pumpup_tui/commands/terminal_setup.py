"""What some terminals need to be told, and others do not mind."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from pumpup_tui.commands.failure import Failed

if TYPE_CHECKING:
    from textual.driver import Driver

_COLOURS = ("auto", "standard", "256", "truecolor")


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
    from pumpup_tui.text.charset import charset_of
    from pumpup_tui.textual_patches.terminal_driver import driver_for

    return driver_for(charset_of(os.environ))


def check_settings(environment: Mapping[str, str]) -> None:
    """Raise `Failed` where Textual's own variables hold what it can't use: it would end in a traceback."""
    colours = environment.get("TEXTUAL_COLOR_SYSTEM", "auto")
    if colours not in _COLOURS:
        known = ", ".join(_COLOURS)
        raise Failed(f"TEXTUAL_COLOR_SYSTEM is {colours!r:.100}: set it to one of {known}, or unset it.", 2)
    driver = environment.get("TEXTUAL_DRIVER")
    if driver is not None and not _is_driver(driver):
        raise Failed(f"TEXTUAL_DRIVER is {driver!r:.100}, which is no driver of Textual's: unset it.", 2)
    log = environment.get("TEXTUAL_LOG")
    if log is not None:
        try:
            Path(log).open("a").close()
        except OSError as fault:
            words = f"TEXTUAL_LOG is {log!r:.200}, which can't be written ({fault.strerror}): unset it."
            raise Failed(words, 2) from None


def _is_driver(name: str) -> bool:
    from textual.driver import Driver

    module, _, symbol = name.partition(":")
    try:
        found = getattr(import_module(module), symbol, None)
    except (ImportError, ValueError):
        return False
    return isinstance(found, type) and issubclass(found, Driver)
