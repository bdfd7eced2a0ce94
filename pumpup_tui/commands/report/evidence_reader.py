"""Reading of a report's evidence from any backend: which events belong to it, then their bytes and proofs.

First the checkpoint, then all else: what is recorded meanwhile is not in the report. Of the events that are looked
through only their places are remembered; their bytes come with the proofs, up to a limit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pumpup_tui.commands.failure import Failed
from pumpup_tui.commands.report.evidence import Evidence, ProvenEvent
from pumpup_tui.commands.report.timeline_places import PlacedDecision, Trail, decisions_in, task_places

if TYPE_CHECKING:
    from api_client.backend import Backend
    from api_client.proofs import Proofs
    from pumpup_tui.commands.report.evidence import ReportScope

DECISIONS_MOST = 50_000
"""Decisions of one report: a browser takes some seconds for so many."""
BYTES_MOST = 200_000_000
"""Bytes of all its events."""
NEAR = 50
"""Places on either side of the one at which an entry of the chain must be by its time."""
_NARROW = "narrow it with --project, --since and --until, and make several."

Progress = Callable[[int, int], None]


async def read_evidence(
    backend: Backend, scope: ReportScope, progress: Progress = lambda _done, _all: None
) -> Evidence:
    """Return the evidence of the decisions in a scope.

    Raises:
        ApiError: the backend could not be read, or proves nothing.
        Failed: there are too many decisions for one report, or the proofs do not fit.
    """
    from store.core.signed_note import read_head, read_note

    checkpoint = await backend.proofs.checkpoint()
    key = await backend.proofs.key()
    head = read_head(read_note(checkpoint.encode()).text)
    decisions: list[PlacedDecision] = []
    async for decision in decisions_in(backend, scope, head.size):
        decisions.append(decision)
        if len(decisions) > DECISIONS_MOST:
            raise Failed(f"There are more than {DECISIONS_MOST:,} decisions, the most that one report holds: {_NARROW}")
    decisions.sort(key=lambda one: one.seq)  # of several tasks, which were read one by one
    proven = _ProvenEvents(backend.proofs, head.size, progress)
    await proven.add(seq for one in decisions for seq in (one.seq, *one.named))
    trail = Trail({one.task_id for one in decisions}, head.size)
    if decisions:
        await task_places(backend, scope, trail, decisions[0].at)
    beside, others = trail.beside(decisions, proven.traces())
    await proven.add((*others, *beside, *trail.created))
    for grant in sorted({one.grant for one in decisions} - {""}):
        await proven.add_grant(backend, grant)
    events = proven.in_order()
    nodes = proven.checked(head.root) if events else []
    used = {one.project_id for one in decisions}
    projects = {one.id: one.name for one in await backend.projects() if one.id in used}
    listed = {one.seq for one in decisions}
    return Evidence(key, checkpoint, events, nodes, projects, len(decisions), tuple(sorted(set(beside) - listed)))


@dataclass(slots=True)
class _ProvenEvents:
    """The events that were read with their proofs."""

    proofs: Proofs
    size: int
    """The events of the checkpoint: later ones are left out."""
    progress: Progress
    events: dict[int, ProvenEvent] = field(default_factory=dict)
    paths: Any = None
    length: int = 0

    async def add(self, seqs: Iterable[int]) -> None:
        """Read the events at these places, as far as the checkpoint has them."""
        from api_client.proofs import PROOFS_MOST, proofs_of

        wanted = sorted({seq for seq in seqs if 0 < seq <= self.size} - self.events.keys())
        for start in range(0, len(wanted), PROOFS_MOST):
            for proof in await proofs_of(self.proofs, wanted[start : start + PROOFS_MOST], self.size):
                self._take(proof)
            self.progress(min(len(wanted), start + PROOFS_MOST), len(wanted))

    def _take(self, proof: Any) -> None:
        from store.core.shared_proof import KnownNodes

        self.length += len(proof.event)
        if self.length > BYTES_MOST:
            megabytes = BYTES_MOST // 1_000_000
            raise Failed(f"These decisions' events are over {megabytes} MB, the most that one report holds: {_NARROW}")
        self.paths = self.paths or KnownNodes(self.size)
        try:
            self.paths.add(proof.seq - 1, [bytes.fromhex(node) for node in proof.path])
        except ValueError as fault:
            raise Failed(f"The proof of event {proof.seq} can't be used: {fault}.") from None
        self.events[proof.seq] = ProvenEvent(proof.seq, proof.event, proof.previous, proof.hash)

    async def add_grant(self, backend: Backend, grant_id: str) -> None:
        """Read the entry by which a grant was given, where it is found.

        It is on no timeline, and its id names no place: it is looked for around its time.
        """
        from api_client.event_filter import EventFilter
        from api_client.proofs import proofs_of

        grant = next((one for one in await backend.grants() if one.id == grant_id), None)
        if grant is None:
            return
        page = await backend.events(only=EventFilter(since=grant.given_at), limit=1)
        near = page.items[0].seq if page.items else None
        at = min(near or self.size, self.size)
        for proof in await proofs_of(
            self.proofs, range(max(1, at - NEAR), min(self.size, at + NEAR - 1) + 1), self.size
        ):
            event = ProvenEvent(proof.seq, proof.event, proof.previous, proof.hash).read()
            payload = event.get("payload")
            is_given = event.get("eventType") == "GRANT_GIVEN" and isinstance(payload, dict)
            if is_given and (payload or {}).get("grantId") == grant_id and proof.seq not in self.events:
                self._take(proof)

    def traces(self) -> dict[str, str]:
        """Return the trace ids of the requests among them, by the requests' ids."""
        read = (event.read() for event in self.events.values())
        requests = (event for event in read if event.get("eventType") == "APPROVAL_REQUESTED")
        return {str(one.get("id")): trace for one in requests if isinstance(trace := one.get("externalTraceId"), str)}

    def in_order(self) -> tuple[ProvenEvent, ...]:
        """Return them in the order of the record."""
        return tuple(self.events[seq] for seq in sorted(self.events))

    def checked(self, root: bytes) -> list[bytes]:
        """Return the shared proof of them all.

        Raises:
            Failed: it does not lead to the root.
        """
        from store.core.merkle import leaf_hash
        from store.core.shared_proof import shared_root

        nodes: list[bytes] = self.paths.proof()
        leaves = {seq - 1: leaf_hash(event.hash) for seq, event in self.events.items()}
        if shared_root(self.size, leaves, nodes) != root:
            raise Failed("The proofs that the record gave do not fit its checkpoint: run 'pumpup-tui verify'.")
        return nodes
