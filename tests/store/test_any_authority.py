"""Any sequence of policies, requests, agreements, decisions, grants, revocations, expiries and pauses.

The policy is written here a second time, in a few lines and over plain values (`Oracle`): for each command both say
whether it is taken, and by whom; and what is on the record is held against what nobody may do.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from api_client.actor import Actor
from api_client.authority import Policy
from api_client.commands import (
    PLATFORM,
    CreateProject,
    CreateTask,
    Decide,
    EndGrant,
    Expire,
    GiveGrant,
    Pause,
    RecordAction,
    RequestApproval,
    Resume,
    SetPolicy,
    Withdraw,
)
from api_client.errors import ApiError, Conflict, NotAllowed
from api_client.models import ApprovalRecommendation, Outcome, Receipt, Step, Steps
from api_client.times import wire_time
from api_client.wire import read
from tests.store.memory_record import MemoryRecord
from tests.support.examples import examples

PROJECT = "prj_000000000001"
STEPS = Steps(
    initial_step="intake",
    steps=(
        Step(name="intake", owner="AGENT", exits=("payout", "done")),
        Step(name="payout", owner="AGENT", exits=("intake", "done")),
        Step(name="done", owner="PLATFORM"),
    ),
)
PEOPLE = {
    "alice": Actor("alice", "reviewer", ("lead",)),
    "bob": Actor("bob", "reviewer", ("lead", "eu")),
    "carol": Actor("carol", "reviewer", ("eu",)),
    "dave": Actor("dave", "reviewer", ()),
}
AGENTS = {"bot": Actor("bot", "agent"), "alice": Actor("alice", "agent")}
"""One of them has the subject of a person: their own key, used by a script of theirs."""
AMOUNTS = {"$20": 20, "$999.99": 999.99, "$1,000": 1000, "USD 5,000": 5000, "lots": None, "": None, "1.000": None}
"""What agents write, and the amount that it says; None where it says no certain one."""
people = st.sampled_from(sorted(PEOPLE))
picks = st.integers(0, 9)
kinds = st.sampled_from(["APPROVE", "APPROVE", "EDIT_AND_APPROVE", "REJECT", "ESCALATE"])
notes = st.sampled_from(["half", "a third"])
requests = st.fixed_dictionaries(
    {
        "by": st.sampled_from(["alice", "bot"]),
        "text": st.sampled_from(["$20", "$999.99", "$1,000", "USD 5,000", "lots", "", "1.000", None]),
        "confidence": st.sampled_from([None, 0.4, 0.9]),
        "recommends": st.booleans(),
    }
)
LEAST = 1000
rules = st.fixed_dictionaries(
    {
        "when": st.fixed_dictionaries(
            {}, optional={"amount": st.just(LEAST), "confidence": st.just(0.5), "step": st.just("payout")}
        )
    },
    optional={
        "people": st.integers(1, 3),
        "tags": st.sampled_from([["lead"], ["eu"], ["lead", "eu"]]),
        "notAsker": st.booleans(),
        "alwaysHuman": st.booleans(),
        "expire": st.just(60),
    },
)


@dataclass
class Asked:
    """An open request, as the oracle knows it."""

    by: str
    amount: float | None
    confidence: float | None
    is_recommended: bool
    at: datetime
    steps: tuple[str, str]
    """The step of its task when it was asked, and now."""
    sample_of: str | None = None
    agreed: dict[str, Actor] = field(default_factory=dict)


def fits(rule_: dict[str, Any], asked: Asked) -> bool | None:
    """Return whether a rule is for a request; None where the request does not say it."""
    answers = []
    if "amount" in rule_["when"]:
        answers.append(None if asked.amount is None else asked.amount >= rule_["when"]["amount"])
    if "confidence" in rule_["when"]:
        answers.append(None if asked.confidence is None else asked.confidence < rule_["when"]["confidence"])
    if "step" in rule_["when"]:
        answers += [step == rule_["when"]["step"] for step in asked.steps] if len(set(asked.steps)) == 1 else [None]
    return False if False in answers else None if None in answers else True


def holding(policy: list[dict[str, Any]], asked: Asked) -> dict[str, Any] | None:
    """Return all that is asked for by the rules that may fit, up to the first that does for certain."""
    found: list[dict[str, Any]] = []
    names: set[str] = set()
    for number, one in enumerate(policy):
        fit = fits(one, asked)
        if fit is not False:
            found.append(one)
            names.add(f"rule {number}")
        if fit:
            break
    if not found:
        return None
    return {
        "names": names,
        "people": max(one.get("people", 1) for one in found),
        "alwaysHuman": any(one.get("alwaysHuman") for one in found),
        "tags": [one["tags"] for one in found if one.get("tags")],
        "notAsker": any(one.get("notAsker", True) for one in found),
        "expire": next((one["expire"] for one in found if "expire" in one), None),
    }


def is_covered(words: str, asked: Asked) -> bool:
    """Return whether the filter of a grant fits a request that is being asked."""
    if words == "context.Amount<5001":
        return asked.amount is not None and asked.amount < 5001
    return words == "refund" or words == f"step:{asked.steps[0]}"


def may(rule_: dict[str, Any] | None, asked: Asked, who: Actor) -> bool:
    """Return whether somebody may have a part in the decision."""
    if rule_ is None:
        return True
    is_tagged = all(set(tags) & set(who.tags) for tags in rule_["tags"])
    return is_tagged and not (rule_.get("notAsker", True) and who.subject == asked.by)


class AnyAuthority(RuleBasedStateMachine):
    """Commands in any order, from any number of subjects, over a record in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.record = MemoryRecord()
        self.policy: list[dict[str, Any]] = []
        self.hash: str | None = None
        self.open: dict[str, Asked] = {}
        self.paused: set[str] = set()
        self.grants: dict[str, GiveGrant] = {}
        self.givers: dict[str, Actor] = {}
        self.step = "intake"
        self.seen = 0

    def give(self, command: Any, actor: Actor) -> Receipt | ApiError:
        self.seen = len(self.record.events)
        return self.record.submit(command, actor)

    @initialize()
    def begin(self) -> None:
        assert isinstance(self.give(CreateProject(name="Refunds", steps=STEPS), PEOPLE["alice"]), Receipt)
        made = self.give(CreateTask(project_name="refunds", name="Refunds"), AGENTS["bot"])
        assert isinstance(made, Receipt)
        self.task = made.answer["id"]

    def new_events(self) -> list[dict[str, Any]]:
        """Return what the last command has put on the record."""
        return self.record.events[self.seen :]

    @rule(found=st.lists(rules, max_size=3), who=people, is_stale=st.sampled_from([False, False, False, True]))
    def set_policy(self, found: list[dict[str, Any]], who: str, *, is_stale: bool) -> None:
        spelt = [self.spelt(number, one) for number, one in enumerate(found)]
        policy = read(Policy, {"rules": spelt})
        replaces = "0" * 64 if is_stale else self.hash
        outcome = self.give(SetPolicy.of(project_id=PROJECT, policy=policy, replaces=replaces), PEOPLE[who])
        if is_stale:
            assert isinstance(outcome, Conflict)
        else:
            assert isinstance(outcome, Receipt)
            self.policy, self.hash = found, outcome.answer["hash"]

    def spelt(self, number: int, one: dict[str, Any]) -> dict[str, Any]:
        when: dict[str, Any] = {"kind": "approval"}
        if "amount" in one["when"]:
            when["context"] = {"Amount": {"atLeast": one["when"]["amount"]}}
        if "confidence" in one["when"]:
            when["confidenceBelow"] = one["when"]["confidence"]
        if "step" in one["when"]:
            when["steps"] = [one["when"]["step"]]
        rule_ = {**one, "name": f"rule {number}", "when": when}
        if "expire" in one:
            rule_["expire"] = {"afterSeconds": one["expire"]}
        return rule_

    @rule(request=requests, decisions=st.lists(st.tuples(people, kinds, notes), max_size=5))
    def ask(self, request: dict[str, Any], decisions: list[tuple[str, Any, str]]) -> None:
        """Ask, and let some people have their say at once."""
        before = set(self.open)
        self.ask_one(**request)
        for who, kind, note in decisions:
            for request_id in set(self.open) - before:
                self.decide_one(request_id, who, kind, note)

    def ask_one(self, by: str, text: str | None, confidence: float | None, *, recommends: bool) -> None:
        recommendation = None
        if recommends:
            recommendation = ApprovalRecommendation(outcome=Outcome(type="APPROVE"), confidence=confidence)
        command = RequestApproval(
            project_name="refunds",
            task_id=self.task,
            summary="Refund",
            key_value_context=None if text is None else {"Amount": text},
            recommendation=recommendation,
        )
        outcome = self.give(command, AGENTS[by])
        if self.paused or len(self.open) >= 100:
            assert isinstance(outcome, NotAllowed | Conflict)
            return
        assert isinstance(outcome, Receipt)
        amount = AMOUNTS.get(text or "")
        confidence = confidence if recommends else None
        asked = Asked(by, amount, confidence, recommends, self.record.now, (self.step, self.step))
        asked.sample_of = self.covering(asked)
        decided = [event for event in self.new_events() if event["eventType"] == "APPROVAL_DECIDED"]
        if not decided:
            self.open[outcome.event_id] = asked
        for event in decided:
            assert event["payload"]["authority"]["grant"] == asked.sample_of
            self.check_grant(event, asked)
            self.check_rule(event["payload"], asked)

    def covering(self, asked: Asked) -> str | None:
        """Return the first grant that fits a request which is being asked, and that its giver may decide alone."""
        rule_ = holding(self.policy, asked)
        is_one_persons = rule_ is None or (rule_["people"] == 1 and not rule_["alwaysHuman"])
        for grant_id, terms in self.grants.items() if asked.is_recommended and is_one_persons else ():
            doc = self.record.view.get("authority", grant_id) or {}
            was_in_force = "ended" not in doc or doc["ended"]["at"] == wire_time(self.record.now)
            is_in_time = terms.ends_at() > self.record.now
            if (
                was_in_force
                and is_in_time
                and is_covered(terms.filter, asked)
                and may(rule_, asked, self.givers[grant_id])
            ):
                return grant_id
        return None

    def check_grant(self, event: dict[str, Any], asked: Asked) -> None:
        """A grant decides only what its giver could have decided alone, and what the agent recommends to approve."""
        authority = event["payload"]["authority"]
        assert event["source"] == "PLATFORM"
        assert authority["grant"] in self.grants
        rule_ = holding(self.policy, asked)
        assert asked.is_recommended
        assert not self.paused
        assert may(rule_, asked, PEOPLE[authority["subject"]])
        assert rule_ is None or (rule_.get("people", 1) == 1 and not rule_.get("alwaysHuman"))

    @precondition(lambda self: self.open)
    @rule(pick=picks, who=people, kind=kinds, note=notes)
    def decide(self, pick: int, who: str, kind: Any, note: str) -> None:
        self.decide_one(list(self.open)[pick % len(self.open)], who, kind, note)

    def decide_one(self, request_id: str, who: str, kind: Any, note: str) -> None:
        asked, actor = self.open[request_id], PEOPLE[who]
        outcome = self.give(Decide(request_id=request_id, outcome=Outcome(type=kind, note=note)), actor)
        events, rule_ = self.new_events(), holding(self.policy, asked)
        needed = rule_.get("people", 1) if rule_ and kind in ("APPROVE", "EDIT_AND_APPROVE") else 1
        same = kind if kind == "APPROVE" else f"{kind} {note}"
        if not may(rule_, asked, actor):
            assert isinstance(outcome, NotAllowed)
            assert not events
            assert outcome.needs
            return
        others = {
            name
            for key, one in asked.agreed.items()
            if (name := key.partition(" ")[0]) != who and key.partition(" ")[2] == same and may(rule_, asked, one)
        }
        if len(others) + 1 >= needed:
            assert isinstance(outcome, Receipt)
            (event,) = (one for one in events if one["eventType"] == "APPROVAL_DECIDED")
            assert event["payload"]["authority"]["subject"] == who
            self.check_sample(event, asked)
            self.check_rule(event["payload"], asked)
            if needed > 1:
                assert len(set(event["payload"]["agreements"])) >= needed - 1
            del self.open[request_id]
        elif f"{who} {same}" in asked.agreed:
            assert isinstance(outcome, Conflict)
            assert not events
        else:
            assert isinstance(outcome, Receipt)
            assert [event["eventType"] for event in events] == ["ACTION"]
            self.check_rule(events[0]["payload"]["detail"]["agreement"], asked)
            asked.agreed = {key: one for key, one in asked.agreed.items() if key.partition(" ")[0] != who}
            asked.agreed[f"{who} {same}"] = actor

    def check_sample(self, event: dict[str, Any], asked: Asked) -> None:
        """A settlement says whose sample it was: the grant's that covered it when it was asked, if that is in force."""
        doc = self.record.view.get("authority", asked.sample_of or "") or {}
        was_in_force = doc and ("ended" not in doc or doc["ended"]["at"] == wire_time(self.record.now))
        assert event["payload"].get("sampleOf") == (asked.sample_of if was_in_force else None)

    def check_rule(self, recorded: dict[str, Any], asked: Asked) -> None:
        """What is decided names the rules that held, of the policy in force; nothing where there is no policy."""
        if self.hash is None:
            assert "rule" not in recorded
            return
        held, rule_ = recorded["rule"], holding(self.policy, asked)
        names = [held["name"], *held.get("also", ())] if "name" in held else []
        assert held["policy"] == self.hash
        assert len(set(names)) == len(names)
        assert set(names) == (rule_["names"] if rule_ else set())

    @precondition(lambda self: not self.paused)
    @rule(step=st.sampled_from(["intake", "payout"]))
    def move(self, step: str) -> None:
        """The agent moves the task, whatever is open on it."""
        command = RecordAction(project_name="refunds", task_id=self.task, description="On", transitions_to=step)
        if step != self.step:
            assert isinstance(self.give(command, AGENTS["bot"]), Receipt)
            self.step = step
            for asked in self.open.values():
                asked.steps = (asked.steps[0], step)

    @precondition(lambda self: self.open)
    @rule(pick=picks, who=st.sampled_from([*PEOPLE, "bot"]))
    def withdraw(self, pick: int, who: str) -> None:
        request_id = list(self.open)[pick % len(self.open)]
        actor = PEOPLE.get(who) or AGENTS[who]
        outcome = self.give(Withdraw(request_id=request_id, reason="No longer needed"), actor)
        if actor.role == "agent" and (self.paused or self.open[request_id].by != who):
            assert isinstance(outcome, NotAllowed)
        else:
            assert isinstance(outcome, Receipt)
            del self.open[request_id]

    @precondition(lambda self: self.open)
    @rule(pick=picks, minutes=st.sampled_from([0, 2]))
    def expire(self, pick: int, minutes: int) -> None:
        self.record.now += timedelta(minutes=minutes)
        request_id = list(self.open)[pick % len(self.open)]
        asked = self.open[request_id]
        outcome = self.give(Expire(request_id=request_id), PLATFORM)
        rule_ = holding(self.policy, asked)
        seconds = rule_.get("expire") if rule_ else None
        is_due = seconds is not None and (self.record.now - asked.at).total_seconds() >= seconds
        if is_due and not self.paused:
            assert isinstance(outcome, Receipt)
            self.check_sample(self.new_events()[0], asked)
            self.check_rule(self.new_events()[0]["payload"], asked)
            del self.open[request_id]
        else:
            assert isinstance(outcome, Conflict)

    @precondition(lambda self: len(self.grants) < 4)
    @rule(
        who=people,
        sample=st.sampled_from([0.05, 0.5]),
        most=st.integers(1, 4),
        words=st.sampled_from(["refund", "context.Amount<5001", "step:intake"]),
    )
    def give_grant(self, who: str, sample: float, most: int, words: str) -> None:
        command = GiveGrant(
            project_id=PROJECT,
            name=f"grant {len(self.grants)}",
            filter=words,
            until=(self.record.now + timedelta(minutes=5)).isoformat(),
            most=most,
            sample=sample,
        )
        outcome = self.give(command, PEOPLE[who])
        assert isinstance(outcome, Receipt)
        self.grants[outcome.answer["id"]] = command
        self.givers[outcome.answer["id"]] = PEOPLE[who]

    @precondition(lambda self: self.grants)
    @rule(pick=picks, who=people)
    def end_grant(self, pick: int, who: str) -> None:
        self.give(EndGrant(grant_id=list(self.grants)[pick % len(self.grants)]), PEOPLE[who])

    @precondition(lambda self: not self.paused)
    @rule(place=st.sampled_from(["", PROJECT]), who=people)
    def pause(self, place: str, who: str) -> None:
        for expected in (Receipt, Conflict):
            outcome = self.give(Pause(project_id=place or None, reason="Look first"), PEOPLE[who])
            assert isinstance(outcome, expected)
        self.paused.add(place)

    @precondition(lambda self: self.paused)
    @rule(place=st.sampled_from(["", PROJECT]), who=people)
    def resume(self, place: str, who: str) -> None:
        outcome = self.give(Resume(project_id=place or None), PEOPLE[who])
        assert isinstance(outcome, Receipt if place in self.paused else Conflict)
        self.paused.discard(place)

    @invariant()
    def no_grant_lives_past_its_limits(self) -> None:
        """A grant that has decided all that it may, or that people disagreed with three times in a row, is over."""
        for grant_id in self.grants:
            grant = self.record.view.get("authority", grant_id) or {}
            is_over = grant["used"] >= grant["most"] or grant["disagreed"] >= 3
            assert grant["used"] <= grant["most"]
            assert not is_over or "ended" in grant

    @invariant()
    def what_is_open_is_what_the_oracle_knows(self) -> None:
        """Nothing is settled that the oracle did not settle, and nothing stays open that it did."""
        task = self.record.view.get("tasks", getattr(self, "task", "")) or {}
        assert sorted(task.get("openRequests") or []) == sorted(self.open)


TestAnyAuthority = AnyAuthority.TestCase
TestAnyAuthority.settings = settings(max_examples=examples(60, 2_000), stateful_step_count=examples(30, 50))
