"""The desk: exhaustively, without a screen."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest

from pumpup_tui.components.decision_bar import added_words
from pumpup_tui.decisions.desk import BURST, NOTE_FIRST, REPEAT, VERB_WORDS, Confirmed, Desk, Intent, KeyGuard, Phase
from pumpup_tui.decisions.intent_commands import command_of

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


LATER = NOW + timedelta(seconds=2)
OVER = (Phase.RECORDED, Phase.LOST, Phase.REFUSED)


def sent(key: str, phase: Phase, intent: Intent = APPROVE, **more: Any) -> Confirmed:
    """Return an act that was confirmed at NOW."""
    return Confirmed(intent, key, phase, NOW, **more)


def test_what_is_confirmed_is_whole() -> None:
    """A confirmed act has its key, its time, the end of its grace time, its batch, and nothing else is changed."""
    before = sent("k0", Phase.SENDING, EDIT)
    desk = Desk(armed=APPROVE, hint="old", sent=(before,)).confirm("k1", NOW, 0.5, batch="b")
    held = Confirmed(APPROVE, "k1", Phase.HELD, NOW, NOW + timedelta(seconds=0.5), batch="b")
    assert desk == Desk(sent=(before, held))
    assert Desk(armed=APPROVE).confirm("k1", NOW, 0) == Desk(sent=(sent("k1", Phase.SENDING),))
    assert Desk(hint="old").confirm("k1", NOW, 5.0) == Desk(hint="old")


def test_a_missing_note_is_asked_for_and_leaves_it_armed() -> None:
    """What needs a note stays armed with the reason; blanks are no note, and what needs none goes without."""
    desk = Desk().arm(EDIT).write_note("  ")
    assert desk.confirm("k", NOW, 5.0) == Desk(armed=desk.armed, hint=NOTE_FIRST)
    assert not APPROVE.lacks_note
    for verb in ("EDIT_AND_APPROVE", "REQUEST_MORE_INFO", "NOTE"):
        assert Intent(verb, "r", "x").lacks_note


def test_a_key_that_is_taken_clears_the_hint() -> None:
    """A note, a reason and an arming take the last hint away; what is armed is otherwise as it was."""
    desk = Desk(armed=APPROVE, hint="old")
    assert desk.write_note("n") == Desk(armed=replace(APPROVE, note="n"))
    assert desk.give_reason("r") == Desk(armed=replace(APPROVE, reason_code="r"))
    assert desk.arm(EDIT) == Desk(armed=EDIT)
    assert desk.cancel() == Desk()
    assert desk.cancel("why") == Desk(hint="why")
    assert Desk(hint="old").write_note("n") == Desk(hint="old").give_reason("r") == Desk(hint="old")


@pytest.mark.parametrize("phase", list(Phase))
def test_a_request_in_flight_is_not_armed_again(phase: Phase) -> None:
    """Until a decision is over, another one on the same request is refused; a note or another target is not."""
    desk = Desk(sent=(sent("k1", phase),))
    again = replace(APPROVE, verb="REJECT")
    if phase in OVER:
        assert desk.arm(again) == Desk(armed=again)
        assert desk.in_flight("r1") is None
        assert desk.unfinished() == []
    else:
        refused = Desk(hint="that decision is already in flight", sent=desk.sent)
        assert desk.arm(again) == replace(desk, armed=EDIT).arm(again) == refused
        assert desk.in_flight("r1") == desk.sent[0]
        assert desk.unfinished() == list(desk.sent)
    assert desk.in_flight("r2") is None
    for other in (EDIT, Intent("NOTE", "r1", "x"), Intent("MOVE", "r1", "x")):
        assert desk.arm(other).armed == other


def test_taking_back_takes_the_latest_and_its_batch() -> None:
    """Of what is held the latest goes, with the rest of its batch; what was sent, and other batches, stay."""
    alone, other = sent("k1", Phase.HELD), sent("k2", Phase.HELD, batch="a")
    gone = sent("k3", Phase.SENDING, batch="b")
    one, two = sent("k4", Phase.HELD, batch="b"), sent("k5", Phase.HELD, EDIT, batch="b")
    late = sent("k6", Phase.SENDING)
    desk = Desk(sent=(alone, other, gone, one, two, late))
    assert desk.held() == [alone, other, one, two]
    assert desk.take_back() == (Desk(hint="taken back: nothing was sent", sent=(alone, other, gone, late)), EDIT)
    assert desk.take_back()[0].take_back()[0].sent == (alone, gone, late)
    singles = Desk(sent=(alone, sent("k7", Phase.HELD, EDIT)))
    assert singles.take_back()[0].sent == (alone,)
    nothing = Desk(armed=EDIT, sent=(gone,))
    hint = "nothing is held: what was sent is on the record"
    assert nothing.take_back() == (Desk(armed=EDIT, hint=hint, sent=(gone,)), None)


def test_only_what_is_due_goes_out() -> None:
    """Of several held acts those go whose time is over, in order; the rest waits the grace time at the most."""
    first = sent("k1", Phase.HELD, until=NOW + timedelta(seconds=1))
    second = sent("k2", Phase.HELD, until=NOW + timedelta(seconds=4))
    third = sent("k3", Phase.SENDING)
    endless = sent("k4", Phase.HELD)
    fifth = sent("k5", Phase.HELD, until=LATER)
    desk, going = Desk(armed=EDIT, hint="h", sent=(first, second, third, endless, fifth)).due(LATER, 1.5)
    out = [replace(one, phase=Phase.SENDING, until=None) for one in (first, fifth)]
    assert going == out
    waits = replace(second, until=LATER + timedelta(seconds=1.5))
    assert desk == Desk(armed=EDIT, hint="h", sent=(out[0], waits, third, endless, out[1]))
    assert first.seconds_left(NOW) == 1.0
    assert first.seconds_left(LATER) == third.seconds_left(NOW) == 0.0


def test_what_became_of_one_is_noted_of_that_one() -> None:
    """An answer settles the act of its key, with its time, its words and its faults, and no other."""
    held = sent("k1", Phase.HELD, until=LATER, is_stored=True, batch="b")
    other = sent("k2", Phase.SENDING, EDIT)
    desk = Desk(armed=EDIT, sent=(held, other))
    settled = desk.settle("k1", Phase.REFUSED, LATER, "words", {"f": "fault"})
    told = Confirmed(APPROVE, "k1", Phase.REFUSED, LATER, None, "words", {"f": "fault"}, is_stored=True, batch="b")
    assert settled == Desk(armed=EDIT, sent=(told, other))
    assert desk.settle("k2", Phase.RECORDED, LATER).sent[1] == Confirmed(EDIT, "k2", Phase.RECORDED, LATER)


def test_nothing_is_claimed_before_it_is_on_the_disk() -> None:
    """The word of a held or sent act is its phase once it is on the disk; of what is over, from the first."""
    desk = Desk(armed=EDIT, sent=(sent("k1", Phase.HELD), sent("k2", Phase.SENDING), sent("k3", Phase.LOST)))
    assert [one.word for one in desk.sent] == ["keeping", "keeping", "lost"]
    kept = desk.mark_stored(["k1", "k9"])
    assert [(one.word, one.is_stored) for one in kept.sent] == [("held", True), ("keeping", False), ("lost", False)]
    assert kept.armed == EDIT


@pytest.mark.parametrize("phase", list(Phase))
def test_a_lost_note_is_offered_to_the_task(phase: Phase) -> None:
    """Only the newest act, lost to someone else, with a note and a task to put it on, has a note to offer."""
    noted = replace(APPROVE, note="cut it", task_id="t1")
    newest = sent("k2", phase, noted)
    desk = Desk(sent=(sent("k1", Phase.RECORDED, EDIT), newest))
    assert desk.lost_note() == (noted if phase is Phase.LOST else None)
    assert Desk(sent=(newest, sent("k1", Phase.RECORDED, EDIT))).lost_note() is None
    for lacking in (replace(noted, note="  "), replace(noted, task_id="")):
        assert Desk(sent=(sent("k2", Phase.LOST, lacking),)).lost_note() is None
    assert Desk().lost_note() is None


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
        assert "may be a key held down" in self.saw(("y", 1.0), ("y", 1.5))

    def test_the_last_two_keys_count_and_the_bounds_are_presses(self) -> None:
        """A first key is a press; so is one that is just no burst or repeat, and another key after any pause."""
        assert self.saw() == self.saw(("y", 1.0)) == ""
        assert self.saw(("a", 0.0), ("y", BURST)) == ""
        assert self.saw(("y", 0.0), ("y", REPEAT)) == ""
        assert self.saw(("y", 0.0), ("a", 0.4), ("y", 0.8)) == ""
        assert self.saw(("a", 0.0), ("a", 5.0), ("y", 5.0)) != ""
        assert "press y again" in self.saw(("a", 0.0), ("y", 0.0))
        assert "y again so soon may be a key held down" in self.saw(("y", 0.0), ("y", 0.9))

    def test_a_second_press_after_a_pause_does(self) -> None:
        assert self.saw(("a", 1.0), ("y", 1.0), ("y", 1.1 + REPEAT)) == ""


@pytest.mark.parametrize("verb", VERB_WORDS)
def test_a_note_that_can_be_written_is_sent(verb: Any) -> None:
    """Each act either sends the note that was written for it, or refuses the note, so that none is lost unseen."""
    terms = {"project_id": "p", "name": "n", "filter": "f", "until": "u", "most": 1, "sample": 0.05}
    intent = Intent(verb, "r1", "Refund", to_step="paid", assignee="bob", terms=terms)
    desk = Desk().arm(intent).write_note("mind the fees")
    assert desk.armed is not None
    is_sent = "mind the fees" in str(command_of(desk.armed).wire())
    assert is_sent == (desk.armed.note != "")
    assert is_sent or "takes no note" in desk.hint


def test_each_act_asks_for_its_own_note() -> None:
    """What declines an answer asks why, and not what should change."""
    asked = {verb: [*added_words(Intent(verb, "r1", ""))] for verb in ("WITHDRAW", "EDIT_AND_APPROVE")}
    assert asked["WITHDRAW"] == ["needs a note: why no answer is given"]
    assert asked["EDIT_AND_APPROVE"] == ["needs a note: what should change"]
