"""Truncation of large events, cards and open requests to the words that a list shows.

The size of one page in bytes is limited, the number of pages in a list is not: a thousand rows of 1 MB would stay in
memory for the few words on their lines.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from pumpup_tui.text.firewall import INDENT, clean
from pumpup_tui.text.json_text import json_bytes, json_text
from pumpup_tui.text.labels import PAYLOAD_SHOWN, ShortPayload, event_text

if TYPE_CHECKING:
    from api_client.models import Card, Event, InboxItem, Page

RAW_MOST = 2_000
"""Bytes of JSON up to which a value is not truncated."""
NAMES = ("authority", "answeredBy", "agreements", "blind", "escalatedTo", "sampleOf")
"""Keys of a payload that are needed besides its text: who caused an event, and under which authority."""
DECIDED = ("type", "reasonCode", "note")
"""Keys of a decision's outcome that a list or a detail shows, where they are small."""
RECOMMENDED = ("outcome", "confidence")
"""Keys of a recommendation that a list shows, sorts and filters by."""


def short_events(events: Iterable[Event]) -> list[Event]:
    """Return events with large payloads reduced to what is shown of them."""
    return [_short_event(event) for event in events]


def short_card_page(page: Page[Card]) -> Page[Card]:
    """Return a page of a board's column without the metadata, which no board shows."""
    return replace(page, items=tuple(replace(card, metadata={}) if card.metadata else card for card in page.items))


def short_event_page(page: Page[Event]) -> Page[Event]:
    """Return a page of a timeline, its events reduced by `short_events`."""
    return replace(page, items=tuple(short_events(page.items)))


def short_item_page(page: Page[InboxItem]) -> Page[InboxItem]:
    """Return a page of open requests with large recommendations reduced to what a list shows of them."""
    return replace(page, items=tuple(map(_short_item, page.items)))


def _short_event(event: Event) -> Event:
    encoded = json_bytes(event.payload)
    if len(encoded) <= RAW_MOST:
        return event
    # cleaned again: where it is drawn
    page_text = clean(json_text(encoded), limit=PAYLOAD_SHOWN, padding=INDENT)
    kept: dict[str, Any] = {key: event.payload[key] for key in NAMES if _is_small(event.payload.get(key))}
    outcome = event.payload.get("outcome")
    if isinstance(outcome, dict):
        kept["outcome"] = {key: outcome[key] for key in DECIDED if _is_small(outcome.get(key))}
    return replace(event, payload=ShortPayload(kept, line_text=event_text(event), page_text=page_text))


def _short_item(item: InboxItem) -> InboxItem:
    recommended = item.recommendation
    if not isinstance(recommended, dict) or _is_small(recommended):
        return item
    short: dict[str, Any] = {key: recommended[key] for key in RECOMMENDED if key in recommended}
    outcome = short.get("outcome")
    if isinstance(outcome, dict) and "type" in outcome:
        short["outcome"] = {"type": outcome["type"]}
    return replace(item, recommendation=short)


def _is_small(value: object) -> bool:
    return value is not None and len(json_bytes(value)) <= RAW_MOST
