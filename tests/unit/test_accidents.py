"""No three keys decide anything, but for y on what is armed and shown: exhaustive, without a screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import product

import pytest

from pumpup_tui.decisions.desk import FINAL, Desk, Intent, Verb
from pumpup_tui.keys.table import BY_ID

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
GRACE = 5.0


@dataclass(frozen=True)
class Seat:
    """A reviewer before two requests: the desk, and which of them is shown."""

    desk: Desk = field(default_factory=Desk)
    shown: str = "r1"

    def act(self, verb: Verb) -> Seat:
        return replace(self, desk=self.desk.arm(Intent(verb, self.shown, "Refund", request_hash=self.shown)))

    def on_task(self, verb: Verb) -> Seat:
        return replace(self, desk=self.desk.arm(Intent(verb, "t1", "Claim", note="seen", assignee="alice")))

    def note(self) -> Seat:
        return replace(self, desk=self.desk.write_note("less"))

    def reason(self) -> Seat:
        return replace(self, desk=self.desk.give_reason("policy"))

    def comment(self) -> Seat:
        return self.note() if self.desk.armed else self.on_task("NOTE")

    def undo(self) -> Seat:
        return replace(self, desk=self.desk.take_back()[0])

    def back(self) -> Seat:
        return replace(self, desk=self.desk.cancel("cancelled"))

    def move(self, to: str) -> Seat:
        moved = to != self.shown
        return replace(self, shown=to, desk=self.desk.cancel("you moved on") if moved else self.desk)

    def leave(self) -> Seat:
        return replace(self, desk=self.desk.cancel())

    def stay(self) -> Seat:
        return self

    def yes(self) -> Seat:
        armed = self.desk.armed
        if armed is not None and armed.verb in FINAL and armed.target != self.shown:
            return replace(self, desk=self.desk.cancel("that is not what is shown"))
        return replace(self, desk=self.desk.confirm(f"key-{len(self.desk.sent)}", NOW, GRACE))


KEYS: Mapping[str, Callable[[Seat], Seat]] = {
    "decide.approve": lambda seat: seat.act("APPROVE"),
    "decide.deny": lambda seat: seat.act("REJECT"),
    "decide.edit": lambda seat: seat.act("EDIT_AND_APPROVE"),
    "decide.ask": lambda seat: seat.act("REQUEST_MORE_INFO"),
    "decide.escalate": lambda seat: seat.act("ESCALATE"),
    "decide.reason": Seat.reason,
    "decide.note": Seat.note,
    "decide.undo": Seat.undo,
    "inbox.take": lambda seat: seat.on_task("ASSIGN"),
    "inbox.note": Seat.comment,
    "inbox.next": lambda seat: seat.move("r2"),
    "inbox.previous": lambda seat: seat.move("r1"),
    "move.down": lambda seat: seat.move("r2"),
    "move.up": lambda seat: seat.move("r1"),
    "move.back": Seat.back,
    "screens.board": Seat.leave,
}
"""What each key does to what is armed; all others do nothing to it."""

Y = "decide.send"


def bound() -> list[str]:
    """Return the ids of every key that is bound where requests are decided."""
    groups = ("decide.", "inbox.", "move.", "screens.")
    return [name for name in BY_ID if name.startswith(groups)]


def press(seat: Seat, key: str) -> Seat:
    return seat.yes() if key == Y else KEYS.get(key, Seat.stay)(seat)


def decisions(seat: Seat) -> int:
    return sum(one.intent.verb in FINAL for one in seat.desk.sent)


def test_every_key_that_acts_on_the_desk_is_bound() -> None:
    """The table above names no key that is not there."""
    assert {*KEYS, Y} <= set(bound())


@pytest.mark.parametrize("start", ["nothing", "armed", "held"])
def test_no_three_keys_without_y_decide(start: str) -> None:
    """From an idle desk, an armed one and one with something held: 0 decisions more."""
    seats = {"nothing": Seat(), "armed": Seat().act("APPROVE"), "held": Seat().act("APPROVE").yes().move("r2")}
    before = decisions(seats[start])
    for keys in product([key for key in bound() if key != Y], repeat=3):
        seat = seats[start]
        for key in keys:
            seat = press(seat, key)
        assert decisions(seat) <= before, keys


def test_y_decides_only_what_is_armed_and_shown() -> None:
    """Every sequence of three keys: each y that settles something was met with just that, armed, whole and shown."""
    decided = 0
    for keys in product(bound(), repeat=3):
        seat = Seat()
        for key in keys:
            before = seat
            seat = press(seat, key)
            if decisions(seat) > decisions(before):
                decided += 1
                armed = before.desk.armed
                assert key == Y
                assert armed is not None
                assert armed.target == before.shown == seat.desk.sent[-1].intent.target
                assert armed.request_hash == before.shown
                assert not armed.lacks_note
    assert decided > 0
