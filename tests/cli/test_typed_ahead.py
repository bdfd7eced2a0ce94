"""Keys that come in one piece, as a slow line brings them: each does what it would have done alone."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.terminal import Terminal
from tests.cli.watched import Watched
from tests.support.record_screens import as_reviewer, ask_for, imported_record, open_form, screens

CHOICES = [
    {"type": "Select", "id": "a", "label": "Cause", "required": True, "options": ["fire", "water"]},
    {"type": "Select", "id": "b", "label": "Colour", "required": False, "options": ["red", "blue"]},
]


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[tuple[Terminal, Watched]]:
    """The inbox of the README's record."""
    with screens(tmp_path / "home", *as_reviewer(imported_record(tmp_path / "data"))) as opened:
        yield opened


def test_a_search_is_typed_and_not_done(screen: tuple[Terminal, Watched]) -> None:
    """What follows the key that opens a search is its text, not keys of the list that approve, deny or move."""
    shell, watched = screen
    shell.press("/Pay\r")
    watched.sees("only Pay", "1 of 3")
    lines = watched.settled()
    assert "Pay $610" in "".join(lines)
    assert not any(word in "".join(lines) for word in ("y send", "cancelled", "nothing was sent"))


def test_a_form_is_filled_in_as_it_is_typed(screen: tuple[Terminal, Watched]) -> None:
    """A backspace deletes what came before it, and behind a tab one types into the next field."""
    shell, watched = screen
    open_form(shell, watched)
    shell.press("2026-02-20\x7f\x7f19\t, B\x7fLyon\t \x12")
    watched.sees("ANSWER")
    shown = "\n".join(watched.settled())
    for label, answer in (
        ("Day of the accident", "2026-02-19"),
        ("Where?", "Junction of A7 and Mill Road, Lyon"),
        ("Police called?", "yes"),
    ):
        assert re.search(rf"{re.escape(label)} += {re.escape(answer)}", shown), label


def test_a_y_that_comes_with_another_key_sends_nothing(screen: tuple[Terminal, Watched]) -> None:
    """Approve and send in one piece is no press of two keys: it stays armed, and says why."""
    shell, watched = screen
    shell.press("ay")
    watched.sees("APPROVE", "too fast for a key press")
    shell.press("\x1b")
    watched.sees("cancelled: nothing was sent")


def test_what_decides_is_not_typed_into_a_form_that_opened_under_it(screen: tuple[Terminal, Watched]) -> None:
    """In the flow `a y a y` with a form next, and in every other of the keys that decide, no letter is typed."""
    shell, watched = screen
    open_form(shell, watched)
    before = watched.settled()[4:]
    for key in "yadei!wnu":
        shell.press(key)
        watched.sees(f"{key} decides nothing in a form, and was not typed: → begins here")
        assert watched.settled()[4:] == before
    shell.press("2026")
    assert watched.settled()[4:] == before
    shell.press("\x1b[C")
    watched.sees("field 1/3")
    shell.press("2026-02-1y")
    watched.sees("2026-02-1y")


def test_a_y_behind_a_review_that_found_faults_is_not_typed(screen: tuple[Terminal, Watched]) -> None:
    """Who reviews is about to send: where the form stays instead, that `y` goes into no field."""
    shell, watched = screen
    open_form(shell, watched)
    shell.press("2026-\x12")
    watched.sees("fixing")
    watched.settled()
    shell.press("y")
    watched.sees("y decides nothing in a form")
    assert not any("2026-y" in line for line in watched.settled())


def test_the_flow_of_approvals_ends_at_a_form(screen: tuple[Terminal, Watched]) -> None:
    """`a y a y a y` over two approvals and a form: both are decided, and nothing stands in the form."""
    shell, watched = screen
    for _ in range(2):
        shell.press("a")
        watched.sees("y send")
        watched.settled()
        shell.press("y")
        watched.sees("HELD")
        watched.settled()
    shell.press("a")
    watched.sees("field 1/3")
    before = watched.settled()[4:]
    shell.press("y")
    watched.sees("y decides nothing in a form")
    assert watched.settled()[4:] == before


def test_space_keeps_the_choice_of_a_required_field(tmp_path: Path) -> None:
    """On the option that is chosen it changes nothing; where nothing need be chosen it takes the choice back."""
    data = tmp_path / "data"
    asyncio.run(ask_for(data, "Which one", CHOICES))
    with screens(tmp_path / "home", *as_reviewer(data), sees="Which one", size=(100, 30)) as (shell, watched):
        shell.press("a")
        watched.sees("field 1/2")
        shell.press("  ")
        watched.sees("(•) fire")
        watched.settled()
        shell.press(" ")
        assert any("(•) fire" in line for line in watched.settled())
        shell.press("j ")
        watched.sees("(•) water", "( ) fire")
        shell.press("\t ")
        watched.sees("(•) red")
        watched.settled()
        shell.press(" ")
        watched.sees("( ) red")
