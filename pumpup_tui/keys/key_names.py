"""What each key is called, and which key a binding answers to now: for all texts that name one."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from textual.binding import Binding
from textual.dom import DOMNode
from textual.keys import _character_to_key

if TYPE_CHECKING:
    from pumpup_tui.context import Context

_SHORT = {"escape": "esc", "up": "↑", "down": "↓", "left": "←", "right": "→"}
"""Keys that hints call by a shorter name."""

Hints = Sequence[tuple[str, str]]
"""What can be done, each with the ids of its bindings, blanks between, and a word."""


def key_words(keys: str) -> str:
    """Return a binding's keys as they stand on a keyboard."""
    return "  ".join(_characters().get(key, key) for key in keys_of(keys))  # not foreign: our keys


@cache
def _characters() -> Mapping[str, str]:
    """Return the characters that have a key of a longer name, by that name."""
    return {_character_to_key(chr(code)): chr(code) for code in range(0x21, 0x7F)}


def keys_of(text: str) -> list[str]:
    """Return the keys that stand in `text` between commas, each by its long name."""
    # not foreign: our keys
    return [_character_to_key(key) if len(key) == 1 else key for key in (part.strip() for part in text.split(","))]


def character_of(key: str) -> str:
    """Return the character that a key types, empty where it types none."""
    return " " if key == "space" else key if len(key) == 1 else _characters().get(key, "")


def hint_of(key: str) -> str:
    """Return a key as hints name it."""
    return _SHORT.get(key, _characters().get(key, key))


class KeyNames:
    """The keys as they are bound for a user: each is looked for once, for texts are painted often."""

    def __init__(self, keymap: Mapping[str, str] | None = None, *, without: Collection[str] = ()) -> None:
        """Take the keys that stand in place of a binding's own, by its id, and the bindings that are taken away."""
        self._keymap = keymap or {}
        self._without = without
        self._known: dict[str, str] = {}

    def __call__(self, name: str) -> str:
        """Return the first key of a binding as hints name it; `name` is its id."""
        known = self._known.get(name)
        if known is None:
            known = self._known[name] = hint_of(self.keys(name)[0])
        return known

    def has(self, name: str) -> bool:
        """Return whether there is such a binding for this user; `name` is its id."""
        return name not in self._without

    def keys(self, name: str) -> list[str]:
        """Return all keys of a binding by their long names; `name` is its id."""
        return keys_of(self._keymap.get(name) or _own_keys(name))

    def told(self, hints: Hints) -> Sequence[tuple[str, str]]:
        """Return hints with the keys themselves in place of ids, without those of bindings that are taken away."""
        return [(" ".join(map(self, names.split(" "))), word) for names, word in hints if self.has(names)]


_BUILT_IN = KeyNames()


def names_at(node: DOMNode) -> KeyNames:
    """Return the keys as they are bound where `node` is shown."""
    context: Context | None = getattr(node.app, "context", None)  # only our own app has keys that can be others
    return _BUILT_IN if context is None else context.key


def owners() -> Iterator[type[DOMNode]]:
    """Yield all of our classes that are loaded and may hear keys."""
    left: list[type[DOMNode]] = [DOMNode]
    while left:
        left += (owner := left.pop()).__subclasses__()
        if owner.__module__.startswith("pumpup_tui."):
            yield owner


def bindings_of(owner: type) -> list[Binding]:
    """Return the bindings that a class has by itself."""
    return [one for one in owner.__dict__.get("BINDINGS", ()) if isinstance(one, Binding)]


_found: dict[str, str] = {}


def _own_keys(name: str) -> str:
    """Return the keys that a binding has by itself. Most are named by a class that hears them: that is loaded."""
    if name not in _found:
        _found.update((one.id, one.key) for owner in owners() for one in bindings_of(owner) if one.id)
    if name not in _found:
        from pumpup_tui.keys.registry import FURTHER_KEYS  # and with it all screens

        # not foreign: our keys
        _found.update((one.id, one.key) for owner in owners() for one in bindings_of(owner) if one.id)
        _found.update((one.id, one.key) for one in FURTHER_KEYS if one.id)  # not foreign: our keys
    return _found[name]
