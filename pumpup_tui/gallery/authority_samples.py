"""Made-up authority for the gallery: pauses, a trial, and grants in each state."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from api_client.authority import AmountSum, Disagreement, EscalatedTask, Grant, GrantEnd, Paused, Trial
from api_client.models import AuthoritySnapshot
from pumpup_tui.gallery.samples import HOSTILE, NOW, PROJECT, ago
from pumpup_tui.grants.grant_draft import GrantDraft

PAUSES = (
    Paused(reason=f"Refunds are paid twice {HOSTILE}", by="bob", at=ago(12)),
    Paused(project_id=PROJECT.id, reason="An audit of last week's claims", by="alice", at=ago(60)),
)
ESCALATED = (
    EscalatedTask(
        task_id="tsk_9",
        task_name="Claim C-1027",
        project_id=PROJECT.id,
        tags=("claims-lead",),
        request_id="evt_9",
        by="bob",
        at=ago(4),
        note="over my limit",
    ),
)
DRAFT = GrantDraft(PROJECT.id, "context.Amount<500", NOW + timedelta(days=7), "small refunds", 200)
TRIAL = Trial(
    approvals=1204,
    fits=312,
    sampled=17,
    agreed=310,
    disagreed=2,
    amounts=(AmountSum(key="Amount", agreed="$61,240.00", disagreed="$812.00"),),
    disagreements=tuple(
        Disagreement(
            request_id=f"evt_{number}",
            task_id=f"tsk_{number}",
            summary=f"Refund {HOSTILE}",
            outcome=outcome,
            decided_by="alice",
            decided_at=ago(90 * number),
            amount="$406.00",
        )
        for number, outcome in ((1, "REJECT"), (2, "ESCALATE"))
    ),
)


def grants() -> Sequence[Grant]:
    """Return a grant in force, and one that ended in each way."""
    ends = (
        (None, 1),
        (GrantEnd(reason="DISAGREEMENT", at=ago(3), by="platform"), 3),
        (GrantEnd(reason="REVOKED", at=ago(30), by="bob"), 0),
        (GrantEnd(reason="COUNT", at=ago(300), by="platform"), 0),
    )
    return [
        Grant(
            id=f"grt_{number}",
            project_id=PROJECT.id,
            name=f"small refunds {number}",
            filter="context.Amount<500",
            until=NOW + timedelta(days=7),
            most=200,
            sample=0.05,
            given_by=AuthoritySnapshot(subject="alice", tags=("claims-lead",)),
            given_at=ago(3000),
            used=37,
            asked=5,
            agreed=5 - in_a_row,
            disagreed=in_a_row,
            ended=ended,
        )
        for number, (ended, in_a_row) in enumerate(ends, 1)
    ]
