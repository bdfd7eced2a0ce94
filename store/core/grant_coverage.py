"""The grant that covers a request: found once, when it is asked (CONTRACT.md part 4)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache

from api_client.actor import Actor
from api_client.authority import INVALID_GRANT, GrantTerms, check_terms
from api_client.errors import InvalidRequest
from api_client.grant_filter import grant_test
from api_client.request_query import Test
from api_client.request_query_faults import grant_fault
from api_client.times import parse_time
from store.core.authority_lookup import authority_of, pause_in
from store.core.policy_rules import may_alone, rule_in_force
from store.core.request_case import case_in
from store.core.state_view import Doc, DocumentLookup


def check_grant(terms: GrantTerms, now: datetime) -> None:
    """Check the terms of a grant that is given or tried now, and its filter.

    Raises:
        InvalidRequest: INVALID_GRANT.
    """
    check_terms(terms, now)
    if fault := grant_fault(terms.filter):
        raise InvalidRequest(f"filter: {fault}", code=INVALID_GRANT)


def grants_of(docs: DocumentLookup, project_id: str) -> Iterator[Doc]:
    """Yield the grants that are in force in a project, in the order in which they were given."""
    for grant_id in authority_of(docs, project_id).get("grants") or ():
        grant = docs.get("authority", grant_id)
        if grant is not None:
            yield grant


def is_over(grant: Doc, now: datetime) -> bool:
    """Return whether the time of a grant is over."""
    return parse_time(grant["until"]) <= now


def giver_of(grant: Doc) -> Actor:
    """Return who gave a grant, with the tags that they had then."""
    giver = grant["givenBy"]
    return Actor(giver["subject"], "reviewer", tuple(giver.get("tags") or ()))


def covering(docs: DocumentLookup, event: Doc, request: Doc) -> Doc | None:
    """Return the first grant that fits a request which is being asked, None where none does.

    Args:
        docs: the documents as they were before.
        event: the request's event.
        request: its document, which is none of them yet.
    """
    project_id = event["projectId"]
    if pause_in(docs, project_id):
        return None
    case, now = case_in(docs, event, request), parse_time(event["timestamp"])
    if case.recommended != "APPROVE":
        return None
    fitting = [one for one in grants_of(docs, project_id) if not is_over(one, now) and _test_of(one["filter"])(case)]
    rule = rule_in_force(docs, project_id, case) if fitting else None
    # A grant decides nothing that its giver could not decide alone under the policy of this moment.
    return next((one for one in fitting if may_alone(rule, case, giver_of(one))), None)


@lru_cache(256)
def _test_of(text: str) -> Test:
    return grant_test(text)


def sample_of(docs: DocumentLookup, request: Doc | None) -> str | None:
    """Return the id of the grant, still in force, whose sample an open request is; None where it is none's."""
    grant_id: str | None = (request or {}).get("coveredBy")
    grant = docs.get("authority", grant_id) if grant_id is not None else None
    return grant_id if grant is not None and "ended" not in grant else None
