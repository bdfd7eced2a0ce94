"""The input of one app: each key and paste, from the terminal to what has the focus."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from textual import events

from pumpup_tui.components.line_widgets import Document
from pumpup_tui.textual_patches.key_queue import KeyQueue

if TYPE_CHECKING:
    from textual.app import App

    from pumpup_tui.decisions.desk import KeyGuard
    from pumpup_tui.keys.unbound_keys import UnboundKeys


class KeyInput:
    """Receives the events of one app in its place."""

    def __init__(
        self,
        app: App[None],
        guard: KeyGuard,
        unbound_keys: UnboundKeys,
        deliver: Callable[[events.Event], Awaitable[None]],
    ) -> None:
        """Take what watches the keys.

        Args:
            app: The app that has the screens.
            guard: Tells a key that was pressed from one that was pasted or held down.
            unbound_keys: Answers keys that do nothing.
            deliver: Does what Textual does with an event.
        """
        self._app = app
        self._guard = guard
        self._unbound_keys = unbound_keys
        self._deliver = deliver
        self.queue = KeyQueue(app, self._hear)

    async def receive(self, event: events.Event) -> None:
        """Deliver an event; keys and pastes one after the other."""
        if isinstance(event, (events.Key, events.Paste)) and not event.is_forwarded:
            await self.queue.put(event)
        else:
            if isinstance(event, (events.Resize, events.MouseDown)):
                self._mark_seen()
            if isinstance(event, events.MouseDown):
                self._unbound_keys.heard("mouse")
            await self._deliver(event)

    def _mark_seen(self) -> None:
        """Take what is on the screen as seen: a person is about to change what is in view."""
        if self._app.screen_stack:
            for document in self._app.screen.query(Document):
                document.mark_seen()

    async def _hear(self, event: events.Key | events.Paste) -> None:
        # Every key passes here once, on its way down: a confirmation depends on how it was typed.
        self._mark_seen()
        if isinstance(event, events.Key):
            self._guard.saw(event.key, event.time)
            self._unbound_keys.heard(event.key)
        else:
            from pumpup_tui.components.paste_fitting import fit

            fit(event, self._app.focused)
        await self._deliver(event)
