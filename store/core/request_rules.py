"""The rules of requests (CONTRACT.md part 3, Requests): approvals and elicitations, asked and settled."""

from __future__ import annotations

from typing import Any

from api_client import commands as c
from api_client.errors import Conflict, InvalidAnswers, InvalidRequest, NotAllowed, NotFound
from api_client.fields import check_answers, read_fields
from api_client.models import REQUEST_WITHDRAWN
from api_client.needs import APPROVING, Needs
from api_client.times import wire_time
from store.core.authority_rules import authority_snapshot
from store.core.decision_records import attachments_opened, rule_record
from store.core.fold import attached, open_requests
from store.core.grant_coverage import sample_of
from store.core.policy_rules import (
    agreements_to,
    check_may,
    demand_words,
    is_same,
    needs_under,
    policy_of,
    rule_in_force,
)
from store.core.request_case import RequestCase, case_in
from store.core.rule_checks import agents_task, check_not_closed, task_named, without_none
from store.core.ruling import Ruling
from store.core.state_view import Doc, StateView
from store.core.upload_rules import attachment_snapshots, refuse_unknown

OPEN_MOST = 100
"""Requests that may be open on one task (CONTRACT.md part 3, Requests)."""
_AGREED = {"APPROVE": "Agreed to approve", "EDIT_AND_APPROVE": "Agreed to approve with this edit"}
_NOUNS = {"APPROVAL_REQUESTED": "approval", "ELICITATION_REQUESTED": "elicitation"}


def request_approval(ruling: Ruling, command: c.RequestApproval) -> None:
    """Ask a person to decide."""
    recommendation = command.recommendation.wire() if command.recommendation else None
    payload = {"type": "ApprovalRequested", "summary": command.summary, "recommendation": recommendation}
    _request(ruling, command, "APPROVAL_REQUESTED", payload)


def request_elicitation(ruling: Ruling, command: c.RequestElicitation) -> None:
    """Ask a person to fill in fields."""
    bids = None if command.recommendation is None else [bid.wire() for bid in command.recommendation]
    payload = {"type": "ElicitationRequested", "summary": command.summary, "recommendation": bids}
    payload["fields"] = [field.wire() for field in command.fields]
    _request(ruling, command, "ELICITATION_REQUESTED", payload)


def _request(
    ruling: Ruling, command: c.RequestApproval | c.RequestElicitation, event_type: str, payload: dict[str, Any]
) -> None:
    task = agents_task(ruling.view, command)
    on_task = {attachment["uploadId"] for attachment in attached(task["attachments"], None)}
    refuse_unknown(upload for upload in command.attachments or () if upload not in on_task)
    check_not_closed(task)
    if len(open_requests(task)) >= OPEN_MOST:
        raise Conflict(f"The task has {OPEN_MOST} open requests, as many as it may have: settle one of them first.")
    payload["keyValueContext"] = command.key_value_context
    payload["attachments"] = None if command.attachments is None else list(command.attachments)
    payload["attachmentSnapshots"] = attachment_snapshots(ruling.view, task, command.attachments or ()) or None
    ruling.on_task(task, event_type, without_none(payload), externalTraceId=command.external_trace_id)


def decide_approval(ruling: Ruling, command: c.Decide) -> None:
    """Record a reviewer's decision on an approval."""
    outcome = command.outcome
    if outcome.type in ("EDIT_AND_APPROVE", "REQUEST_MORE_INFO") and not (outcome.note or "").strip():
        raise InvalidRequest(f"{outcome.type} needs a note that says what.", code="NOTE_REQUIRED")
    view = ruling.view
    event = _request_event(view, command.request_id, "APPROVAL_REQUESTED")
    opened = attachments_opened(event, command.attachments_opened)
    task = _unsettled(view, event, command.request_hash)
    payload: dict[str, Any] = {
        "type": "ApprovalDecided",
        "outcome": outcome.wire(),
        "authority": authority_snapshot(ruling.actor),
        "recommendationSnapshot": event["payload"].get("recommendation"),
        "requestHash": command.request_hash,
        "attachmentsOpened": opened,
    }
    if view.get("authority", event["projectId"]) is not None:
        case, request = case_in(view, event), view.get("requests", command.request_id) or {}
        rule = rule_in_force(view, event["projectId"], case)
        evidence = {"attachmentsOpened": opened, "rule": rule_record(view, event["projectId"], rule)}
        needs = None if rule is None else needs_under(rule, case, request.get("agreements") or (), ruling.actor)
        if needs is not None and not _is_enough(ruling, command, needs, task, evidence):
            return
        payload |= evidence | _under_authority(view, command, case, request)
        if needs is not None and needs.people > 1 and outcome.type in APPROVING:
            payload["agreements"] = [one.event_id for one in agreements_to(needs, outcome, ruling.actor)]
    ruling.on_task(task, "APPROVAL_DECIDED", without_none(payload), inResponseTo=command.request_id)


def _is_enough(ruling: Ruling, command: c.Decide, needs: Needs, task: Doc, evidence: Doc) -> bool:
    """Return whether the actor's outcome decides; where it takes more people, record that they agreed.

    An agreement holds the same `evidence` as the decision.

    Raises:
        NotAllowed: the policy lets them not.
        Conflict: they have agreed already.
    """
    outcome, actor = command.outcome, ruling.actor
    check_may(needs)
    agreed = agreements_to(needs, outcome, actor)
    if outcome.type not in APPROVING or len(agreed) + 1 >= needs.people:
        return True
    before = next((one for one in needs.agreed if one.subject == actor.subject), None)
    if before is not None and is_same(before, outcome):
        raise Conflict(f"You agreed already, at {wire_time(before.at)}. {demand_words(needs)}")
    agreement: dict[str, Any] = {"outcome": outcome.type, "note": outcome.note, "reasonCode": outcome.reason_code}
    agreement |= {"authority": authority_snapshot(actor), "requestHash": command.request_hash, **evidence}
    payload = {
        "type": "Action",
        "description": f"{_AGREED[outcome.type]}: {len(agreed) + 1} of {needs.people}",
        "detail": {"agreement": without_none(agreement)},
        "metadataPatch": {},
    }
    ruling.on_task(task, "ACTION", payload, inResponseTo=command.request_id)
    return False


def _under_authority(view: StateView, command: c.Decide, case: RequestCase, request: Doc) -> dict[str, Any]:
    """Return what a decision records of its project's policy and grants."""
    policy, outcome = policy_of(view, request["projectId"]), command.outcome.type
    is_blind = bool(command.blind and policy and policy.blind and case.is_blind(policy.blind))
    escalated_to = list(policy.escalate) if policy and policy.escalate and outcome == "ESCALATE" else None
    return {"blind": is_blind or None, "escalatedTo": escalated_to, "sampleOf": sample_of(view, request)}


def answer_elicitation(ruling: Ruling, command: c.Answer) -> None:
    """Record a reviewer's answers to an elicitation."""
    event = _request_event(ruling.view, command.request_id, "ELICITATION_REQUESTED")
    answers, faults = check_answers(read_fields(event["payload"]["fields"]), command.answers)
    if faults:
        raise InvalidAnswers(faults)
    opened = attachments_opened(event, command.attachments_opened)
    view = ruling.view
    task = _unsettled(view, event, command.request_hash)
    payload: dict[str, Any] = {
        "type": "ElicitationProvided",
        "answers": answers,
        "answeredBy": ruling.actor.subject,
        "requestHash": command.request_hash,
        "attachmentsOpened": opened,
    }
    if view.get("authority", event["projectId"]) is not None:
        case = case_in(view, event)
        rule = rule_in_force(view, event["projectId"], case)
        if rule is not None:
            check_may(needs_under(rule, case, (), ruling.actor))
            payload["authority"] = authority_snapshot(ruling.actor)
        payload["rule"] = rule_record(view, event["projectId"], rule)
    ruling.on_task(task, "ELICITATION_PROVIDED", without_none(payload), inResponseTo=command.request_id)


def withdraw(ruling: Ruling, command: c.Withdraw) -> None:
    """Take an open request back: the subject that asked it, or any reviewer."""
    event = ruling.view.event(command.request_id)
    if event is None or event["eventType"] not in _NOUNS:
        raise NotFound(f"There is no request {command.request_id!r}.")
    if ruling.actor.role == "agent" and event.get("subject") != ruling.actor.subject:
        raise NotAllowed("Only who asked a request, or a reviewer, withdraws it.")
    task = _unsettled(ruling.view, event, None)
    payload = {"type": "Note", "message": command.reason}
    sampled_by = sample_of(ruling.view, ruling.view.get("requests", event["id"]))
    if sampled_by is not None and event.get("subject") == ruling.actor.subject:
        # Who takes a sample back and asks again draws anew: it counts against the grant like a disagreement.
        payload["sampleOf"] = sampled_by
    ruling.on_task(task, "REQUEST_WITHDRAWN", payload, inResponseTo=command.request_id)


def _request_event(view: StateView, request_id: str, event_type: str) -> Doc:
    event = view.event(request_id)
    if event is None or event["eventType"] != event_type:
        raise NotFound(f"There is no {_NOUNS[event_type]} {request_id!r}.")
    return event


def _unsettled(view: StateView, event: Doc, hash_as_shown: str | None) -> Doc:
    """Return the task whose open request `event` is.

    Raises:
        Conflict: it is settled (who and when), or is not what the reviewer was shown.
    """
    if view.get("requests", event["id"]) is None:
        settled = view.settlement(event["id"])
        who, when = settler_of(settled) if settled else ("someone", "")
        done = "decided" if event["eventType"] == "APPROVAL_REQUESTED" else "answered"
        done = "withdrawn" if settled and settled["eventType"] == REQUEST_WITHDRAWN else done
        raise Conflict(f"Already {done} by {who} at {when}.")
    if hash_as_shown is not None and hash_as_shown != event["hash"]:
        raise Conflict("The request is not the one that was shown: look at it again.")
    return task_named(view, event["taskId"])


def settler_of(event: Doc) -> tuple[str, str]:
    """Return who settled a request and when, out of the event that did."""
    payload = event["payload"]
    who = (payload.get("authority") or {}).get("subject") or payload.get("answeredBy") or event.get("subject", "")
    return who, event["timestamp"]
