"""What is escalated reaches the people that the policy names, and goes when somebody deals with it."""

from __future__ import annotations

from pathlib import Path

from api_client.authority import Policy, PolicyRule
from api_client.commands import Assign, Decide, SetPolicy
from api_client.models import Outcome
from tests.pilot.stage import Stage
from tests.support.actors import BOB


async def escalated(stage: Stage) -> None:
    """Two requests of which bob escalated one, and a policy that says to whom."""
    await stage.project()
    assert stage.backend is not None
    project = (await stage.backend.projects(name="Claims"))[0]
    await stage.write(SetPolicy.of(Policy(rules=(), escalate=("claims-lead",)), project.id), BOB)
    task = await stage.task("Claim C-7", "claims")
    request = await stage.ask(task, "Refund $9,000", "claims")
    await stage.ask(await stage.task("Claim C-8", "claims"), "Refund $80", "claims")
    note = Outcome(type="ESCALATE", note="too much\x1b[2J for me")
    await stage.write(Decide(request_id=request, outcome=note), BOB)


async def test_an_escalated_task_is_shown_to_whom_it_went(tmp_path: Path) -> None:
    """A section leads to the task; its card is marked and found by a filter; taking it over ends it."""
    stage = Stage(tmp_path)
    stage.before.append(escalated)
    async with stage.run() as pilot:
        await stage.ready(pilot, "Escalated to you", "! Claim C-7  by bob 12:00  too much␛[2J for me", "▌A  Refund $80")
        await pilot.press("shift+tab")
        await stage.sees(pilot, "▌! Claim C-7", "enter open the task", gone=("a approve",))
        await pilot.press("enter")
        await stage.sees(pilot, "! escalated to claims-lead by bob 12:00", "Timeline, newest first")
        await pilot.press("escape", "2")
        await stage.sees(pilot, "! escalated now", "Claim C-8")
        await pilot.press("f")
        await stage.sees(pilot, "○ escalated")
        await pilot.press(*"escal", "enter")
        await stage.sees(pilot, "! escalated now", "1 of 2", gone=("Claim C-8",))
        task_id = stage.app.context.status.escalated[0].task_id
        await stage.write(Assign(task_id=task_id, assignee_id="bob"), BOB)
        await stage.sees(pilot, "0 of 2", gone=("! escalated now",))
        await pilot.press("1")
        await stage.sees(pilot, "▌A  Refund $80", gone=("Escalated to you", "by bob"))


async def test_another_policy_has_the_inbox_read_again(tmp_path: Path) -> None:
    """Who may decide a request that is listed already follows the policy that is set now."""
    stage = Stage(tmp_path)
    stage.before.append(escalated)
    async with stage.run() as pilot:
        await stage.ready(pilot, "Escalated to you", "Refund $80")
        context = stage.app.context
        assert stage.backend is not None
        project = next(one for one in context.status.projects if one.name == "Claims")
        in_force = await stage.backend.policy(project.id)
        four_eyes = Policy(rules=(PolicyRule(name="four eyes", people=2),), escalate=("claims-lead",))
        await stage.write(SetPolicy.of(four_eyes, project.id, in_force.hash), BOB)
        context.authority_poll.look()
        await stage.ready(pilot, "Refund $80", "0 of 2 agreed")
