"""The evidence in a decision's record: the rule that held, the attachments that were opened, and the receipt."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from api_client.commands import Answer, Decide
from api_client.errors import Conflict, InvalidRequest
from api_client.models import Attachment, Event, Outcome
from tests.contract.given import ANSWERS, Given
from tests.contract.given_authority import BIG, GivenAuthority
from tests.contract.test_expiry import sweeps
from tests.support.backends import World

pytestmark = pytest.mark.parametrize("world", ["local", "socket"], indirect=True)
APPROVE = Outcome(type="APPROVE")


async def with_attachments(given: Given) -> tuple[Event, Event, list[str]]:
    """Ask for an approval and a form, each with the same two attachments; return the attachments' ids."""
    task = await given.task()
    uploads = [await given.attached(task, label) for label in ("front", "back")]
    return await given.approval(task, attachments=uploads), await given.elicitation(task, attachments=uploads), uploads


async def settling(given: Given, request: Event) -> Event:
    """Return the event that settled a request."""
    page = await given.world.reviewer.events(task_id=request.task_id, order="desc", limit=50)
    return next(event for event in page.items if event.in_response_to == request.id and event.event_type != "ACTION")


async def test_what_was_opened_is_recorded(world: World, given: Given) -> None:
    """In the request's order, whatever the reviewer's was: it says which, never in which order."""
    approval, form, (front, back) = await with_attachments(given)
    for command, opened in (
        (Decide(request_id=approval.id, outcome=APPROVE, attachments_opened=(back, front)), [front, back]),
        (Answer(request_id=form.id, answers=ANSWERS, attachments_opened=()), []),
    ):
        assert (await world.reviewer.submit(command, key="first")).event_id
        again = await world.reviewer.submit(command, key="first")
        event = await settling(given, approval if isinstance(command, Decide) else form)
        assert (again.replayed, again.event_id) == (True, event.id)
        assert event.payload["attachmentsOpened"] == opened
    assert world.kind != "local" or world.place.verified() == []


async def test_what_is_not_known_is_not_recorded(world: World, given: Given) -> None:
    """A client that does not say it leaves no key, nor does any where there is nothing to open."""
    approval, form, _ = await with_attachments(given)
    plain = await given.approval()
    await given.decision(approval)
    await given.answers(form)
    command = Decide(request_id=plain.id, outcome=APPROVE, attachments_opened=())
    await world.reviewer.submit(command, key=given.key())
    for request in (approval, form, plain):
        assert not {"attachmentsOpened", "rule"} & (await settling(given, request)).payload.keys()


@pytest.mark.parametrize("hostile", ["upl_none", "", "\x1b]52;c;x\x07", "../../etc/passwd", "x" * 60_000, "\ud800"])
async def test_only_the_requests_own_attachments_were_opened(world: World, given: Given, hostile: str) -> None:
    """Another id is refused in few words, and so is one that stands there twice: nothing is written."""
    approval, form, (front, _) = await with_attachments(given)
    before = len(await given.timeline(await task_of(world, approval)))
    for named, words in (((front, hostile), "the request has no attachment"), ((front, front), "stands in it twice")):
        for command in (
            Decide(request_id=approval.id, outcome=APPROVE, attachments_opened=named),
            Answer(request_id=form.id, answers=ANSWERS, attachments_opened=named),
        ):
            with pytest.raises(InvalidRequest, match=rf"attachmentsOpened: .*{words}|JSON") as refused:
                await world.reviewer.submit(command, key=given.key())
            assert len(str(refused.value)) < 400
    assert len(await given.timeline(await task_of(world, approval))) == before


async def task_of(world: World, request: Event) -> Any:
    return (await world.agent.task(request.task_id)).task


async def test_attachments_of_the_task_are_not_the_requests(world: World, given: Given) -> None:
    """What came to the task by another way was not part of the request, and was not opened for it."""
    plain = await given.approval()
    upload = await given.upload()
    task = await task_of(world, plain)
    await given.action(task, add_attachments=(Attachment(upload_id=upload, label="later"),))
    command = Decide(request_id=plain.id, outcome=APPROVE, attachments_opened=(upload,))
    with pytest.raises(InvalidRequest, match="the request has no attachment"):
        await world.reviewer.submit(command, key=given.key())


async def test_an_agreement_says_what_each_had_opened(world: World, authority: GivenAuthority) -> None:
    """Of two people one opened all and one nothing, and the record says so of each, with the rule that held."""
    in_force = await authority.policy({**BIG, "people": 2})
    upload = await authority.attached(authority.task_of)
    request = await authority.ask("$4,100", attachments=[upload])
    await authority.decide(world.reviewer, request, attachments_opened=(upload,))
    with pytest.raises(Conflict, match="You agreed already"):
        await authority.decide(world.reviewer, request, attachments_opened=())
    await authority.decide(world.other_reviewer, request, attachments_opened=())
    agreed, decided = (await authority.timeline(authority.task_of))[-2:]
    rule = {"name": "big", "policy": in_force.hash}
    agreement = agreed.payload["detail"]["agreement"]
    assert (agreement["attachmentsOpened"], agreement["rule"]) == ([upload], rule)
    assert (decided.payload["attachmentsOpened"], decided.payload["rule"]) == ([], rule)


async def test_the_rule_that_held(world: World, authority: GivenAuthority) -> None:
    """Of the policy in force when it is decided; none where none fits, all that may be meant where that is unclear."""
    first = await authority.policy({**BIG, "tags": ["claims-lead"]})
    large, small, unclear = await authority.ask("$4,100"), await authority.ask("$40"), await authority.ask("see there")
    form = await authority.elicitation(authority.task_of)
    await authority.decide(world.other_reviewer, small, "REJECT")
    second = await authority.policy(BIG, {"name": "all", "when": {}, "tags": ["claims-lead"]})
    for request in (large, unclear):
        await authority.decide(world.reviewer, request)
    await authority.answers(form)
    expected: list[tuple[Event, dict[str, Any]]] = [
        (small, {"policy": first.hash}),
        (large, {"name": "big", "policy": second.hash}),
        (unclear, {"name": "all", "also": ["big"], "policy": second.hash}),
        (form, {"name": "all", "also": ["big"], "policy": second.hash}),  # it states no amount either
    ]
    for request, rule in expected:
        event = await settling(authority, request)
        assert event.payload.get("rule") == rule, request.payload["summary"]


async def test_the_platforms_decisions_name_the_rule_too(world: World, authority: GivenAuthority) -> None:
    """By grant and by expiry; before there is a policy a grant names none."""
    await authority.grant()
    assert "rule" not in (await settling(authority, await authority.granted())).payload
    in_force = await authority.policy(
        {"name": "slow", "when": {"kind": "approval"}, "expire": {"afterSeconds": 60}},
        {"name": "forms", "when": {"kind": "elicitation"}, "expire": {"afterSeconds": 60}},
    )
    slow = {"name": "slow", "policy": in_force.hash}
    assert (await settling(authority, await authority.granted())).payload["rule"] == slow
    unsure, form = await authority.ask("$700"), await authority.elicitation(authority.task_of)
    world.clock.now += timedelta(seconds=61)
    await sweeps(world.local)()
    for request, rule in ((unsure, slow), (form, {**slow, "name": "forms"})):
        assert (await settling(authority, request)).payload["rule"] == rule


async def test_the_result_names_its_event(world: World, given: Given) -> None:
    """An agent's receipt: the id and the hash of the event that settled its request, as the timeline has them."""
    approval, form, _ = await with_attachments(given)
    assert await world.agent.approval_result(approval.id) is None
    await given.decision(approval)
    await given.answers(form)
    for request, result in (
        (approval, await world.agent.approval_result(approval.id)),
        (form, await world.agent.elicitation_result(form.id)),
    ):
        event = await settling(given, request)
        assert result is not None
        assert (result.event_id, result.hash) == (event.id, event.hash)
        detail = await world.reviewer.request(request.id)
        assert detail.result is not None
        assert (detail.result["eventId"], detail.result["hash"]) == (event.id, event.hash)
