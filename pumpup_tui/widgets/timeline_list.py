"""A timeline: one line an event."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from typing_extensions import override

from pumpup_tui import when
from pumpup_tui.context import Context
from pumpup_tui.telling import event_text, event_type_run, move_of
from pumpup_tui.text import clean, line
from pumpup_tui.widgets.painting import Line, fit, joined
from pumpup_tui.widgets.virtual_list import VirtualList

if TYPE_CHECKING:
    from api_client.models import Event

TYPE_CELLS = 23
SOURCE_CELLS = 8
PAYLOAD_KEPT = 20_000


class TimelineList(VirtualList["Event"]):
    """Events, newest first: time, source, type, step change, text."""

    def __init__(self, context: Context, *, id: str) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id, empty="opening…")
        self.context = context

    @override
    def row_id(self, row: Event) -> str:
        return row.id

    @override
    def searched(self, row: Event) -> str:
        word, _ = event_type_run(row.event_type)
        return joined((row.source, word, move_of(row), event_text(row)))

    @override
    def draw_row(self, row: Event, width: int) -> Sequence[Line]:
        word, tone = event_type_run(row.event_type)
        head = f"{fit(self.context.stamp(row.timestamp), 12)} {fit(line(row.source.lower(), 20), SOURCE_CELLS)} "
        said = joined((move_of(row), event_text(row)))
        room = width - 12 - 1 - SOURCE_CELLS - 1 - TYPE_CELLS - 1
        return [[(head, "muted"), (fit(word, TYPE_CELLS), tone), (" ", ""), (fit(said, room), "")]]


def event_document(event: Event, context: Context) -> list[Line]:
    """Return all of an event, to read."""
    word, tone = event_type_run(event.event_type)
    pairs = (
        ("time", when.full(event.timestamp, context.zone)),
        ("source", event.source.lower()),
        ("step of", event.owner.lower()),
        ("moved", move_of(event)),
        ("project", context.project_name(event.project_id)),
        ("task", event.task_id),
        ("event", event.id),
        ("answers", event.in_response_to),
        ("trace", event.external_trace_id),
        ("place", event.seq),
        ("hash", event.hash),
    )
    lines: list[Line] = [[(word, tone)], [(event_text(event), "strong")], []]
    lines += [[(fit(name, 8) + "  ", "muted"), (line(value), "")] for name, value in pairs if value not in (None, "")]
    lines += [[], [("Payload", "muted")]]
    payload = json.dumps(event.payload, indent=2, ensure_ascii=False)
    lines += [[(part, "")] for part in clean(payload, limit=PAYLOAD_KEPT).split("\n")]
    return lines
