"""The evidence that a decision holds: the rule of the policy that held, and the attachments that were opened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from api_client.request_facts import agreed_id

if TYPE_CHECKING:
    from api_client.models import Event

ALSO_MOST = 20
"""Rules that held together with the first which are named; the JSON has all."""


def evidence_of(event: Event) -> Mapping[str, Any]:
    """Return what holds the evidence of an event: of one person's agreement that, else the payload."""
    detail = event.payload.get("detail") if agreed_id(event) is not None and event.source == "HUMAN" else None
    agreement = detail.get("agreement") if isinstance(detail, Mapping) else None
    return agreement if isinstance(agreement, Mapping) else event.payload


def rule_text(evidence: Mapping[str, Any]) -> str:
    """Return the rule that held, raw; empty where there was no policy, or it is not recorded."""
    rule = evidence.get("rule")
    if not isinstance(rule, Mapping):
        return ""
    if not rule.get("name"):
        return "no rule of the policy fits"
    also = rule.get("also")
    names = [str(name) for name in also[:ALSO_MOST]] if isinstance(also, list) else []
    # not foreign: cleaned where it is drawn
    return f"{rule['name']}, with {', '.join(names)}: any of them may hold" if names else str(rule["name"])


def opened_in(evidence: Mapping[str, Any]) -> frozenset[str] | None:
    """Return the attachments that whoever decided had opened; None where that is not recorded."""
    opened = evidence.get("attachmentsOpened")
    return frozenset(map(str, opened)) if isinstance(opened, list) else None


def opened_word(upload_id: str, opened: frozenset[str] | None) -> str:
    """Return whether an attachment was opened before the decision, in words; empty where that is not recorded."""
    if opened is None:
        return ""
    return "opened" if upload_id in opened else "not opened"
