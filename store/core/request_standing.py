"""The standing of an open request under its project's policy, as a reviewer sees it: needs, expiry, blindness."""

from __future__ import annotations

from typing import Any

from api_client.actor import Actor
from api_client.times import wire_time
from store.core.expiry_rules import expiry_under
from store.core.policy_rules import needs_under, policy_of, rule_for
from store.core.request_case import case_in
from store.core.state_view import Doc, DocumentLookup


def standing_of(docs: DocumentLookup, event: Doc, actor: Actor) -> dict[str, Any]:
    """Return the keys that a policy adds to an InboxItem or RequestDetail for `actor`; none where there is no policy.

    Args:
        docs: the documents as they are now.
        event: the event of a request that is open.
        actor: the caller.
    """
    policy = policy_of(docs, event["projectId"])
    request = docs.get("requests", event["id"])
    if policy is None or request is None:
        return {}
    case = case_in(docs, event, request)
    rule = rule_for(policy, case)
    needs = needs_under(rule, case, request.get("agreements") or (), actor) if rule is not None else None
    expiry = expiry_under(rule, case) if rule is not None else None
    return {
        "needs": needs.wire() if needs is not None else None,
        "expiresAt": wire_time(expiry.at) if expiry is not None else None,
        "expiresTo": expiry.outcome if expiry is not None else None,
        "blind": True if policy.blind and case.is_blind(policy.blind) else None,
    }
