"""Facts of a request, read out of what an agent sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import islice
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

    An agent may send `Amount` and `amount`, or a key that only looks like it: neither is then the amount.
    """
    wanted, found = _folded(key), None
    for name, value in (context or {}).items():
        if _folded(name) == wanted:
            if found is not None:
                return None
            found = value
        elif not name.isascii() and looks_like(name, wanted):
            return None
    return found


def _folded(key: str) -> str:
    return _short_folded(key) if len(key) <= CONTEXT_KEY else key.strip().casefold()


@lru_cache(4096)
def _short_folded(key: str) -> str:
    """Return a key without case and blanks; kept, for each rule and filter looks at the same keys again."""
    return key.strip().casefold()


def looks_like(text: str, wanted: str) -> bool:
    """Return whether a text may be read as `wanted`; a long one may be it, padded with what can't be seen."""
    return len(text) > max(CONTEXT_VALUE, 2 * len(wanted)) or _look(text) == _look(wanted)


@lru_cache(4096)
def _look(text: str) -> str:
    """Return the look of a text; kept, for each rule and grant looks at the same keys again."""
    from api_client.unicode_scripts import look  # most texts are ASCII

    return look(text)


def is_folded(text: str, wanted: str) -> bool:
    """Return whether a text is `wanted`, which is casefolded, whatever its case and the blanks around it."""
    text = text.strip()
    # Folding never makes a text shorter, and an agent's may be long.
    return len(text) <= len(wanted) and text.casefold() == wanted


CONTEXT_KEYS = 20
"""Entries of the context that a list of requests has of each, at the most; …"""
CONTEXT_KEY = 100
"""… the characters of a key, …"""
CONTEXT_VALUE = 200
"""… and of a value. An entry with more is left out."""


def listed_context(context: Any) -> dict[str, str]:
    """Return the entries of a request's context that a list has of it.

    A key that is there several times, in whatever case, is left out (see `context_value`): what is too long of the
    others must not make one of them certain.
    """
    texts = [(key, value) for key, value in _items(context) if isinstance(key, str) and isinstance(value, str)]
    counts = Counter(key.strip().casefold() for key, _ in texts)
    short = (
        (key, value)
        for key, value in texts
        if len(key) <= CONTEXT_KEY and len(value) <= CONTEXT_VALUE and counts[key.strip().casefold()] == 1
    )
    return dict(islice(short, CONTEXT_KEYS))


def _items(context: Any) -> Iterable[tuple[Any, Any]]:
    return context.items() if isinstance(context, Mapping) else ()


def settled_id(event: Event) -> str | None:
    """Return the id of the request that an event settles, None where it settles none: an agreement is an action."""
    return None if event.event_type == "ACTION" else event.in_response_to


def agreed_id(event: Event) -> str | None:
    """Return the id of the request that an event is one person's agreement to, None where it is none."""
    return event.in_response_to if event.event_type == "ACTION" else None
