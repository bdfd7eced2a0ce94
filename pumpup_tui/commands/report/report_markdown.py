"""A report as Markdown: the same decisions with the same facts, without the proof.

What somebody else wrote stands in code, inline or in a block, whose fence is longer than any run of its own characters
in the text: there no renderer sees links, images or HTML. It has been through the text firewall before.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from statistics import median
from typing import TYPE_CHECKING, Any

from pumpup_tui.commands.report.decision_facts import (
    ANSWERED,
    EXPIRED,
    UNKNOWN,
    WITHDRAWN,
    DecisionFacts,
    decision_facts_of,
    list_of,
    mapping_of,
    payload_of,
    text_of,
    time_of,
)
from pumpup_tui.text.durations import span
from pumpup_tui.text.firewall import clean, line
from pumpup_tui.text.labels import answer_text, confidence_of
from pumpup_tui.text.outcomes import OUTCOMES

if TYPE_CHECKING:
    from pumpup_tui.commands.report.evidence import Evidence, ReportHead

_ACTS: Mapping[str, str] = {
    **{name: act.past_with_glyph for name, act in OUTCOMES.items()},
    "EDIT_AND_APPROVE": f"{OUTCOMES['EDIT_AND_APPROVE'].glyph} edited and approved",
    ANSWERED: "✓ answered",
    WITHDRAWN: "⊘ withdrawn",
    EXPIRED: "◷ expired",
    UNKNOWN: "· unknown",
}
"""How a request was settled, in the words of the page."""
_DEEDS: Mapping[str, str] = {
    "DONE": "approved, and an action refers to it",
    "NONE": "approved, and nothing done since",
    "UNLINKED": "approved, and no later action refers to it",
    "AFTER_DENIAL": "denied, and an action refers to it",
}
_TICKS = re.compile("`+")
_NO_PROOF = (
    "This text proves nothing by itself. The page (`--format html`) checks itself in a browser; `pumpup-tui prove` and "
    "`pumpup-tui check` prove single events."
)


def report_markdown(evidence: Evidence, head: ReportHead) -> str:
    """Return the report as a Markdown document."""
    facts = decision_facts_of(evidence)
    lines = ["# Decision report", "", *_head_lines(evidence, head), "", "## Summary", "", *_summary(facts), ""]
    lines += ["## Decisions", ""]
    for number, one in enumerate(facts, 1):
        lines += [*_decision(number, one), ""]
    return "\n".join(lines)


def inline(text: object, limit: int = 500) -> str:
    """Return foreign text as inline code; a dash for an empty one."""
    shown = line(text, limit).strip()
    if not shown:
        return "–"  # noqa: RUF001 - the sign for nothing, as in the page
    fence = "`" * (max((len(run) for run in _TICKS.findall(shown)), default=0) + 1)
    return f"{fence} {shown} {fence}" if len(fence) > 1 else f"`{shown}`"


def block(text: object) -> Iterator[str]:
    """Yield foreign text as a block of code."""
    shown = clean(text if isinstance(text, str) else str(text))
    fence = "`" * max(3, max((len(run) for run in _TICKS.findall(shown)), default=0) + 1)
    yield from (f"{fence}text", *shown.split("\n"), fence)


def _time(moment: datetime | None) -> str:
    from datetime import UTC

    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if moment is not None else "unknown"


def _head_lines(evidence: Evidence, head: ReportHead) -> Iterator[str]:
    scope = head.scope
    yield f"- Made: {_time(head.made_at)} by {inline(head.made_by)}, pumpup-tui {inline(head.version)}"
    if scope.project is not None:
        yield f"- Only project: {inline(scope.project[1])}"
    if scope.tasks:
        yield f"- Only tasks: {', '.join(map(inline, scope.tasks.values()))}"
    if scope.since is not None:
        yield f"- From: {_time(scope.since)}"
    if scope.until is not None:
        yield f"- Before: {_time(scope.until)}"
    if scope.decided_by:
        yield f"- Decided by: {inline(scope.decided_by)}"
    yield f"- Signed with the key: {inline(evidence.key)}"
    yield "- Checkpoint:"
    yield ""
    yield from block(evidence.checkpoint.rstrip("\n"))
    yield ""
    yield _NO_PROOF


def _summary(facts: list[DecisionFacts]) -> Iterator[str]:
    counts = Counter(one.act for one in facts)
    yield f"- {len(facts):,} decision{'' if len(facts) == 1 else 's'}"
    yield from (f"- {words}: {counts[act]:,}" for act, words in _ACTS.items() if counts[act])
    waits = [one.seconds_waited for one in facts if one.seconds_waited is not None and one.by_person]
    if waits:
        yield f"- Half were decided within {span(median(waits))}, all within {span(max(waits))}"
    compared = [one.agrees for one in facts if one.agrees is not None]
    if compared:
        yield f"- As the agent recommended: {sum(compared):,} of {len(compared):,} ({_share(compared)})"
    states: Counter[str] = Counter(one.deed_state for one in facts)
    yield from (f"- {words}: {states[name]:,}" for name, words in _DEEDS.items() if states[name])


def _share(agreed: list[bool]) -> str:
    return f"{sum(agreed) / len(agreed):.0%}"


def _decision(number: int, one: DecisionFacts) -> Iterator[str]:
    asked = payload_of(one.request or {})
    yield f"### {number}. {_ACTS[one.act]}: {inline(asked.get('summary'), 160)}"
    yield ""
    yield from block(text_of(asked.get("summary")))
    yield ""
    for name, value in _facts(one):
        if value:
            yield f"- {name}: {value}"
    for key, value in mapping_of(asked.get("keyValueContext")).items():
        yield f"- Context {inline(key, 200)}: {inline(value, 2_000)}"
    yield from _answers(asked, payload_of(one.settled))
    yield from _attached(one)
    yield from _people_and_deeds(one)


def _facts(one: DecisionFacts) -> Iterator[tuple[str, str]]:
    payload = payload_of(one.settled)
    outcome, authority = mapping_of(payload.get("outcome")), mapping_of(payload.get("authority"))
    note = text_of(outcome.get("note")) or (text_of(payload.get("message")) if one.act in (WITHDRAWN, EXPIRED) else "")
    rule = mapping_of(payload.get("rule"))
    yield "By", _who(one)
    yield "At", _time(time_of(one.settled))
    yield "Time from request", span(one.seconds_waited)
    yield "Note", inline(note, 20_000) if note else ""
    yield "Reason code", inline(outcome["reasonCode"]) if outcome.get("reasonCode") else ""
    yield "Task", f"{inline(one.task_name)} {inline(one.settled.get('taskId'), 60)}"
    yield "Project", inline(one.project_name)
    yield "Asked by", inline((one.request or {}).get("subject"), 80)
    yield "Asked at", _time(time_of(one.request or {}))
    yield "Agent's recommendation", _recommendation(one, payload)
    yield "As recommended", "" if one.agrees is None else "yes" if one.agrees else "no"
    yield "Tags then", _tags(authority) if authority else "not recorded"
    yield "Rule that held", _rule(rule) if rule else "not recorded"
    yield "Grant", inline(one.grant, 60) if one.grant else ""
    yield "Hash of the request", inline(payload.get("requestHash")) if payload.get("requestHash") else "not recorded"
    yield "Decision", _event_words(one.settled)
    yield "Request", _event_words(one.request) if one.request else "not in this report"


def _who(one: DecisionFacts) -> str:
    if one.by_platform and not one.grant:
        return "nobody in time"
    return f"{'grant of ' if one.grant else ''}{inline(one.who, 80)}"


def _recommendation(one: DecisionFacts, payload: Mapping[str, Any]) -> str:
    if not one.recommended:
        return "none"
    act = OUTCOMES.get(one.recommended)
    words = (act.long or act.word) if act else inline(one.recommended, 40)
    confidence = confidence_of({"confidence": one.confidence})
    blind = ", hidden until the decision" if payload.get("blind") else ""
    why = f": {inline(one.rationale, 20_000)}" if one.rationale else ""
    return f"{words}{f', {confidence}' if confidence else ''}{blind}{why}"


def _tags(authority: Mapping[str, Any]) -> str:
    return ", ".join(inline(tag, 80) for tag in list_of(authority.get("tags"))[:20]) or "none"


def _rule(rule: Mapping[str, Any]) -> str:
    name = inline(rule["name"], 200) if rule.get("name") else "no rule of the policy fits"
    also = ", ".join(inline(one, 200) for one in list_of(rule.get("also"))[:20])
    return f"{name}{f' with {also}' if also else ''} (policy {inline(rule.get('policy'), 80)})"


def _event_words(event: Mapping[str, Any]) -> str:
    return f"event {event.get('seq')}, {inline(event.get('id'), 60)}, hash {inline(event.get('hash'), 80)}"


def _answers(asked: Mapping[str, Any], payload: Mapping[str, Any]) -> Iterator[str]:
    answers = mapping_of(payload.get("answers"))
    labels = {
        text_of(field.get("id")): text_of(field.get("label")) for field in map(mapping_of, list_of(asked.get("fields")))
    }
    bids = {text_of(bid.get("fieldId")): bid for bid in map(mapping_of, list_of(asked.get("recommendation")))}
    for field in dict.fromkeys((*labels, *answers)):
        given = inline(answer_text(answers[field]), 2_000) if field in answers else "not answered"
        bid = f" (the agent suggested {inline(answer_text(bids[field].get('value')), 500)})" if field in bids else ""
        yield f"- Answer {inline(labels.get(field) or field, 300)}: {given}{bid}"


def _attached(one: DecisionFacts) -> Iterator[str]:
    words = {True: "opened before the decision", False: "not opened", None: "opened or not: not recorded"}
    for shown in one.attachments:
        yield f"- Attachment {inline(shown.label, 200)}: {words[shown.opened]}, SHA-256 {inline(shown.sha256, 80)}"


def _people_and_deeds(one: DecisionFacts) -> Iterator[str]:
    for event in one.agreements:
        agreement = mapping_of(mapping_of(payload_of(event).get("detail")).get("agreement"))
        by = mapping_of(agreement.get("authority"))
        note = f": {inline(agreement['note'], 20_000)}" if agreement.get("note") else ""
        yield f"- Agreed before: {inline(by.get('subject'), 80)} ({_tags(by)}), {_time(time_of(event))}{note}"
    if one.deed_state in _DEEDS:
        yield f"- What was done: {_DEEDS[one.deed_state]}"
    for event in one.deeds:
        words = inline(payload_of(event).get("description"), 2_000)
        yield f"- Done: {_time(time_of(event))}, {inline(event.get('subject'), 80)}: {words} (event {event.get('seq')})"
