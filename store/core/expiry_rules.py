"""The rules of expiry (CONTRACT.md part 4): a request that nobody decides in the time that its policy gives."""

from __future__ import annotations

from datetime import datetime

from api_client import commands as c
from api_client.authority import PolicyRule
from api_client.errors import Conflict, NotFound
from api_client.times import later, parse_time
from store.core.authority_lookup import pause_in
from store.core.authority_rules import authority_snapshot
from store.core.grant_coverage import sample_of
from store.core.policy_rules import policy_of, rule_for
from store.core.request_case import APPROVAL, RequestCase, case_in
from store.core.rule_checks import task_named, without_none
from store.core.ruling import Ruling
from store.core.state_view import DocumentLookup

EXPIRED = "EXPIRED"
"""The reason code of a decision by expiry."""


def expiry_of(docs: DocumentLookup, project_id: str, case: RequestCase) -> tuple[datetime, PolicyRule] | None:
    """Return when a request expires under the policy in force and by which rule, None where it does not."""
    policy = policy_of(docs, project_id)
    rule = rule_for(policy, case) if policy is not None else None
    if rule is None or rule.expire is None:
        return None
    return later(parse_time(case.requested_at), seconds=rule.expire.after_seconds), rule


def expire(ruling: Ruling, command: c.Expire) -> None:
    """Settle a request that has expired: an approval is escalated or rejected, an elicitation is withdrawn."""
    view = ruling.view
    request, event = view.get("requests", command.request_id), view.event(command.request_id)
    if request is None or event is None:
        raise NotFound("There is no such open request.")
    case = case_in(view, event)
    found = expiry_of(view, request["projectId"], case)
    if found is None or ruling.now < found[0]:
        raise Conflict("It has not expired.")
    if pause_in(view, request["projectId"]):
        raise Conflict("Its project is paused: nothing expires meanwhile.")
    rule = found[1]
    seconds = rule.expire.after_seconds if rule.expire else 0
    words = f"Expired: undecided for {seconds} seconds (the policy's rule {rule.name!r})."
    task = task_named(view, request["taskId"])
    if case.kind != APPROVAL:
        ruling.on_task(task, "REQUEST_WITHDRAWN", {"type": "Note", "message": words}, inResponseTo=command.request_id)
        return
    outcome = (rule.expire.outcome if rule.expire else None) or "ESCALATE"
    policy = policy_of(view, request["projectId"])
    payload = {
        "type": "ApprovalDecided",
        "outcome": {"type": outcome, "note": words, "reasonCode": EXPIRED},
        "authority": authority_snapshot(ruling.actor),
        "recommendationSnapshot": event["payload"].get("recommendation"),
        "requestHash": event["hash"],
        "escalatedTo": list(policy.escalate) if outcome == "ESCALATE" and policy and policy.escalate else None,
        # A grant whose samples nobody looks at is not checked by anybody: they count like disagreements.
        "sampleOf": sample_of(view, request),
    }
    ruling.on_task(task, "APPROVAL_DECIDED", without_none(payload), inResponseTo=command.request_id)
