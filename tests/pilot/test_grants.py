"""A grant from the inbox: its trial first, then its terms, then two keys; the list of what each did; its end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from api_client.authority import Grant, Trial
from api_client.commands import Decide, GiveGrant
from api_client.errors import ServerFault
from api_client.models import Outcome
from api_client.wire import read
from pumpup_tui.components.prompt import Prompt
from pumpup_tui.grants.grant_draft import GrantDraft
from pumpup_tui.grants.grant_reads import TrialRead
from pumpup_tui.grants.trial_screen import GrantTrialScreen
from store.folder.local_backend import LocalBackend
from tests.pilot.stage import Stage
from tests.support.actors import BOB
from tests.waiting import until

APPROVE = {"outcome": {"type": "APPROVE"}, "confidence": 0.9}


async def ask(stage: Stage, amount: int) -> str:
    """Ask for a refund of an amount, as one always does."""
    context = {"Amount": f"${amount}.00"}
    task = await stage.task(f"Claim of ${amount}", "claims")
    return await stage.ask(task, f"Refund ${amount}", "claims", keyValueContext=context, recommendation=APPROVE)


async def decide(stage: Stage, request_id: str, outcome: Any = "APPROVE") -> None:
    """Decide as bob."""
    await stage.write(Decide(request_id=request_id, outcome=Outcome(type=outcome)), BOB)


async def past(stage: Stage) -> None:
    """Five refunds that bob approved but for two, and one that waits."""
    await stage.project()
    for number in range(5):
        request_id = await ask(stage, 100 + number)
        await decide(stage, request_id, "REJECT" if number in (1, 3) else "APPROVE")
    await ask(stage, 90)


async def answer(pilot: Pilot[None], *texts: str) -> None:
    """Answer the prompt's questions: a text in place of what stands there, each with enter."""
    for text in texts:
        pilot.app.screen.query_one(Prompt).query_one(Input).value = text
        await pilot.press("enter")


async def trial(stage: Stage, pilot: Pilot[None], typed: str = "context.Amount<500") -> None:
    """Open the trial for a filter that is typed first."""
    await stage.ready(pilot, "Refund $90")
    await pilot.press("/")
    await answer(pilot, typed)
    await pilot.press("+")
    await stage.sees(pilot, "Decided otherwise by people", "fit ", gone=("trying…",))


async def test_a_grant_is_tried_then_given_by_two_keys(tmp_path: Path) -> None:
    """Counts, amounts and each disagreement come first; terms are asked until they can be taken; y gives it."""
    stage = Stage(tmp_path)
    stage.before.append(past)
    async with stage.run() as pilot:
        await stage.ready(pilot, "Refund $90")
        await pilot.press("m", "+")  # one's own: no grant can have such a filter
        await stage.sees(pilot, "grant for approvals that fit", "'is:mine' changes with the reader")
        await pilot.press("escape", "escape", "/")
        await answer(pilot, "context.Amount<50")  # nothing that waits says of which project it is
        await pilot.press("+")
        await stage.sees(pilot, "A grant is for one project")
        await pilot.press(*"claims", "enter")
        await stage.sees(pilot, "fit               0")
        await pilot.press("escape", "escape")
        await trial(stage, pilot)
        await stage.sees(pilot, "approves context.Amount<500  in Claims", "agreed            3  60 % of those that fit")
        await stage.sees(pilot, "$306.00 agreed, $204.00 not, 60 % of it agreed")
        await stage.sees(pilot, "▌▼ denied", "12:00 bob", "$103.00", "Refund $103", "Refund $101")
        await pilot.press("enter")
        await stage.sees(pilot, "Claim of $103", "Timeline, newest first")
        await pilot.press("escape", "a")
        await stage.sees(pilot, "until when (2w, friday 17:00)")
        await answer(pilot, "1y")
        await stage.sees(pilot, "until when (from now on, within 90 days)")
        await answer(pilot, "1w", "20", "1 %")
        await stage.sees(pilot, "share that is still asked (from 5 % to 100 %)")
        await answer(pilot, "50", "small refunds")
        await stage.sees(pilot, "◆ GIVE GRANT  as alice", "small refunds: until 09 Mar 23:59, 20 at the most, 50 %")
        await stage.sees(pilot, "20 at the most · 50 % still asked · name: small refunds", "y send")
        assert stage.backend is not None
        assert not await stage.backend.grants()
        await pilot.press("y")
        await stage.sees(pilot, "RECORDED")
        await pilot.press("o")
        await stage.sees(
            pilot, "◆ small refunds", "in force until 09 Mar 23:59", "decided 0 of 20", "given by alice 12:00"
        )
        asked = [await ask(stage, 200 + number) for number in range(6)]
        used = [one for one in asked if await stage.outcome(one) == "APPROVE"]
        assert 0 < len(used) < len(asked)
        stage.app.context.authority_poll.look()
        await stage.sees(pilot, f"decided {len(used)} of 20")
        await pilot.press("x")
        await stage.sees(pilot, "◇ END GRANT  as alice", "y send")
        await pilot.press("escape", "x", "y")
        await stage.sees(pilot, "◇ small refunds", "ended by alice", "0 in force of 1")
        await pilot.press("3")
        await stage.press_until(pilot, "j", "grant       ")
        await stage.sees(pilot, "▲ approved  by platform", "of alice:", "nobody was asked", "· alice's gr")
        await pilot.press("1", "escape", "j")
        await stage.ready(pilot, "▌A  Refund $20", "Similar decisions", "▲ approved  bob")
        assert "▲ approved  alice" not in stage.shown()  # her grant, for which nobody looked at anything


async def test_a_trial_is_of_the_terms_that_are_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One for terms that were changed meanwhile is not shown; where none can be read, no grant is given."""
    stage = Stage(tmp_path)
    stage.before.append(past)
    async with stage.run() as pilot:
        await trial(stage, pilot)
        screen = stage.app.screen
        assert isinstance(screen, GrantTrialScreen)
        late = GrantDraft.of("prj", "context.Amount<9", stage.clock())
        screen.post_message(TrialRead(late, Trial(approvals=777, fits=0, sampled=0, agreed=0, disagreed=0)))
        await pilot.press("a", "enter", "enter")
        await stage.sees(pilot, "share that is still asked", "approvals         5", gone=("777",))
        await pilot.press("escape")

        async def fails(*_: object) -> Trial:
            raise ServerFault("the server failed")

        monkeypatch.setattr(type(stage.backend), "grant_trial", fails)
        await pilot.press("/")
        await answer(pilot, "context.Amount<600")
        await stage.sees(pilot, "The trial could not be read.", "r tries again", gone=("trying…", "approvals   "))
        await pilot.press("a")
        await stage.sees(pilot, "a grant is given after it")
        monkeypatch.undo()
        await pilot.press("r")
        await stage.sees(pilot, "approvals         5", gone=("could not be read",))


async def test_a_grant_that_ends_itself_is_announced_until_that_is_dismissed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three samples in a row decided otherwise end it: a red line on each screen, gone with r, and not back.

    It is announced as soon as the grants can be read, however often they can't.
    """
    stage = Stage(tmp_path)
    stage.before.append(past)
    async with stage.run(80, 24) as pilot:
        await trial(stage, pilot)
        await pilot.press("a", "enter", "enter")
        await answer(pilot, "100", "[b]tiny")
        await stage.sees(pilot, "GIVE GRANT")
        await pilot.press("y")
        await stage.sees(pilot, "RECORDED")
        assert stage.backend is not None
        project_id = (await stage.backend.projects(name="claims"))[0].id
        for number in range(3):
            await decide(stage, await ask(stage, 300 + number), "REJECT")
        until_then = (stage.clock() + timedelta(days=1)).isoformat()
        terms = {"projectId": project_id, "name": "more", "filter": "refund", "until": until_then, "most": 5}
        await stage.write(read(GiveGrant, {**terms, "sample": 1}), BOB)  # as many are in force as before
        grants, failed = LocalBackend.grants, list[bool]()

        async def fails_once(backend: LocalBackend, project_id: str | None = None) -> Sequence[Grant]:
            if not failed:
                failed.append(True)
                raise ServerFault("the server failed")
            return await grants(backend, project_id)

        monkeypatch.setattr(LocalBackend, "grants", fails_once)
        stage.app.context.authority_poll.look()
        await until(lambda: failed, "the grants could not be read")
        stage.app.context.authority_poll.look()
        await stage.sees(pilot, "✗ grant “[b]tiny” ended itself: 3 disagreements in a row")
        await pilot.press("2")
        await stage.sees(pilot, "ended itself", "triage")
        await pilot.press("r")
        await stage.sees(pilot, "triage", gone=("ended itself",))
        stage.app.context.authority_poll.begin(("authority",))
        await pilot.press("1", ":", *"grants", "enter")
        await stage.sees(pilot, "◇ [b]tiny", "3 disagreements in a row", gone=("✗ grant",))
        assert stage.app.context.status.ended_grants == ()
