"""Keys that do nothing where they are pressed: each is answered once, and ctrl+c by what does quit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from pumpup_tui.keys.key_names import bindings_of, hint_of, keys_of

if TYPE_CHECKING:
    from pumpup_tui.app import PumpUpApp

QUITS_ELSEWHERE = "ctrl+c"
LONGEST = 24
"""Characters of a key's name that are shown."""


def _named(key: str) -> str:
    """Return a key as hints name it, if that is a short name of letters that every terminal has."""
    name = hint_of(key)
    return name if name.isascii() and name.isprintable() and len(name) <= LONGEST else "that key"


@runtime_checkable
class HasHint(Protocol):
    """A modal with a line for what is said to its user: where something is decided, nothing may cover a part of it."""

    def show_hint(self, words: str) -> None:
        """Say this until the next key; nothing more where it is empty."""


class IdleKeys:
    """What is said of keys without a binding: on a screen in its decision bar, over a modal as a notification.

    A modal that has a hint's line says it there.
    """

    def __init__(self, app: PumpUpApp) -> None:
        self._app = app
        self._answered: set[tuple[str, str]] = set()
        self._shown: tuple[str, str] | None = None
        """The key whose answer is shown, and the answer."""

    def heard(self, key: str) -> None:
        """Take the last answer away: another key was pressed."""
        if self._shown is None or self._shown[0] == key:
            return
        self._app.clear_notifications()
        if isinstance(self._app.screen, HasHint):
            self._app.screen.show_hint("")
        if self._app.context.outbox.desk.hint == self._shown[1]:
            self._app.context.outbox.hint("")
        self._shown = None

    def unbound(self, key: str) -> None:
        """Answer a key that no binding took, the first time on this kind of screen."""
        if key == QUITS_ELSEWHERE:
            self.wants_to_quit()  # over a modal the app's own binding of it is not heard
            return
        desk, place = self._app.context.outbox.desk, (type(self._app.screen).__name__, key)
        if place in self._answered or (desk.armed is not None and desk.hint):
            return  # what is said about an armed decision matters more
        self._answered.add(place)
        leaves = self._leaves()
        ends = f"{leaves} leaves" if leaves else f"{self._app.context.key('screens.help')} lists the keys"
        self._say(key, f"{_named(key)} does nothing here: {ends}")

    def wants_to_quit(self) -> None:
        """Say which key quits, by the name that the key hints have for it."""
        leaves = self._leaves()
        first = f"{leaves} leaves, then " if leaves else ""
        quits = f"{first}{self._app.context.key('screens.quit')} quits"
        self._say(QUITS_ELSEWHERE, f"{QUITS_ELSEWHERE} does not quit: {quits}")

    def _say(self, key: str, words: str) -> None:
        self._shown = (key, words)
        if isinstance(self._app.screen, HasHint):
            self._app.screen.show_hint(words)
        elif self._app.screen.is_modal:
            self._app.clear_notifications()
            self._app.notify(words, markup=False)
        else:
            self._app.context.outbox.hint(words)

    def _leaves(self) -> str:
        """Return the key that leaves what is typed or lies over the screen, as hints name it; empty where none does."""
        names = (name for name in self._leaving() if name != "move.back" or self._app.screen.is_modal)
        return next((self._app.context.key(name) for name in names), "")

    def _leaving(self) -> Iterator[str]:
        """Yield the ids of what escape does by itself, from what has the focus on."""
        screen = self._app.screen
        for node in screen.focused.ancestors_with_self if screen.focused is not None else (screen,):
            for owner in type(node).__mro__:
                yield from (one.id for one in bindings_of(owner) if one.id and "escape" in keys_of(one.key))
