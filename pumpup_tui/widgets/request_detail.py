"""All that a reviewer is shown of a request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pumpup_tui.context import Context
from pumpup_tui.telling import (
    answer_text,
    confidence_of,
    event_text,
    event_type_run,
    kind_of,
    move_of,
    outcome_of,
    recommendation_run,
    size_words,
)
from pumpup_tui.text import clean, line
from pumpup_tui.widgets.lines import Document
from pumpup_tui.widgets.painting import Line, crop, fit, joined

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from api_client.models import Attachment, Event, InboxItem, Upload
    from pumpup_tui.messages import RequestLoaded

PAIRS_SHOWN = 60
"""Context pairs and fields that the detail shows; the rest is counted."""
SUMMARY_KEPT = 4_000
VALUE_KEPT = 600


class RequestDetail(Document):
    """A request, to read."""

    def __init__(self, context: Context, *, id: str) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self.context = context

    def show_none(self, words: str) -> None:
        """Say why there is nothing."""
        self.tell([[], [(words, "muted")]])

    def show_item(self, item: InboxItem) -> None:
        """Show what the list knows of a request, until all of it is there."""
        lines: list[Line] = [
            [(f"{kind_of(item.event_type).capitalize()} · ", "muted"), (line(item.task_name), "strong")]
        ]
        lines += [[], *_block(item.summary, "strong"), [], [("reading the rest…", "muted")]]
        self.tell(lines, item.request_id)

    def show(self, loaded: RequestLoaded) -> None:
        """Show a request with its task's latest events."""
        detail, event = loaded.detail, loaded.detail.event
        payload = event.payload
        where = f" · {line(detail.project.name, 80)} · {line(detail.task.current_step, 80)}"
        lines: list[Line] = [
            [
                (f"{kind_of(event.event_type).capitalize()} · ", "muted"),
                (line(detail.task.name), "strong"),
                (where, "muted"),
            ],
            [(f"waits {self.context.age(event.timestamp)}, since {self.context.stamp(event.timestamp)}", "muted")],
            [],
            *_block(str(payload.get("summary", "")), "strong"),
        ]
        if detail.result is not None:
            lines += [[], [("✓ settled: this request takes no more decisions", "good")]]
        lines += _pairs(payload.get("keyValueContext"))
        lines += _recommendation(payload.get("recommendation"))
        if event.event_type == "ELICITATION_REQUESTED":
            lines += _fields(payload)
        named = set(payload.get("attachments") or ())
        lines += attachment_lines((one for one in detail.task.attachments if one.upload_id in named), loaded.uploads)
        lines += [[], [("── Timeline " + "─" * 24, "muted")], *event_lines(loaded.events, self.context)]
        self.tell(lines, event.id)


def attachment_lines(attachments: Iterable[Attachment], uploads: Mapping[str, Upload]) -> list[Line]:
    """Return a line for each attachment: name, type and size."""
    lines: list[Line] = []
    for one in attachments:
        upload = uploads.get(one.upload_id)
        about = joined((line(upload.content_type, 60), size_words(upload.size))) if upload else ""
        lines.append([("▪ ", "muted"), (line(one.label, 200), ""), (f"  {about}", "muted")])
    return [[], [("Attachments", "muted")], *lines] if lines else []


def event_lines(events: Sequence[Event], context: Context) -> list[Line]:
    """Return one line an event: time, source, type, step change, text."""
    lines: list[Line] = []
    for event in events:
        word, tone = event_type_run(event.event_type)
        head = f"{context.stamp(event.timestamp)}  {line(event.source.lower(), 12)}  "
        said = joined((move_of(event), event_text(event)))
        lines.append([(head, "muted"), (word, tone), (f"  {said}" if said else "", "")])
    return lines


def _block(text: str, tone: str) -> list[Line]:
    return [[(part, tone)] if part else [] for part in clean(text, limit=SUMMARY_KEPT).split("\n")]


def _pairs(raw: Any) -> list[Line]:
    if not isinstance(raw, Mapping) or not raw:
        return []
    shown = list(raw.items())[:PAIRS_SHOWN]
    label_width = min(20, max(len(line(key, 40)) for key, _ in shown))
    lines: list[Line] = [[]]
    for key, value in shown:
        lines.append([(fit(line(key, 40), label_width) + "  ", "muted"), (line(value, VALUE_KEPT), "")])
    if len(raw) > len(shown):
        lines.append([(f"… and {len(raw) - len(shown)} more", "muted")])
    return lines


def _recommendation(raw: Any) -> list[Line]:
    if not isinstance(raw, Mapping):
        return []
    _, _, tone = outcome_of(raw.get("outcome"))
    word, _ = recommendation_run(raw, None)
    confidence = confidence_of(raw)
    head = word.removesuffix(f" {confidence}") if confidence else word
    says = f" · confidence {confidence}" if confidence else ""
    lines: list[Line] = [[], [("Agent recommends ", ""), (head.upper(), tone), (says, "")]]
    note = raw["outcome"].get("note") if isinstance(raw.get("outcome"), Mapping) else None
    for said in (raw.get("rationale"), note):
        if said:
            lines.append([("“" + line(said, 2_000) + "”", "muted")])
    return lines


def _fields(payload: Mapping[str, Any]) -> list[Line]:
    # Imported with the first elicitation: the list is painted before pydantic is there.
    from api_client.fields import read_fields

    fields = read_fields(payload.get("fields") or ())
    bids = {bid.get("fieldId"): bid for bid in payload.get("recommendation") or () if isinstance(bid, Mapping)}
    lines: list[Line] = [[], [(f"Asks for {len(fields)} field{'s' if len(fields) != 1 else ''}", "muted")]]
    for field in fields[:PAIRS_SHOWN]:
        about = joined(
            (line(getattr(field, "type", ""), 20), "required" if field.required else "optional", field.bounds())
        )
        lines.append([("▫ ", "muted"), (line(field.label, 120), ""), (f"  {line(about)}", "muted")])
        if field.id in bids:
            bid = bids[field.id]
            confidence = f"  {confidence_of(bid)}" if confidence_of(bid) else ""
            lines.append(
                [
                    ("    agent would say  ", "muted"),
                    (crop(answer_text(bid.get("value")), 200), ""),
                    (confidence, "muted"),
                ]
            )
    if len(fields) > PAIRS_SHOWN:
        lines.append([(f"… and {len(fields) - PAIRS_SHOWN} more", "muted")])
    return lines
