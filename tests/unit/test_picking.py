"""Choosing from a short list."""

from __future__ import annotations

from textual.app import App

from pumpup_tui.components.dialogs import Choice, ChoiceList, PickScreen

CHOICES = [Choice("a", "first"), Choice("b", "second"), Choice("c", "third")]


async def test_a_key_that_comes_at_once_moves_from_the_present_choice() -> None:
    """Whoever types faster than the list is drawn chooses what they meant: the cursor is never put back."""
    answers: list[str | None] = []
    async with (app := App[None]()).run_test() as pilot:
        await app.push_screen(PickScreen("Sort", CHOICES, "b"), answers.append)
        choices = app.screen.query_one(ChoiceList)
        choices.action_move(1)
        await pilot.pause()
        choices.action_choose()
        await pilot.pause()
    assert answers == ["c"]


async def test_the_present_choice_is_in_view_in_a_long_list() -> None:
    """A list that is longer than its frame opens where the present choice stands."""
    many = [Choice(number, f"choice {number}") for number in range(40)]
    async with (app := App[None]()).run_test() as pilot:
        await app.push_screen(PickScreen("Project", many, 30))
        await pilot.pause()
        choices = app.screen.query_one(ChoiceList)
        assert choices.scroll_offset.y <= 30 < choices.scroll_offset.y + choices.size.height


async def test_letters_are_typed_and_never_choose_another_row() -> None:
    """What is typed leaves the choices that contain it; the one that is typed stays, and gets the text."""
    answers: list[str | None] = []
    choices = [Choice("alice", "to me (alice)"), Choice("kim", "to kim"), Choice("", "to a name…")]
    for keys in (("m", "a", "r", "i", "a"), ("k", "i"), ("j", "o", "x", "backspace")):
        async with (app := App[None]()).run_test() as pilot:
            await app.push_screen(screen := PickScreen("Assign", choices, typed=""), answers.append)
            await pilot.press(*keys, "enter")
            await pilot.pause()
        answers.append(screen.typed)
    assert answers == ["", "maria", "kim", "ki", "", "jo"]


async def test_what_matches_nothing_chooses_nothing() -> None:
    """Where nothing can be typed, a text that no choice contains leaves nothing for enter; j and k still move."""
    answers: list[str | None] = []
    async with (app := App[None]()).run_test() as pilot:
        await app.push_screen(PickScreen("Sort", CHOICES), answers.append)
        await pilot.press("j", "z", "enter")
        assert answers == []
        await pilot.press("backspace", "j", "enter")
        await pilot.pause()
    assert answers == ["b"]
