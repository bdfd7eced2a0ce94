"""A policy in clean words: its rules in order, with what each is for and what it takes; and how two policies differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from difflib import unified_diff
from typing import TYPE_CHECKING

from pumpup_tui.text.firewall import line
from pumpup_tui.text.layout import joined
from pumpup_tui.text.outcomes import OUTCOMES

if TYPE_CHECKING:
    from api_client.authority import ContextBound, Expiry, Policy, PolicyRule, RuleCondition

NAME = 80
"""Characters of a name, a tag, a step or a key."""
TEXT = 200
"""Characters of a text that a context value must equal."""
_KEPT = 2
"""Lines that are the same, around those that differ."""
_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def rule_rows(rule: PolicyRule) -> Iterator[tuple[str, str]]:
    """Yield a rule's rows, each with its name: what it is for, what it takes, and what becomes of the undecided."""
    yield "for", condition_words(rule.when)
    yield "takes", taken_words(rule)
    if rule.always_human:
        yield "grants", "none may decide it"
    if rule.expire is not None:
        yield "expires", expiry_words(rule.expire, is_elicitation=rule.when.kind == "elicitation")


def policy_rows(policy: Policy) -> Iterator[tuple[str, str]]:
    """Yield the rows of a policy that are of no rule."""
    yield "Otherwise", "any reviewer decides alone"
    if policy.blind:
        yield "Blind", f"the recommendation of {policy.blind:.0%} of the approvals is hidden until they are decided"
    if policy.escalate:
        yield "Escalated to", one_of(policy.escalate)
    yield "Changed by", one_of(policy.owners) if policy.owners else "any reviewer"


def condition_words(when: RuleCondition) -> str:
    """Return which requests a condition fits."""
    parts = []
    if when.steps is not None:
        parts.append(f"in {one_of(when.steps) or 'no step'}")
    if when.recommended is not None:
        words = [OUTCOMES[name].word if name in OUTCOMES else line(name, NAME) for name in when.recommended]
        parts.append(f"recommended: {' or '.join(words) or 'nothing'}")
    if when.confidence_below is not None:
        parts.append(f"confidence under {when.confidence_below:g}")
    parts += (_bound_words(key, bound) for key, bound in (when.context or {}).items())
    if not parts:
        return f"{when.kind}s" if when.kind else "all requests"
    return f"{when.kind or 'request'}s: {joined(parts, ', ')}"


def _bound_words(key: str, bound: ContextBound) -> str:
    bounds, unit = [], f" {line(bound.unit, NAME)}" if bound.unit else ""
    if bound.at_least is not None:
        bounds.append(f"at least {_number(bound.at_least)}{unit}")
    if bound.below is not None:
        bounds.append(f"under {_number(bound.below)}{unit}")
    if bound.equals is not None:
        bounds.append(f"exactly {line(bound.equals, TEXT)!r}")
    return f"{line(key, NAME)} {' and '.join(bounds)}"


def taken_words(rule: PolicyRule) -> str:
    """Return what a rule takes of who decides."""
    people = f"{rule.people} different people" if (rule.people or 1) > 1 else "one person"
    tags = f"with the tag {one_of(rule.tags)}" if rule.tags else ""
    asker = "" if rule.not_asker is not False else "even the asker"
    return joined((joined((people, tags), " "), asker), ", ")


def expiry_words(expiry: Expiry, *, is_elicitation: bool) -> str:
    """Return what becomes of a request that nobody decides."""
    end = "withdrawn" if is_elicitation else OUTCOMES[expiry.outcome or "ESCALATE"].past
    return f"{end} after {_time_words(expiry.after_seconds)}"


def one_of(names: Sequence[str]) -> str:
    """Return names of which one is enough: `claims-lead or finance`."""
    return " or ".join(line(name, NAME) for name in names)


def _number(number: float) -> str:
    text = f"{Decimal(repr(number)):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _time_words(seconds: int) -> str:
    size, name = next(unit for unit in _UNITS if seconds % unit[0] == 0)
    return f"{seconds // size:,} {name}{'' if seconds == size else 's'}"


def policy_changes(before: Policy | None, after: Policy) -> list[str]:
    """Return how a policy differs from the one before it: lines with `+ ` and `- `, and some of those around them."""
    was = list(_policy_lines(before)) if before is not None else []
    compared = unified_diff(was, list(_policy_lines(after)), lineterm="", n=_KEPT)
    # What only says where a line is: our own lines begin with a blank.
    return [text for text in compared if not text.startswith(("---", "+++", "@@"))]


def _policy_lines(policy: Policy) -> Iterator[str]:
    for rule in policy.rules:
        yield f" rule {line(rule.name, NAME)}"
        yield from _indented(rule_rows(rule))
    yield from (f" {name.lower()}: {words}" for name, words in policy_rows(policy))


def _indented(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    return (f"   {name}: {words}" for name, words in rows)
