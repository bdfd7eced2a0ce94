"""The reading back of an approval that was just recorded: it decided, or is one person's agreement alone.

The receipt names the event that was written, not its kind. The record says it, in the same way at any Backend.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from api_client.backend import PAGE_MAX
from api_client.models import APPROVAL_DECIDED

if TYPE_CHECKING:
    from api_client.backend import Backend
    from api_client.needs import Needs
    from api_client.wire import Json

LATEST = 20
"""Decisions of a task that are looked through first: its events may be long, and few can have come since."""


class RecordedApproval(NamedTuple):
    """An approval as it is on the record."""

    recommendation: Json = None
    """The agent's recommendation, raw: in blind review it is shown only now."""
    is_agreement: bool = False
    """Whether it is an agreement, and did not decide the request."""
    needs: Needs | None = None
    """The demands on who decides the request, which is still open; None where it is decided, also since."""


async def recorded_approval(backend: Backend, task_id: str, request_id: str, event_id: str) -> RecordedApproval:
    """Return what the event of an approval is: by one call where it decided, by two where the request is still open.

    Args:
        backend: The backend that recorded it.
        task_id: The task of the request.
        request_id: The request.
        event_id: The event, as the receipt names it.

    Raises:
        ApiError: the record could not be read.
    """
    if (decision := await _decision(backend, task_id, event_id, LATEST)) is not None:
        return decision
    detail = await backend.request(request_id)
    if detail.result is None:
        return RecordedApproval(detail.event.payload.get("recommendation"), is_agreement=True, needs=detail.needs)
    # It is decided by now: by this event, before many others, or by somebody else's since.
    decision = await _decision(backend, task_id, event_id, PAGE_MAX)
    return decision or RecordedApproval(detail.event.payload.get("recommendation"), is_agreement=True)


async def _decision(backend: Backend, task_id: str, event_id: str, limit: int) -> RecordedApproval | None:
    """Return the decision that an event is, None where it is not among the latest of its task."""
    page = await backend.events(task_id=task_id, types=(APPROVAL_DECIDED,), order="desc", limit=limit)
    found = next((event for event in page.items if event.id == event_id), None)
    return None if found is None else RecordedApproval(found.payload.get("recommendationSnapshot"))
