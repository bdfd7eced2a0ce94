"""The read of what came before a request that asks again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pumpup_tui.decisions.request_changes import (
    DECIDED,
    REQUESTED,
    AskedBefore,
    asked_of,
    changes_between,
    refusal_before,
)

if TYPE_CHECKING:
    from api_client.backend import Backend
    from api_client.models import RequestDetail

_EVENTS = 100
"""Requests and decisions of the task that are looked through."""


async def asked_before(backend: Backend, detail: RequestDetail) -> AskedBefore | None:
    """Return the decision after which a request asks again, with what changed; None where it asks for the first time.

    Raises:
        ApiError: the backend could not be read.
    """
    types = (REQUESTED, DECIDED)
    page = await backend.events(task_id=detail.task.id, types=types, order="desc", limit=_EVENTS)
    refusal = refusal_before(page.items, detail.event.id)
    if refusal is None:
        return None
    earlier = asked_of(await backend.request(refusal.request_id))
    changes = changes_between(earlier, asked_of(detail))
    if detail.blind:  # that the recommendation is hidden is no change of it
        changes = [change for change in changes if change.kind not in ("recommendation", "confidence", "rationale")]
    return AskedBefore(refusal, changes)
