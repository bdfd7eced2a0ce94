"""Facts of a request, read out of what an agent sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from api_client.models import Event


def recommended_type(recommendation: Any) -> str:
    """Return the raw type of the outcome that an agent recommends, empty where it recommends none."""
    outcome = recommendation.get("outcome") if isinstance(recommendation, Mapping) else None
    return str(outcome.get("type") or "") if isinstance(outcome, Mapping) else ""


def confidence_value(raw: Any) -> float | None:
    """Return an agent's confidence (0..1), None where it gives none."""
    value = raw.get("confidence") if isinstance(raw, Mapping) else None
    return None if isinstance(value, bool) or not isinstance(value, (int, float)) else float(value)


def request_kind(event_type: str) -> str:
    """Return the name of a kind of request, by the event that asked."""
    return {"APPROVAL_REQUESTED": "approval", "ELICITATION_REQUESTED": "elicitation"}.get(event_type, "request")


def context_value(context: Mapping[str, str] | None, key: str) -> str | None:
    """Return the one value under a key of the context, whatever the key's case; None where there is none, or several.

    An agent may send `Amount` and `amount`: neither is then the amount.
    """
    wanted = key.strip().casefold()
    values = [value for name, value in (context or {}).items() if name.strip().casefold() == wanted]
    return values[0] if len(values) == 1 else None


def settled_id(event: Event) -> str | None:
    """Return the id of the request that an event settles, None where it settles none: an agreement is an action."""
    return None if event.event_type == "ACTION" else event.in_response_to


def agreed_id(event: Event) -> str | None:
    """Return the id of the request that an event is one person's agreement to, None where it is none."""
    return event.in_response_to if event.event_type == "ACTION" else None
