"""The rules of policies (CONTRACT.md part 4): which rule holds for a request, and what it takes to decide it.

Pure. What can't be read fits: a text that is no amount, a key or a confidence that is missing. The rules that fit only
so hold together with the first one that fits for certain, so that no agent's text chooses the laxer one.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache

from api_client.actor import Actor
from api_client.authority import ContextBound, Policy, PolicyRule, RuleCondition
from api_client.errors import NotAllowed
from api_client.models import Outcome
from api_client.needs import EDITED, Agreed, Needs
from api_client.quantities import amount_in, amount_of
from api_client.times import wire_time
from api_client.unicode_scripts import are_alike
from api_client.wire import read
from store.core.authority_lookup import authority_of
from store.core.request_case import APPROVAL, RequestCase
from store.core.state_view import Doc, DocumentLookup

VALUE_MOST = 400
"""Characters of a context value that is compared: a longer one can't be read."""


def policy_of(docs: DocumentLookup, project_id: str) -> Policy | None:
    """Return the policy that is in force in a project, None where it has none."""
    recorded = authority_of(docs, project_id).get("policy")
    if recorded is None:
        return None
    known = _READ.get(id(recorded))
    if known is None or known[0] is not recorded:
        if len(_READ) >= _READ_MOST:
            _READ.clear()
        known = _READ[id(recorded)] = recorded, read(Policy, recorded)
    return known[1]


_READ_MOST = 256
_READ: dict[int, tuple[Doc, Policy]] = {}
"""Policies by the identity of what is recorded, which is kept beside each: documents are replaced and never changed."""


class JoinedRule(PolicyRule):
    """The rules that a request may be under, of which nobody can say which: all that they ask for, as one rule."""

    more_tags: tuple[tuple[str, ...], ...] = ()
    """For each rule beside the one whose tags these are: whoever decides has one of them, too."""
    expires_by: str = ""
    """The name of the rule whose `expire` it is."""
    also: tuple[str, ...] = ()
    """The names of the others, in the policy's order."""


def rule_for(policy: Policy, case: RequestCase) -> PolicyRule | None:
    """Return the rule that holds for a request, None where none does.

    Where something of the request can't be read, it is a `JoinedRule` of all that may be meant.
    """
    unclear: list[PolicyRule] = []
    for rule in policy.rules:
        fits = _fits(rule.when, case)
        if fits is None:
            unclear.append(rule)
        elif fits:
            return _joined([*unclear, rule], case)
    return _joined(unclear, case)


def rule_in_force(docs: DocumentLookup, project_id: str, case: RequestCase) -> PolicyRule | None:
    """Return the rule of the policy in force that holds for a request; None without a policy, or where none fits."""
    policy = policy_of(docs, project_id)
    return rule_for(policy, case) if policy is not None else None


def _joined(rules: list[PolicyRule], case: RequestCase) -> PolicyRule | None:
    """Return all that some rules ask for: an agent that writes what can't be read has not chosen between them."""
    if len(rules) < 2:
        return rules[0] if rules else None

    def strictness(rule: PolicyRule) -> tuple[int, bool, bool, bool]:
        return _people(rule, case), bool(rule.always_human), bool(rule.tags), rule.not_asker is not False

    strictest = max(rules, key=strictness)  # of equals the first
    tags = list(dict.fromkeys(rule.tags for rule in (strictest, *rules) if rule.tags))
    expiring = next((rule for rule in rules if rule.expire), strictest)
    return JoinedRule(
        name=strictest.name,
        people=max(_people(rule, case) for rule in rules),
        tags=tags[0] if tags else None,
        more_tags=tuple(tags[1:]),
        not_asker=any(rule.not_asker is not False for rule in rules),
        always_human=any(rule.always_human for rule in rules),
        expire=expiring.expire,
        expires_by=expiring.name,
        also=tuple(rule.name for rule in rules if rule is not strictest),
    )


def _people(rule: PolicyRule, case: RequestCase) -> int:
    """Return how many must approve: an elicitation is answered by one person, whatever a rule for both kinds says."""
    return (rule.people or 1) if case.kind == APPROVAL else 1


def _fits(when: RuleCondition, case: RequestCase) -> bool | None:
    """Return whether a condition fits a request; None where something of it can't be read."""
    if when.kind is not None and when.kind != case.kind:
        return False
    fits = _fits_beside_context(when, case)
    if fits is False or not when.context:
        return fits
    for key, bound in when.context.items():
        is_within = _is_within(bound, case.value_of(key))
        if is_within is False:
            return False
        fits = None if is_within is None else fits
    return fits


def _fits_beside_context(when: RuleCondition, case: RequestCase) -> bool | None:
    if when.steps is None and when.recommended is None and when.confidence_below is None:
        return True  # most rules are on the context alone, and each request is held against all
    answers: list[bool | None] = []
    if when.steps is not None:
        answers.append(case.is_in(when.steps))
    if when.recommended is not None:
        answers.append(_is_recommended(when.recommended, case))
    if when.confidence_below is not None:
        answers.append(None if case.confidence is None else case.confidence < when.confidence_below)
    return False if False in answers else None if None in answers else True


def _is_recommended(outcomes: tuple[str, ...], case: RequestCase) -> bool | None:
    if case.recommended is None and case.kind == APPROVAL:  # an agent that says nothing has not chosen the laxer rule
        return None
    return case.recommended in outcomes


def _is_within(bound: ContextBound, text: str | None) -> bool | None:
    if text is None or len(text) > VALUE_MOST:
        return None
    is_equal = True if bound.equals is None else _is_equal(text, bound.equals)
    if not is_equal or (bound.at_least is None and bound.below is None):
        return is_equal
    amount = amount_of(text) if bound.unit is None else amount_in(text, bound.unit)
    if amount is None or amount < 0:  # who writes a refund as -5,000 is not under a limit of 1,000
        return None
    if bound.at_least is not None and amount < _decimal(bound.at_least):
        return False
    return bound.below is None or amount < _decimal(bound.below)


@lru_cache(1024)
def _is_equal(text: str, wanted: str) -> bool | None:
    """Return whether a text is another one, whatever its case; None where it only looks so."""
    if _plain(text) == _plain(wanted):
        return True
    return None if are_alike(text, wanted) else False


@lru_cache(1024)
def _decimal(number: float) -> Decimal:
    return Decimal(repr(number))


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


# -- what it takes, and who has agreed


def needs_under(rule: PolicyRule, case: RequestCase, agreements: Iterable[Doc], actor: Actor) -> Needs:
    """Return what a rule asks of who decides a request, and whether `actor` may."""
    people = _people(rule, case)
    agreed = tuple(_agreed(one) for one in agreements if people > 1 and not _refusal(rule, case, _who(one)))
    refusal = _refusal(rule, case, actor) or None
    return Needs(
        rule=rule.name,
        people=people,
        tags=rule.tags or (),
        more_tags=rule.more_tags if isinstance(rule, JoinedRule) else (),
        agreed=agreed,
        may=refusal is None,
        refusal=refusal,
    )


def _who(agreement: Doc) -> Actor:
    authority = agreement["authority"]
    return Actor(authority["subject"], "reviewer", tuple(authority.get("tags") or ()))


def _agreed(agreement: Doc) -> Agreed:
    keys = {key: agreement[key] for key in ("at", "eventId", "outcome", "note") if key in agreement}
    return read(Agreed, {"subject": agreement["authority"]["subject"], **keys})


def _refusal(rule: PolicyRule, case: RequestCase, actor: Actor) -> str:
    """Return why somebody may not decide a request under a rule, as a sentence; empty where they may."""
    if tags := lacking_tags(rule, actor):
        return f"Only {_one_of(tags)} may decide this; {actor.subject} does not have that tag."
    if is_own(rule, case, actor):
        return f"{actor.subject} asked for this, and nobody may decide their own request."
    return ""


def lacking_tags(rule: PolicyRule, actor: Actor) -> tuple[str, ...]:
    """Return a list of tags that a rule asks for and of which somebody has none; empty where there is none such."""
    return next((tags for tags in _tags_of(rule) if not set(tags) & set(actor.tags)), ())


def _tags_of(rule: PolicyRule) -> tuple[tuple[str, ...], ...]:
    """Return the lists of tags of each of which whoever decides has one."""
    return ((rule.tags,) if rule.tags else ()) + (rule.more_tags if isinstance(rule, JoinedRule) else ())


def is_own(rule: PolicyRule, case: RequestCase, actor: Actor) -> bool:
    """Return whether a request is somebody's own, which a rule lets them not decide."""
    return rule.not_asker is not False and actor.subject == case.requested_by


def _one_of(tags: tuple[str, ...]) -> str:
    return tags[0] if len(tags) == 1 else f"{', '.join(tags[:-1])} or {tags[-1]}"


def check_may(needs: Needs) -> None:
    """Check that the caller may decide.

    Raises:
        NotAllowed: the policy lets them not; the message names what it takes.
    """
    if not needs.may:
        raise NotAllowed(f"{needs.refusal} {demand_words(needs)}", needs=needs.wire())


def demand_words(needs: Needs) -> str:
    """Return what a request needs, as a sentence; times as on the wire, so that screens can show them as theirs."""
    tags = " and the tag ".join(map(_one_of, needs.tag_lists))
    who = f" with the tag {tags}" if tags else ""
    count = f"{needs.people} people" if needs.people > 1 else "one person"
    agreed = ", ".join(f"{one.subject} at {wire_time(one.at)}" for one in needs.agreed)
    agreed = f"; agreed so far: {agreed}" if agreed else ""
    return f"The policy's rule {needs.rule!r} asks for {count}{who}{agreed}."


def agreements_to(needs: Needs, outcome: Outcome, by: Actor) -> tuple[Agreed, ...]:
    """Return the agreements of other people to the very outcome that somebody gives now.

    Who agreed to a request as it was has not agreed to somebody's edit of it.
    """
    return tuple(one for one in needs.agreed if one.subject != by.subject and is_same(one, outcome))


def is_same(agreed: Agreed, outcome: Outcome) -> bool:
    """Return whether somebody agreed to this very outcome: of an edit, to its note word for word."""
    return agreed.outcome == outcome.type and (outcome.type != EDITED or agreed.note == outcome.note)


def may_alone(rule: PolicyRule | None, case: RequestCase, giver: Actor) -> bool:
    """Return whether `giver` could decide a request alone, and a grant of theirs for them."""
    if rule is None:
        return True
    return not rule.always_human and (rule.people or 1) == 1 and not _refusal(rule, case, giver)
