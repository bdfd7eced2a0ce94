"""Blind review: takes the agent's recommendation out of what is read, until the reviewer has decided. Pure.

What no screen holds none can draw, sort by, search in or count. After this `blind` says that something was taken out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

if TYPE_CHECKING:
    from api_client.models import InboxItem, Page, RequestDetail
    from api_client.needs import Needs


def is_hidden(item: InboxItem | RequestDetail, reviewer: str) -> bool:
    """Return whether the recommendation is hidden from a reviewer: it is blind, and they have not agreed to it yet."""
    return bool(item.blind) and not _has_agreed(item.needs, reviewer)


def hidden_detail(detail: RequestDetail, reviewer: str) -> RequestDetail:
    """Return a request without what a reviewer may not know of it yet. An elicitation is never blind."""
    event = detail.event
    if detail.result is None and event.event_type == "APPROVAL_REQUESTED" and is_hidden(detail, reviewer):
        payload = {key: value for key, value in event.payload.items() if key != "recommendation"}
        return replace(detail, event=replace(event, payload=payload))
    return replace(detail, blind=None) if detail.blind else detail


def hidden_page(page: Page[InboxItem], reviewer: str) -> Page[InboxItem]:
    """Return a page of open requests without what a reviewer may not know of them yet."""
    if not any(item.blind for item in page.items):
        return page
    return replace(page, items=tuple(_hidden_item(item, reviewer) for item in page.items))


def _hidden_item(item: InboxItem, reviewer: str) -> InboxItem:
    if not item.blind:
        return item
    is_blind = item.event_type == "APPROVAL_REQUESTED" and is_hidden(item, reviewer)
    return replace(item, recommendation=None) if is_blind else replace(item, blind=None)


def _has_agreed(needs: Needs | None, reviewer: str) -> bool:
    return needs is not None and needs.agreement_of(reviewer) is not None
