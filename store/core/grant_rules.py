"""The rules of grants (CONTRACT.md part 4): giving and ending them, and what they decide in the commit that asks."""

from __future__ import annotations

from api_client import commands as c
from api_client.errors import Conflict, InvalidRequest, NotFound
from api_client.times import wire_time
from store.core.authority_lookup import authority_of, grant_in, pause_in
from store.core.authority_rules import authority_snapshot
from store.core.decision_records import rule_record
from store.core.event_types import GRANT_ENDED, GRANT_GIVEN
from store.core.grant_coverage import check_grant, giver_of, grants_of, is_over
from store.core.policy_rules import rule_in_force
from store.core.request_case import case_in, is_sampled
from store.core.rule_checks import task_named, without_none
from store.core.ruling import Ruling
from store.core.state_view import Doc, DocumentLookup

GRANTS_MOST = 100
"""Grants that may be in force in one project."""
DISAGREEMENTS_END = 3
"""Samples in a row that people decide otherwise, after which a grant ends (CONTRACT.md part 4)."""
FOLLOWED = frozenset(("APPROVAL_REQUESTED", "APPROVAL_DECIDED", "REQUEST_WITHDRAWN"))
"""The types of events that a grant may follow up."""
REVOKED, TIME, COUNT, DISAGREEMENT, KEY_REVOKED = "REVOKED", "TIME", "COUNT", "DISAGREEMENT", "KEY_REVOKED"


def give_grant(ruling: Ruling, command: c.GiveGrant) -> None:
    """Let what fits a filter be approved without asking again."""
    check_grant(command, ruling.now)
    if ruling.view.get("projects", command.project_id) is None:
        raise NotFound(f"There is no project {command.project_id!r}.")
    grants = [grant for grant in grants_of(ruling.view, command.project_id) if grant["name"] == command.name]
    if grants:
        raise Conflict(f"There is a grant {command.name!r} in this project: end it first, or give another name.")
    if len(authority_of(ruling.view, command.project_id).get("grants") or ()) >= GRANTS_MOST:
        raise Conflict(f"The project has {GRANTS_MOST} grants in force, as many as it may have: end one of them first.")
    grant_id = f"grt_{ruling.token()}"
    payload = {
        "type": "GrantGiven",
        "grantId": grant_id,
        "name": command.name,
        "filter": command.filter,
        "until": wire_time(command.ends_at()),
        "most": command.most,
        "sample": command.sample,
        "givenBy": authority_snapshot(ruling.actor),
    }
    ruling.entry(GRANT_GIVEN, payload, projectId=command.project_id)
    ruling.shows = ("grants", grant_id)


def end_grant(ruling: Ruling, command: c.EndGrant) -> None:
    """End a grant: any reviewer, or the platform where its time is over or its giver's key was revoked."""
    is_platform = ruling.actor.role == "platform"
    if command.reason is not None and not is_platform:
        raise InvalidRequest("reason: unknown key")
    grant = grant_named(ruling.view, command.grant_id)
    if ended := grant.get("ended"):
        raise Conflict(f"The grant has ended already, by {ended['by']} at {ended['at']} ({ended['reason']}).")
    reason = (command.reason or TIME) if is_platform else REVOKED
    if is_platform and (reason not in (TIME, KEY_REVOKED) or (reason == TIME and not is_over(grant, ruling.now))):
        raise Conflict("The grant is still in force.")
    _end(ruling, grant, reason)
    ruling.shows = ("grants", command.grant_id)


def _end(ruling: Ruling, grant: Doc, reason: str) -> None:
    payload = {"type": "GrantEnded", "grantId": grant["id"], "reason": reason}
    ruling.entry(GRANT_ENDED, payload, projectId=grant["projectId"])


def grant_named(docs: DocumentLookup, grant_id: str) -> Doc:
    """Return the document of a grant.

    Raises:
        NotFound: there is none.
    """
    grant = grant_in(docs, grant_id)
    if grant is None:
        raise NotFound(f"There is no grant {grant_id!r}.")
    return grant


# -- what follows in the same commit


def follow_up(ruling: Ruling, event: Doc) -> None:
    """Add what an event that was just recorded brings about: the grant that covers a request decides it, or ends.

    Pure in the event: what follows is the same whenever it is asked, and `verify` asks again.
    """
    if event["eventType"] == "APPROVAL_REQUESTED":
        _decide_by_grant(ruling, event)
    else:
        _end_used(ruling, event)


def _decide_by_grant(ruling: Ruling, event: Doc) -> None:
    view = ruling.view
    if not authority_of(view, event["projectId"]).get("grants") or pause_in(view, event["projectId"]):
        return
    covered_by = (view.get("requests", event["id"]) or {}).get("coveredBy")
    for grant in grants_of(view, event["projectId"]):
        if is_over(grant, ruling.now):
            _end(ruling, grant, TIME)
        elif grant["id"] == covered_by:
            if not is_sampled(event["hash"], grant["sample"]):
                _approve(ruling, event, grant)
            return  # a sample goes to a person, whatever other grants would say


def _approve(ruling: Ruling, event: Doc, grant: Doc) -> None:
    view, giver = ruling.view, giver_of(grant)
    payload = {
        "type": "ApprovalDecided",
        "outcome": {"type": "APPROVE"},
        "authority": {"subject": giver.subject, "tags": list(giver.tags), "grant": grant["id"]},
        "recommendationSnapshot": event["payload"]["recommendation"],
        "requestHash": event["hash"],
        "rule": rule_record(view, event["projectId"], rule_in_force(view, event["projectId"], case_in(view, event))),
    }
    task = task_named(view, event["taskId"])
    ruling.on_task(task, "APPROVAL_DECIDED", without_none(payload), inResponseTo=event["id"])


def _end_used(ruling: Ruling, event: Doc) -> None:
    grant_id = (event["payload"].get("authority") or {}).get("grant") or event["payload"].get("sampleOf")
    grant = ruling.view.get("authority", grant_id) if grant_id else None
    if grant is None or grant.get("ended"):
        return
    if grant["used"] >= grant["most"]:
        _end(ruling, grant, COUNT)
    elif grant["disagreed"] >= DISAGREEMENTS_END:
        _end(ruling, grant, DISAGREEMENT)
