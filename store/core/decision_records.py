"""The parts of a decision's record that are evidence: the rule that held, and the attachments that were opened."""

from __future__ import annotations

from collections.abc import Sequence

from api_client.authority import PolicyRule
from api_client.errors import InvalidRequest
from store.core.authority_lookup import authority_of
from store.core.policy_rules import JoinedRule
from store.core.rule_checks import without_none
from store.core.state_view import Doc, DocumentLookup

_SHOWN = 80
"""Characters of an id that a refusal shows."""


def rule_record(docs: DocumentLookup, project_id: str, rule: PolicyRule | None) -> Doc | None:
    """Return what a decision records of the rule that held; None where the project has no policy.

    It names the policy by its hash. Where no rule of it fits there is no `name`; where a request can't be read, `also`
    names the rules that held together with the first.
    """
    policy_hash = authority_of(docs, project_id).get("policyHash")
    if policy_hash is None:
        return None
    if rule is None:
        return {"policy": policy_hash}
    also = list(rule.also) if isinstance(rule, JoinedRule) else None
    return without_none({"name": rule.name, "also": also, "policy": policy_hash})


def attachments_opened(request: Doc, opened: Sequence[str] | None) -> list[str] | None:
    """Return what a decision records of the attachments that its reviewer had opened, in the request's order.

    Args:
        request: The request's event.
        opened: What the reviewer's client says; None where it does not know.

    Returns:
        None where it is not known, and where the request has no attachments.

    Raises:
        InvalidRequest: it names an upload twice, or one that the request does not have.
    """
    attached = dict.fromkeys(request["payload"].get("attachments") or ())
    if opened is None:
        return None
    named: set[str] = set()
    for upload in opened:
        if upload not in attached:
            message = f"attachmentsOpened: the request has no attachment {upload[:_SHOWN]!r}"
            raise InvalidRequest(message, code="UNKNOWN_UPLOAD")
        if upload in named:
            raise InvalidRequest(f"attachmentsOpened: {upload[:_SHOWN]!r} stands in it twice")
        named.add(upload)
    return [upload for upload in attached if upload in named] if attached else None
