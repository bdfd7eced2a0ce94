"""Pages of settled requests, read from the journal: no more of each event than its row needs."""

from __future__ import annotations

from api_client.models import Page
from api_client.settled import SETTLING, SettledQuery, SettledRequest, settled_request
from store.core import read_models
from store.core.event_ids import seq_of
from store.core.paging import checked_limit
from store.core.settled_pages import pick, start_of
from store.folder.engine import Store
from store.folder.state import State


def settled_page(store: Store, query: SettledQuery) -> Page[SettledRequest]:
    """Return a page of the requests that were settled."""

    def look(state: State) -> Page[SettledRequest]:
        events = store.events
        project = 0 if query.project_id is None else _number_of(state, query.project_id)
        after = events.read_cursor(query.scope, query.cursor)
        start = start_of(query, after, state.seq, lambda seq: str(events.at(seq)["timestamp"]))
        seqs = state.index.walk(project=project, start=start, order=query.order, types=SETTLING)
        picked = pick(query, ((seq, _row_at(store, state, seq)) for seq in seqs), checked_limit(query.limit))
        cursor = events.cursor(query.scope, picked.looked) if picked.looked else query.cursor
        return Page(items=tuple(picked.rows), next_cursor=cursor)

    return store.read(look)


def _number_of(state: State, project_id: str) -> int:
    project = state.get("projects", project_id)
    if project is None:
        raise read_models.not_found("projects", project_id)
    number: int = project["no"]
    return number


def _row_at(store: Store, state: State, seq: int) -> SettledRequest | None:
    """Return the row of the settlement at `seq`; None where it settled nothing."""

    def request(request_id: str) -> bytes | None:
        asked = seq_of(request_id)
        return store.events.raw(asked)[0] if 0 < asked < seq and state.index.reply(asked) == seq else None

    return settled_request(store.events.raw(seq)[0], request)
