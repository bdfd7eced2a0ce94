"""Textual's bindings, made from the table of keys."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from pumpup_tui.keys.table import BY_ID


def bindings(*actions: tuple[str, str]) -> list[BindingType]:
    """Return the bindings of a class.

    Args:
        actions: Each the id of a row of the table and the action that its keys run, as in `("decide.deny", "deny")`.

    Raises:
        KeyError: the table has no such id.
    """
    return [_binding(name, action) for name, action in actions]


def bindings_of(owner: type) -> list[Binding]:
    """Return the bindings that a class itself declares."""
    return [binding for binding in owner.__dict__.get("BINDINGS", ()) if isinstance(binding, Binding)]


def _binding(name: str, action: str) -> Binding:
    row = BY_ID[name]
    return Binding(row.keys, action, row.word, show=False, id=name, tooltip=row.tooltip, priority=row.priority)
