"""Which terminals are asked to report the mouse, and when a key came that was read from one."""

from __future__ import annotations

import os
import tty
from itertools import count
from queue import SimpleQueue
from threading import Thread
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Key, Paste
from textual.message import Message

from pumpup_tui.commands.terminal_setup import own_driver, reports_mouse
from pumpup_tui.textual_patches.bracketed_paste import Pastes
from tests.waiting import HANG_SECONDS

if TYPE_CHECKING:
    from textual.app import App


@pytest.mark.parametrize(
    ("environment", "reports"),
    [
        ({"TERM": "xterm-256color"}, True),
        ({}, True),
        ({"TERM": "screen-256color", "TMUX": "/tmp/tmux-0/default,1,0"}, True),
        ({"TERM": "tmux-256color"}, True),
        ({"TERM": "screen"}, False),
        ({"TERM": "screen.xterm-256color"}, False),
        ({"TERM": "xterm-256color", "STY": "42.pts-0.host"}, False),
    ],
)
def test_a_screen_is_not_asked(environment: dict[str, str], reports: bool) -> None:
    """Within GNU screen, also where only TERM tells of it, escape would come a key late."""
    assert reports_mouse(environment) is reports


async def test_keys_of_one_read_came_at_one_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the machine takes between two keys of one read, they are no two presses; those of two reads are."""
    ours, theirs = os.openpty()
    os.set_blocking(ours, True)
    tty.setraw(theirs)
    seen: SimpleQueue[Message] = SimpleQueue()
    times = count(100.0, 10.0)
    app = SimpleNamespace(terminal_gone=lambda: None, repaint=lambda: None)
    driver = own_driver(LinuxDriver)(cast("App[None]", app), size=(80, 24))
    monkeypatch.setattr(driver, "fileno", theirs)
    monkeypatch.setattr(driver, "send_message", seen.put)
    monkeypatch.setattr("textual.message._time.get_time", lambda: next(times))
    monkeypatch.setattr(Message, "set_sender", lambda self, _: self)
    reading = Thread(target=driver.run_input_thread)  # type: ignore[attr-defined]  # this driver's
    reading.start()
    try:
        os.write(ours, b"ay")
        first, second = seen.get(timeout=HANG_SECONDS), seen.get(timeout=HANG_SECONDS)
        os.write(ours, b"z")
        third = seen.get(timeout=HANG_SECONDS)
    finally:
        driver.exit_event.set()  # type: ignore[attr-defined]
        reading.join()
        os.close(ours)
        os.close(theirs)
    assert [cast("Key", one).key for one in (first, second, third)] == ["a", "y", "z"]
    assert first.time == second.time < third.time


RAW = "j\x1b[A\x1b[200~one\x1b[31mtwo\x1b\x1b[20three\x1b[201~k\x1b[B"
"""Keys, a paste with escapes in it, and keys."""


@pytest.mark.parametrize("cut", range(len(RAW) + 1))
def test_an_escape_within_a_paste_stays_in_its_place(cut: int) -> None:
    """However the bytes are cut into reads, a paste is one text in its order, and what comes after it is keys."""
    pastes, parser = Pastes(), XTermParser()
    pieces = [pastes.filtered(piece) for piece in (RAW[:cut], RAW[cut:])]
    heard = [one for piece in pieces if piece for one in parser.feed(piece)]
    told = [one.text if isinstance(one, Paste) else one.key for one in heard if isinstance(one, (Key, Paste))]
    assert told == ["j", "up", "one␛[31mtwo␛␛[20three", "k", "down"]
