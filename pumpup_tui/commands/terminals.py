"""What some terminals need to be told, and others do not mind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from textual.driver import Driver
from typing_extensions import override

CLEAR = "\x1b[H\x1b[2J"


def reports_mouse(environment: Mapping[str, str]) -> bool:
    """Return whether the terminal may be asked to report the mouse.

    While it does, GNU screen keeps escape back until another key comes, and hands both over as one. It names itself
    in `STY`; over SSH its `TERM` alone is seen, which tmux may have too.
    """
    within = environment.get("TERM", "").startswith("screen") and not environment.get("TMUX")
    return not (within or environment.get("STY"))


class _Clearing(Driver):
    @override
    def stop_application_mode(self) -> None:
        # Where there is no second screen, as in GNU screen, what was drawn would stay around the shell's next line.
        self.write(CLEAR)
        super().stop_application_mode()  # type: ignore[safe-super]  # the driver's own: see `clearing`


def clearing(driver: type[Driver]) -> type[Driver]:
    """Return `driver` as one that leaves no picture behind, neither at the end nor under an editor."""
    return cast("type[Driver]", type(driver.__name__, (_Clearing, driver), {}))
