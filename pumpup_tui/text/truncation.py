"""Large events, cards and open requests as lists hold them: the words that are shown, not all that was read.

A page read is bounded in bytes, the pages of a list are not: a thousand rows of 1 MB would be held for the few words
on their lines.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from pumpup_tui.text.firewall import INDENT, clean
from pumpup_tui.text.json_text import json_bytes, json_text
from pumpup_tui.text.labels import PAYLOAD_KEPT, ShortPayload, event_text

if TYPE_CHECKING:
    from api_client.models import Card, Event, InboxItem, Page

RAW_MOST = 2_000
"""Bytes of JSON up to which a value is held as it was read."""
NAMES = ("authority", "answeredBy")
"""What is read of a payload besides its text: who an event is by."""
RECOMMENDED = ("outcome", "confidence")
"""What a list shows of a recommendation, and sorts and filters by."""


def short_events(events: Iterable[Event]) -> list[Event]:
    """Return events with the payloads of large ones reduced to what is shown of them."""
    return [_short_event(event) for event in events]


def short_card_page(page: Page[Card]) -> Page[Card]:
    """Return a page of a board's column without the metadata that no board shows."""
    return replace(page, items=tuple(replace(card, metadata={}) if card.metadata else card for card in page.items))


def short_event_page(page: Page[Event]) -> Page[Event]:
    """Return a page of a timeline with its events as `short_events` has them."""
    return replace(page, items=tuple(short_events(page.items)))


def short_item_page(page: Page[InboxItem]) -> Page[InboxItem]:
    """Return a page of open requests with large recommendations reduced to what a list shows of them."""
    return replace(page, items=tuple(map(_short_item, page.items)))


def _short_event(event: Event) -> Event:
    encoded = json_bytes(event.payload)
    if len(encoded) <= RAW_MOST:
        return event
    # cleaned again: where it is drawn
    shown = clean(json_text(encoded), limit=PAYLOAD_KEPT, padding=INDENT)
    names = {key: event.payload[key] for key in NAMES if _is_small(event.payload.get(key))}
    return replace(event, payload=ShortPayload(names, said=event_text(event), shown=shown))


def _short_item(item: InboxItem) -> InboxItem:
    recommended = item.recommendation
    if not isinstance(recommended, dict) or _is_small(recommended):
        return item
    kept: dict[str, Any] = {key: recommended[key] for key in RECOMMENDED if key in recommended}
    outcome = kept.get("outcome")
    if isinstance(outcome, dict) and "type" in outcome:
        kept["outcome"] = {"type": outcome["type"]}
    return replace(item, recommendation=kept)


def _is_small(value: object) -> bool:
    return value is not None and len(json_bytes(value)) <= RAW_MOST
