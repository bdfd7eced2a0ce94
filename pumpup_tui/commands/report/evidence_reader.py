"""Reading of a report's evidence from any backend: which events belong to it, then their bytes and proofs.

First the checkpoint, then all else: what is recorded meanwhile is not in the report. Of the events that are looked
through only their places are remembered; their bytes come with the proofs, up to a limit.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pumpup_tui.commands.failure import Failed

if TYPE_CHECKING:
    from api_client.backend import Backend
    from api_client.event_filter import EventFilter
    from api_client.models import Event
    from api_client.proofs import EventProof, Proofs
    from pumpup_tui.commands.report.evidence import Evidence, ReportScope
    from store.core.shared_proof import KnownNodes

DECISIONS_MOST = 50_000
"""Decisions of one report: a browser takes some seconds for so many."""
BYTES_MOST = 200_000_000
"""Bytes of all its events."""
TASKS_ONE_BY_ONE = 100
"""Tasks whose events are read singly; for more of them all timelines are read once."""
NEAR = 50
"""Places around the one at which an entry of the chain must be by its time."""
_PAGE = 500
_SETTLED = ("APPROVAL_DECIDED", "ELICITATION_PROVIDED", "REQUEST_WITHDRAWN")

Progress = Callable[[int, int], None]


@dataclass(slots=True)
class _Places:
    """The places of a report's events, and of what else belongs to them."""

    size: int
    """The events of the checkpoint: what came later is left out."""
    seqs: set[int] = field(default_factory=set)
    decisions: int = 0
    tasks: set[str] = field(default_factory=set)
    grants: set[str] = field(default_factory=set)
    first: Event | None = None
    """The first of the decisions."""

    def add(self, event: Event) -> None:
        """Take an event itself."""
        seq = event.seq or _seq_of(event.id)
        if 0 < seq <= self.size:
            self.seqs.add(seq)

    def add_decision(self, event: Event) -> None:
        """Take what settled a request, and note what it refers to."""
        if (event.seq or _seq_of(event.id)) > self.size:
            return
        self.add(event)
        self.decisions += 1
        self.first = self.first or event
        self.tasks.add(event.task_id)
        agreements = event.payload.get("agreements")
        named = [event.in_response_to, *(agreements if isinstance(agreements, list) else ())]
        self.seqs.update(seq for one in named if 0 < (seq := _seq_of(one)) <= self.size)
        authority = event.payload.get("authority")
        if isinstance(authority, dict) and isinstance(authority.get("grant"), str):
            self.grants.add(authority["grant"])


def _seq_of(event_id: Any) -> int:
    from store.core.event_ids import seq_of

    return seq_of(event_id) if isinstance(event_id, str) else 0


async def read_evidence(
    backend: Backend, proofs: Proofs, scope: ReportScope, progress: Progress = lambda _done, _all: None
) -> Evidence:
    """Return the evidence of the decisions in a scope.

    Raises:
        ApiError: the backend could not be read, or proves nothing.
        Failed: there are too many decisions for one report, or the proofs do not fit.
    """
    from pumpup_tui.commands.report.evidence import Evidence
    from store.core.merkle import leaf_hash
    from store.core.shared_proof import KnownNodes, shared_root
    from store.core.signed_note import read_head, read_note

    checkpoint = await proofs.checkpoint()
    key = await proofs.key()
    head = read_head(read_note(checkpoint.encode()).text)
    places = _Places(head.size)
    await _find_decisions(backend, scope, places)
    if places.decisions:
        await _find_beside(backend, scope, places)
    known = KnownNodes(head.size)
    found = [proof async for proof in _proven(proofs, sorted(places.seqs), places.size, known, progress)]
    found += [proof for grant in sorted(places.grants) if (proof := await _grant(backend, proofs, grant, places, known))]
    events = tuple(sorted(map(_event, found), key=lambda one: one.seq))
    nodes = known.proof() if events else []
    if events:
        leaves = {one.seq - 1: leaf_hash(one.hash) for one in events}
        if shared_root(head.size, leaves, nodes) != head.root:
            raise Failed("The proofs that the record gave do not fit its checkpoint: run 'pumpup-tui verify'.")
    projects = {one.id: one.name for one in await backend.projects()}
    used = {one.get("projectId") for one in (event.read() for event in events)}
    return Evidence(key, checkpoint, events, nodes, {id_: name for id_, name in projects.items() if id_ in used})


async def _find_decisions(backend: Backend, scope: ReportScope, places: _Places) -> None:
    from api_client.event_filter import EventFilter

    only = EventFilter(since=scope.since, until=scope.until, decided_by=scope.decided_by)
    for task in scope.tasks or (None,):
        async for event in _events(backend, _SETTLED, scope, task, only):
            places.add_decision(event)
            if places.decisions > DECISIONS_MOST:
                raise Failed(
                    f"There are more than {DECISIONS_MOST:,} decisions, the most that one report holds: narrow it with "
                    "--project, --since and --until, and make several."
                )


async def _find_beside(backend: Backend, scope: ReportScope, places: _Places) -> None:
    """Find where the tasks of the decisions were created, and what was done on them afterwards."""
    from api_client.event_filter import NO_FILTER, EventFilter

    if len(places.tasks) <= TASKS_ONE_BY_ONE:
        for task in sorted(places.tasks):
            async for event in _events(backend, ("TASK_CREATED", "ACTION"), scope, task, NO_FILTER):
                _add_beside(event, places)
        return
    since = places.first.timestamp if places.first else None
    async for event in _events(backend, ("TASK_CREATED",), scope, None, NO_FILTER):
        _add_beside(event, places)
    async for event in _events(backend, ("ACTION",), scope, None, EventFilter(since=since)):
        _add_beside(event, places)


def _add_beside(event: Event, places: _Places) -> None:
    if event.task_id not in places.tasks:
        return
    is_deed = event.event_type == "ACTION" and (event.in_response_to or event.external_trace_id)
    if event.event_type == "TASK_CREATED" or is_deed:
        places.add(event)


async def _events(
    backend: Backend, types: Sequence[str], scope: ReportScope, task: str | None, only: EventFilter
) -> AsyncIterator[Event]:
    cursor: str | None = None
    project = scope.project[0] if scope.project is not None else None
    while True:
        page = await backend.events(
            task_id=task, project_id=project, types=types, cursor=cursor, limit=_PAGE, only=only
        )
        for event in page.items:
            yield event
        cursor = page.next_cursor or cursor
        if page.is_last(_PAGE):
            return


async def _proven(
    proofs: Proofs, seqs: Sequence[int], size: int, known: KnownNodes, progress: Progress
) -> AsyncIterator[EventProof]:
    """Yield the proofs of events, whose paths go into `known` and no further."""
    from api_client.proofs import PROOFS_MOST

    length = 0
    for start in range(0, len(seqs), PROOFS_MOST):
        for proof in await proofs.of(seqs[start : start + PROOFS_MOST], size):
            length += len(proof.event)
            if length > BYTES_MOST:
                raise Failed(
                    f"The events of these decisions are over {BYTES_MOST // 1_000_000} MB, the most that one report "
                    "holds: narrow it with --project, --since and --until, and make several."
                )
            _add_path(proof, known)
            yield proof
        progress(min(start + PROOFS_MOST, len(seqs)), len(seqs))


def _add_path(proof: EventProof, known: KnownNodes) -> None:
    try:
        known.add(proof.seq - 1, [bytes.fromhex(node) for node in proof.path])
    except ValueError as fault:
        raise Failed(f"The proof of event {proof.seq} can't be used: {fault}.") from None


async def _grant(
    backend: Backend, proofs: Proofs, grant_id: str, places: _Places, known: KnownNodes
) -> EventProof | None:
    """Return the proof of the entry by which a grant was given, None where it is not found.

    It is on no timeline, and its id names no place: it is looked for around its time.
    """
    from api_client.event_filter import EventFilter

    grant = next((one for one in await backend.grants() if one.id == grant_id), None)
    if grant is None:
        return None
    page = await backend.events(only=EventFilter(since=grant.given_at), limit=1)
    near = (page.items[0].seq or places.size) if page.items else places.size
    around = range(max(1, near - NEAR), min(places.size, near + NEAR - 1) + 1)
    for proof in await proofs.of(tuple(around), places.size):
        event = _event(proof).read()
        if event.get("eventType") == "GRANT_GIVEN" and _payload(event).get("grantId") == grant_id:
            if proof.seq in places.seqs:
                return None
            places.seqs.add(proof.seq)
            _add_path(proof, known)
            return proof
    return None


def _payload(event: dict[str, Any]) -> dict[str, Any]:
    payload = event.get("payload")
    return payload if isinstance(payload, dict) else {}


def _event(proof: EventProof) -> Any:
    from pumpup_tui.commands.report.evidence import ProvenEvent

    return ProvenEvent(proof.seq, proof.event, proof.previous, proof.hash)


def decisions_in(events: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return those of these events that settled a request."""
    return [event for event in events if event.get("eventType") in _SETTLED]
