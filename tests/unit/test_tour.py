"""The demo's tour: what it says, what ends each step, and that it can be left."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest
from rich.cells import cell_len

from pumpup_tui.keys.key_names import KeyNames
from pumpup_tui.tour.steps import STEPS, Moment, Tour

AT = Moment(cursor="r1", kind="approval")
HELD = replace(AT, sent={"k": "APPROVE"}, held=frozenset({"k"}))
DOING: list[tuple[Moment, Moment]] = [
    (AT, replace(AT, cursor="r2")),
    (AT, replace(AT, opened=True)),
    (replace(AT, armed="APPROVE"), HELD),
    (HELD, AT),
    (replace(AT, kind="elicitation"), replace(AT, sent={"a": "ANSWER"})),
    (Moment("board", armed="MOVE"), Moment("board", sent={"m": "MOVE"})),
    (Moment("timeline"), Moment("timeline", narrowed=True)),
    (AT, Moment("insights")),
    (AT, replace(AT, over="palette")),
    (AT, replace(AT, over="help")),
]
"""For each step, what there is to see before it is done and then."""


def at_step(number: int, key: KeyNames | None = None) -> Tour:
    """Return a tour at a step, from 1."""
    tour = Tour(key or KeyNames())
    for _ in range(number - 1):
        tour.skip()
    return tour


@pytest.mark.parametrize("number", range(1, len(STEPS)))
def test_a_step_ends_as_it_is_done_and_not_before(number: int) -> None:
    """What the other steps ask for does not end it."""
    before, done = DOING[number - 1]
    tour = at_step(number)
    tour.see(before)
    tour.see(before)
    assert tour.words().startswith(f"{number}/11 · ")
    tour.see(done)
    assert tour.words().startswith(f"{number + 1}/11 · ")
    for other, (_, elsewhere) in enumerate(DOING, 1):
        tour = at_step(number)
        tour.see(elsewhere)
        assert other == number or tour.words().startswith(f"{number}/11 · ") or elsewhere in (done, HELD)


@pytest.mark.parametrize(
    ("number", "seen", "words"),
    [
        (1, AT, "j moves to the next request, k back."),
        (1, Moment("board"), "1 shows the inbox"),
        (3, AT, "a arms an approval; a second key, y, sends it."),
        (3, replace(AT, kind="elicitation"), "Not this one: go to one marked A"),
        (3, replace(AT, armed="APPROVE"), "Armed, not sent. y sends it, esc cancels."),
        (4, HELD, "u takes it back"),
        (4, replace(AT, sent={"k": "APPROVE"}), "Sent by now. a y approves another; u takes it back."),
        (4, AT, "a y approves a request; then u takes it back."),
        (4, replace(AT, armed="APPROVE"), "y sends it; then u takes it back."),
        (5, AT, "] goes on: find one marked E"),
        (5, replace(AT, kind="elicitation"), "a opens this one's form"),
        (6, AT, "2 shows the board"),
        (6, Moment("board"), "enter opens one; H L m move the card along an exit."),
        (6, Moment("board", armed="MOVE"), "y makes the move"),
        (7, AT, "3 shows the timeline"),
        (7, Moment("timeline"), "F follows what happens"),
        (8, AT, "4 shows the insights"),
        (9, AT, ": finds every command"),
        (10, Moment("board"), "? lists all keys."),
        (11, AT, "q quits; nothing of the demo stays."),
    ],
)
def test_it_says_what_to_press_where_one_is(number: int, seen: Moment, words: str) -> None:
    """On another screen it first says how to come to the right one; each fits one line of 80 cells beside its keys."""
    tour = at_step(number)
    tour.see(seen)
    assert words in tour.words()
    assert cell_len(tour.words()) <= 58


def test_keys_are_named_as_they_are_bound() -> None:
    """Whoever has other keys reads those."""
    tour = at_step(3, KeyNames({"decide.approve": "f2", "decide.send": "Y"}))
    tour.see(AT)
    assert "f2 arms an approval; a second key, Y, sends it." in tour.words()


def test_it_can_be_skipped_and_ended() -> None:
    """Step by step to its end, or at once; nothing brings it back."""
    tour = at_step(len(STEPS))
    assert not tour.is_over
    tour.skip()
    assert (tour.is_over, tour.words()) == (True, "")
    tour = Tour(KeyNames())
    tour.end()
    tour.see(replace(AT, cursor="r2"))
    assert (tour.is_over, tour.words()) == (True, "")


def test_without_grace_there_is_nothing_to_take_back() -> None:
    """A decision that is sent at once can't be taken back: no step asks for it."""
    tour = Tour(KeyNames(), holds=False)
    said = []
    while not tour.is_over:
        tour.see(Moment("board"))
        said.append(tour.words())
        tour.skip()
    assert len(said) == 10
    assert said[-1].startswith("10/10 · ")


def test_only_the_demo_pays_for_it() -> None:
    """The app and its screens load nothing of it."""
    code = (
        "import sys, pumpup_tui.app, pumpup_tui.inbox.screen, pumpup_tui.keys.rebinding; "
        "print([name for name in sys.modules if 'pumpup_tui.tour.steps' in name])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
