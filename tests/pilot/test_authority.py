"""The inbox under a policy: who may decide, agreements of several people, blind review, and how requests end."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from api_client.actor import Actor
from api_client.commands import Decide, Expire, Withdraw
from api_client.models import Outcome
from pumpup_tui.decisions.desk import Confirmed, Intent, Phase
from pumpup_tui.decisions.in_flight import Interrupted
from pumpup_tui.decisions.recovery import Fate, look_up
from store.folder.local_backend import open_local
from tests.conftest import FixedClock, counting_tokens
from tests.pilot.stage import Stage
from tests.support.actors import AGENT, ALICE, PLATFORM
from tests.support.policies import FINANCE, FOUR_EYES, SHORT, set_policy
from tests.support.world_builder import WorldBuilder
from tests.waiting import until

GENERAL = "prj_general"
CAROL = Actor("carol", "reviewer", ("claims-lead",))
RECOMMENDED = {"outcome": {"type": "REJECT"}, "confidence": 0.62, "rationale": "The receipt is a copy"}
LARGE: dict[str, Any] = {"keyValueContext": {"Amount": "$4,100", "Payout": "no"}}
SMALL: dict[str, Any] = {"keyValueContext": {"Amount": "$18", "Payout": "no"}}
PAYOUT: dict[str, Any] = {"keyValueContext": {"Amount": "$20", "Payout": "yes"}}


async def policy(stage: Stage, *rules: Any, **more: Any) -> None:
    assert stage.backend is not None
    before = (await stage.backend.policy(GENERAL)).hash
    await stage.write(set_policy(GENERAL, *rules, replaces=before, **more), ALICE)


def approve(request_id: str, note: str | None = None, kind: Any = "APPROVE") -> Decide:
    return Decide(request_id=request_id, outcome=Outcome(type=kind, note=note))


async def test_what_others_must_decide_stands_apart_and_arms_nothing(tmp_path: Path) -> None:
    """It is last, under a heading, says so in words, and each key of a decision says why instead of arming."""
    stage = Stage(tmp_path)
    async with stage.run() as pilot:
        await stage.sees(pilot, "live")
        await policy(stage, FINANCE)
        payout = await stage.approval("Pay out $20", "Claim 1", recommendation=RECOMMENDED, **PAYOUT)
        await stage.approval("Refund $18", "Claim 2", **SMALL)
        await stage.ready(pilot, "Pay out $20", "Refund $18", "others must decide · 1", "others decide · by agent-1")
        shown = stage.shown()
        assert shown.index("Refund $18") < shown.index("others must decide")
        await stage.press_until(pilot, "j", "⊘ you may not decide this")
        for key in ("a", "d", "e", "i", "exclamation_mark"):
            await pilot.press("z", key)  # z: what was said before is gone
            await stage.sees(pilot, "Only finance may decide this; alice does not have that tag.", gone=("y send",))
            assert stage.app.context.outbox.desk.armed is None
        await pilot.press("y")
        assert await stage.outcome(payout) is None
        await pilot.press("slash", *"is:may", "enter")
        await stage.sees(pilot, "Refund $18", "1 of 2", gone=("Pay out $20",))


async def test_two_people_agree_and_the_second_decides(tmp_path: Path) -> None:
    """The first y agrees and says what is missing; the request stays and says who agreed; the second one decides."""
    stage = Stage(tmp_path)
    async with stage.run() as pilot:
        await stage.sees(pilot, "live")
        await policy(stage, FOUR_EYES)
        first = await stage.approval("Refund $4,100", "Claim 1", **LARGE)
        second = await stage.approval("Refund $5,000", "Claim 2", **LARGE)
        await stage.ready(pilot, "Refund $4,100", "Refund $5,000", "needs 2 of claims-lead", "0 of 2 agreed")
        await pilot.press("a")
        await stage.sees(pilot, "▲ AGREE 1 of 2")
        await pilot.press("y")
        await stage.sees(
            pilot, "RECORDED", "agreed to approve, needs 1 more", "you agreed, needs 1", "oldest first  1 agreed"
        )
        assert await stage.outcome(first) is None
        await stage.press_until(pilot, "j", "you agreed 12:")
        await pilot.press("a")
        await stage.sees(pilot, "needs 1 more of claims-lead", gone=("y send",))
        assert stage.app.context.outbox.desk.armed is None
        await stage.press_until(pilot, "k", "▌A  Refund $5,000")
        await stage.ready(pilot, "needs 2 of claims-lead")
        await pilot.press("a")
        await stage.sees(pilot, "▲ AGREE 1 of 2")
        await stage.write(approve(second), CAROL)
        await stage.sees(pilot, "somebody agreed meanwhile: y may decide it now, esc dismisses")
        await pilot.press("escape")
        await stage.sees(pilot, "carol agreed 12:")
        await stage.sees(pilot, "1 of 2 agreed")
        await pilot.press("a")
        await stage.sees(pilot, "APPROVE (decides)")
        await pilot.press("y")
        await stage.sees(pilot, "1 decided, 1 agreed", "▸ Inbox ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 1")
        assert await stage.outcome(second) == "APPROVE"
        await stage.write(approve(first), CAROL)
        await stage.sees(pilot, "New requests appear here", gone=("Refund $4,100 ",))


class SlowOnOne:
    """A backend that reads one request only when it is let."""

    def __init__(self, backend: Any) -> None:
        self._backend = backend
        self.slow = ""
        self.reads: list[asyncio.Event] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)

    async def request(self, request_id: str) -> Any:
        if request_id == self.slow:
            self.reads.append(asyncio.Event())
            await self.reads[-1].wait()
        return await self._backend.request(request_id)


async def test_agreements_show_while_more_of_them_come(tmp_path: Path) -> None:
    """A request that is being read again is read to the end, and once more for what came meanwhile."""
    stage = Stage(tmp_path)
    slow: list[SlowOnOne] = []

    def wrap(backend: Any) -> Any:
        slow.append(SlowOnOne(backend))
        return slow[-1]

    stage.wrap = wrap
    stage.before.append(lambda stage: policy(stage, {"name": "many", "when": {}, "people": 5}))
    async with stage.run() as pilot:
        await stage.sees(pilot, "live")
        for number in (1, 2):  # the cursor's, and the one that is read ahead
            await stage.approval(f"Refund ${number}", f"Claim {number}")
        slow[0].slow = request = await stage.approval("Refund $3", "Claim 3")
        await stage.ready(pilot, "▌A  Refund $1", "Refund $3")
        await stage.write(approve(request), Actor("ann", "reviewer"))
        await until(lambda: slow[0].reads, "it is read again")
        await stage.write(approve(request), Actor("ben", "reviewer"))
        await stage.approval("Refund $4", "Claim 4")
        await stage.sees(pilot, "Refund $4")  # so what came before it is known, too
        slow[0].reads[0].set()
        await stage.sees(pilot, "2 of 5 agreed")
        await until(lambda: len(slow[0].reads) == 2, "it is read once more")


async def test_a_batch_says_what_it_decides_and_what_it_only_agrees_to(tmp_path: Path) -> None:
    """The rows that the reader may not decide are left out with the reason, and the others are counted apart."""
    stage = Stage(tmp_path)
    async with stage.run() as pilot:
        await stage.sees(pilot, "live")
        await policy(stage, FOUR_EYES, FINANCE)
        payout = await stage.approval("Pay out $20", "Claim 1", **PAYOUT)
        large = await stage.approval("Refund $4,100", "Claim 2", **LARGE)
        small = await stage.approval("Refund $18", "Claim 3", **SMALL)
        await stage.ready(pilot, "Pay out $20", "Refund $4,100", "Refund $18")
        await pilot.press("asterisk", "a")
        await stage.sees(
            pilot,
            "2 requests · as alice",
            "1 left out: Only finance may decide this",
            "1 will be decided, 1 only agreed to",
            "agree 1 of 2 · by agent-1",
        )
        await pilot.press("y")
        await stage.sees(pilot, "1 only agreed: they", "agreed to approve, needs 1 more")
        outcomes = [await stage.outcome(request) for request in (payout, large, small)]
        assert outcomes == [None, None, "APPROVE"]


async def test_blind_review_hides_the_recommendation_until_the_decision(tmp_path: Path) -> None:
    """Neither list, detail, raw text, filter, timeline nor the past tell it; once it is decided, blind, all do."""
    stage = Stage(tmp_path)
    told = ("62 %", "receipt is a copy", "▼ deny")
    async with stage.run() as pilot:
        await stage.sees(pilot, "live")
        await policy(stage, blind=1.0)
        request = await stage.approval("Refund $240", "Claim 1", recommendation=RECOMMENDED, **SMALL)
        await stage.ready(pilot, "Refund $240", "hidden (blind)", "hidden until you decide (blind review)")
        await pilot.press("v")
        await stage.sees(pilot, "The raw text", gone=told)
        for typed, passes in (("agent:deny", False), ("confidence<.9", False), ("-agent:deny", True)):
            await pilot.press("v", "slash", *typed, "enter")
            await stage.sees(pilot, "1 of 1" if passes else "No matching requests", gone=told)
            await pilot.press("escape")
        await pilot.press("3", "v")
        await stage.sees(pilot, "recommendation: hidden until you decide", "APPROVAL_REQUESTED", gone=told)
        await pilot.press("at")
        await stage.sees(pilot, "as it was", "suggested  hidden until you decide", gone=told)
        await pilot.press("escape", "1")
        await stage.ready(pilot, "Refund $240")
        await pilot.press("d", "y")
        await stage.sees(pilot, "RECORDED", "agent: ▼ deny 62 %")
        assert await stage.outcome(request) == "REJECT"
        assert stage.backend is not None
        (decided,) = (await stage.backend.events(types=("APPROVAL_DECIDED",))).items
        assert decided.payload["blind"] is True
        await pilot.press("3")
        await stage.press_until(pilot, "j", "APPROVAL_REQUESTED")
        await stage.sees(pilot, "receipt is a copy", gone=("blind review",))


async def test_a_policy_that_changed_while_armed_refuses_and_keeps_the_note(tmp_path: Path) -> None:
    """What the backend says is shown in the viewer's time, the note is there again, and the request stands as it is."""
    stage = Stage(tmp_path)
    async with stage.run() as pilot:
        await stage.sees(pilot, "live")
        request = await stage.approval("Refund $4,100", "Claim 1", **LARGE)
        await stage.ready(pilot, "Refund $4,100")
        await pilot.press("e")
        await stage.sees(pilot, "note")
        await pilot.press(*"cap it", "enter")
        await stage.sees(pilot, "✎ EDIT", "note: cap it")
        await policy(stage, {**FOUR_EYES, "tags": ["board"]})
        await pilot.press("y")
        await stage.sees(pilot, "REFUSED", "Only board may decide this", "⊘ you may not decide this", "others decide")
        await policy(stage, FOUR_EYES)
        await stage.write(approve(request), CAROL)  # its event has the request read again
        await stage.sees(pilot, "carol agreed 12:", gone=("⊘ you may not",))
        await pilot.press("e")
        await stage.sees(pilot, "cap it", "AGREE 1 of 2 to the edit")
        await stage.write(approve(request, kind="REJECT"), CAROL)
        await pilot.press("y")
        await stage.sees(pilot, "LOST", "Already decided by carol", "puts your note on the task")


async def test_requests_end_by_themselves_and_say_why(tmp_path: Path) -> None:
    """When it expires stands with it; an expired and a withdrawn one leave the inbox, and the timeline says why."""
    stage = Stage(tmp_path)
    async with stage.run() as pilot:
        await stage.sees(pilot, "live")
        await policy(stage, SHORT)
        dies = await stage.approval("Refund $1", "Claim 1", keyValueContext={"Short": "yes"})
        goes = await stage.approval("Refund $2", "Claim 2", keyValueContext={"Short": "no"})
        await stage.ready(pilot, "Refund $1", "Refund $2", "expires 2h", "expires in 2h", "then denied")
        stage.clock.advance(hours=2)
        await stage.write(Expire(request_id=dies), PLATFORM)
        await stage.sees(pilot, "Expired, and denied; moved to the next one", gone=("Refund $1",))
        await stage.write(Withdraw(request_id=goes, reason="customer paid"), AGENT)
        await stage.sees(pilot, "New requests appear here")
        await pilot.press("3")
        await stage.sees(pilot, "⊘ withdrew", "customer paid", "platform   ▼ denied", "“Expired: un")


async def test_any_reviewer_declines_a_form(tmp_path: Path) -> None:
    """Declining takes a reason and leaves the inbox, also where others must answer: then it is not opened."""
    stage = Stage(tmp_path)
    field = {"type": "Switch", "id": "ok", "label": "Fine?", "required": True}
    async with stage.run() as pilot:
        await stage.sees(pilot, "live")
        await policy(stage, {"name": "forms", "when": {"kind": "elicitation"}, "tags": ["legal"]})
        request = await stage.elicitation("Is it fine?", [field])
        await stage.ready(pilot, "Is it fine?", "others decide")
        await stage.sees(pilot, "d decline", gone=("a answer",))
        await pilot.press("a")
        await stage.sees(pilot, "Only legal may decide this", "d declines it", gone=("NOT SENT", "DECLINE"))
        await pilot.press("d")
        await stage.sees(pilot, "note", "⊘ DECLINE")
        await pilot.press(*"not mine", "enter", "escape")
        await stage.sees(pilot, "cancelled: nothing was sent")
        await policy(stage)
        await pilot.press("r")
        await stage.sees(pilot, "Is it fine?", gone=("others decide", "you may not"))
        await stage.ready(pilot, "Is it fine?", "a answer", "d decline")
        await pilot.press("d")
        await stage.sees(pilot, "⊘ DECLINE", "note: not mine")  # as it was typed before
        await pilot.press("y")
        await stage.sees(pilot, "Nothing waits for you", "RECORDED")
        assert stage.backend is not None
        result = (await stage.backend.request(request)).result
        assert result is not None
        assert result["reason"] == "not mine"


async def test_an_agreement_that_was_interrupted_is_found(tmp_path: Path) -> None:
    """It is recorded though the request is open, and also where somebody else has decided it since."""
    clock = FixedClock()
    backend = await open_local(tmp_path, ALICE, clock=clock, tokens=counting_tokens())
    keys = (f"key-{number}" for number in range(99))
    make = WorldBuilder(backend.acting_as(AGENT), backend, keys)
    await backend.submit(set_policy(GENERAL, FOUR_EYES), key="policy")
    request_id = await make.approval(await make.task(), **LARGE)

    async def fate(**more: Any) -> tuple[Fate, str]:
        sent = Confirmed(Intent("APPROVE", request_id, "t", **more), "k", Phase.SENDING, clock())
        found = await look_up(backend, "alice", Interrupted(sent, "d"))
        return found.fate, found.detail

    assert await fate() == (Fate.NOT_RECORDED, "still open: decide again")
    await backend.submit(approve(request_id), key="mine")
    assert await fate() == (Fate.RECORDED, "agreed, needs 1 more")
    assert await fate(note="another") == (Fate.NOT_RECORDED, "still open: decide again")
    await backend.acting_as(CAROL).submit(approve(request_id), key="hers")
    assert await fate() == (Fate.RECORDED, "agreed; it is decided since")
    await backend.aclose()
