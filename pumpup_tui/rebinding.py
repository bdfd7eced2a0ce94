"""Keys that a user puts in place of a binding's own: whether they can be meant, and how they are shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from textual.binding import Binding
from textual.dom import DOMNode
from textual.keys import Keys, _character_to_key

if TYPE_CHECKING:
    from textual.app import App
    from textual.widget import Widget

    from pumpup_tui.context import Context

_MODIFIERS = frozenset(("ctrl", "shift", "alt", "super", "hyper", "meta"))
_NEVER_SENDS = frozenset(("enter", "space", "ctrl+m", "ctrl+j"))
"""Keys that a hand rests on: none of them may send a decision."""

_SHORT = {"escape": "esc"}
"""Keys that hints call by a shorter name."""


def key_words(keys: str) -> str:
    """Return a binding's keys as they stand on a keyboard."""
    return "  ".join(_characters().get(key, key) for key in keys_of(keys))


@cache
def _characters() -> Mapping[str, str]:
    """Return the characters that have a key of a longer name, by that name."""
    return {_character_to_key(chr(code)): chr(code) for code in range(0x21, 0x7F)}


def keys_of(text: str) -> list[str]:
    """Return the keys that stand in `text` between commas, each by its long name."""
    return [_character_to_key(key) if len(key) == 1 else key for key in (part.strip() for part in text.split(","))]


def rebound(binding: Binding, keymap: Mapping[str, str]) -> Binding:
    """Return a binding with the keys that it answers to."""
    keys = keymap.get(binding.id or "")
    return binding.with_key(",".join(keys_of(keys))) if keys else binding


def renamed(owners: Iterable[type], keymap: Mapping[str, str]) -> Mapping[str, str]:
    """Return, for each key that one of the owners' bindings has by itself, the key that it has now, as hints name them.

    Args:
        owners: Classes with bindings, the one that is heard first at the front.
        keymap: Keys by a binding's id.
    """
    names: dict[str, str] = {}
    for owner in owners if keymap else ():
        for binding in _own_bindings(owner):
            if binding.id and binding.id in keymap:
                new = _hint(keys_of(keymap[binding.id])[0])
                for key in keys_of(binding.key):
                    names.setdefault(_hint(key), new)
    return names


def named_here(node: Widget, hints: Sequence[tuple[str, str]]) -> Sequence[tuple[str, str]]:
    """Return key hints with the keys as they are on the screen of `node`."""
    context: Context | None = getattr(node.app, "context", None)  # only our own app has keys that can be others
    if context is None or not context.preferences.keymap:
        return hints
    heard = [type(one).__mro__ for one in (node.screen.focused, node.screen, node.app) if one is not None]
    return in_hints(hints, renamed([owner for owners in heard for owner in owners], context.preferences.keymap))


def in_hints(hints: Sequence[tuple[str, str]], names: Mapping[str, str]) -> Sequence[tuple[str, str]]:
    """Return key hints with the keys as they are now; a hint may name several, with blanks between."""
    return [(" ".join(names.get(key, key) for key in keys.split(" ")), word) for keys, word in hints]


def check(keymap: Mapping[str, str]) -> None:
    """Check keys by a binding's id.

    Raises:
        ValueError: an id or a key is none, or two bindings that are heard at one place would have the same key.
    """
    from pumpup_tui.app import PumpUpApp

    known = rebindable()
    for name, keys in keymap.items():
        if name not in known:
            raise ValueError(f"{name!r} is no binding: there are {', '.join(known)}")
        for key in keys_of(keys):
            if not _is_key(key):
                raise ValueError(f"{name} = {keys!r} is no key: write it like 'A', 'ctrl+x', 'f5' or 'left'")
        if name == "decide.send" and _NEVER_SENDS & set(keys_of(keys)):
            raise ValueError(f"decide.send can't be {keys!r}: a key that is often pressed must not send a decision")
    if clash := next(_clashes(PumpUpApp, keymap), None):
        one, other, key = clash
        raise ValueError(f"{one} and {other} would both be {_hint(key)!r}: give one of them another key")


def rebindable() -> Sequence[str]:
    """Return the ids of all bindings that can have another key, in the order of the help."""
    from pumpup_tui.app import PumpUpApp
    from pumpup_tui.keys import all_bindings

    bound = {binding.id for owner in _owners() for binding in _own_bindings(owner)}
    # What the help tells of keys that belong to a widget of Textual's is not ours to change.
    return [binding.id for binding in all_bindings(PumpUpApp) if binding.id and binding.id in bound]


def _own_bindings(owner: type) -> list[Binding]:
    return [one for one in owner.__dict__.get("BINDINGS", ()) if isinstance(one, Binding)]


def _owners() -> Iterator[type[DOMNode]]:
    """Yield all of our classes that hear keys."""
    import pumpup_tui.screens.answer  # noqa: F401 - not loaded before a form is opened

    left: list[type[DOMNode]] = [DOMNode]
    while left:
        left += (owner := left.pop()).__subclasses__()
        if owner.__module__.startswith("pumpup_tui."):
            yield owner


def _hint(key: str) -> str:
    return _SHORT.get(key, _characters().get(key, key))


def _is_key(key: str) -> bool:
    *modifiers, last = key.split("+") if key != "+" else [key]
    if not set(modifiers) <= _MODIFIERS:
        return False
    return len(last) == 1 or last in _characters() or last in {str(one.value) for one in Keys}


def _clashes(app: type[App[None]], keymap: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    for scope in _scopes(app):
        held: dict[str, Binding] = {}
        for binding in scope:
            mine = _name(binding)
            for key in keys_of(rebound(binding, keymap).key):
                other = held.setdefault(key, binding)
                # What shares a key by itself was made to; only a changed one can take another's key by mistake.
                if mine != _name(other) and (binding.id in keymap or other.id in keymap):
                    yield _name(other), mine, key


def _name(binding: Binding) -> str:
    return binding.id or binding.tooltip or binding.description or binding.action


def _scopes(app: type[App[None]]) -> Iterator[list[Binding]]:
    """Yield, for each screen, all bindings that are heard on it."""
    from textual.screen import Screen

    from pumpup_tui.keys import OWNERS
    from pumpup_tui.screens.board import BoardScreen
    from pumpup_tui.widgets.board_view import BoardView

    screens = [owner for owner in OWNERS if issubclass(owner, Screen)]
    widgets = [owner for owner in OWNERS if owner not in screens]
    for screen in screens:
        # The board draws its columns itself: it has no list.
        own = [one for one in widgets if (one is BoardView) == issubclass(screen, BoardScreen)]
        yield [one for owner in (*own, *screen.__mro__, app) for one in _own_bindings(owner)]
    forms = [owner for owner in _owners() if any((one.id or "").startswith("form.") for one in _own_bindings(owner))]
    yield [one for owner in forms for one in _own_bindings(owner)]
