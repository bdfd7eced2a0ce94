"""The wire objects of CONTRACT.md part 4: policies, grants, pauses, and what a request needs of who decides it.

A policy and a grant's terms are bodies of requests: `check_policy` and `check_terms` refuse what a body's types can't.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, field
from typing_extensions import override

from api_client.errors import InvalidRequest
from api_client.models import AuthoritySnapshot, OutcomeType
from api_client.quantities import amount_in
from api_client.times import in_utc, later
from api_client.wire import Body, Confidence, Json, Moment, Wire, keep_in_utc

INVALID_POLICY = "INVALID_POLICY"
INVALID_GRANT = "INVALID_GRANT"
PEOPLE_MOST = 5
"""Different people that a rule may ask for."""
SAMPLE_LEAST = 0.05
"""The least share of what a grant fits that is still asked."""
GRANT_DAYS = 90
"""Days that a grant may last at the most."""
GRANT_MOST = 1_000_000
"""Requests that a grant may decide at the most."""
RULES_MOST = 50
_NAMES_MOST = 20
"""Tags, steps or context keys in one list of a rule."""
_TEXT_MOST = 200
"""Characters of a context key, and of the text that a value must equal."""
POLICY_MOST = 64_000
"""Bytes of a policy as JSON."""
_SECONDS_MOST = 10 * 366 * 86_400
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")

Share = Annotated[float, Meta(ge=0, le=1)]
"""From 0 to 1."""


class ContextBound(Body):
    """The bounds on the amount in a context value, or the text that it must equal."""

    at_least: float | None = None
    below: float | None = None
    unit: str | None = None
    """The unit of both, as `$` or `EUR`: an amount of another can't be compared. Any currency where it is left out."""
    equals: str | None = None


class RuleCondition(Body):
    """The condition of a rule: each key that is there must fit."""

    kind: Literal["approval", "elicitation"] | None = None
    steps: tuple[str, ...] | None = None
    recommended: tuple[OutcomeType, ...] | None = None
    confidence_below: Confidence | None = None
    context: dict[str, ContextBound] | None = None

    @override
    def wire(self) -> dict[str, Json]:
        # A dict is free JSON everywhere else, and is not looked into.
        bounds = {key: bound.wire() for key, bound in (self.context or {}).items()}
        return {**super().wire(), "context": bounds} if self.context is not None else super().wire()


class Expiry(Body):
    """The end of a request that nobody decides: after so many seconds, with this outcome of an approval."""

    after_seconds: Annotated[int, Meta(ge=1, le=_SECONDS_MOST)]
    outcome: Literal["ESCALATE", "REJECT"] | None = None


class PolicyRule(Body):
    """One rule of a policy: the requests that it is for, and what it takes to decide them."""

    name: str
    when: RuleCondition = field(default_factory=RuleCondition)
    people: Annotated[int, Meta(ge=1, le=PEOPLE_MOST)] | None = None
    """Different people who must approve; 1 where it is left out."""
    tags: tuple[str, ...] | None = None
    """Who decides has one of them; anyone where it is left out."""
    not_asker: bool | None = None
    """Whether the subject that asked may not decide; true where it is left out."""
    always_human: bool | None = None
    """Whether no grant decides it."""
    expire: Expiry | None = None


class Policy(Body):
    """The policy of a project: the first rule that fits a request holds; where none does any reviewer decides."""

    owners: tuple[str, ...] | None = None
    """Tags of who may change it; any reviewer where it is left out."""
    rules: tuple[PolicyRule, ...]
    blind: Share | None = None
    """The share of approvals whose recommendation is hidden until the reviewer has decided (ours)."""
    escalate: tuple[str, ...] | None = None
    """Tags of who takes over a task whose request was escalated (ours)."""


class PolicyInForce(Wire):
    """A project's policy, and the hash that names it; both None where the project has none."""

    policy: Policy | None = None
    hash: str | None = None


class GrantTerms(Body):
    """The terms of a grant: which approvals it decides, until when, how many, and the share that is still asked."""

    project_id: str
    name: str
    filter: str
    until: str
    """A time with its zone (RFC 3339)."""
    most: Annotated[int, Meta(ge=1, le=GRANT_MOST)]
    sample: Annotated[float, Meta(ge=SAMPLE_LEAST, le=1)]

    def ends_at(self) -> datetime:
        """Return `until` as a time in UTC.

        Raises:
            InvalidRequest: INVALID_GRANT, it is no time with its zone.
        """
        try:
            moment = datetime.fromisoformat(self.until)
            if moment.tzinfo is not None:
                return in_utc(moment)
        except (ValueError, OverflowError):
            pass
        raise InvalidRequest("until: must be a time with its zone, like 2026-01-31T09:30:00Z", code=INVALID_GRANT)


class GrantEnd(Wire):
    """The end of a grant."""

    reason: str
    at: Moment
    by: str

    def __post_init__(self) -> None:
        keep_in_utc(self, "at")


class Grant(Wire):
    """A grant and what became of it so far."""

    id: str
    project_id: str
    name: str
    filter: str
    until: Moment
    most: int
    sample: float
    given_by: AuthoritySnapshot
    given_at: Moment
    used: int = 0
    """Requests that it decided."""
    asked: int = 0
    """Requests that it fits and that people decided all the same: its samples."""
    agreed: int = 0
    """Those of the samples that people approved as they were."""
    disagreed: int = 0
    """Samples in a row, up to the last, that people decided otherwise."""
    ended: GrantEnd | None = None

    def __post_init__(self) -> None:
        keep_in_utc(self, "until", "given_at")


class Disagreement(Wire):
    """A past request that a grant would have approved and a person did not."""

    request_id: str
    task_id: str
    summary: str
    outcome: str
    decided_by: str
    decided_at: Moment
    amount: str | None = None

    def __post_init__(self) -> None:
        keep_in_utc(self, "decided_at")


class AmountSum(Wire):
    """The sums of the amounts under one context key, over what a grant would have decided; as they would be written."""

    key: str
    agreed: str
    disagreed: str


class Trial(Wire):
    """The outcome of a trial: what a grant would have decided of all past approvals of its project."""

    approvals: int
    """Past approvals that people decided."""
    fits: int
    """Those of them that the grant fits and its giver could decide alone."""
    sampled: int
    """Those of the fitting ones that it would still have asked."""
    agreed: int
    disagreed: int
    amounts: tuple[AmountSum, ...] = ()
    disagreements: tuple[Disagreement, ...] = ()
    """The newest, up to `DISAGREEMENTS_MOST`."""


DISAGREEMENTS_MOST = 200
"""Disagreements that a trial lists; it counts them all."""


class Paused(Wire):
    """A pause of a project, or of all where it names none."""

    project_id: str | None = None
    reason: str
    by: str
    at: Moment

    def __post_init__(self) -> None:
        keep_in_utc(self, "at")


class EscalatedTask(Wire):
    """A task that was escalated, and to whom."""

    task_id: str
    task_name: str
    project_id: str
    tags: tuple[str, ...]
    request_id: str
    by: str
    at: Moment
    note: str | None = None

    def __post_init__(self) -> None:
        keep_in_utc(self, "at")


class AuthorityStatus(Wire):
    """The pauses and the escalated tasks of all projects now, and the version: it changes when any authority does."""

    version: str
    pauses: tuple[Paused, ...] = ()
    escalated: tuple[EscalatedTask, ...] = ()
    grants: int = 0
    """Grants that are in force."""
    policies: str = ""
    """The version of all policies: it changes with any of them, and then other people may decide."""
    ends: str = ""
    """The version of the ends of grants: it changes with each end."""


def check_policy(policy: Policy, steps: Iterable[str]) -> None:
    """Check a policy against itself and against the steps of its project.

    Raises:
        InvalidRequest: INVALID_POLICY, with the rule's name and what to write instead.
    """
    declared = set(steps)
    if len(policy.rules) > RULES_MOST:
        raise _bad(f"rules: at most {RULES_MOST} are taken")
    _check_tags("owners", policy.owners)
    _check_tags("escalate", policy.escalate)
    try:
        size = len(policy.wire_bytes())
    except TypeError:
        raise _bad("the policy holds a text that is no Unicode") from None
    if size > POLICY_MOST:
        raise _bad(f"the policy has over {POLICY_MOST:,} bytes: write fewer rules, or shorter ones")
    names = [rule.name for rule in policy.rules]
    for number, rule in enumerate(policy.rules):
        where = f"rules.{number}"
        _check_name(f"{where}.name", rule.name, INVALID_POLICY)
        if rule.name in names[:number]:
            raise _bad(f"{where}.name: two rules are called {rule.name!r}: give each a name of its own")
        _check_tags(f"{where}.tags", rule.tags)
        _check_condition(f"{where}.when", rule.when, declared)
        if rule.when.kind == "elicitation" and (rule.people or 1) > 1:
            raise _bad(f"{where}.people: an elicitation is answered by one person; leave it out")
        if rule.when.kind == "elicitation" and rule.expire and rule.expire.outcome:
            raise _bad(f"{where}.expire.outcome: an elicitation that expires is withdrawn; leave it out")


def _check_condition(where: str, when: RuleCondition, steps: set[str]) -> None:
    for key, values in (("steps", when.steps), ("recommended", when.recommended)):
        if values is not None and not 1 <= len(values) <= len(set(values)):
            raise _bad(f"{where}.{key}: has at least one, each once; leave it out for any")
    for step in when.steps or ():
        if step not in steps:
            raise _bad(f"{where}.steps: the project has no step {step[:80]!r}")
    if when.kind == "elicitation" and (when.recommended is not None or when.confidence_below is not None):
        raise _bad(f"{where}: an elicitation has no recommended outcome; leave recommended and confidenceBelow out")
    if len(when.context or {}) > _NAMES_MOST:
        raise _bad(f"{where}.context: at most {_NAMES_MOST} keys are taken")
    for key, bound in (when.context or {}).items():
        if fault := _bound_fault(bound) if key.strip() and len(key) <= _TEXT_MOST else _KEY_FAULT:
            raise _bad(f"{where}.context.{key[:80]}: {fault}")


_KEY_FAULT = f"a key has 1 to {_TEXT_MOST} characters"


def _bound_fault(bound: ContextBound) -> str:
    """Return the fault of the bounds on a context value, empty where there is none."""
    least, below = bound.at_least, bound.below
    if least is None and below is None and bound.equals is None:
        return "needs atLeast, below or equals"
    if bound.equals is not None and len(bound.equals) > _TEXT_MOST:
        return f"equals has at most {_TEXT_MOST} characters"
    if not all(math.isfinite(number) for number in (least, below) if number is not None):
        return "a bound must be a finite number"
    if least is not None and below is not None and least >= below:
        return "no amount is at least atLeast and below below: atLeast must be the smaller one"
    return _unit_fault(bound) if bound.unit is not None else ""


def _unit_fault(bound: ContextBound) -> str:
    if bound.at_least is None and bound.below is None:
        return "unit is that of atLeast and below: write one of them, or leave it out"
    unit = (bound.unit or "").strip()
    is_unit = bool(unit) and amount_in(f"1 {unit}", unit) is not None
    return "" if is_unit else "unit is a sign, code or name, like $, EUR or kg"


def check_terms(terms: GrantTerms, now: datetime) -> None:
    """Check the terms of a grant that is given now; its filter is checked by whoever reads filters.

    Raises:
        InvalidRequest: INVALID_GRANT.
    """
    _check_name("name", terms.name, INVALID_GRANT)
    if not now < terms.ends_at() <= later(now, days=GRANT_DAYS):
        words = f"until: must be a time from now on, within {GRANT_DAYS} days"
        raise InvalidRequest(words, code=INVALID_GRANT)


def _check_name(where: str, name: str, code: str) -> None:
    if not 1 <= len(name) <= 80 or not name.strip() or _CONTROL.search(name):
        raise InvalidRequest(f"{where}: has 1 to 80 characters, none of them a control character", code=code)


def _check_tags(where: str, tags: tuple[str, ...] | None) -> None:
    if tags is None:
        return
    if not 1 <= len(tags) <= _NAMES_MOST:
        raise _bad(f"{where}: has 1 to {_NAMES_MOST} tags; leave it out for everyone")
    for tag in tags:
        _check_name(where, tag, INVALID_POLICY)


def _bad(words: str) -> InvalidRequest:
    return InvalidRequest(words, code=INVALID_POLICY)
