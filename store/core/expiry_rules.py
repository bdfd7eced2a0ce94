"""The rules of expiry (CONTRACT.md part 4): a request that nobody decides in the time that its policy gives."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple

from api_client import commands as c
from api_client.authority import PolicyRule
from api_client.errors import Conflict, NotFound
from api_client.times import later, parse_time
from store.core.authority_lookup import pause_in
from store.core.authority_rules import authority_snapshot
from store.core.decision_records import rule_record
from store.core.grant_coverage import sample_of
from store.core.policy_rules import JoinedRule, policy_of, rule_in_force
from store.core.request_case import APPROVAL, RequestCase, case_in
from store.core.rule_checks import task_named, without_none
from store.core.ruling import Ruling
from store.core.state_view import DocumentLookup

EXPIRED = "EXPIRED"
"""The reason code of a decision by expiry."""


class ExpiryOfRequest(NamedTuple):
    """When a request expires, by which rule, and to what."""

    at: datetime
    rule: str
    seconds: int
    outcome: Literal["ESCALATE", "REJECT", "WITHDRAW"]


def expiry_of(docs: DocumentLookup, project_id: str, case: RequestCase) -> ExpiryOfRequest | None:
    """Return the expiry of a request under the policy in force, None where it has none."""
    rule = rule_in_force(docs, project_id, case)
    return None if rule is None else expiry_under(rule, case)


def expiry_under(rule: PolicyRule, case: RequestCase) -> ExpiryOfRequest | None:
    """Return the expiry of a request under the rule that holds for it, None where it has none."""
    expire = rule.expire
    if expire is None:
        return None
    at = later(parse_time(case.requested_at), seconds=expire.after_seconds)
    outcome = (expire.outcome or "ESCALATE") if case.kind == APPROVAL else "WITHDRAW"
    name = rule.expires_by if isinstance(rule, JoinedRule) else rule.name
    return ExpiryOfRequest(at, name, expire.after_seconds, outcome)


def expire(ruling: Ruling, command: c.Expire) -> None:
    """Settle a request that has expired: an approval is escalated or rejected, an elicitation is withdrawn."""
    view = ruling.view
    request, event = view.get("requests", command.request_id), view.event(command.request_id)
    if request is None or event is None:
        raise NotFound("There is no such open request.")
    case = case_in(view, event)
    rule = rule_in_force(view, request["projectId"], case)
    found = None if rule is None else expiry_under(rule, case)
    if found is None or ruling.now < found.at:
        raise Conflict("It has not expired.")
    if pause_in(view, request["projectId"]):
        raise Conflict("Its project is paused: nothing expires meanwhile.")
    words = f"Expired: undecided for {found.seconds} seconds (the policy's rule {found.rule!r})."
    task = task_named(view, request["taskId"])
    held = rule_record(view, request["projectId"], rule)
    if case.kind != APPROVAL:
        note = {"type": "Note", "message": words, "rule": held}
        ruling.on_task(task, "REQUEST_WITHDRAWN", note, inResponseTo=command.request_id)
        return
    outcome = found.outcome
    policy = policy_of(view, request["projectId"])
    payload = {
        "type": "ApprovalDecided",
        "outcome": {"type": outcome, "note": words, "reasonCode": EXPIRED},
        "authority": authority_snapshot(ruling.actor),
        "recommendationSnapshot": event["payload"].get("recommendation"),
        "requestHash": event["hash"],
        "rule": held,
        "escalatedTo": list(policy.escalate) if outcome == "ESCALATE" and policy and policy.escalate else None,
        # A grant whose samples nobody looks at is not checked by anybody: they count like disagreements.
        "sampleOf": sample_of(view, request),
    }
    ruling.on_task(task, "APPROVAL_DECIDED", without_none(payload), inResponseTo=command.request_id)
