"""A queue of keys: the next one is handled when all that the last one does is done.

Reason: Textual hands a key to what has the focus and goes on at once; what the key is bound to is done when it has
bubbled up to the app. Keys that come in one piece, as a slow line, mosh or a fast hand bring them, would overtake each
other: the text behind a `/` would be taken for keys of the list, a backspace would delete what was typed after it.

Performance: not measured alone; a key that comes alone is handled at once.

Test: tests/cli/test_typed_ahead.py.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING

from textual import events
from textual.message import Message

if TYPE_CHECKING:
    from textual.app import App
    from textual.screen import Screen
    from textual.widget import Widget

    Pressed = events.Key | events.Paste

TIMEOUT_SECONDS = 0.1
"""Seconds that a key waits at most: what had the focus may be gone, and the message that it is done with it."""


class KeyHandled(Message):
    """Follows a key up to the app, behind it in every queue."""

    def __init__(self, turn: int) -> None:
        super().__init__()
        self.turn = turn


class KeyQueue:
    """The keys of one app, each handled in its turn."""

    def __init__(self, app: App[None], handle: Callable[[Pressed], Awaitable[None]]) -> None:
        """Take the handler of a key: it passes it on, or does what it is bound to."""
        self._app, self._handle = app, handle
        self._waiting: deque[Pressed] = deque()
        self._count = 0
        self._current = 0
        """The turn that is not over; 0 is none."""
        self._typed_in: Widget | Screen[object] | None = None
        """What the open turn's character was typed in; None where it was no character."""

    async def put(self, event: Pressed) -> None:
        """Handle a key now, or when it is its turn."""
        if self._waiting or not self._can_follow(event):
            self._waiting.append(event)
            if len(self._waiting) == 1:
                self._app.set_timer(TIMEOUT_SECONDS, partial(self._on_timeout, self._current))
        else:
            await self._handle_now(event)

    def handled(self, event: KeyHandled) -> None:
        """Note that a key has reached the app; what it asked for behind that, as another focus, comes first."""
        self._end_when_mounted(event.turn)

    def _end_when_mounted(self, turn: int) -> None:
        """End a turn once the screen that it opened, if it did, has its widgets and its focus."""
        screen = self._app.screen
        if screen.is_mounted:
            self._app.call_later(self._end_turn, turn)
        else:
            screen.call_later(
                self._app.call_later, self._end_turn, turn
            )  # behind its mounting, and the focus behind that

    async def _on_timeout(self, turn: int) -> None:
        if self._app.screen.is_mounted:
            await self._end_turn(turn)
        elif turn == self._current:
            self._app.set_timer(TIMEOUT_SECONDS, partial(self._on_timeout, turn))

    async def _end_turn(self, turn: int) -> None:
        if turn != self._current:
            return
        self._current = 0
        while self._waiting and self._can_follow(self._waiting[0]):
            await self._handle_now(self._waiting.popleft())
        if self._waiting:
            self._app.set_timer(TIMEOUT_SECONDS, partial(self._on_timeout, self._current))

    def _can_follow(self, event: Pressed) -> bool:
        """Return whether the key can overtake nothing that is in flight: characters of one text never do."""
        return not self._current or (self._typed_in is not None and self._typed_by(event) is self._typed_in)

    async def _handle_now(self, event: Pressed) -> None:
        target, typed_in = self._target, self._typed_by(event)
        await self._handle(event)
        if event.is_forwarded:
            self._count += 1
            if target.post_message(KeyHandled(self._count)):
                self._current, self._typed_in = self._count, typed_in

    @property
    def _target(self) -> Widget | Screen[object]:
        return self._app.focused or self._app.screen

    def _typed_by(self, event: Pressed) -> Widget | Screen[object] | None:
        target = self._target
        typed = isinstance(event, events.Key) and target.check_consume_key(event.key, event.character)
        return target if typed else None
