"""Answers to keys that do nothing where they are pressed: each is answered once, and ctrl+c by what does quit."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from textual.app import App

from pumpup_tui.keys.key_commands import heard_at
from pumpup_tui.keys.key_names import KeyNames, hint_of, keys_of

QUITS_ELSEWHERE = "ctrl+c"
LONGEST = 24
"""Characters of a key's name that are shown."""


def _named(key: str) -> str:
    """Return a key as hints name it, if that is a short name of letters that every terminal has."""
    name = hint_of(key)
    return name if name.isascii() and name.isprintable() and len(name) <= LONGEST else "that key"


@runtime_checkable
class HasHint(Protocol):
    """A modal with a line for hints to its user: where something is decided, nothing may cover a part of it."""

    def show_hint(self, words: str) -> None:
        """Show these words until the next key; an empty text shows no more of them."""


class ArmedDesk(Protocol):
    """The decision that is armed, and the hint in its bar."""

    @property
    def armed(self) -> object | None:
        """What is armed; None where nothing is."""

    @property
    def hint(self) -> str:
        """The hint that the decision bar shows; empty where it shows none."""


class DecisionHints(Protocol):
    """The decision bar's hints."""

    @property
    def desk(self) -> ArmedDesk:
        """What is armed, and the present hint."""

    def hint(self, words: str) -> None:
        """Show these words in the decision bar; an empty text shows none."""


class UnboundKeys:
    """Answers keys without a binding: on a screen in its decision bar, over a modal in a notification.

    A modal that has a line for hints shows the answer there.
    """

    def __init__(self, app: App[Any], names: KeyNames, bar: DecisionHints) -> None:
        self._app, self._names, self._bar = app, names, bar
        self._answered: set[tuple[str, str]] = set()
        self._shown: tuple[str, str] | None = None
        """The key whose answer is shown, and the answer."""

    def heard(self, key: str) -> None:
        """Take the last answer away, and a hint that no decision is armed under: another key was pressed."""
        if self._bar.desk.hint and self._bar.desk.armed is None:
            self._bar.hint("")
        if self._shown is None or self._shown[0] == key:
            return
        self._app.clear_notifications()
        if isinstance(self._app.screen, HasHint):
            self._app.screen.show_hint("")
        if self._bar.desk.hint == self._shown[1]:
            self._bar.hint("")
        self._shown = None

    def unbound(self, key: str) -> None:
        """Answer a key that no binding took, the first time on this kind of screen."""
        if key == QUITS_ELSEWHERE:
            self.wants_to_quit()  # over a modal the app's own binding of it is not heard
            return
        desk, place = self._bar.desk, (type(self._app.screen).__name__, key)
        if place in self._answered or (desk.armed is not None and desk.hint):
            return  # the hint on an armed decision matters more
        self._answered.add(place)
        leaves = self._leaves()
        ends = f"{leaves} leaves" if leaves else f"{self._names('screens.help')} lists the keys"
        self._show(key, f"{_named(key)} does nothing here: {ends}")

    def wants_to_quit(self) -> None:
        """Name the key that quits, as the key hints name it."""
        leaves = self._leaves()
        first = f"{leaves} leaves, then " if leaves else ""
        quits = f"{first}{self._names('screens.quit')} quits"
        self._show(QUITS_ELSEWHERE, f"{QUITS_ELSEWHERE} does not quit: {quits}")

    def _show(self, key: str, words: str) -> None:
        self._shown = (key, words)
        if isinstance(self._app.screen, HasHint):
            self._app.screen.show_hint(words)
        elif self._app.screen.is_modal:
            self._app.clear_notifications()
            self._app.notify(words, markup=False)
        else:
            self._bar.hint(words)

    def _leaves(self) -> str:
        """Return the key that leaves what is typed or lies over the screen, as hints name it; empty where none does."""
        screen = self._app.screen
        # Which of the keys that are heard, from what has the focus on, is escape by itself.
        names = (one.id for _, one in heard_at(screen) if one.id and "escape" in keys_of(one.key))
        return next((self._names(name) for name in names if name != "move.back" or screen.is_modal), "")
