"""The evidence of a report, read over every backend: the same decisions, and a page that another program can check."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pumpup_tui.commands.report import timeline_places
from pumpup_tui.commands.report.decision_facts import decision_facts_of
from pumpup_tui.commands.report.evidence import Evidence, ReportHead, ReportScope
from pumpup_tui.commands.report.evidence_reader import read_evidence
from pumpup_tui.commands.report.report_html import report_html
from store.core.report_check import check_report
from store.core.signed_note import read_verifier_key
from tests.contract.given import Given
from tests.contract.given_authority import GivenAuthority
from tests.support.backends import World


def checked(evidence: Evidence) -> list[str]:
    """Return the types of the events in a report's page, as far as another program takes them."""
    head = ReportHead(ReportScope(), datetime(2026, 3, 3, tzinfo=UTC), "maria", "0.1.0")
    page = "".join(report_html(evidence, head))
    return [event["eventType"] for event in check_report(page.encode(), read_verifier_key(evidence.key)).events]


async def test_a_decision_comes_with_what_belongs_to_it(world: World, given: Given) -> None:
    """Its request, its task's beginning, the deed by trace id; where another word was last, that one beside it."""
    task = await given.task()
    first = await given.approval(task, externalTraceId="run-7")
    await given.decision(first, "REJECT")
    again = await given.approval(task, externalTraceId="run-7")
    await given.decision(again)
    await given.action(task, external_trace_id="run-7")
    await given.action(task)
    everything = await read_evidence(world.reviewer, ReportScope())
    decisions = ["APPROVAL_REQUESTED", "APPROVAL_DECIDED"] * 2
    assert checked(everything) == ["TASK_CREATED", *decisions, "ACTION"]
    denied, approved = decision_facts_of(everything)
    assert (denied.act, denied.deed_state, len(denied.deeds)) == ("REJECT", "NOTHING_PROMISED", 0)
    assert (approved.act, approved.deed_state, len(approved.deeds)) == ("APPROVE", "DONE", 1)
    until = approved.settled["timestamp"]
    only_first = await read_evidence(world.reviewer, ReportScope(until=datetime.fromisoformat(until)))
    assert checked(only_first) == ["TASK_CREATED", *decisions]
    (alone,) = decision_facts_of(only_first)
    assert (alone.act, alone.deed_state) == ("REJECT", "NOTHING_PROMISED")
    assert len(only_first.beside) == 2  # with its request


async def test_a_grants_decision_comes_with_the_grant(world: World, authority: GivenAuthority) -> None:
    """The entry that gave it is found, though it is on no timeline; its giver is the decision's authority."""
    grant = await authority.grant()
    request = await authority.granted(recommendation={"outcome": {"type": "APPROVE"}})
    evidence = await read_evidence(world.reviewer, ReportScope(decided_by="alice"))
    assert "GRANT_GIVEN" in checked(evidence)
    facts = next(one for one in decision_facts_of(evidence) if one.grant)
    assert (facts.grant, facts.who, facts.by_platform) == (grant.id, "alice", True)
    assert facts.request is not None
    assert facts.request["id"] == request.id


async def test_many_tasks_are_read_at_once(world: World, given: Given) -> None:
    """Over a hundred tasks their timelines are read as one, with the same outcome."""
    if world.kind != "local":
        return  # it is the reader's choice, whatever is below it
    for number in range(101):
        task = await given.task(f"Claim {number}")
        request = await given.approval(task)
        await given.decision(request)
        await given.action(task, external_trace_id=request.id)
    evidence = await read_evidence(world.reviewer, ReportScope())
    facts = decision_facts_of(evidence)
    assert {(one.deed_state, one.task_name.split()[0]) for one in facts} == {("DONE", "Claim")}
    assert (evidence.decisions, len(evidence.events)) == (101, 404)
    assert len(checked(evidence)) == 404


async def test_many_tasks_change_nothing_about_deeds(
    world: World, given: Given, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In whatever order tasks are named, and where another's last word is on a request from before."""
    if world.kind != "local":
        return  # it is the reader's choice, whatever is below it
    early, late = await given.task("early"), await given.task("late")
    before = await given.approval(early, externalTraceId="run-7")
    promised = await given.approval(early)
    await given.decision(promised)
    await given.action(early, external_trace_id=promised.id)
    await given.decision(await given.approval(late))
    taken_over = await given.approval(late, externalTraceId="run-8")
    again = await given.approval(early, externalTraceId="run-7")
    await given.decision(again)
    await given.decision(before, "REJECT")
    await given.action(early, external_trace_id="run-7")
    await given.decision(taken_over)
    until = next(
        one.settled["timestamp"]
        for one in decision_facts_of(await read_evidence(world.reviewer, ReportScope()))
        if one.settled["inResponseTo"] == before.id
    )
    scopes = [
        ReportScope(tasks={late.id: "late", early.id: "early"}),
        ReportScope(tasks={early.id: "early"}, until=datetime.fromisoformat(until)),
    ]
    for scope in scopes:
        states = []
        for most in (100, 0):
            monkeypatch.setattr(timeline_places, "TASKS_ONE_BY_ONE", most)
            facts = decision_facts_of(await read_evidence(world.reviewer, scope))
            states.append({one.settled["inResponseTo"]: one.deed_state for one in facts})
        assert states[0] == states[1]
        assert states[0][promised.id] == "DONE"
