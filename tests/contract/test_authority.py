"""Policies, pauses, escalation and blind review (CONTRACT.md part 4), through every backend."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from api_client.authority import Policy
from api_client.commands import (
    AddNote,
    Answer,
    Assign,
    Comment,
    CreateTask,
    Pause,
    Resume,
    SetPolicy,
    Withdraw,
)
from api_client.errors import Conflict, InvalidRequest, NotAllowed, NotFound
from api_client.wire import read
from tests.contract.given import ANSWERS
from tests.contract.given_authority import BIG, GivenAuthority
from tests.support.backends import World

pytestmark = pytest.mark.parametrize("world", ["local", "socket"], indirect=True)
LEADS = {**BIG, "tags": ["claims-lead"]}
FOUR_EYES = {**BIG, "people": 2}


async def test_a_policy_replaces_the_one_its_author_saw(world: World, authority: GivenAuthority) -> None:
    """There is none at first; each is named by a hash, which the next one must name; a repeat is the first again."""
    project = authority.project_of.id
    assert "authority" in (await world.reviewer.me()).capabilities
    assert (await world.reviewer.policy(project)).hash is None
    first = await authority.policy(LEADS)
    assert await world.other_reviewer.policy(project) == first
    blind = SetPolicy.of(project_id=project, policy=read(Policy, {"rules": []}))
    with pytest.raises(Conflict, match=r"changed since you read it"):
        await world.other_reviewer.submit(blind, key=authority.key())
    command = SetPolicy.of(project_id=project, policy=read(Policy, {"rules": [FOUR_EYES]}), replaces=first.hash)
    second = await world.other_reviewer.submit(command, key="again")
    assert (await world.other_reviewer.submit(command, key="again")).replayed
    assert (await world.reviewer.policy(project)).wire() == second.answer
    general = next(one for one in await world.reviewer.projects() if one.id != project)
    assert (await world.reviewer.policy(general.id)).policy is None


async def test_a_policy_that_can_not_be(world: World, authority: GivenAuthority) -> None:
    """A fault in it is named, a project must be there, and an agent sets none."""
    for rule, words in (
        ({**BIG, "when": {"steps": ["nowhere"]}}, "no step 'nowhere'"),
        ({**BIG, "when": {"kind": "elicitation"}, "people": 2}, "answered by one person"),
    ):
        with pytest.raises(InvalidRequest, match=words):
            await authority.policy(rule)
    empty = read(Policy, {"rules": []})
    with pytest.raises(NotFound):
        await world.reviewer.submit(SetPolicy.of(project_id="prj_none", policy=empty), key=authority.key())
    with pytest.raises(NotFound):
        await world.reviewer.policy("prj_none")
    with pytest.raises(NotAllowed):
        await world.agent.submit(SetPolicy.of(project_id=authority.project_of.id, policy=empty), key=authority.key())


async def test_only_owners_change_a_policy(world: World, authority: GivenAuthority) -> None:
    """Who has none of the tags that it names is refused, and who has one may give it away."""
    in_force = await authority.policy(owners=["claims-lead"])
    empty = read(Policy, {"rules": []})
    command = SetPolicy.of(project_id=authority.project_of.id, policy=empty, replaces=in_force.hash)
    with pytest.raises(NotAllowed, match="Only claims-lead may change this policy"):
        await world.other_reviewer.submit(command, key=authority.key())
    await authority.policy()
    assert (await world.other_reviewer.policy(authority.project_of.id)).policy == Policy(rules=())


async def test_what_a_request_needs(world: World, authority: GivenAuthority) -> None:
    """The inbox and the request say it, and whether the caller may; a request that no rule fits needs nothing."""
    await authority.policy({**LEADS, "people": 3, "expire": {"afterSeconds": 60}})
    large, small = await authority.ask("$4,100.00"), await authority.ask("$40")
    unclear = await authority.ask("see the invoice")
    for by, may in ((world.reviewer, True), (world.other_reviewer, False)):
        item = await authority.item(by, large)
        assert item.needs is not None
        assert (item.needs.rule, item.needs.people, item.needs.tags) == ("big", 3, ("claims-lead",))
        assert (item.needs.may, item.needs.missing) == (may, 3)
        assert ("does not have that tag" in (item.needs.refusal or "")) is not may
        assert item.expires_at == large.timestamp + timedelta(seconds=60)
        assert (await authority.item(by, unclear)).needs == item.needs
        assert (await authority.item(by, small)).needs is None
        detail = await by.request(large.id)
        assert (detail.needs, detail.expires_at) == (item.needs, item.expires_at)
        assert item.expires_to == detail.expires_to == "ESCALATE"
    assert [item.request_id for item in (await world.reviewer.inbox(limit=2)).items] == [large.id, small.id]


async def test_who_may_not_decide_writes_nothing(world: World, authority: GivenAuthority) -> None:
    """A refusal names what it takes, for an approval and for a form; whoever may decides."""
    await authority.policy({"name": "leads", "when": {}, "tags": ["claims-lead", "cfo"]})
    approval, form = await authority.ask(), await authority.elicitation(authority.task_of)
    before = len(await authority.timeline(authority.task_of))
    for command in (None, Answer(request_id=form.id, answers=ANSWERS)):
        with pytest.raises(NotAllowed, match="Only claims-lead or cfo may decide this") as refused:
            if command is None:
                await authority.decide(world.other_reviewer, approval)
            else:
                await world.other_reviewer.submit(command, key=authority.key())
        assert refused.value.needs is not None
        assert refused.value.needs["rule"] == "leads"
    assert len(await authority.timeline(authority.task_of)) == before
    await authority.decide(world.reviewer, approval)
    await authority.answers(form)
    answered = (await authority.timeline(authority.task_of))[-1]
    assert answered.payload["authority"] == {"subject": "alice", "tags": ["claims-lead", "eu"]}


async def test_two_people_approve(world: World, authority: GivenAuthority) -> None:
    """The first one agrees, which leaves it open and is seen; nobody counts twice; the second one decides."""
    await authority.policy(FOUR_EYES)
    request = await authority.ask("$4,100")
    agreement = (await authority.decide(world.reviewer, request, request_hash=request.hash)).event_id
    assert await world.agent.approval_result(request.id) is None
    event = (await authority.timeline(authority.task_of))[-1]
    assert (event.id, event.event_type, event.source) == (agreement, "ACTION", "HUMAN")
    assert event.in_response_to == request.id
    assert event.payload["detail"]["agreement"]["requestHash"] == request.hash
    needs = (await authority.item(world.other_reviewer, request)).needs
    assert needs is not None
    assert ([(one.subject, one.event_id) for one in needs.agreed], needs.missing) == ([("alice", agreement)], 1)
    with pytest.raises(Conflict, match=r"You agreed already.*asks for 2 people; agreed so far: alice"):
        await authority.decide(world.reviewer, request)
    await authority.decide(world.other_reviewer, request)
    result = await world.agent.approval_result(request.id)
    assert result is not None
    assert (result.outcome.type, result.decided_by) == ("APPROVE", "bob")
    assert (await authority.timeline(authority.task_of))[-1].payload["agreements"] == [agreement]
    with pytest.raises(Conflict, match="Already decided by bob"):
        await authority.decide(world.reviewer, request)


async def test_an_edit_takes_two_people_for_the_same_edit(world: World, authority: GivenAuthority) -> None:
    """Another wording is another outcome, and an agreement that was changed counts as it is now."""
    await authority.policy(FOUR_EYES)
    request = await authority.ask("$4,100")
    await authority.decide(world.reviewer, request)
    for by, note in ((world.other_reviewer, "$4,000"), (world.reviewer, "$3,900")):
        await authority.decide(by, request, "EDIT_AND_APPROVE", note=note)
        assert await authority.is_open(request)
    await authority.decide(world.reviewer, request, "EDIT_AND_APPROVE", note="$4,000")
    result = await world.agent.approval_result(request.id)
    assert result is not None
    assert (result.outcome.type, result.outcome.note) == ("EDIT_AND_APPROVE", "$4,000")


async def test_any_other_outcome_takes_one(world: World, authority: GivenAuthority) -> None:
    """A rejection decides at once, also where somebody has agreed, and so does a withdrawal."""
    await authority.policy(FOUR_EYES)
    rejected, withdrawn = await authority.ask("$4,100"), await authority.ask("$4,100")
    for request in (rejected, withdrawn):
        await authority.decide(world.reviewer, request)
    await authority.decide(world.other_reviewer, rejected, "REJECT")
    await world.agent.submit(Withdraw(request_id=withdrawn.id, reason="solved"), key=authority.key())
    assert (await world.reviewer.inbox()).items == ()
    assert (await world.agent.task(authority.task_of.id)).task.status == "RUNNING"


async def test_nobody_decides_their_own_request(world: World, authority: GivenAuthority) -> None:
    """A reviewer who asked is refused under any rule, unless it says that they may."""
    await authority.policy({"name": "all", "when": {}})
    request = await authority.ask(by=world.reviewer)
    with pytest.raises(NotAllowed, match="nobody may decide their own request"):
        await authority.decide(world.reviewer, request)
    await authority.policy({"name": "all", "when": {}, "notAsker": False})
    await authority.decide(world.reviewer, request)
    assert not await authority.is_open(request)


async def test_a_decision_is_held_to_the_policy_of_its_moment(world: World, authority: GivenAuthority) -> None:
    """A stricter policy holds for what is open already, and who agreed counts only while they may."""
    request = await authority.ask("$4,100")
    await authority.policy(FOUR_EYES)
    await authority.decide(world.other_reviewer, request)
    await authority.policy({**FOUR_EYES, "tags": ["claims-lead"]})
    await authority.decide(world.reviewer, request)
    needs = (await authority.item(world.reviewer, request)).needs
    assert needs is not None
    assert [one.subject for one in needs.agreed] == ["alice"]
    await authority.policy()
    await authority.decide(world.other_reviewer, request)
    assert not await authority.is_open(request)


async def test_a_rule_for_a_step(world: World, authority: GivenAuthority) -> None:
    """The step is the one that the task is in when it is decided."""
    await authority.policy({"name": "review", "when": {"steps": ["in_review"]}, "tags": ["nobody"]})
    request = await authority.ask()
    assert (await authority.item(world.reviewer, request)).needs is None
    await authority.action(authority.task_of, transitions_to="in_review")
    with pytest.raises(NotAllowed, match="nobody"):
        await authority.decide(world.reviewer, request)


@pytest.mark.parametrize("everywhere", [True, False])
async def test_a_pause_stops_agents(world: World, authority: GivenAuthority, everywhere: bool) -> None:
    """Agents' writes are refused with the reason, grants decide nothing, people decide on; until it is resumed."""
    await authority.grant(sample=0.05)
    waiting = await authority.ask()
    project_id = None if everywhere else authority.project_of.id
    pause = Pause(project_id=project_id, reason="wrong prices")
    await world.reviewer.submit(pause, key=authority.key())
    with pytest.raises(Conflict, match="Paused already by alice"):
        await world.other_reviewer.submit(pause, key=authority.key())
    with pytest.raises(NotAllowed, match=r"Paused by alice at .*: wrong prices"):
        await authority.ask()
    general = CreateTask(project_name="general", name="elsewhere")
    if everywhere:
        with pytest.raises(NotAllowed):
            await world.agent.submit(general, key=authority.key())
    else:
        await world.agent.submit(general, key=authority.key())
    assert await authority.is_open(await authority.ask(by=world.reviewer))
    if await authority.is_open(waiting):
        await authority.decide(world.other_reviewer, waiting)
    status = await world.other_reviewer.authority()
    assert [(one.project_id, one.reason, one.by) for one in status.pauses] == [(project_id, "wrong prices", "alice")]
    await world.other_reviewer.submit(Resume(project_id=project_id), key=authority.key())
    assert (await world.reviewer.authority()).pauses == ()
    with pytest.raises(Conflict, match="not paused"):
        await world.reviewer.submit(Resume(project_id=project_id), key=authority.key())
    note = AddNote(project_name="claims_refund_v1", task_id=authority.task_of.id, message="on")
    await world.agent.submit(note, key=authority.key())


async def test_who_pauses(world: World, authority: GivenAuthority) -> None:
    """No agent does, and only what is there is paused."""
    with pytest.raises(NotAllowed):
        await world.agent.submit(Pause(reason="me"), key=authority.key())
    for command in (Pause(project_id="prj_none", reason="x"), Resume(project_id="prj_none")):
        with pytest.raises(NotFound):
            await world.reviewer.submit(command, key=authority.key())


async def test_an_escalation_arrives(world: World, authority: GivenAuthority) -> None:
    """The task is listed for those whom the policy names, until somebody takes it over."""
    await authority.policy(escalate=["cfo"])
    request = await authority.ask()
    await authority.decide(world.reviewer, request, "ESCALATE", note="n" * 2_000)
    result = await world.agent.approval_result(request.id)
    assert result is not None
    assert result.outcome.type == "ESCALATE"
    (listed,) = (await world.other_reviewer.authority()).escalated
    assert (listed.task_id, listed.task_name, listed.tags) == (authority.task_of.id, "Claim C-1029", ("cfo",))
    assert (listed.request_id, listed.by, (listed.note or "")[:3]) == (request.id, "alice", "nnn")
    assert len(listed.note or "") < 1_000
    await world.reviewer.submit(Comment(task_id=authority.task_of.id, message="who?"), key=authority.key())
    version = (await world.reviewer.authority()).version
    assert (await world.reviewer.authority()).escalated
    await world.reviewer.submit(Assign(task_id=authority.task_of.id, assignee_id="eve"), key=authority.key())
    after = await world.other_reviewer.authority()
    assert after.escalated == ()
    assert after.version != version


async def test_a_blind_decision_is_recorded(world: World, authority: GivenAuthority) -> None:
    """Of a share of one every approval is blind, which its decision says where its maker did not see it either."""
    shown = await authority.ask()
    assert (await authority.item(world.reviewer, shown)).blind is None
    await authority.policy(blind=1)
    requests = [shown, await authority.ask(), await authority.ask(recommendation=None)]
    assert [bool((await authority.item(world.reviewer, one)).blind) for one in requests] == [True, True, False]
    assert (await world.reviewer.request(shown.id)).blind
    recorded: list[Any] = []
    for request, blind in zip(requests, (True, None, True), strict=True):
        await authority.decide(world.reviewer, request, blind=blind)
        recorded.append((await authority.timeline(authority.task_of))[-1].payload.get("blind"))
    assert recorded == [True, None, None]
