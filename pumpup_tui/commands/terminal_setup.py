"""Checks of the terminal, and settings that only some terminals need."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from pumpup_tui.commands.failure import Failed

if TYPE_CHECKING:
    from textual.driver import Driver

_COLOUR_SYSTEMS = ("auto", "standard", "256", "truecolor")


def reports_mouse(environment: Mapping[str, str]) -> bool:
    """Return whether the terminal can report the mouse without side effects.

    While it does, GNU screen holds escape back until the next key and passes both on as one. It sets `STY`; over SSH
    only its `TERM` is visible, which tmux may have too.
    """
    is_screen = environment.get("TERM", "").startswith("screen") and not environment.get("TMUX")
    return not (is_screen or environment.get("STY"))


def own_driver(driver: type[Driver]) -> type[Driver]:
    """Return our own driver in place of Textual's driver for a terminal; any other one unchanged."""
    if driver.__name__ != "LinuxDriver":
        return driver
    from pumpup_tui.text.charset import charset_of
    from pumpup_tui.textual_patches.terminal_driver import driver_for

    return driver_for(charset_of(os.environ))


def check_terminal(environment: Mapping[str, str]) -> None:
    """Raise `Failed` where the terminal can draw no screen.

    stderr counts too: Textual draws on it.
    """
    streams: tuple[TextIO | None, ...] = (sys.stdin, sys.stdout, sys.stderr)
    if not all(stream is not None and stream.isatty() for stream in streams):
        raise Failed("The screens need a terminal: run pumpup-tui in one, or pass --linear.")
    if environment.get("TERM", "") in ("", "dumb", "unknown") and os.name == "posix":
        raise Failed("This terminal can't draw screens (TERM is not set): try TERM=xterm-256color, or --linear.")
    _check_variables(environment)


def _check_variables(environment: Mapping[str, str]) -> None:
    """Raise `Failed` where a variable of Textual's is invalid: Textual would end in a traceback."""
    colour_system = environment.get("TEXTUAL_COLOR_SYSTEM", "auto")
    if colour_system not in _COLOUR_SYSTEMS:
        known = ", ".join(_COLOUR_SYSTEMS)
        raise Failed(f"TEXTUAL_COLOR_SYSTEM is {colour_system!r:.100}: set it to one of {known}, or unset it.", 2)
    driver = environment.get("TEXTUAL_DRIVER")
    if driver is not None and not _is_driver(driver):
        raise Failed(f"TEXTUAL_DRIVER is {driver!r:.100}, which is no driver of Textual's: unset it.", 2)
    if (log := environment.get("TEXTUAL_LOG")) is not None:
        _check_log(log)


def _check_log(log: str) -> None:
    try:
        Path(log).open("a").close()
    except OSError as fault:
        words = f"TEXTUAL_LOG is {log!r:.200}, which can't be written ({fault.strerror}): unset it."
        raise Failed(words, 2) from None


def _is_driver(name: str) -> bool:
    from textual.driver import Driver

    module, _, symbol = name.partition(":")
    try:
        driver = getattr(import_module(module), symbol, None)
    except (ImportError, ValueError):
        return False
    return isinstance(driver, type) and issubclass(driver, Driver)
