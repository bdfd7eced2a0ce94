"""The desk: exhaustively, without a screen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from pumpup_tui.decision import BURST, REPEAT, Desk, Intent, KeyGuard, Phase

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
APPROVE = Intent("APPROVE", "r1", "Refund", request_hash="h1")
EDIT = Intent("EDIT_AND_APPROVE", "r2", "Payout", request_hash="h2")


def press(desk: Desk, key: str) -> Desk:
    match key:
        case "a":
            return desk.arm(APPROVE)
        case "e":
            return desk.arm(EDIT)
        case "n":
            return desk.write_note("cut to 200")
        case "y":
            return desk.confirm(f"key-{len(desk.sent)}", NOW, 5.0)
        case "u":
            return desk.take_back()[0]
        case _:
            return desk.cancel()


def test_nothing_goes_without_y() -> None:
    """Every sequence of up to five keys without y sends nothing."""
    for keys in product("aenux", repeat=5):
        desk = Desk()
        for key in keys:
            desk = press(desk, key)
            assert desk.sent == ()


def test_y_sends_only_what_was_armed_right_before() -> None:
    """Every sequence of five keys: each y that sends was met with something armed that lacked no note."""
    for keys in product("aenuyx", repeat=5):
        desk = Desk()
        for key in keys:
            before = desk
            desk = press(desk, key)
            if len(desk.sent) > len(before.sent):
                assert key == "y"
                assert before.armed is not None
                assert not before.armed.lacks_note
                assert desk.sent[-1].intent == before.armed
                assert desk.sent[-1].phase is Phase.HELD
                assert desk.armed is None


def test_no_request_is_on_its_way_twice() -> None:
    for keys in product("aenuy", repeat=6):
        desk = Desk()
        for key in keys:
            desk = press(desk, key)
            targets = [one.intent.target for one in desk.unfinished()]
            assert len(set(targets)) == len(targets)


def test_held_until_its_time() -> None:
    desk = Desk().arm(APPROVE).confirm("k", NOW, 5.0)
    early, going = desk.due(NOW + timedelta(seconds=4.9), 5.0)
    assert (going, early.sent[0].phase) == ([], Phase.HELD)
    late, going = desk.due(NOW + timedelta(seconds=5), 5.0)
    assert [one.key for one in going] == ["k"]
    assert late.sent[0].phase is Phase.SENDING
    assert late.due(NOW + timedelta(seconds=9), 5.0)[1] == []


def test_a_clock_set_back_holds_no_longer_than_the_grace_time() -> None:
    desk = Desk().arm(APPROVE).confirm("k", NOW, 5.0)
    desk, _ = desk.due(NOW - timedelta(hours=3), 5.0)
    assert desk.due(NOW - timedelta(hours=3) + timedelta(seconds=5), 5.0)[1]


def test_no_grace_time_sends_at_once() -> None:
    assert Desk().arm(APPROVE).confirm("k", NOW, 0).sent[0].phase is Phase.SENDING


def test_a_move_is_not_held() -> None:
    move = Intent("MOVE", "t1", "Claim", to_step="paid")
    assert Desk().arm(move).confirm("k", NOW, 5.0).sent[0].phase is Phase.SENDING


def test_only_what_is_held_can_be_taken_back() -> None:
    desk = Desk().arm(APPROVE).confirm("k", NOW, 5.0)
    assert desk.take_back() == (Desk(hint="taken back: nothing was sent"), APPROVE)
    sending, _ = desk.due(NOW + timedelta(seconds=5), 5.0)
    kept, intent = sending.take_back()
    assert intent is None
    assert kept.sent == sending.sent


@pytest.mark.parametrize("phase", list(Phase))
def test_what_became_of_it_is_kept_until_the_next_is_armed(phase: Phase) -> None:
    desk = Desk().arm(APPROVE).confirm("k", NOW, 0).settle("k", phase, NOW, "words")
    assert (desk.sent[0].phase, desk.sent[0].detail) == (phase, "words")
    over = phase in (Phase.RECORDED, Phase.LOST, Phase.REFUSED)
    assert (desk.arm(EDIT).sent == ()) is over


def test_an_armed_note_is_the_armed_ones() -> None:
    desk = Desk().arm(EDIT)
    assert desk.confirm("k", NOW, 5.0).sent == ()
    assert desk.write_note("less").confirm("k", NOW, 5.0).sent[0].intent.note == "less"
    assert Desk().write_note("less") == Desk()


class TestKeyGuard:
    def saw(self, *keys: tuple[str, float]) -> str:
        guard = KeyGuard(lambda: "y")
        for key, at in keys:
            guard.saw(key, at)
        return guard.fault()

    def test_two_presses_pass(self) -> None:
        assert self.saw(("a", 1.0), ("y", 1.08)) == ""

    def test_a_burst_does_not(self) -> None:
        assert "too fast" in self.saw(("a", 1.0), ("y", 1.0 + BURST / 2))

    def test_a_repeat_does_not(self) -> None:
        assert "held down" in self.saw(("y", 1.0), ("y", 1.5))

    def test_a_second_press_after_a_pause_does(self) -> None:
        assert self.saw(("a", 1.0), ("y", 1.0), ("y", 1.1 + REPEAT)) == ""
