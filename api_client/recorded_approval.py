"""The reading back of an approval that was just recorded: it decided, or is one person's agreement alone.

The receipt names the event that was written, not its kind. The record says it, in the same way at any Backend.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from api_client.backend import PAGE_MAX
from api_client.models import APPROVAL_DECIDED

if TYPE_CHECKING:
    from api_client.backend import Backend
    from api_client.models import RequestDetail
    from api_client.needs import Needs
    from api_client.wire import Json


class RecordedApproval(NamedTuple):
    """An approval as it is on the record."""

    recommendation: Json = None
    """The agent's recommendation, raw: in blind review it is shown only now."""
    is_agreement: bool = False
    """Whether it is an agreement, and did not decide the request."""
    needs: Needs | None = None
    """The demands on who decides the request, which is still open; None where it is decided, also since."""


async def recorded_approval(backend: Backend, task_id: str, request_id: str, event_id: str) -> RecordedApproval:
    """Return what the event of an approval is: one call where it decided, two where it is an agreement.

    Args:
        backend: The backend that recorded it.
        task_id: The task of the request.
        request_id: The request.
        event_id: The event, as the receipt names it.

    Raises:
        ApiError: the record could not be read.
    """
    page = await backend.events(task_id=task_id, types=(APPROVAL_DECIDED,), order="desc", limit=PAGE_MAX)
    decision = next((event for event in page.items if event.id == event_id), None)
    if decision is not None:
        return RecordedApproval(decision.payload.get("recommendationSnapshot"))
    detail = await backend.request(request_id)
    return RecordedApproval(detail.event.payload.get("recommendation"), is_agreement=True, needs=_open_needs(detail))


def _open_needs(detail: RequestDetail) -> Needs | None:
    return detail.needs if detail.result is None else None
