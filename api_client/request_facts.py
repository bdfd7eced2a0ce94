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
    if not context:
        return None
    names = tuple(context)
    is_short = len(names) <= CONTEXT_KEYS and sum(map(len, names)) <= KEY_MOST
    name = (_short_keys(names) if is_short else _long_keys(names)).name_of(key)
    return None if name is None else context[name]


class _ContextKeys:
    """The keys of a context, read once for the many rules and filters that ask for them."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self._all = names
        self._names: dict[str, str | None] = {}
        """By folded key: the key as it is written, None where there are several."""
        self._long: set[str] = set()
        """Keys that may be any, padded with what can't be seen."""
        for name in names:
            folded = _folded(name) if len(name) <= KEY_MOST else name  # it takes long to fold
            self._names[folded] = None if folded in self._names else name
            if len(name) > CONTEXT_VALUE and not name.isascii():
                self._long.add(folded)
        self._by_look: dict[str, set[str]] = {}
        """By look: the folded keys that have it; empty until it is asked for."""
        self._doubtful: dict[str, bool] = {}

    def name_of(self, key: str) -> str | None:
        """Return the one key that is this one, as it is written; None where there is none, or several may be it."""
        wanted = _folded(key)
        name = self._names.get(wanted)
        if name is None or len(self._all) == 1:
            return name
        if wanted not in self._doubtful:
            self._doubtful[wanted] = self._is_doubtful(wanted)
        return None if self._doubtful[wanted] else name

    def _is_doubtful(self, wanted: str) -> bool:
        """Return whether another key looks like one that is there."""
        from api_client.unicode_scripts import looks  # most contexts are asked for nothing, or have one key

        if not self._by_look:
            by_look: dict[str, set[str]] = {}
            for name in self._all:
                if len(name) <= CONTEXT_VALUE:
                    for look in looks(name):
                        by_look.setdefault(look, set()).add(_folded(name))
            self._by_look = by_look  # whole: another thread may ask at the same time
        alike = self._long.union(*(self._by_look.get(look, ()) for look in looks(wanted)))
        return not alike <= {wanted}


_short_keys, _long_keys = lru_cache(256)(_ContextKeys), lru_cache(2)(_ContextKeys)
"""Those of a project's requests are mostly the same; of long ones two are kept, while they are asked for."""


def _folded(key: str) -> str:
    return _short_folded(key) if len(key) <= CONTEXT_KEY else key.strip().casefold()


@lru_cache(4096)
def _short_folded(key: str) -> str:
    """Return a key without case and blanks; kept, for each rule and filter looks at the same keys again."""
    return key.strip().casefold()


def looks_like(text: str, wanted: str) -> bool:
    """Return whether a text may be read as `wanted`; a long one may be it, padded with what can't be seen."""
    if len(text) > max(CONTEXT_VALUE, 2 * len(wanted)):
        return not text.isascii()
    from api_client.unicode_scripts import are_alike  # most filters have no use for it

    return are_alike(text, wanted)


def is_folded(text: str, wanted: str) -> bool:
    """Return whether a text is `wanted`, which is casefolded, whatever its case and the blanks around it."""
    text = text.strip()
    # Folding never makes a text shorter, and an agent's may be long.
    return len(text) <= len(wanted) and text.casefold() == wanted


KEY_MOST = 1_000
"""Characters of a key that a rule or a filter may ask for."""
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
    return event.in_response_to if event.event_type == "ACTION" and event.source != "AGENT" else None
