"""Deciding an approval: two different keys, held for a while, bound to what was shown, told as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from api_client.commands import Decide
from api_client.errors import Unreachable
from api_client.models import Outcome
from pumpup_tui.inbox.screen import InboxScreen
from tests.pilot.stage import Stage
from tests.support.actors import BOB
from tests.support.examples import examples
from tests.support.idle import until_idle
from tests.waiting import until


async def open_with(stage: Stage, pilot: Any, *summaries: str) -> list[str]:
    await stage.sees(pilot, "live")
    ids = [await stage.approval(summary, f"Claim {number}") for number, summary in enumerate(summaries)]
    await stage.ready(pilot, *summaries)
    return ids


@pytest.mark.parametrize("key", ["a", "d", "!"])
@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_a_key_and_y_record_a_decision(tmp_path: Path, key: str, size: tuple[int, int]) -> None:
    """A key arms, y records, and the screen says so with the event."""
    stage = Stage(tmp_path)
    async with stage.run(*size) as pilot:
        (request,) = await open_with(stage, pilot, "Refund $240")
        await pilot.press(key)
        await stage.sees(pilot, "y send")
        assert await stage.decisions() == 0
        await pilot.press("y")
        await stage.sees(pilot, "RECORDED", "evt_")
        assert await stage.outcome(request) == {"a": "APPROVE", "d": "REJECT", "!": "ESCALATE"}[key]


async def test_enter_and_other_keys_never_confirm(tmp_path: Path) -> None:
    """With a decision armed, no key but y sends it."""
    stage = Stage(tmp_path)
    async with stage.run() as pilot:
        await open_with(stage, pilot, "Refund $240")
        await pilot.press("a", "enter", "space", "a", "d", "tab", "u", "x", "enter")
        await until_idle(pilot)
        assert await stage.decisions() == 0


async def test_escape_cancels(tmp_path: Path) -> None:
    """Escape disarms; a y after it decides nothing."""
    stage = Stage(tmp_path)
    async with stage.run() as pilot:
        await open_with(stage, pilot, "Refund $240")
        await pilot.press("a", "escape", "y")
        await stage.sees(pilot, "copied", gone=("y send",))
        assert await stage.decisions() == 0


async def test_moving_on_disarms(tmp_path: Path) -> None:
    """What is armed is always what is shown."""
    stage = Stage(tmp_path)
    async with stage.run() as pilot:
        await open_with(stage, pilot, "Refund $240", "Refund $99")
        await pilot.press("a", "j")
        await stage.sees(pilot, "you moved on")
        await pilot.press("y")
        await until_idle(pilot)
        assert await stage.decisions() == 0


async def test_leaving_the_screen_disarms(tmp_path: Path) -> None:
    """An armed decision does not wait on a screen that is not shown."""
    stage = Stage(tmp_path)
    async with stage.run() as pilot:
        await open_with(stage, pilot, "Refund $240")
        await pilot.press("a", "3")
        await stage.sees(pilot, "◌ requests")
        await pilot.press("y", "1")
        await stage.sees(pilot, "approve", gone=("y send",))
        assert await stage.decisions() == 0


async def test_a_pasted_key_pair_does_not_confirm(tmp_path: Path) -> None:
    """Two keys in one read are no two presses: pasted text decides nothing."""
    from textual import events

    stage = Stage(tmp_path)
    async with stage.run() as pilot:
        await open_with(stage, pilot, "Refund $240")
        first, second = events.Key("a", "a"), events.Key("y", "y")
        second.time = first.time
        for event in (first, second):
            event.set_sender(stage.app)
            stage.app.post_message(event)
        await stage.sees(pilot, "too fast for a key press")
        assert await stage.decisions() == 0


async def test_a_held_down_y_does_not_confirm(tmp_path: Path) -> None:
    """A y that repeats since before the arming is not a press."""
    stage = Stage(tmp_path)
    async with stage.run() as pilot:
        await open_with(stage, pilot, "Refund $240", "Refund $99")
        await pilot.press("a", "y", "y", "y", "y")
        await stage.sees(pilot, "RECORDED")
        assert await stage.decisions() == 1


async def test_a_decision_is_held_and_can_be_taken_back(tmp_path: Path) -> None:
    """In the grace time nothing is written, the countdown runs, and u takes it back."""
    stage = Stage(tmp_path, grace=5.0)
    async with stage.run() as pilot:
        (request,) = await open_with(stage, pilot, "Refund $240")
        await pilot.press("a", "y")
        await stage.sees(pilot, "HELD 5 s", "u takes it back")
        stage.clock.advance(seconds=3)
        await stage.sees(pilot, "HELD 2 s")
        await pilot.press("u")
        await stage.sees(pilot, "taken back: nothing was sent")
        stage.clock.advance(seconds=60)
        # What is held after it goes out after it.
        other = await stage.approval("Refund $99")
        await stage.ready(pilot, "Refund $99")
        await pilot.press("j")
        await stage.ready(pilot)
        await pilot.press("a", "y")
        await stage.sees(pilot, "HELD 5 s")
        stage.clock.advance(seconds=5)
        await stage.sees(pilot, "RECORDED")
        assert await stage.outcome(other) == "APPROVE"
        assert await stage.outcome(request) is None


async def test_a_held_decision_goes_out_by_itself(tmp_path: Path) -> None:
    """After the grace time it is sent, also from another screen."""
    stage = Stage(tmp_path, grace=5.0)
    async with stage.run() as pilot:
        (request,) = await open_with(stage, pilot, "Refund $240")
        await pilot.press("a", "y", "2")
        await stage.sees(pilot, "HELD 5 s")
        stage.clock.advance(seconds=5)
        await stage.sees(pilot, "RECORDED")
        assert await stage.outcome(request) == "APPROVE"


@pytest.mark.parametrize(("key", "outcome"), [("e", "EDIT_AND_APPROVE"), ("i", "REQUEST_MORE_INFO")])
async def test_some_outcomes_need_a_note(tmp_path: Path, key: str, outcome: str) -> None:
    """The note is asked for at once; enter ends it and sends nothing; y sends."""
    stage = Stage(tmp_path)
    async with stage.run() as pilot:
        (request,) = await open_with(stage, pilot, "Refund $240")
        await pilot.press(key, *"say", "enter")
        await stage.sees(pilot, "note: say", "y send")
        assert await stage.decisions() == 0
        await pilot.press("y")
        await stage.sees(pilot, "RECORDED")
        assert stage.backend is not None
        result = await stage.backend.approval_result(request)
        assert result is not None
        assert (result.outcome.type, result.outcome.note) == (outcome, "say")


async def test_leaving_a_needed_note_cancels(tmp_path: Path) -> None:
    """Without its note nothing can be sent."""
    stage = Stage(tmp_path)
    async with stage.run() as pilot:
        await open_with(stage, pilot, "Refund $240")
        await pilot.press("e", "escape")
        await stage.sees(pilot, "cancelled: nothing was sent")
        await pilot.press("e", "enter", "y")
        await stage.sees(pilot, "it needs a note first")
        assert await stage.decisions() == 0


async def test_an_optional_note_goes_with_the_decision(tmp_path: Path) -> None:
    """N and c write a note while a decision is armed."""
    stage = Stage(tmp_path)
    async with stage.run() as pilot:
        (request,) = await open_with(stage, pilot, "Refund $240")
        await pilot.press("a", "n", *"yes", "enter", "y")
        await stage.sees(pilot, "RECORDED")
        assert stage.backend is not None
        result = await stage.backend.approval_result(request)
        assert result is not None
        assert result.outcome.note == "yes"


async def test_the_loser_is_told_who_won(tmp_path: Path) -> None:
    """Someone else settles it first: the screen names them, and does not claim a decision."""
    stage = Stage(tmp_path)
    async with stage.run() as pilot:
        (request,) = await open_with(stage, pilot, "Refund $240")
        await pilot.press("a")
        await stage.sees(pilot, "y send")
        await stage.write(Decide(request_id=request, outcome=Outcome(type="REJECT")), BOB)
        await stage.sees(pilot, "decided elsewhere meanwhile", "Refund $240")
        await pilot.press("y")
        await stage.sees(pilot, "LOST", "bob")
        assert await stage.outcome(request) == "REJECT"


async def test_requests_that_arrive_do_not_move_what_is_armed(tmp_path: Path) -> None:
    """What comes is counted and not shown yet; the armed request stays what y sends."""
    stage = Stage(tmp_path)
    async with stage.run() as pilot:
        first, second = await open_with(stage, pilot, "Refund $240", "Refund $99")
        await pilot.press("j")
        await stage.ready(pilot, "Refund $99")
        await pilot.press("a")
        await stage.sees(pilot, "y send")
        await stage.write(Decide(request_id=first, outcome=Outcome(type="APPROVE")), BOB)
        await stage.approval("Refund $7", "Claim 7")
        await stage.sees(pilot, "1 new", "y send", "Refund $240", gone=("Refund $7",))
        await pilot.press("y")
        await stage.sees(pilot, "RECORDED", "Refund $7", gone=("1 new", "Refund $240"))
        assert await stage.outcome(second) == "APPROVE"


class LostAnswers:
    """A backend whose first answers get lost after the write was done."""

    def __init__(self, backend: Any, losses: int) -> None:
        self.backend = backend
        self.losses = losses
        self.keys: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.backend, name)

    async def submit(self, command: Any, *, key: str) -> Any:
        self.keys.append(key)
        receipt = await self.backend.submit(command, key=key)
        if len(self.keys) <= self.losses:
            raise Unreachable("the connection was lost", maybe_done=True)
        return receipt


async def test_a_lost_answer_is_asked_for_again_under_the_same_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unknown is shown as unknown, then as recorded; the decision is written once."""
    monkeypatch.setattr("pumpup_tui.backend.retry.WAIT_FIRST", 0.3)
    stage = Stage(tmp_path)
    lossy: list[LostAnswers] = []

    def wrap(backend: Any) -> Any:
        lossy.append(LostAnswers(backend, 1))
        return lossy[0]

    stage.wrap = wrap
    async with stage.run() as pilot:
        await open_with(stage, pilot, "Refund $240")
        await pilot.press("a", "y")
        await stage.sees(pilot, "UNKNOWN", "same key")
        await stage.sees(pilot, "RECORDED")
        assert len(set(lossy[0].keys)) == 1
        assert await stage.decisions() == 1


async def test_quitting_with_something_held_asks(tmp_path: Path) -> None:
    """Every answer but s sends nothing; escape and enter stay."""
    stage = Stage(tmp_path, grace=5.0)
    async with stage.run() as pilot:
        (request,) = await open_with(stage, pilot, "Refund $240")
        await pilot.press("a", "y", "q")
        await stage.sees(pilot, "Before you go", "send now", "take back")
        await pilot.press("enter")
        await stage.sees(pilot, "HELD", gone=("Before you go",))
        await pilot.press("q", "t")
        await until(lambda: not stage.app.is_running, "the app ends")
    assert stage.app.return_code == 0
    later = Stage(tmp_path)
    async with later.run() as pilot:
        await later.ready(pilot, "Refund $240")
        assert await later.outcome(request) is None


async def test_quitting_offers_nothing_that_is_over(tmp_path: Path) -> None:
    """The grace time runs on while one is asked: what went out meanwhile is no longer called held, nor taken back."""
    stage = Stage(tmp_path, grace=5.0)
    async with stage.run() as pilot:
        (request,) = await open_with(stage, pilot, "Refund $240")
        await pilot.press("a", "y", "q")
        await stage.sees(pilot, "1 held, not sent yet", "take back")
        stage.clock.advance(seconds=6)
        await stage.sees(pilot, "Everything is sent and answered by now", "quit", gone=("take back", "send now"))
        await pilot.press("t", "s")
        await stage.sees(pilot, "Before you go", "RECORDED")
        assert await stage.outcome(request) == "APPROVE"
        await pilot.press("x")
        await until(lambda: not stage.app.is_running, "the app ends")


async def test_quitting_can_send_what_is_held(tmp_path: Path) -> None:
    """S sends now, and the app ends once the answer is known."""
    stage = Stage(tmp_path, grace=5.0)
    async with stage.run() as pilot:
        await open_with(stage, pilot, "Refund $240")
        await pilot.press("a", "y", "q", "s")
        await until(lambda: not stage.app.is_running, "the app ends")
    from store.folder.local_backend import open_local
    from tests.support.actors import ALICE

    backend = await open_local(tmp_path, ALICE)
    page = await backend.events(types=("APPROVAL_DECIDED",))
    await backend.aclose()
    assert len(page.items) == 1


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_ordinary_decisions_take_two_keys_each(tmp_path: Path, size: tuple[int, int]) -> None:
    """Where all of a request fits, no key is spent on seeing it: `a` and `y`, and the next one is shown.

    More of them than a screen holds; a hundred in `make properties`.
    """
    stage, many = Stage(tmp_path), examples(40, 100)

    async def ask(stage: Stage) -> None:
        pairs = {"Amount": "$240", "Claim": "C-1029", "Reason": "Lost parcel: tracking and photos are there"}
        offer = {"outcome": {"type": "APPROVE"}, "confidence": 0.91, "rationale": "Within the limits of the policy"}
        for number in range(many):
            task = await stage.task(f"Claim {number}")
            await stage.ask(task, f"Refund ${number}", keyValueContext=pairs, recommendation=offer)

    stage.before.append(ask)
    async with stage.run(*size) as pilot:
        await stage.sees(pilot, f"Inbox {many}")
        for number in range(many):
            await stage.sees(pilot, f"Refund ${number}")
            await until(lambda: cast("InboxScreen", stage.app.screen).pane.is_read, "the request is read")
            await pilot.press("a", "y")
            await stage.sees(pilot, "RECORDED", f"Refund ${number}")
        assert await stage.decisions() == many
