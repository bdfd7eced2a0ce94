"""Keys in place of a binding's own."""

from __future__ import annotations

import pytest

from pumpup_tui.keys.key_names import KeyNames, key_words, keys_of
from pumpup_tui.keys.rebinding import check
from pumpup_tui.keys.table import BY_ID, TABLE


@pytest.mark.parametrize("name", BY_ID)
def test_every_binding_can_have_another_key(name: str) -> None:
    """A key that nothing has is taken."""
    check({name: "f12"})
    check({name: "f12,alt+t"})


def test_what_shares_a_key_by_itself_is_no_clash() -> None:
    """The keys as they are built in are all right, also where one is set to what it is."""
    check({})
    for row in TABLE:
        check({row.id: row.keys})


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
    key = KeyNames({"decide.approve": "question_mark", "move.back": "ctrl+x"})
    (approve,) = [row for row in key.table() if row.id == "decide.approve"]
    assert key_words(approve.keys) == "?"
    assert keys_of("?, a") == ["question_mark", "a"]
    assert key("decide.approve") == "?"
    assert key.hints((("decide.approve", "approve"), ("move.back", "back"), ("screens.inbox screens.board", "go"))) == [
        ("?", "approve"),
        ("ctrl+x", "back"),
        ("1 2", "go"),
    ]


@pytest.mark.parametrize("name", ["form.leave", "form.review", "typing.leave", "filter.show", "form.bid"])
def test_a_key_that_is_typed_is_refused_where_one_types(name: str) -> None:
    """It would end up in the text."""
    with pytest.raises(ValueError, match="heard where that is typed"):
        check({name: "b"})


def test_a_control_of_a_form_has_its_own_keys() -> None:
    """What a switch hears may be a list's too, and no key of the form's."""
    check({"form.yes": "g"})
    with pytest.raises(ValueError, match="would both be"):
        check({"form.yes": "f7", "form.review": "f7"})
    with pytest.raises(ValueError, match=r"redo in a text and form.review would both be 'ctrl\+y'"):
        check({"form.review": "ctrl+y"})
