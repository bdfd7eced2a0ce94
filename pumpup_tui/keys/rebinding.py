"""Keys that a user puts in place of a binding's own: whether they can be meant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from textual.binding import Binding
from textual.keys import Keys

from pumpup_tui.keys.key_names import bindings_of, character_of, hint_of, keys_of

if TYPE_CHECKING:
    from textual.dom import DOMNode

_MODIFIERS = frozenset(("ctrl", "shift", "alt", "super", "hyper", "meta"))
_NEVER_SENDS = frozenset(("enter", "space", "ctrl+m", "ctrl+j"))
"""Keys that a hand rests on: none of them may send a decision."""
_WHILE_TYPING = frozenset(
    [
        *(f"form.{name}" for name in ("next", "previous", "leap", "leap_back", "first", "last")),
        *(f"form.{name}" for name in ("review", "edit", "leave", "up", "down", "up_much", "down_much")),
        *("typing.done", "typing.leave", "typing.edit", "filter.show"),
    ]
)
"""What is heard while something is typed: a character would be typed in its place."""
_TYPED_IN_ANSWERS = frozenset("+-.:,/@ ")
"""Characters beside letters and digits that an answer may begin with."""


def rebound(binding: Binding, keymap: Mapping[str, str]) -> Binding:
    """Return a binding with the keys that it answers to."""
    keys = keymap.get(binding.id or "")
    return binding.with_key(",".join(keys_of(keys))) if keys else binding


def check(keymap: Mapping[str, str]) -> None:
    """Check keys by a binding's id.

    Raises:
        ValueError: an id or a key is none, or two bindings that are heard at one place would have the same key.
    """
    known = rebindable()
    for name, keys in keymap.items():
        if name not in known:
            raise ValueError(f"{name!r} is no binding: there are {', '.join(known)}")
        for key in keys_of(keys):
            if not _is_key(key):
                raise ValueError(f"{name} = {keys!r} is no key: write it like 'A', 'ctrl+x', 'f5' or 'left'")
        if name == "decide.send" and _NEVER_SENDS & set(keys_of(keys)):
            raise ValueError(f"decide.send can't be {keys!r}: a key that is often pressed must not send a decision")
        if typed := next((key for key in keys_of(keys) if _is_typed(name, key)), ""):
            raise ValueError(
                f"{name} can't be {hint_of(typed)!r}: it is heard where that is typed; write it like 'ctrl+x' or 'f5'"
            )
    clashes = sorted(_clashes(keymap), key=lambda clash: not {clash[0], clash[1]} <= keymap.keys())
    if clashes:
        one, other, key = clashes[0]
        raise ValueError(f"{one} and {other} would both be {hint_of(key)!r}: give one of them another key")


def rebindable() -> Sequence[str]:
    """Return the ids of all bindings, in the order of the demo's help, which has most: each can have another key."""
    from pumpup_tui.app import PumpUpApp
    from pumpup_tui.keys.registry import all_bindings

    return [binding.id for binding in all_bindings(PumpUpApp) if binding.id]


def _is_typed(name: str, key: str) -> bool:
    character = character_of(key)
    if name == "form.bid":
        return bool(character) and (character.isalnum() or character in _TYPED_IN_ANSWERS)
    return bool(character) and name in _WHILE_TYPING


def _is_key(key: str) -> bool:
    *modifiers, last = key.split("+") if key != "+" else [key]
    if not set(modifiers) <= _MODIFIERS:
        return False
    return len(last) == 1 or bool(character_of(last)) or last in {str(one.value) for one in Keys}


def _clashes(keymap: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    for scope in scopes():
        held: dict[str, list[Binding]] = {}
        for binding in (one for owner in scope for one in bindings_of(owner)):
            for key in keys_of(rebound(binding, keymap).key):
                others = held.setdefault(key, [])
                yield from ((_name(one), _name(binding), key) for one in others if _clash(one, binding, key, keymap))
                others.append(binding)


def _clash(one: Binding, other: Binding, key: str, keymap: Mapping[str, str]) -> bool:
    """Return whether two that have the same key were not made to."""
    changed = {binding.id for binding in (one, other) if binding.id in keymap}
    # What a text field of Textual's hears matters only to what is heard while one types.
    heard = (one.id and other.id) or changed & _WHILE_TYPING
    shared = key in keys_of(one.key) and key in keys_of(other.key)
    return bool(changed and heard) and not shared and _name(one) != _name(other)


def _name(binding: Binding) -> str:
    return binding.id or f"{(binding.description or binding.action).lower()} in a text"


def _focused() -> Mapping[type[DOMNode], Sequence[type[DOMNode]]]:
    """Return what may have the focus on each screen."""
    from pumpup_tui.attachments import screen as attachments
    from pumpup_tui.board.board_view import BoardView
    from pumpup_tui.board.screen import BoardScreen
    from pumpup_tui.components import dialogs
    from pumpup_tui.components.line_widgets import Document
    from pumpup_tui.components.option_picker import OptionPicker
    from pumpup_tui.components.virtual_list import VirtualList
    from pumpup_tui.form import controls as form
    from pumpup_tui.form import screen as answer
    from pumpup_tui.inbox import batch_screen, recovery_screen
    from pumpup_tui.inbox.screen import InboxScreen
    from pumpup_tui.task.screen import TaskScreen
    from pumpup_tui.task.task_page import TaskPage
    from pumpup_tui.timeline import filter_dialog
    from pumpup_tui.timeline.screen import TimelineScreen

    controls = (form.Typed, form.Area, form.Toggle, form.Sealed, form.Search, OptionPicker)
    return {
        InboxScreen: (VirtualList, Document),
        BoardScreen: (BoardView,),
        TaskScreen: (TaskPage,),
        TimelineScreen: (VirtualList, Document),
        dialogs.HelpScreen: (Document,),
        dialogs.PickScreen: (VirtualList,),
        dialogs.LeaveScreen: (dialogs.LeaveScreen,),
        recovery_screen.RecoveryScreen: (VirtualList,),
        attachments.AttachmentsScreen: (VirtualList,),
        batch_screen.BatchScreen: (VirtualList,),
        batch_screen.BatchResults: (VirtualList,),
        filter_dialog.FilterScreen: (OptionPicker,),
        answer.AnswerScreen: (Document, *controls),
    }


def scopes() -> Iterator[Iterable[type[DOMNode]]]:
    """Yield the classes that are heard at one place: what has the focus, what it stands in, the screen, the app."""
    from textual.screen import ModalScreen

    from pumpup_tui.app import PumpUpApp
    from pumpup_tui.components.line_widgets import Document
    from pumpup_tui.components.prompt import Prompt
    from pumpup_tui.form.elicitation_form import ElicitationForm
    from pumpup_tui.form.screen import AnswerScreen

    yield Prompt.__mro__
    for screen, widgets in _focused().items():
        around = PumpUpApp.__mro__ if not issubclass(screen, ModalScreen) else ()
        for widget in widgets:
            within = (ElicitationForm,) if screen is AnswerScreen and widget is not Document else ()
            yield (*widget.__mro__, *within, *screen.__mro__, *around)
