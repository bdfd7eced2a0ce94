"""Textual's driver for a terminal that may stall, hang up, stop the process or paste anything.

The loop waits neither for the terminal's output nor for its answers; a terminal that is gone is noticed where it is
read and where it is written, with or without a signal.

Reason: Textual's driver ends or blocks with its terminal, loses the screen over a stop that nobody announced, and has
no other encoding than UTF-8. Its parser is private, and the one part of Textual that knows what the bytes of all
terminals mean.

Performance: not measured alone.

Test: tests/unit/test_terminals.py, tests/cli/test_dropped_terminals.py, tests/cli/test_stopped.py and
tests/cli/test_other_charsets.py.
"""

from __future__ import annotations

import asyncio
import errno
import os
import select
import signal
import sys
import termios
from codecs import getincrementaldecoder
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, cast

from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Key
from typing_extensions import override

from pumpup_tui.textual_patches.bracketed_paste import Pastes
from pumpup_tui.textual_patches.terminal_output import Output

if TYPE_CHECKING:
    from textual.app import App
    from textual.message import Message

PATIENCE = 0.5
"""Seconds for which a terminal may take nothing before the screens are left without putting it in order."""
POLL_SECONDS = 0.1
READ_BYTES = 4096
CLEAR = "\x1b[H\x1b[2J"
UNFROZEN = "\x1b[?2026l"
"""Ends a synchronized update whose own end may have been left out."""


class DrivenApp(Protocol):
    """The app as the driver calls it, from any thread."""

    def terminal_gone(self) -> None:
        """Exit: nothing can be drawn or read any more."""

    def repaint(self) -> None:
        """Draw all cells again: their content is unknown."""


class Encoding(Protocol):
    """A terminal's character set, where that is not UTF-8."""

    @property
    def decodes(self) -> str:
        """The codec of what is typed."""

    def encode(self, text: str) -> bytes:
        """Return the bytes that draw `text`."""


def driver_for(encoding: Encoding | None) -> type[TerminalDriver]:
    """Return the driver for a terminal of this character set, None for UTF-8."""
    return type("EncodingDriver", (TerminalDriver,), {"encoding": encoding})


class TerminalDriver(LinuxDriver):
    """A driver whose app can always be left, and comes back whole from a stop."""

    encoding: ClassVar[Encoding | None] = None

    @override
    def __init__(self, app: App[Any], **options: Any) -> None:
        super().__init__(app, **options)
        self._driven = cast("DrivenApp", app)
        self._running_loop = asyncio.get_running_loop()
        self._output: Output | None = None
        self._drawing = False
        signal.signal(signal.SIGTSTP, self._on_stop_signal)
        signal.signal(signal.SIGCONT, self._on_continue_signal)

    # Output.

    @override
    def write(self, data: str) -> None:
        if self._output is not None:
            encoding = self.encoding
            self._output.write(data.encode("utf-8", "replace") if encoding is None else encoding.encode(data))

    @override
    def start_application_mode(self) -> None:
        stream = cast("Any", sys.__stderr__)
        self._output = Output(stream.fileno(), gone=self._driven.terminal_gone, caught_up=self._repaint)
        self._drawing = True
        super().start_application_mode()  # type: ignore[no-untyped-call]

    @override
    def stop_application_mode(self) -> None:
        if not self._drawing:
            return
        self._drawing = False
        if self._output is not None and self._output.discard():
            self.write(UNFROZEN)
        # Where there is no second screen, as in GNU screen, what was drawn would stay around the shell's next line.
        self.write(CLEAR)
        super().stop_application_mode()

    @override
    def close(self) -> None:
        super().close()
        if self._output is not None:
            self._output.close(PATIENCE)

    # Input.

    @override
    def run_input_thread(self) -> None:
        """Read until the end; a terminal without an answer is gone."""
        parser, pastes = XTermParser(), Pastes()
        codec = "utf-8" if self.encoding is None else self.encoding.decodes
        decode = getincrementaldecoder(codec)(errors="replace").decode
        while not self.exit_event.is_set():
            ready = select.select([self.fileno], [], [], POLL_SECONDS)[0]
            data = self._read() if ready else b""
            if data is None:
                self._driven.terminal_gone()
                return
            text = pastes.filtered(decode(data)) if data else ""
            # An empty text would end the parser for good.
            self._post([*(parser.feed(text) if text else ()), *parser.tick()])

    def _read(self) -> bytes | None:
        """Return what can be read now, None where the terminal is gone."""
        try:
            return os.read(self.fileno, READ_BYTES) or None
        except (BlockingIOError, InterruptedError):
            return b""
        except OSError:
            return None

    def _post(self, messages: list[Message]) -> None:
        """Dispatch the messages of one read, all its keys with one time.

        That tells a key that was pressed from one that was pasted. Each has the time at which it was made, and on a
        busy machine this thread may stand still in between for longer than a finger takes.
        """
        first = next((one.time for one in messages if isinstance(one, Key)), 0.0)
        for message in messages:
            if isinstance(message, Key):
                message.time = first
            self.process_message(message)

    # Stopping and coming back. A signal's handler runs between any two steps of the loop's own: it only asks for more.

    def _on_stop_signal(self, *_: object) -> None:
        if self._drawing:
            self._call(self._stop)
        else:
            os.kill(os.getpid(), signal.SIGSTOP)  # an editor has the terminal, and has put it in order itself

    def _on_continue_signal(self, *_: object) -> None:
        if self._drawing:
            self._call(self._come_back)

    def _stop(self) -> None:
        """Give the terminal back and stop the whole job, as a terminal's own key would: its shell goes on."""
        if not self._drawing:
            return
        self.suspend_application_mode()
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        try:
            # Where no shell waits for the job, as behind sshd, the system lets this pass.
            os.kill(0, signal.SIGTSTP)
        finally:
            signal.signal(signal.SIGTSTP, self._on_stop_signal)
        self._start_again()

    def _come_back(self) -> None:
        """Put the terminal in order after a stop that nobody announced."""
        if self._drawing:
            self._wait_for_the_foreground()
            self.suspend_application_mode()
            self._start_again()

    def _start_again(self) -> None:
        self._wait_for_the_foreground()
        self.resume_application_mode()
        self._repaint()

    def _wait_for_the_foreground(self) -> None:
        """Set the terminal's attributes to what they are: that stops a job in the background until it is in front."""
        while True:
            try:
                termios.tcsetattr(self.fileno, termios.TCSANOW, termios.tcgetattr(self.fileno))
            except termios.error as fault:
                if fault.args[0] == errno.EINTR:
                    continue
            return

    def _repaint(self) -> None:
        self._call(self._driven.repaint)

    def _call(self, callback: Callable[[], None]) -> None:
        with suppress(RuntimeError):  # the loop has ended, and the process is about to
            self._running_loop.call_soon_threadsafe(callback)
