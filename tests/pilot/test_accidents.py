"""Keys at random on the real screens: nothing is decided but what is armed and shown when y is pressed."""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api_client.commands import Assign, Decide
from api_client.models import Outcome
from pumpup_tui.components.reviewer_screen import ReviewerScreen
from pumpup_tui.decisions.desk import FINAL
from pumpup_tui.inbox.order import Order
from pumpup_tui.inbox.screen import InboxScreen
from tests.pilot.stage import Stage
from tests.support.actors import ALICE, BOB
from tests.support.examples import examples
from tests.support.idle import until_idle

MOVING = ("j", "k", "g", "G", "ctrl+d", "ctrl+u", "right_square_bracket", "left_square_bracket", "tab", "1", "2", "3")
ACTING = ("a", "d", "e", "i", "exclamation_mark", "w", "t", "c", "n", "u", "x", "asterisk", "enter", "escape", "space")
LOOKING = ("v", "o", "z", "s", "f", "m", "slash", "p", "r", "colon", "question_mark", "backspace")
KEYS = (*MOVING, *ACTING, *LOOKING)
"""Every key that is bound where requests are decided, but for q, and some that are not."""
ROUNDS = examples(12, 25)


async def _home(stage: Stage, pilot: Any) -> None:
    for _ in range(6):
        if isinstance(stage.app.screen, InboxScreen) and stage.app.focused is stage.app.screen.requests:
            return
        await pilot.press("escape", "escape", "1")
    await pilot.press("g")


@pytest.mark.parametrize("with_y", [False, True])
async def test_three_keys_decide_nothing_by_accident(tmp_path: Path, with_y: bool) -> None:
    """Without y: 0 decisions. With y among them: only what was armed and shown at that moment."""
    rng = random.Random(11)
    stage = Stage(tmp_path)

    async def seed(stage: Stage) -> None:
        for number in range(40):
            await stage.approval(f"Refund ${number}", f"Claim {number}")

    stage.before.append(seed)
    async with stage.run() as pilot:
        await stage.ready(pilot, "Refund $5")
        meant = 0
        for _ in range(ROUNDS):
            await _home(stage, pilot)
            keys = [rng.choice(KEYS) for _ in range(3)]
            if with_y:
                keys[rng.randrange(3)] = "y"
            for key in keys:
                meant += await _press(stage, pilot, key)
        await until_idle(pilot)
        assert await stage.decisions() == meant
        assert with_y or meant == 0


async def _press(stage: Stage, pilot: Any, key: str) -> int:
    """Press a key; return how many decisions it was meant to make, by what was on the screen before it."""
    screen, desk = stage.app.screen, stage.app.context.outbox.desk
    shown = isinstance(screen, ReviewerScreen) and screen.armed_view.is_visible()
    before = {one.key for one in desk.sent}
    await pilot.press(key)
    new = [one for one in stage.app.context.outbox.desk.sent if one.key not in before and one.intent.verb in FINAL]
    if new:
        assert key == "y"
        assert shown
        assert desk.armed == new[0].intent
    return len(new)


async def _ask(stage: Stage, number: int) -> None:
    await stage.approval(f"New ${number}", f"New {number}")


async def _settle(stage: Stage, number: int) -> None:
    page = await stage.backend.inbox() if stage.backend else None
    spared = stage.app.context.outbox.desk
    kept = {spared.armed.target if spared.armed else "", *(one.intent.target for one in spared.sent)}
    others = [item for item in page.items if item.request_id not in kept] if page else []
    if others:
        item = others[number % len(others)]
        await stage.write(Decide(request_id=item.request_id, outcome=Outcome(type="REJECT")), BOB)


async def _give(stage: Stage, number: int) -> None:
    page = await stage.backend.inbox() if stage.backend else None
    if page and page.items:
        await stage.write(Assign(task_id=page.items[number % len(page.items)].task_id, assignee_id="maria"), ALICE)


HAPPENS: dict[str, Callable[[Stage, int], Awaitable[None]]] = {"ask": _ask, "settle": _settle, "give": _give}
happenings = st.lists(st.tuples(st.sampled_from(sorted(HAPPENS)), st.integers(0, 5)), max_size=3)


@settings(max_examples=examples(5, 12), deadline=None)
@given(
    down=st.integers(0, 4),
    order=st.sampled_from([Order(), Order("newest"), Order("age", "project")]),
    armed=happenings,
    held=happenings,
)
def test_what_is_decided_is_what_was_shown(
    down: int, order: Order, armed: list[tuple[str, int]], held: list[tuple[str, int]]
) -> None:
    """Requests come, go and are given away between arming, y and sending: the decided id is the one that was shown."""

    async def play(folder: Path) -> None:
        stage = Stage(folder, grace=5.0)

        async def seed(stage: Stage) -> None:
            for number in range(5):
                await stage.approval(f"Refund ${number}", f"Claim {number}")

        stage.before.append(seed)
        async with stage.run() as pilot:
            await stage.ready(pilot, "Refund $4")
            screen = stage.app.screen
            assert isinstance(screen, InboxScreen)
            screen.filters.sort(order)
            await pilot.press(*["j"] * down)
            await stage.ready(pilot)
            row = screen.requests.row
            assert row is not None
            await pilot.press("a")
            await stage.sees(pilot, "y send")
            for what, number in armed:
                await HAPPENS[what](stage, number)
                await pilot.pause(0.02)
            await pilot.press("y")
            await stage.sees(pilot, "HELD")
            for what, number in held:
                await HAPPENS[what](stage, number)
            stage.clock.advance(seconds=6)
            await stage.sees(pilot, "RECORDED")
            assert await stage.outcome(row.request_id) == "APPROVE"
            assert stage.backend is not None
            events = (await stage.backend.events(types=("APPROVAL_DECIDED",))).items
            assert [one.in_response_to for one in events if one.subject == "alice"] == [row.request_id]

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(play(Path(folder)))
