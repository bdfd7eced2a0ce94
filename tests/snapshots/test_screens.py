"""Pictures of each screen at three sizes, and of each state."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from api_client.commands import Assign, ReceiveUpload
from api_client.errors import NotAuthenticated, Unreachable
from tests.conftest import FixedClock
from tests.pilot.stage import ALL_FIELDS, Stage
from tests.pilot.test_faults import Flaky
from tests.support.actors import ALICE
from tests.support.idle import until_idle
from tests.support.walks import Walk, then

BIDS = [
    {"fieldId": "email", "value": "mei@example.com", "confidence": 0.97, "rationale": "Taken from the claim"},
    {"fieldId": "amount", "value": 240, "confidence": 0.8},
    {"fieldId": "cause", "value": "water", "confidence": 0.66, "rationale": "The photos show a wet floor"},
]


async def seed(stage: Stage) -> None:
    """A project at work: three requests of different ages, tasks in each step."""
    clock = stage.clock
    await stage.project()
    first = await stage.task(
        "Claim C-1029 · Mei Tanaka", "claims", metadataPatch={"set": {"amount": 240, "risk": "low"}}
    )
    assert stage.backend is not None
    from tests.support.actors import AGENT

    async def photo() -> Any:
        yield b"x" * 214_000

    upload = ReceiveUpload(file_name="photo.jpg", content_type="image/jpeg")
    answer = (await stage.backend.acting_as(AGENT).submit(upload, key="upload", content=photo())).answer
    raw: dict[str, Any] = {"addAttachments": [{"uploadId": answer["id"], "label": "photo.jpg"}]}
    await stage.act(first, "Classified the claim as low-risk", transitionsTo="in_review", **raw)
    clock.advance(minutes=2)
    await stage.ask(
        first,
        "Refund $240 on claim C-1029",
        "claims",
        keyValueContext={
            "Amount": "$240",
            "Claim": "C-1029",
            "Reason": "Lost package: tracking and photos provided, and the carrier has confirmed the loss in writing",
        },
        recommendation={
            "outcome": {"type": "APPROVE"},
            "confidence": 0.91,
            "rationale": "Damage matches the reported cause; within policy limits.",
        },
        attachments=[answer["id"]],
    )
    clock.advance(minutes=3)
    await stage.elicitation("Need details on the incident", ALL_FIELDS, "claims", recommendation=BIDS)
    clock.advance(minutes=6)
    third = await stage.task("Claim C-1031 · Ana Sousa", "claims")
    await stage.move(third, "in_review")
    await stage.ask(
        third,
        "Release $4,100 payout",
        "claims",
        recommendation={"outcome": {"type": "REJECT"}, "confidence": 0.62},
    )
    await stage.write(Assign(task_id=third, assignee_id="maria"), ALICE)
    for number in (1032, 1033):
        await stage.task(f"Claim C-{number}", "claims")
    done = await stage.task("Claim C-1001", "claims")
    await stage.move(done, "in_review")
    await stage.move(done, "paid")
    clock.advance(minutes=3)


def staged(folder: Path, *acts: Any) -> Stage:
    stage = Stage(folder, grace=5.0, clock=FixedClock(datetime(2026, 3, 2, 11, 46, tzinfo=UTC)))
    stage.before.extend(acts)
    return stage


async def inbox(stage: Stage, pilot: Any) -> None:
    await stage.ready(pilot, "Inbox 3")


async def empty(stage: Stage, pilot: Any) -> None:
    await stage.ready(pilot, "Nothing waits for you")


async def approval(stage: Stage, pilot: Any) -> None:
    await inbox(stage, pilot)
    await pilot.press("enter")
    await stage.ready(pilot, "Timeline ──")
    await until_idle(pilot)  # what was decided before comes last


armed = then(approval, "a", sees=("y send",))


async def held(stage: Stage, pilot: Any) -> None:
    await armed(stage, pilot)
    await pilot.press("y")
    await stage.ready(pilot, "HELD 5 s", "Need details on the incident")


async def form(stage: Stage, pilot: Any) -> None:
    await inbox(stage, pilot)
    await pilot.press("j")
    await stage.ready(pilot, "Need details on the incident")
    await pilot.press("a")
    await stage.sees(pilot, "E-mail", "agent's suggestion")


form_faults = then(form, "space", "x", "ctrl+r", sees=("need fixing", "must be an e-mail"))
board = then(inbox, "2", sees=("in_review", "C-1032"), gone=("reading…",))
task = then(board, "l", "enter", sees=("Timeline, newest first",))
timeline = then(inbox, "3", "j", "j", sees=("■ closed", "+ created"))

insights = then(inbox, "4", sees=("Settled by day", "Load by agent"), gone=("counting…",))


async def keys(stage: Stage, pilot: Any) -> None:
    await inbox(stage, pilot)
    await pilot.press("?")
    # Where there is room around it the screen below is seen too, a frame later.
    around = ("PUMP UP",) if stage.app.size.width > 80 else ()
    await stage.sees(pilot, "the inbox", *around)


async def loading(stage: Stage, pilot: Any) -> None:
    await stage.sees(pilot, "PUMP UP", "opening…")


async def error(stage: Stage, pilot: Any) -> None:
    await stage.sees(pilot, "does not know this key", "Not connected")


async def offline(stage: Stage, pilot: Any) -> None:
    await inbox(stage, pilot)
    FAULTY[stage].fault = Unreachable("the server can't be reached: connection refused")
    await stage.sees(pilot, "offline since", "can't be reached", "Refund $240")


async def read_only(stage: Stage, pilot: Any) -> None:
    await stage.sees(pilot, "Inbox 3", "· read-only", "Timeline ──")
    await pilot.press("a")
    await stage.sees(pilot, "takes decisions only")


async def filtered(stage: Stage, pilot: Any) -> None:
    await inbox(stage, pilot)
    await pilot.press("/", *"payout", "enter")
    await stage.ready(pilot, "clear filter: payout", "Release $4,100")


SCREENS: dict[str, Walk] = {
    "inbox": inbox,
    "approval": approval,
    "armed": armed,
    "held": held,
    "form": form,
    "form_faults": form_faults,
    "board": board,
    "task": task,
    "timeline": timeline,
    "insights": insights,
    "keys": keys,
}
STATES: dict[str, Walk] = {
    "loading": loading,
    "error": error,
    "offline": offline,
    "read_only": read_only,
    "filtered": filtered,
}
SIZES = ((80, 24), (120, 40), (200, 60))
NAMES = [f"{width}x{height}" for width, height in SIZES]
FAULTY: dict[Stage, Flaky] = {}
"""The backend of a stage that can be cut off."""


async def never(_: Stage) -> None:
    await asyncio.Event().wait()


async def refused(stage: Stage) -> None:
    assert stage.backend is not None
    await stage.backend.aclose()
    raise NotAuthenticated("the server does not know this key")


class Agents(Flaky):
    """A server without the reviewer's part."""

    async def me(self) -> Any:
        return replace(await self.backend.me(), capabilities=(), role="agent")


@pytest.mark.parametrize("size", SIZES, ids=NAMES)
@pytest.mark.parametrize("screen", ["approval", "held", "form_faults"])
def test_screen(snap_compare: Any, tmp_path: Path, screen: str, size: tuple[int, int]) -> None:
    """What the pictures in `docs` do not show, over the same folder, clock and ids."""
    stage = staged(tmp_path, seed)
    assert snap_compare(stage.app, terminal_size=size, run_before=lambda pilot: SCREENS[screen](stage, pilot))


@pytest.mark.parametrize("size", SIZES[:2], ids=NAMES[:2])
def test_empty(snap_compare: Any, tmp_path: Path, size: tuple[int, int]) -> None:
    """An inbox that nothing waits in."""
    stage = staged(tmp_path)
    assert snap_compare(stage.app, terminal_size=size, run_before=lambda pilot: empty(stage, pilot))


@pytest.mark.parametrize("state", STATES)
def test_state(snap_compare: Any, tmp_path: Path, state: str) -> None:
    """The inbox while it opens, after what went wrong, without the right to decide, and searched."""
    before = {"loading": never, "error": refused}.get(state, seed)
    stage = staged(tmp_path, before)

    def wrap(backend: Any) -> Any:
        FAULTY[stage] = Agents(backend) if state == "read_only" else Flaky(backend)
        return FAULTY[stage]

    stage.wrap = wrap
    assert snap_compare(stage.app, terminal_size=(120, 40), run_before=lambda pilot: STATES[state](stage, pilot))
