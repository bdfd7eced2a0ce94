"""Grants and their trials (CONTRACT.md part 4), through every backend."""

from __future__ import annotations

from datetime import timedelta

import pytest

from api_client.authority import Grant
from api_client.commands import EndGrant, GiveGrant
from api_client.errors import Conflict, InvalidRequest, NotAllowed, NotFound
from api_client.times import wire_time
from api_client.wire import read
from tests.contract.given import APPROVAL
from tests.contract.given_authority import BIG, GivenAuthority
from tests.support.backends import World

pytestmark = pytest.mark.parametrize("world", ["local", "socket"], indirect=True)


async def test_a_grant_decides_in_the_commit_that_asks(world: World, authority: GivenAuthority) -> None:
    """The agent has its result at once, on the record as the platform's, under the giver's authority."""
    grant = await authority.grant()
    assert (grant.name, grant.given_by.subject, grant.used) == ("small", "alice", 0)
    request = await authority.granted()
    result = await world.agent.approval_result(request.id)
    assert result is not None
    assert (result.outcome.type, result.decided_by) == ("APPROVE", "alice")
    assert (await world.agent.task(request.task_id)).task.status == "RUNNING"
    decided = (await authority.timeline(authority.task_of))[-1]
    assert (decided.event_type, decided.source, decided.in_response_to) == ("APPROVAL_DECIDED", "PLATFORM", request.id)
    assert decided.payload["authority"] == {**grant.given_by.wire(), "grant": grant.id}
    assert decided.payload["requestHash"] == request.hash
    assert (await authority.grant_now(grant)).used == 1
    assert request.id not in {item.request_id for item in (await world.reviewer.inbox()).items}
    assert (await world.reviewer.authority()).grants == 1


async def test_what_a_grant_leaves_to_people(world: World, authority: GivenAuthority) -> None:
    """What does not fit or the agent would not approve, and whatever its giver could not decide alone."""
    await authority.grant(filter="from:agent-1")
    reject = {**APPROVAL["recommendation"], "outcome": {"type": "REJECT"}}
    assert await authority.is_open(await authority.ask(recommendation=reject))
    assert await authority.is_open(await authority.ask(by=world.other_reviewer))
    for rule in ({"alwaysHuman": True}, {"people": 2}, {"tags": ["cfo"]}):
        await authority.policy({**BIG, "name": next(iter(rule)), **rule})
        assert await authority.is_open(await authority.ask("$4,100"))
    await authority.granted(amount="$40")


async def test_a_share_is_still_asked(world: World, authority: GivenAuthority) -> None:
    """A grant's samples go to people, and what they decide is counted."""
    grant = await authority.grant(sample=1)
    for outcome in ("APPROVE", "REJECT", "APPROVE"):
        request = await authority.ask()
        assert await authority.is_open(request)
        await authority.decide(world.other_reviewer, request, outcome)
        assert (await authority.timeline(authority.task_of))[-1].payload["sampleOf"] == grant.id
    now = await authority.grant_now(grant)
    assert (now.used, now.asked, now.agreed, now.disagreed) == (0, 3, 2, 0)


async def _ended(authority: GivenAuthority, grant: Grant) -> tuple[str, str]:
    end = (await authority.grant_now(grant)).ended
    assert end is not None
    return end.reason, end.by


async def test_a_grant_ends_by_count(world: World, authority: GivenAuthority) -> None:
    """With the last one that it may decide; the next is asked again."""
    grant = await authority.grant(most=2)
    for _ in range(2):
        await authority.granted()
    assert await _ended(authority, grant) == ("COUNT", "platform")
    assert await authority.is_open(await authority.ask())
    assert (await world.reviewer.authority()).grants == 0


async def test_a_grant_ends_by_time(world: World, authority: GivenAuthority) -> None:
    """Once its time is over it decides nothing, and the first that it would have fitted says so."""
    grant = await authority.grant(until=wire_time(world.clock.now + timedelta(hours=1)))
    await authority.granted()
    world.clock.now += timedelta(hours=2)
    assert await authority.is_open(await authority.ask())
    assert await _ended(authority, grant) == ("TIME", "platform")


async def test_a_grant_ends_over_disagreement(world: World, authority: GivenAuthority) -> None:
    """Three samples in a row that people decide otherwise end it, in the commit of the third."""
    grant = await authority.grant(sample=1)
    requests = [await authority.ask() for _ in range(4)]
    for request in requests[:3]:
        assert (await authority.grant_now(grant)).ended is None
        await authority.decide(world.reviewer, request, "REJECT")
    assert await _ended(authority, grant) == ("DISAGREEMENT", "platform")
    await authority.decide(world.reviewer, requests[3])
    assert "sampleOf" not in (await authority.timeline(authority.task_of))[-1].payload


async def test_any_reviewer_ends_a_grant(world: World, authority: GivenAuthority) -> None:
    """It answers the grant as it ended; once it has, it is not ended again, and a repeat is the first again."""
    grant = await authority.grant()
    end = EndGrant(grant_id=grant.id)
    with pytest.raises(NotAllowed):
        await world.agent.submit(end, key=authority.key())
    ended = await world.other_reviewer.submit(end, key="end")
    assert read(Grant, ended.answer) == await authority.grant_now(grant)
    assert await _ended(authority, grant) == ("REVOKED", "bob")
    assert (await world.other_reviewer.submit(end, key="end")).replayed
    with pytest.raises(Conflict, match="ended already, by bob"):
        await world.reviewer.submit(end, key=authority.key())
    with pytest.raises(NotFound):
        await world.reviewer.submit(EndGrant(grant_id="grt_none"), key=authority.key())
    assert await authority.is_open(await authority.ask())


async def test_grants_are_listed(world: World, authority: GivenAuthority) -> None:
    """Those in force in their order, then the ended ones; of a project that is there."""
    grants = [await authority.grant(name=name) for name in ("a", "b", "c")]
    await world.reviewer.submit(EndGrant(grant_id=grants[0].id), key=authority.key())
    for project_id in (None, authority.project_of.id):
        assert [one.name for one in await world.other_reviewer.grants(project_id)] == ["b", "c", "a"]
    assert list(await world.reviewer.grants("prj_general")) == []
    with pytest.raises(NotFound):
        await world.reviewer.grants("prj_none")


async def test_terms_that_no_grant_has(world: World, authority: GivenAuthority) -> None:
    """A fault is named, on giving and on trying; a name is given once while its grant is in force."""
    late = wire_time(world.clock.now + timedelta(days=91))
    for changes, words in (({"filter": "is:mine"}, "filter: "), ({"until": late}, "within 90 days")):
        with pytest.raises(InvalidRequest, match=words):
            await authority.grant(**changes)
        with pytest.raises(InvalidRequest, match=words):
            await world.reviewer.grant_trial(authority.terms(**changes))
    with pytest.raises(NotFound):
        await world.reviewer.grant_trial(authority.terms(projectId="prj_none"))
    with pytest.raises(NotAllowed):
        await world.agent.submit(read(GiveGrant, authority.terms().wire()), key=authority.key())
    await authority.grant()
    with pytest.raises(Conflict, match="There is a grant 'small'"):
        await authority.grant()


async def test_a_trial_decides_the_past(world: World, authority: GivenAuthority) -> None:
    """It counts what people decided, not what a grant did, with each disagreement and the sums of amounts."""
    outcomes = ("APPROVE", "REJECT", "APPROVE", "EDIT_AND_APPROVE", "APPROVE")
    amounts = ("$100", "$200.50", "$300", "$40", "$9,000")
    for amount, outcome in zip(amounts, outcomes, strict=True):
        request = await authority.ask(amount)
        await authority.decide(world.other_reviewer, request, outcome, note="n")
    grant = await authority.grant(name="other")
    await authority.granted()
    await world.reviewer.submit(EndGrant(grant_id=grant.id), key=authority.key())
    trial = await world.reviewer.grant_trial(authority.terms(sample=1))
    assert (trial.approvals, trial.fits, trial.sampled, trial.agreed, trial.disagreed) == (5, 4, 4, 2, 2)
    assert [(one.outcome, one.decided_by, one.amount) for one in trial.disagreements] == [
        ("EDIT_AND_APPROVE", "bob", "$40"),
        ("REJECT", "bob", "$200.50"),
    ]
    (amount_sum,) = (one for one in trial.amounts if one.key == "Amount")
    assert (amount_sum.agreed, amount_sum.disagreed) == ("$400.00", "$240.50")
    await authority.policy({**BIG, "when": {"context": {"Amount": {"atLeast": 250}}}, "alwaysHuman": True})
    assert (await world.reviewer.grant_trial(authority.terms())).fits == 3


async def test_a_trial_knows_the_step_of_then(world: World, authority: GivenAuthority) -> None:
    """A filter for a step asks where the task was when it was asked, and not where it is now."""
    for step in ("in_review", "intake"):
        request = await authority.ask()
        await authority.action(authority.task_of, transitions_to=step)
        await authority.decide(world.reviewer, request)
    for filter_, fits in (("step:intake", 1), ("step:in_review", 1), ('"Claim C-1029"', 2), ("step:paid", 0)):
        trial = await world.reviewer.grant_trial(authority.terms(filter=filter_))
        assert (trial.approvals, trial.fits) == (2, fits), filter_
