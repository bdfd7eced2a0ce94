"""Keys that a user puts in place of a binding's own: whether they can be meant, and how they are shown."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping

from textual.app import App
from textual.binding import Binding
from textual.keys import Keys, _character_to_key
from textual.screen import Screen

from pumpup_tui.keys import OWNERS, all_bindings
from pumpup_tui.screens.board import BoardScreen
from pumpup_tui.widgets.board_view import BoardView

_MODIFIERS = frozenset(("ctrl", "shift", "alt", "super", "hyper", "meta"))
_NEVER_SENDS = frozenset(("enter", "space", "ctrl+m", "ctrl+j"))
"""Keys that a hand rests on: none of them may send a decision."""


def keys_of(text: str) -> list[str]:
    """Return the keys that stand in `text` between commas, each by its long name."""
    return [_character_to_key(key) if len(key) == 1 else key for key in (part.strip() for part in text.split(","))]


def check(keymap: Mapping[str, str]) -> None:
    """Check keys by a binding's id.

    Raises:
        ValueError: an id or a key is none, or two bindings that are heard at one place would have the same key.
    """
    from pumpup_tui.app import PumpUpApp

    known = {binding.id: binding for binding in all_bindings(PumpUpApp)}
    for name, keys in keymap.items():
        if name not in known:
            raise ValueError(f"{name!r} is no binding: there are {', '.join(str(one) for one in known)}")
        for key in keys_of(keys):
            if not _is_key(key):
                raise ValueError(f"{name} = {keys!r} is no key: write it like 'A', 'ctrl+x', 'f5' or 'left'")
        if name == "decide.send" and _NEVER_SENDS & set(keys_of(keys)):
            raise ValueError(f"decide.send can't be {keys!r}: a key that is often pressed must not send a decision")
    if clash := next(_clashes(PumpUpApp, keymap), None):
        one, other, key = clash
        raise ValueError(f"{one} and {other} would both be {key!r}: give one of them another key")


def rebound(binding: Binding, keymap: Mapping[str, str]) -> Binding:
    """Return a binding with the keys that it answers to."""
    keys = keymap.get(binding.id or "")
    return binding.with_key(",".join(keys_of(keys))) if keys else binding


def _is_key(key: str) -> bool:
    *modifiers, last = key.split("+") if key != "+" else [key]
    if not set(modifiers) <= _MODIFIERS:
        return False
    return len(last) == 1 or last in {str(one.value) for one in Keys} or _names_a_character(last)


def _names_a_character(name: str) -> bool:
    try:
        unicodedata.lookup(name.replace("_", " ").upper())
    except KeyError:
        return False
    return True


def _clashes(app: type[App[None]], keymap: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    for scope in _scopes(app):
        held: dict[str, Binding] = {}
        for binding in scope:
            mine = binding.id or binding.tooltip or binding.description or binding.action
            for key in keys_of(rebound(binding, keymap).key):
                other = held.setdefault(key, binding)
                theirs = other.id or other.tooltip or other.description or other.action
                # What shares a key by itself was made to; only a changed one can take another's key by mistake.
                if mine != theirs and (binding.id in keymap or other.id in keymap):
                    yield theirs, mine, key


def _scopes(app: type[App[None]]) -> Iterator[list[Binding]]:
    """Yield, for each screen, all bindings that are heard on it."""
    screens = [owner for owner in OWNERS if issubclass(owner, Screen)]
    widgets = [owner for owner in OWNERS if owner not in screens]
    for screen in screens:
        # The board draws its columns itself: it has no list.
        own = [one for one in widgets if (one is BoardView) == issubclass(screen, BoardScreen)]
        owners = [*own, *(owner for owner in screen.__mro__ if owner.__module__.startswith("pumpup_tui")), app]
        found = [one for owner in owners for one in owner.__dict__.get("BINDINGS", ()) if isinstance(one, Binding)]
        if found:
            yield found
