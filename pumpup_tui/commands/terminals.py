"""What some terminals need to be told, and others do not mind."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Event
from typing import Any, cast

from textual.driver import Driver
from textual.events import Key
from textual.message import Message
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


class _Rounds(Event):
    """A driver's word that it is to end, which its input loop asks for once before each read."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    @override
    def is_set(self) -> bool:
        self.count += 1
        return super().is_set()


class _Reading(Driver):
    """Gives all keys of one read one time: what tells a key that was pressed from one that was pasted.

    Each has the time at which it was made, and on a busy machine the thread that makes them may stand still in between
    for longer than a finger takes.
    """

    exit_event: Event

    @override
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.exit_event = self._rounds = _Rounds()
        self._round = 0
        self._read_at = 0.0

    @override
    def process_message(self, message: Message) -> None:
        if isinstance(message, Key):
            if self._rounds.count != self._round:
                self._round, self._read_at = self._rounds.count, message.time
            message.time = self._read_at
        super().process_message(message)


def fitted(driver: type[Driver]) -> type[Driver]:
    """Return `driver` as one that tells by when a key was read, and that leaves no picture behind.

    None is left at the end, nor under an editor.
    """
    return cast("type[Driver]", type(driver.__name__, (_Reading, _Clearing, driver), {}))
