"""What agents do to get past authority: move the task, disguise a text, leave something out, touch the record."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from api_client.actor import Actor
from api_client.authority import Policy
from api_client.commands import PLATFORM, AddNote, Comment, Decide, Expire, Pause, SetPolicy, Withdraw
from api_client.errors import InvalidRequest, NotAllowed
from api_client.models import Outcome, Receipt
from api_client.wire import read
from store.core.batch import Batch, Job
from store.core.chain import NO_HASH
from store.core.draft import CommitDraft
from store.transfer.conformance import Conformance
from store.transfer.folded_record import FoldedRecord
from tests.store.authority_world import ALICE, APPROVE, BOB, BOT, CAROL, PROJECT, REJECT, SLUG, World
from tests.store.memory_record import NoChecks

EU = {"name": "eu", "when": {"context": {"Region": {"equals": "EU"}}}, "people": 2}
PAYOUT = {"name": "payout", "when": {"steps": ["payout"]}, "people": 2}


@pytest.fixture
def world() -> World:
    return World()


def takes_two(world: World, request_id: str) -> bool:
    """Return whether one person's approval was not enough."""
    world.done(Decide(request_id=request_id, outcome=APPROVE), CAROL)
    return world.is_open(request_id)


@pytest.mark.parametrize(("asked", "decided"), [("payout", "intake"), ("intake", "payout"), ("payout", "payout")])
def test_a_moved_task_is_under_both_steps(world: World, asked: str, decided: str) -> None:
    """Whether it is asked or decided in the step that takes two people: an agent moves its task past neither."""
    world.policy(PAYOUT)
    if asked == "payout":
        world.move("payout")
    request_id = world.ask()
    if asked != decided:
        world.move(decided)
    assert takes_two(world, request_id)


def test_elsewhere_one_person_decides(world: World) -> None:
    """A task that was in another step all the time is not under the rule."""
    world.policy(PAYOUT)
    assert not takes_two(world, world.ask())


@pytest.mark.parametrize("way", ["moved", "ruled"])
def test_a_sample_stays_a_sample(world: World, way: str) -> None:
    """Three denied samples end the grant, also where the agent has moved the task, or a rule has changed, meanwhile."""
    grant_id = world.grant(sample=1, words="step:intake")
    for _ in range(3):
        request_id = world.ask()
        if way == "moved":
            world.move("payout")
        else:
            world.policy({"name": "all", "when": {}, "alwaysHuman": True})
        assert isinstance(world.decide(request_id, BOB, REJECT), Receipt)
        if way == "moved":
            world.move("intake")
        else:
            world.policy()
    assert (world.doc(grant_id)["asked"], world.doc(grant_id)["ended"]["reason"]) == (3, "DISAGREEMENT")


def test_samples_that_nobody_looks_at_end_a_grant(world: World) -> None:
    """Three that expire count like three that were denied; a request that is no sample counts nowhere."""
    world.policy({"name": "all", "when": {}, "expire": {"afterSeconds": 1}})
    before = world.ask()
    grant_id = world.grant(sample=1)
    for _ in range(3):
        assert "ended" not in world.doc(grant_id)
        request_id = world.ask()
        world.done(Expire(request_id=request_id), PLATFORM)
    assert (world.doc(grant_id)["asked"], world.doc(grant_id)["ended"]["reason"]) == (3, "DISAGREEMENT")
    assert world.done(Expire(request_id=before), PLATFORM)
    assert world.doc(grant_id)["asked"] == 3


def test_nothing_routine_takes_an_escalated_task_off_the_list(world: World) -> None:
    """What a grant decides or lets expire on the task is nobody's care for it; a person's decision is."""
    world.policy(
        {"name": "big", "when": {"context": {"Amount": {"atLeast": 1000}}}},
        {"name": "small", "when": {}, "expire": {"afterSeconds": 1, "outcome": "REJECT"}},
        escalate=["lead"],
    )
    world.decide(world.ask(), BOB, Outcome(type="ESCALATE"))
    expired = world.ask("$600")
    world.done(Expire(request_id=expired), PLATFORM)
    world.grant(words="context.Amount<500")
    assert len(world.asked_until_decided(amount="$5")) < 20
    assert [one["taskId"] for one in world.doc(PROJECT)["escalated"]] == [world.task]
    world.decide(world.ask(), BOB)
    assert "escalated" not in world.doc(PROJECT)


def test_an_agent_that_closes_an_escalated_task_hides_nothing(world: World) -> None:
    """It stays on the list until a person says something of it; a person who closes it has dealt with it."""
    world.policy(escalate=["lead"])
    world.decide(world.ask(), BOB, Outcome(type="ESCALATE"))
    world.move("done")
    assert [one["taskId"] for one in world.doc(PROJECT)["escalated"]] == [world.task]
    world.done(AddNote(project_name=SLUG, task_id=world.task, message="All well"), BOT)
    assert "escalated" in world.doc(PROJECT)
    world.done(Comment(task_id=world.task, message="Seen"), ALICE)
    assert "escalated" not in world.doc(PROJECT)


def test_who_recommends_nothing_chooses_no_rule(world: World) -> None:
    """A rule for what the agent recommends to approve holds where it leaves its recommendation out, too."""
    world.policy({"name": "approve", "when": {"recommended": ["APPROVE"]}, "people": 2})
    assert takes_two(world, world.ask(recommends=None))
    assert not takes_two(world, world.ask(recommends=REJECT))


@pytest.mark.parametrize("region", ["EU", "eu ", "E\u200bU", "\u0415U", "\uff25\uff35", "E\u0336U", None])
def test_no_disguise_is_another_region(world: World, region: str | None) -> None:
    """A text that looks like the one that a rule names, to whoever decides, is under the rule."""
    world.policy(EU)
    assert takes_two(world, world.ask(context={} if region is None else {"Region": region}))
    assert not takes_two(world, world.ask(context={"Region": "Übersee"}))


@pytest.mark.parametrize(
    "key",
    [
        *("amount", "\u0410mount", "Amount\u200b", "\uff21mount", " \u0410mount", "Amount" + "\u200b" * 500),
        *("Am0unt", "Amount\x00", "Amo\u0301unt", "\U0001f130mount", "amoun\u0442", "Amount\u2028", "\u200b" * 2000),
    ],
)
def test_of_keys_that_look_alike_none_is_certain(world: World, key: str) -> None:
    """A small amount beside a large one, under keys that a person can't tell apart, is under no limit."""
    world.policy({"name": "big", "when": {"context": {"Amount": {"atLeast": 1000}}}, "people": 2})
    world.grant(words="context.Amount<500")
    for context in ({"Amount": "$5", key: "$90,000"}, {key: "$90,000", "Amount": "$5"}):
        assert takes_two(world, world.ask(context=context))
    assert len(world.asked_until_decided(context={"Amount": "$5", "Größe": "$90,000"})) < 20


@pytest.mark.parametrize(
    "word",
    [
        *("chargeback", "CHARGEBACK", "charge\u200bback", "\u0441hargeback", "ch\u0336argeback", "charge\ue000back"),
        *("CHARGE\u0412ACK", "C\u041dARGEBACK", "charg\u00e9back", "c\u0127argeback", "\U0001f172hargeback"),
    ],
)
def test_an_excluded_word_is_found_in_disguise(world: World, word: str) -> None:
    """A grant for all but chargebacks leaves those to a person whose text only looks like it."""
    world.grant(words="refund -chargeback -context.Kind:chargeback")
    assert len(world.asked_until_decided(summary=f"Refund after a {word}")) == 20
    assert len(world.asked_until_decided(context={"Kind": word})) == 20
    assert len(world.asked_until_decided(summary="Refund für Größe 4", context={"Kind": "Größe"})) < 20


@pytest.mark.parametrize("disguise", ["\u0432\u0415c\u200b", "BEC", "\u0412e\u0301\u0421"])
def test_a_key_that_is_not_english_has_disguises_too(world: World, disguise: str) -> None:
    """Letters that look like others as capitals alone are found whatever their case."""
    key = "\u0412\u0435\u0441"
    world.policy({"name": "heavy", "when": {"context": {key: {"atLeast": 500}}}, "people": 2})
    assert takes_two(world, world.ask(context={key: "5", disguise: "900"}))
    assert not takes_two(world, world.ask(context={key: "5", "\u0412\u0435\u0440\u0430": "900"}))


def test_blanks_are_no_disguise(world: World) -> None:
    """A value in which blanks are doubled is what it looks like."""
    world.grant(words='refund -context.Kind:"wire transfer"')
    assert len(world.asked_until_decided(context={"Kind": "wire  transfer"})) == 20


@pytest.mark.parametrize("amount", ["KWD 499", "₿3", "499 €", "499 kg", "499"])
def test_a_bound_with_a_unit_is_for_that_unit(world: World, amount: str) -> None:
    """An agent that writes another currency is not under a limit in dollars."""
    bound = {"atLeast": 500, "unit": "$"}
    world.policy({"name": "big", "when": {"context": {"Amount": bound}}, "people": 2})
    world.grant(words='context.Amount<"$500"')
    assert takes_two(world, world.ask(amount))
    assert len(world.asked_until_decided(amount="$499")) < 20


def test_a_sign_of_no_currency_is_no_amount(world: World) -> None:
    """Without a unit any currency counts as its number, and what is none counts as unclear."""
    world.policy({"name": "big", "when": {"context": {"Amount": {"atLeast": 500}}}, "people": 2})
    assert takes_two(world, world.ask("₿3"))
    assert not takes_two(world, world.ask("KWD 499"))


@pytest.mark.parametrize("amount", ["$5²²", "5½½", "5 ⅫⅫ", "5²k"])
def test_signs_behind_a_number_are_no_amount(world: World, amount: str) -> None:
    """Several that are no letters are no unit: such a request is asked, is under the limit's rule and is decided."""
    world.policy({"name": "big", "when": {"context": {"Amount": {"atLeast": 500}}}, "people": 2})
    world.grant(words="context.Amount<500")
    assert takes_two(world, world.ask(amount))


@pytest.mark.parametrize("unit", ["", " ", "$ or €", "1", "\u200b", "kilogrammes", "\ud800"])
def test_a_unit_is_a_unit(world: World, unit: str) -> None:
    """Whatever no amount could be written in is refused, with what to write."""
    rule = {"name": "big", "when": {"context": {"Amount": {"atLeast": 500, "unit": unit}}}}
    outcome = world.record.submit(SetPolicy.of(project_id=PROJECT, policy=read(Policy, {"rules": [rule]})), ALICE)
    assert isinstance(outcome, InvalidRequest)
    assert "unit" in outcome.message or "Unicode" in outcome.message


def test_half_a_character_is_no_policy(world: World) -> None:
    """A text that can't be stored is the caller's fault, not the store's."""
    rule = {"name": "big", "when": {"context": {"Region": {"equals": "\ud800"}}}}
    outcome = world.record.submit(SetPolicy.of(project_id=PROJECT, policy=read(Policy, {"rules": [rule]})), ALICE)
    assert isinstance(outcome, InvalidRequest)


def test_an_agents_repeat_is_told_nothing(world: World) -> None:
    """A reviewer's command with a key that was answered before is refused to an agent's key of the same name."""
    batch = Batch(
        CommitDraft(world.record.view), NO_HASH, clock=lambda: world.record.now, tokens=lambda: "1", checks=NoChecks()
    )
    job = Job(Pause(reason="Look first"), Actor("alice", "agent"), "once")
    assert isinstance(batch.take(job, lambda _: Receipt(answer={"secret": 1})), NotAllowed)


# -- the record is touched


def settlements(world: World) -> list[int]:
    """Return the places of decisions: by a grant, of a grant's sample, by two people, an escalation, an expiry."""
    world.grant()
    world.asked_until_decided()
    places = [len(world.record.events)]
    world.decide(world.asked_until_waiting(), BOB)
    places.append(len(world.record.events))
    world.policy({"name": "all", "when": {}, "people": 2, "expire": {"afterSeconds": 1}}, escalate=["lead"])
    request_id = world.ask()
    for who in (ALICE, BOB):
        world.decide(request_id, who)
    places.append(len(world.record.events))
    world.decide(world.ask(), BOB, Outcome(type="ESCALATE"))
    places.append(len(world.record.events))
    world.done(Expire(request_id=world.ask()), PLATFORM)
    return [*places, len(world.record.events)]


def withdrawal(world: World) -> int:
    """Return the place of a withdrawal by who asked."""
    world.done(Withdraw(request_id=world.ask(), reason="No longer needed"), BOT)
    return len(world.record.events)


def breach_of(world: World, place: int, **changes: Any) -> str:
    """Return the breach that `verify` reports where the payload of one event was changed."""
    view = FoldedRecord(lambda seq: world.record.raw[seq - 1])
    conformance = Conformance(view, NoChecks())  # type: ignore[arg-type]  # it asks no more of them
    for seq, (text, hash_) in enumerate(world.record.raw, start=1):
        event = orjson.loads(text)
        if seq == place:
            payload = {key: value for key, value in {**event["payload"], **changes}.items() if value is not None}
            event["payload"] = payload
            return conformance.breach({**event, "hash": hash_}, orjson.dumps(event))
        assert not conformance.breach({**event, "hash": hash_}, text)
        view.take({**event, "hash": hash_}, text)
    raise AssertionError(place)


def test_nothing_of_a_decision_can_be_taken_out(world: World) -> None:
    """What the rules write of a decision's authority is missed by `verify`: no version ever left it out."""
    granted, sampled, signed, escalated, expired = settlements(world)
    keys = {
        granted: ("requestHash", "authority", "recommendationSnapshot"),
        sampled: ("sampleOf",),
        signed: ("agreements",),
        escalated: ("escalatedTo",),
        expired: ("requestHash", "escalatedTo", "authority"),
    }
    for place, written in keys.items():
        for key in written:
            assert key in orjson.loads(world.record.raw[place - 1][0])["payload"], (place, key)
            assert breach_of(world, place, **{key: None}), (place, key)


@pytest.mark.parametrize("forged", ["grt_000000000009", ["grt_1"], {"a": 1}, 7, True])
def test_a_forged_sample_is_a_breach(world: World, forged: object) -> None:
    """Whatever stands where a sample's grant does, `verify` says that it does not belong there, and goes on."""
    for place in settlements(world):
        assert breach_of(world, place, sampleOf=forged), place
    assert breach_of(world, withdrawal(world), sampleOf=forged)
