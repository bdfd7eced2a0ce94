"""The rules of authority, case by case: what no agent, no asker and no single person gets past."""

from __future__ import annotations

import pytest

from api_client.actor import Actor
from api_client.authority import Policy
from api_client.commands import (
    PLATFORM,
    Answer,
    EndGrant,
    Expire,
    Pause,
    RecordAction,
    RequestApproval,
    RequestElicitation,
    SetPolicy,
    Withdraw,
)
from api_client.errors import Conflict, NotAllowed
from api_client.fields import SwitchField
from api_client.models import Outcome, Receipt
from api_client.wire import read
from store.core import authority_models
from store.core.policy_rules import VALUE_MOST
from tests.store.authority_world import ALICE, APPROVE, BOB, BOT, CAROL, PROJECT, REJECT, SLUG, World

BIG = {"name": "big", "when": {"context": {"Amount": {"atLeast": 1000}}}, "people": 2, "tags": ["lead"]}


@pytest.fixture
def world() -> World:
    return World()


def test_one_person_is_not_two(world: World) -> None:
    """Who has agreed is refused the second signature, also with an edit that is the same word for word."""
    world.policy(BIG)
    request_id, edit = world.ask(), Outcome(type="EDIT_AND_APPROVE", note="$1,900")
    assert isinstance(world.decide(request_id, ALICE), Receipt)
    assert isinstance(world.decide(request_id, ALICE), Conflict)
    assert isinstance(world.decide(request_id, ALICE, edit), Receipt)
    assert isinstance(world.decide(request_id, ALICE, edit), Conflict)
    assert world.is_open(request_id)


def test_an_edit_is_not_what_another_agreed_to(world: World) -> None:
    """An agreement counts for the very outcome: one person's edit is not approved by who approved the original."""
    world.policy(BIG)
    request_id = world.ask()
    world.decide(request_id, ALICE)
    world.decide(request_id, BOB, Outcome(type="EDIT_AND_APPROVE", note="$1,900"))
    assert world.is_open(request_id)
    world.decide(request_id, ALICE, Outcome(type="EDIT_AND_APPROVE", note="$9,900"))
    assert world.is_open(request_id)
    world.decide(request_id, ALICE, Outcome(type="EDIT_AND_APPROVE", note="$1,900"))
    assert not world.is_open(request_id)
    assert len(world.record.events[-1]["payload"]["agreements"]) == 1


def test_an_agreement_counts_under_the_policy_of_the_decision(world: World) -> None:
    """Who agreed while they might, and may no longer, is not counted when the second one signs."""
    world.policy({**BIG, "tags": ["lead", "eu"]})
    request_id = world.ask()
    assert isinstance(world.decide(request_id, CAROL), Receipt)
    world.policy(BIG)
    world.decide(request_id, ALICE)
    assert world.is_open(request_id)
    world.decide(request_id, BOB)
    assert not world.is_open(request_id)


def test_any_other_outcome_takes_one_person(world: World) -> None:
    """Four eyes are for letting something happen: a denial by one who may decide is final."""
    world.policy(BIG)
    request_id = world.ask()
    refused = world.decide(request_id, CAROL, REJECT)
    assert isinstance(refused, NotAllowed)
    assert refused.needs is not None
    assert (refused.needs["rule"], refused.needs["people"], refused.needs["tags"]) == ("big", 2, ["lead"])
    assert isinstance(world.decide(request_id, BOB, REJECT), Receipt)
    assert not world.is_open(request_id)


@pytest.mark.parametrize("amount", [None, "", "a lot", "1.000", "4k", "-$5,000", "$1 000"])
def test_what_can_not_be_read_is_not_under_the_limit(world: World, amount: str | None) -> None:
    """However an agent writes an amount, or leaves it out, the stricter rule holds, first or last in the policy."""
    small = {"name": "small", "when": {"context": {"Amount": {"below": 1000}}}}
    for policy in ((BIG, small), (small, {"name": "rest", "people": 2, "tags": ["lead"]}), (BIG,)):
        world.policy(*policy)
        request_id = world.ask(amount)
        assert isinstance(world.decide(request_id, CAROL), NotAllowed)
        world.decide(request_id, ALICE)
        assert world.is_open(request_id)


def test_a_text_too_long_to_be_compared_is_not_another(world: World) -> None:
    """A value that an agent pads may be the one that the rule names: the stricter rule holds, and nothing is folded."""
    world.policy(
        {"name": "abroad", "when": {"context": {"Amount": {"equals": "abroad"}}}, "people": 2}, {"name": "rest"}
    )
    for value, is_decided in (("abroad", False), ("at home", True), ("abroad" + " " * VALUE_MOST, False)):
        request_id = world.ask(value)
        assert isinstance(world.decide(request_id, CAROL), Receipt)
        assert world.is_open(request_id) is not is_decided


def test_a_clear_amount_is_under_the_limit(world: World) -> None:
    """What is certain needs no more than its own rule asks for."""
    world.policy(BIG)
    assert isinstance(world.decide(world.ask("$999.99"), CAROL), Receipt)


def test_a_form_is_under_the_rule_for_forms(world: World) -> None:
    """A rule for large amounts could be for a form as well; it asks no more of it, for one person answers a form."""
    form = {"name": "forms", "when": {"kind": "elicitation"}, "tags": ["eu"]}
    world.policy({**BIG, "tags": None}, form)
    fields = (SwitchField(id="a", label="A", required=False),)
    command = RequestElicitation(project_name=SLUG, task_id=world.task, summary="Which?", fields=fields)
    answer = Answer(request_id=world.done(command, BOT)["eventId"], answers={})
    assert isinstance(world.record.submit(answer, ALICE), NotAllowed)
    assert isinstance(world.record.submit(answer, CAROL), Receipt)


def test_nobody_decides_their_own_request_with_another_key(world: World) -> None:
    """The subject counts, not the key: a person's script asks, and the person may not decide."""
    world.policy({"name": "all"})
    request_id = world.ask(by=Actor("alice", "agent"))
    assert isinstance(world.decide(request_id, ALICE), NotAllowed)
    assert isinstance(world.decide(request_id, BOB), Receipt)


def test_an_agents_action_is_no_agreement(world: World) -> None:
    """What an agent writes into its own actions counts for nobody."""
    world.policy(BIG)
    request_id = world.ask()
    agreement = {"outcome": "APPROVE", "authority": {"subject": "bob", "tags": ["lead"]}, "requestHash": None}
    action = RecordAction(project_name=SLUG, task_id=world.task, description="Agreed", detail={"agreement": agreement})
    world.done(action, BOT)
    world.decide(request_id, ALICE)
    assert world.is_open(request_id)


def test_a_grant_decides_nothing_that_takes_a_person(world: World) -> None:
    """`alwaysHuman` and more than one person can't be granted away, nor the giver's own requests."""
    world.grant()
    for rule in ({"name": "human", "alwaysHuman": True}, {"name": "two", "people": 2}, {"name": "eu", "tags": ["eu"]}):
        world.policy(rule)
        assert len(world.asked_until_decided()) == 20
    world.policy({"name": "all"})
    assert len(world.asked_until_decided(by=Actor("alice", "agent"))) == 20
    assert len(world.asked_until_decided()) < 20


def test_a_grant_rests_while_paused(world: World) -> None:
    """Also for what a reviewer's key asks, which a pause lets through."""
    world.grant()
    world.done(Pause(reason="Look first"), ALICE)
    assert len(world.asked_until_decided(by=BOB)) == 20


def test_nothing_expires_while_paused(world: World) -> None:
    """The platform decides nothing meanwhile; afterwards it does."""
    world.policy({"name": "all", "expire": {"afterSeconds": 1, "outcome": "REJECT"}})
    request_id = world.ask()
    world.done(Pause(project_id=PROJECT, reason="Look first"), ALICE)
    assert isinstance(world.record.submit(Expire(request_id=request_id), PLATFORM), Conflict)
    assert world.is_open(request_id)


def test_three_samples_in_a_row_end_a_grant(world: World) -> None:
    """Two disagreements and an agreement do not; three in a row do, in the commit of the third decision."""
    grant_id = world.grant(sample=1)
    for outcome in (REJECT, REJECT, APPROVE, REJECT, REJECT, REJECT):
        assert "ended" not in (world.record.view.get("authority", grant_id) or {})
        world.decide(world.ask(), BOB, outcome)
    grant = world.record.view.get("authority", grant_id) or {}
    assert (grant["asked"], grant["agreed"], grant["ended"]["reason"]) == (6, 1, "DISAGREEMENT")
    assert world.record.events[-1]["eventType"] == "GRANT_ENDED"


def test_the_sample_is_drawn_from_the_requests_hash(world: World) -> None:
    """Anyone can check the draw: a share of the first digits of the request's hash."""
    world.grant(sample=0.3)
    drawn = {True: 0, False: 0}
    for _ in range(60):
        request_id = world.ask()
        event = world.record.view.event(request_id) or {}
        assert world.is_open(request_id) is (int(event["hash"][:16], 16) < 0.3 * 2**64)
        drawn[world.is_open(request_id)] += 1
    assert all(drawn.values())


def test_a_policy_has_owners(world: World) -> None:
    """Once it has, only they change it; a policy that was changed meanwhile is not overwritten."""
    world.policy(BIG, owners=["lead"])
    replaced = SetPolicy.of(project_id=PROJECT, policy=read(Policy, {"rules": []}), replaces=world.hash)
    assert isinstance(world.record.submit(replaced, CAROL), NotAllowed)
    assert isinstance(world.record.submit(replaced, BOB), Receipt)
    assert isinstance(world.record.submit(replaced, BOB), Conflict)


def test_a_grant_decides_no_more_than_it_may(world: World) -> None:
    """The last request that it decides ends it, in the same commit."""
    grant_id = world.grant(most=3)
    settled = 0
    while "ended" not in (world.record.view.get("authority", grant_id) or {}):
        settled += not world.is_open(world.ask())
    assert settled == 3
    assert [event["eventType"] for event in world.record.events[-2:]] == ["APPROVAL_DECIDED", "GRANT_ENDED"]
    assert len(world.asked_until_decided()) == 20


def test_a_sample_that_is_taken_back_counts_against_the_grant(world: World) -> None:
    """An agent that withdraws what a person was to see, and asks again, ends the grant with the third."""
    grant_id = world.grant(sample=1)
    for _ in range(3):
        assert "ended" not in (world.record.view.get("authority", grant_id) or {})
        world.done(Withdraw(request_id=world.ask(), reason="Once more"), BOT)
    grant = world.record.view.get("authority", grant_id) or {}
    assert (grant["asked"], grant["ended"]["reason"]) == (3, "DISAGREEMENT")


def test_a_reviewers_withdrawal_says_nothing_of_a_grant(world: World) -> None:
    """It is no decision on what the agent recommended."""
    grant_id = world.grant(sample=1)
    for _ in range(4):
        world.done(Withdraw(request_id=world.ask(), reason="Twice"), BOB)
    grant = world.record.view.get("authority", grant_id) or {}
    assert (grant["asked"], "ended" in grant) == (0, False)


def test_keys_that_differ_in_case_alone_say_nothing_certain(world: World) -> None:
    """An agent that writes a small amount beside a large one, under the same key, is held to the stricter rule."""
    world.policy(BIG)
    command = RequestApproval(
        project_name=SLUG,
        task_id=world.task,
        summary="Refund",
        key_value_context={"Amount": "$5", "amount": "$90,000"},
    )
    assert isinstance(world.decide(world.done(command, BOT)["eventId"], CAROL), NotAllowed)


def test_a_negative_amount_is_under_no_limit_of_a_grant(world: World) -> None:
    """A grant for small refunds leaves one of -$5,000 to a person, as a policy does."""
    world.grant(words="context.Amount<500")
    assert len(world.asked_until_decided(amount="-$5,000")) == 20
    assert len(world.asked_until_decided(amount="$50")) < 20


def test_no_spelling_chooses_who_decides(world: World) -> None:
    """Between a rule for juniors and one for leads, an amount that can't be read takes somebody who is both."""
    small = {"name": "small", "when": {"context": {"Amount": {"below": 1000}}}, "tags": ["eu"]}
    big = {"name": "big", "when": {"context": {"Amount": {"atLeast": 1000}}}, "tags": ["lead"]}
    world.policy(small, big)
    world.grant(giver=CAROL)
    assert len(world.asked_until_decided(amount="2.000.000 $")) == 20
    request_id = world.ask("2m")
    for reviewer in (CAROL, ALICE):
        refusal = world.decide(request_id, reviewer)
        assert isinstance(refusal, NotAllowed)
        assert "with the tag eu and the tag lead" in refusal.message
        assert (refusal.needs or {})["moreTags"] == [["lead"]]
    assert isinstance(world.decide(request_id, Actor("dora", "reviewer", ("eu", "lead"))), Receipt)


def test_grants_are_listed_as_they_were_given(world: World) -> None:
    """In whatever order a store has them: those in force as they were given, then the ended."""
    ended = world.grant(name="ended")
    for name in ("second", "first"):
        world.grant(name=name)
    world.done(EndGrant(grant_id=ended), ALICE)
    docs = [doc for _, doc in world.record.view.rows("authority")]
    for listed in (docs, docs[::-1]):
        assert [grant.name for grant in authority_models.grants(listed, PROJECT)] == ["second", "first", "ended"]


def test_the_rule_that_expires_is_named(world: World) -> None:
    """Where an amount says nothing certain, a request expires by the first rule that might fit and lets it."""
    soon = {"name": "soon", "when": {"context": {"Amount": {"below": 1000}}}, "expire": {"afterSeconds": 1}}
    world.policy(soon, {**BIG, "expire": {"afterSeconds": 9_999, "outcome": "REJECT"}})
    world.done(Expire(request_id=world.ask("lots")), PLATFORM)
    outcome = world.record.events[-1]["payload"]["outcome"]
    assert outcome["type"] == "ESCALATE"
    assert "'soon'" in outcome["note"]
