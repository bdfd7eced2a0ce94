"""The check of keys that a user sets in place of a binding's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from textual.keys import Keys

from pumpup_tui.keys.bindings import bindings_of
from pumpup_tui.keys.key_names import character_of, hint_of, keys_of
from pumpup_tui.keys.table import BY_ID, PLACES, TABLE, KeyBinding, Scope, Toolkit

_MODIFIERS = frozenset(("ctrl", "shift", "alt", "super", "hyper", "meta"))
_NEVER_SENDS = frozenset(("enter", "space", "ctrl+m", "ctrl+j"))
"""Keys that a hand rests on: none of them may send a decision."""
_BEGINS_ANSWERS = frozenset("+-.:,/@ ")
"""Characters beside letters and digits that an answer may begin with."""


class _Heard(NamedTuple):
    """A binding at a place; one without an id is Textual's own."""

    id: str
    name: str
    own: str
    """The keys that it has by itself."""
    keys: Sequence[str]
    """The keys that it has now."""


def check(keymap: Mapping[str, str]) -> None:
    """Check the keys that stand in place of a binding's own, by its id.

    Raises:
        ValueError: there is no such binding or key, or two bindings that are heard at one place would have the same
            key.
    """
    for name, keys in keymap.items():
        _check_one(name, keys)
    clashes = sorted(_clashes(keymap), key=lambda clash: not {clash[0], clash[1]} <= keymap.keys())
    if clashes:
        first, second, key = clashes[0]
        # not foreign: our names of bindings, or Textual's own words
        raise ValueError(f"{first} and {second} would both be {hint_of(key)!r}: give one of them another key")


def _check_one(name: str, text: str) -> None:
    """Check the keys of one binding by themselves.

    Raises:
        ValueError: there is no such binding or key, or the key can't be this binding's.
    """
    if name not in BY_ID:
        # not foreign: the user's own, escaped
        raise ValueError(f"{name!r} is no binding: there are {', '.join(BY_ID)}")
    keys = keys_of(text)
    if not all(map(_is_key, keys)):
        # not foreign: the user's own, escaped
        raise ValueError(f"{name} = {text!r} is no key: write it like 'A', 'ctrl+x', 'f5' or 'left'")
    if name == "decide.send" and _NEVER_SENDS.intersection(keys):
        # not foreign: the user's own, escaped
        raise ValueError(f"decide.send can't be {text!r}: a key that is often pressed must not send a decision")
    typed = next((key for key in keys if _is_typed(BY_ID[name], key)), "")
    if typed:
        raise ValueError(
            # not foreign: our name of a binding
            f"{name} can't be {hint_of(typed)!r}: it is heard where that is typed; write it like 'ctrl+x' or 'f5'"
        )


def _is_typed(row: KeyBinding, key: str) -> bool:
    """Return whether a key types a character where the binding is heard."""
    character = character_of(key)
    if row.while_typing == "before the text":
        return bool(character) and (character.isalnum() or character in _BEGINS_ANSWERS)
    return bool(character) and row.while_typing == "yes"


def _is_key(key: str) -> bool:
    *modifiers, last = key.split("+") if key != "+" else [key]
    if not set(modifiers) <= _MODIFIERS:
        return False
    return len(last) == 1 or bool(character_of(last)) or last in {str(one.value) for one in Keys}


def _clashes(keymap: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Yield each two bindings that would have the same key at one place, and that key."""
    heard_by = {**_ours(keymap), **_toolkit(keymap)}
    for place in PLACES.values():
        at_key: dict[str, list[_Heard]] = {}
        for binding in (binding for scope in place for binding in heard_by.get(scope, ())):
            for key in binding.keys:
                others = at_key.setdefault(key, [])
                yield from ((one.name, binding.name, key) for one in others if _clash(one, binding, key, keymap))
                others.append(binding)


def _clash(one: _Heard, other: _Heard, key: str, keymap: Mapping[str, str]) -> bool:
    """Return whether two bindings share a key because of `keymap`; some share theirs in the table."""
    changed = [BY_ID[name] for name in {one.id, other.id} & keymap.keys()]
    # A key of Textual's own matters only to what is heard while one types.
    matters = (one.id and other.id) or any(row.while_typing == "yes" for row in changed)
    is_shared = key in keys_of(one.own) and key in keys_of(other.own)
    return bool(changed and matters) and not is_shared and one.name != other.name


def _ours(keymap: Mapping[str, str]) -> dict[Scope | Toolkit, list[_Heard]]:
    """Return the bindings of each scope with the keys that they have now."""
    heard_by: dict[Scope | Toolkit, list[_Heard]] = {}
    for row in TABLE:
        binding = _Heard(row.id, row.id, row.keys, keys_of(keymap.get(row.id) or row.keys))
        for scope in row.scopes:
            heard_by.setdefault(scope, []).append(binding)
    return heard_by


def _toolkit(keymap: Mapping[str, str]) -> dict[Scope | Toolkit, list[_Heard]]:
    """Return the bindings of Textual's own classes, where they matter: see `_clash`."""
    if not any(BY_ID[name].while_typing == "yes" for name in keymap):
        return {}
    from textual.app import App
    from textual.containers import ScrollableContainer
    from textual.screen import Screen
    from textual.widgets import Input, TextArea

    classes: Mapping[Toolkit, type] = {
        "App": App,
        "Screen": Screen,
        "ScrollableContainer": ScrollableContainer,
        "Input": Input,
        "TextArea": TextArea,
    }
    return {
        name: [
            # not foreign: Textual's own words
            _Heard("", f"{(one.description or one.action).lower()} in a text", one.key, keys_of(one.key))
            for one in bindings_of(owner)
        ]
        for name, owner in classes.items()
    }
