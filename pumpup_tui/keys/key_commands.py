"""Commands of the palette for the keys that do something where the reader is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from textual.app import App, SystemCommand
from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import Screen

from pumpup_tui.keys.bindings import bindings_of
from pumpup_tui.keys.key_names import KeyNames
from pumpup_tui.keys.table import BY_ID, KeyBinding


def commands_of(screen: Screen[Any], names: KeyNames) -> Iterator[SystemCommand]:
    """Yield a command for each key that is heard: by what has the focus, by what it stands in, by the app."""
    yielded: set[str] = set()
    for node, binding in heard_at(screen):
        row = BY_ID.get(binding.id or "")
        # What is nearer is heard first: it is what the key does here.
        if row is not None and row.id not in yielded and names.has(row.id):
            yielded.add(row.id)
            yield SystemCommand(_title(row), f"key {names(row.id)}", _runner(screen.app, binding.action, node))


def heard_at(screen: Screen[Any]) -> Iterator[tuple[DOMNode, Binding]]:
    """Yield the bindings that are heard now, from what has the focus on, each with what hears it."""
    for node in screen.focused.ancestors_with_self if screen.focused is not None else (screen, screen.app):
        for owner in type(node).__mro__:
            yield from ((node, binding) for binding in bindings_of(owner))


def _title(row: KeyBinding) -> str:
    """Return what a binding does, with the word of its hint where the two differ."""
    does = row.tooltip.capitalize()
    return does if row.word.casefold() in does.casefold() else f"{does} ({row.word})"


def _runner(app: App[object], action: str, node: DOMNode) -> Callable[[], None]:
    def run() -> None:
        app.call_later(app.run_action, action, node)

    return run
