"""The figures of an open folder."""

from __future__ import annotations

from collections import Counter

from api_client.times import parse_time
from store.core.figures import AGE_NAMES, Figures, age_of
from store.folder.engine import Store
from store.folder.state import State


def folder_figures(store: Store, since: int) -> Figures:
    """Return the figures of now, with the decisions after the event at `since`."""

    def look(state: State) -> Figures:
        now = store.clock()
        waiting: Counter[tuple[str, str]] = Counter()
        slugs = {doc["id"]: doc["projectName"] for doc in state.documents("projects")}
        for slug in slugs.values():
            waiting.update(dict.fromkeys(((slug, age) for age in AGE_NAMES), 0))
        for doc in state.documents("requests"):
            waiting[slugs[doc["projectId"]], age_of(now - parse_time(doc["requestedAt"]))] += 1
        decided = state.index.walk(start=since, types=("APPROVAL_DECIDED",))
        outcomes = Counter(str(store.events.at(seq)["payload"]["outcome"]["type"]) for seq in decided)
        return Figures(waiting, outcomes, store.position.commits, state.seq)

    return store.read(look)
