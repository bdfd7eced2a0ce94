"""Commands of the palette for the keys that do something where the reader is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from textual.app import App
from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import Screen

from pumpup_tui.keys.bindings import bindings_of
from pumpup_tui.keys.key_names import KeyNames
from pumpup_tui.keys.table import BY_ID, KeyBinding

NO_COMMANDS = (
    "move.",
    "board.left",
    "board.right",
    "task.fold",
    "task.unfold",
    "task.close",
    "typing.",
    "form.",
    "palette.",
    "screens.commands",
    "decide.send",
)
"""Beginnings of the ids that are only keys: those that move, those of a text, and the one that confirms a decision."""


class KeyCommand(NamedTuple):
    """The action of a key, to be chosen by its words."""

    id: str
    """The id of the key's binding."""
    does: str
    """A description."""
    word: str
    """A short name, which finds it too."""
    key: str
    """The key as hints name it."""
    run: Callable[[], None]
    """Does it where the reader was."""


def commands_of(screen: Screen[Any], names: KeyNames) -> Iterator[KeyCommand]:
    """Yield a command for each key that is heard: by what has the focus, by what it stands in, by the app."""
    yielded: set[str] = set()
    for node, binding in heard_at(screen):
        row = BY_ID.get(binding.id or "")
        # What is nearer is heard first: it is what the key does here.
        if row is not None and row.id not in yielded and names.has(row.id) and not row.id.startswith(NO_COMMANDS):
            yielded.add(row.id)
            yield KeyCommand(row.id, _words(row), row.word, names(row.id), _runner(screen.app, binding.action, node))


def heard_at(screen: Screen[Any]) -> Iterator[tuple[DOMNode, Binding]]:
    """Yield the bindings that are heard now, from what has the focus on, each with what hears it."""
    for node in screen.focused.ancestors_with_self if screen.focused is not None else (screen, screen.app):
        for owner in type(node).__mro__:
            yield from ((node, binding) for binding in bindings_of(owner))


def _words(row: KeyBinding) -> str:
    return row.tooltip[:1].upper() + row.tooltip[1:]


def _runner(app: App[object], action: str, node: DOMNode) -> Callable[[], None]:
    def run() -> None:
        app.call_later(app.run_action, action, node)

    return run
