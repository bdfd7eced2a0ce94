"""Figures of an open folder, for monitoring."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import NamedTuple

from api_client.times import parse_time
from store.folder.engine import Store
from store.folder.state import State

AGES = (("1h", timedelta(hours=1)), ("1d", timedelta(days=1)), ("7d", timedelta(days=7)))
OLDER = "older"


class Figures(NamedTuple):
    """The folder's figures now, and its latest decisions."""

    open_requests: Counter[tuple[str, str]]
    """By project (the name that agents use) and age, up to each of `AGES` or `OLDER`. Every project is included."""
    outcomes: Counter[str]
    """Decisions by outcome, since the seq that was asked for."""
    commits: int
    """All that the journal holds."""
    seq: int
    """Ask for the outcomes since here next."""


def figures(store: Store, since: int) -> Figures:
    """Return the figures of now, with the decisions after the event at `since`."""

    def look(state: State) -> Figures:
        now = store.clock()
        waiting: Counter[tuple[str, str]] = Counter()
        slugs = {doc["id"]: doc["projectName"] for doc in state.documents("projects")}
        for slug in slugs.values():
            waiting.update(dict.fromkeys(((slug, age) for age in (*dict(AGES), OLDER)), 0))
        for doc in state.documents("requests"):
            waited = now - parse_time(doc["requestedAt"])
            age = next((name for name, most in AGES if waited <= most), OLDER)
            waiting[slugs[doc["projectId"]], age] += 1
        decided = state.index.walk(start=since, types=("APPROVAL_DECIDED",))
        outcomes = Counter(str(store.events.at(seq)["payload"]["outcome"]["type"]) for seq in decided)
        return Figures(waiting, outcomes, store.position.commits, state.seq)

    return store.read(look)
