"""Names of keys, and the keys that a binding has for this user: for all texts that name one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Protocol, runtime_checkable

from textual.dom import DOMNode

from pumpup_tui.keys.table import BY_ID, TABLE, KeyBinding
from pumpup_tui.textual_patches.character_keys import key_of

_SHORT = {"escape": "esc", "up": "↑", "down": "↓", "left": "←", "right": "→"}
"""Keys that hints call by a shorter name."""

Hints = Sequence[tuple[str, str]]
"""What can be done: the ids of bindings, blanks between, and a word."""


def key_words(keys: str) -> str:
    """Return a binding's keys as they stand on a keyboard."""
    return "  ".join(_characters().get(key, key) for key in keys_of(keys))  # not foreign: our keys


@cache
def _characters() -> Mapping[str, str]:
    """Return the characters that have a key of a longer name, by that name."""
    return {key_of(chr(code)): chr(code) for code in range(0x21, 0x7F)}


def keys_of(text: str) -> list[str]:
    """Return the keys that stand in `text` between commas, each by its long name."""
    # not foreign: our keys
    return [key_of(key) if len(key) == 1 else key for key in (part.strip() for part in text.split(","))]


def character_of(key: str) -> str:
    """Return the character that a key types, empty where it types none."""
    return " " if key == "space" else key if len(key) == 1 else _characters().get(key, "")


def hint_of(key: str) -> str:
    """Return a key as hints name it."""
    return _SHORT.get(key, _characters().get(key, key))


class KeyNames:
    """The keys as they are bound for a user; each name is made once, since texts are painted often."""

    def __init__(self, keymap: Mapping[str, str] | None = None, *, without: Collection[str] = ()) -> None:
        """Take the keys in place of a binding's own, by its id, and the ids of the bindings that are taken away."""
        self._keymap = keymap or {}
        self._without = without
        self._names: dict[str, str] = {}

    def __call__(self, name: str) -> str:
        """Return the first key of a binding as hints name it; `name` is its id."""
        key = self._names.get(name)
        if key is None:
            key = self._names[name] = hint_of(self.keys(name)[0])
        return key

    def has(self, name: str) -> bool:
        """Return whether there is such a binding for this user; `name` is its id."""
        return name not in self._without

    def keys(self, name: str) -> list[str]:
        """Return all keys of a binding by their long names; `name` is its id."""
        return keys_of(self._keymap.get(name) or BY_ID[name].keys)

    def hints(self, hints: Hints) -> Sequence[tuple[str, str]]:
        """Return hints with the keys themselves in place of ids, without those of bindings that are taken away."""
        return [(" ".join(map(self, names.split(" "))), word) for names, word in hints if self.has(names)]

    def table(self) -> list[KeyBinding]:
        """Return the rows of the table with the keys that they have for this user, for help and configuration."""
        rows = [row for row in TABLE if self.has(row.id)]
        return [row._replace(keys=",".join(self.keys(row.id))) if row.id in self._keymap else row for row in rows]


_BUILT_IN = KeyNames()


@runtime_checkable
class HasKeyNames(Protocol):
    """An app whose user may have other keys than those that are built in."""

    @property
    def key_names(self) -> KeyNames:
        """The keys as they are bound for its user."""


def names_at(node: DOMNode) -> KeyNames:
    """Return the keys as they are bound where `node` is shown."""
    app = node.app
    return app.key_names if isinstance(app, HasKeyNames) else _BUILT_IN
