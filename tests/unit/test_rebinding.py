"""Keys in place of a binding's own."""

from __future__ import annotations

import pytest

from pumpup_tui.app import PumpUpApp
from pumpup_tui.keys import all_bindings
from pumpup_tui.rebinding import check, in_hints, key_words, keys_of, rebindable, rebound, renamed
from pumpup_tui.screens.inbox import InboxScreen


@pytest.mark.parametrize("name", rebindable())
def test_every_binding_can_have_another_key(name: str) -> None:
    """Its id stands in the help, and a key that nothing has is taken."""
    assert name in {binding.id for binding in all_bindings(PumpUpApp)}
    check({name: "f12"})
    check({name: "f12,ctrl+y"})


def test_what_shares_a_key_by_itself_is_no_clash() -> None:
    """The keys as they are built in are all right, also where one is set to what it is."""
    check({})
    for binding in all_bindings(PumpUpApp):
        if binding.id in rebindable():
            check({str(binding.id): binding.key})


@pytest.mark.parametrize(
    ("keymap", "names"),
    [
        ({"decide.approve": "d"}, ("decide.approve", "decide.deny")),
        ({"decide.approve": "x", "decide.deny": "x"}, ("decide.approve", "decide.deny")),
        ({"screens.help": "a"}, ("screens.help", "decide.approve")),
        ({"decide.escalate": "exclamation_mark,j"}, ("decide.escalate", "move.down")),
    ],
)
def test_a_clash_names_both(keymap: dict[str, str], names: tuple[str, str]) -> None:
    """Two bindings that are heard at one place can't have one key."""
    with pytest.raises(ValueError, match="would both be") as told:
        check(keymap)
    assert all(name in str(told.value) for name in names)


def test_two_that_change_places_are_no_clash() -> None:
    """Each leaves its key to the other; and what is on different screens may share one."""
    check({"decide.approve": "d", "decide.deny": "a"})
    check({"decide.approve": "F"})


def test_keys_are_named_as_they_stand_on_a_keyboard() -> None:
    """By their characters, in the help and in the hints."""
    keymap = {"decide.approve": "question_mark", "move.back": "ctrl+x"}
    approve = next(one for one in all_bindings(PumpUpApp) if one.id == "decide.approve")
    assert key_words(rebound(approve, keymap).key) == "?"
    assert keys_of("?, a") == ["question_mark", "a"]
    names = renamed(InboxScreen.__mro__, keymap)
    assert in_hints((("a", "approve"), ("esc", "back"), ("1 2 3", "screens")), names) == [
        ("?", "approve"),
        ("ctrl+x", "back"),
        ("1 2 3", "screens"),
    ]
