"""All that a reviewer is shown of a request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pumpup_tui.attached import attachments_of, relabelled, relabelled_words
from pumpup_tui.context import Context
from pumpup_tui.telling import (
    answer_text,
    confidence_of,
    confidence_value,
    event_text,
    event_type_run,
    kind_of,
    move_of,
    outcome_of,
    recommendation_run,
    size_words,
)
from pumpup_tui.text import clean, line, without_controls
from pumpup_tui.widgets.lines import Document
from pumpup_tui.widgets.markdown_lines import markdown_lines
from pumpup_tui.widgets.painting import Line, crop, fit, joined

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from api_client.models import Attachment, Event, InboxItem, Upload
    from pumpup_tui.messages import RequestLoaded
    from pumpup_tui.precedents import Precedent

PAIRS_SHOWN, PAIRS_UNFOLDED = 60, 2_000
"""Context pairs and fields that the detail shows; the rest is counted."""
SUMMARY_KEPT = 4_000
FOLDED = 160
"""Characters of a context value that are shown while it is folded, and of those in one line."""
UNFOLDED = 20_000
BAR = 10
"""Cells of the bar that shows how sure an agent is."""


class RequestDetail(Document):
    """A request, to read. Long values are folded until they are wanted; `raw` spells every text out."""

    def __init__(self, context: Context, *, id: str) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self.context = context
        self._loaded: RequestLoaded | None = None
        self._precedents: Sequence[Precedent] = ()
        self._unfolded = False
        self._raw = False

    def show_none(self, words: str) -> None:
        """Say why there is nothing."""
        self._forget()
        self.tell([[], [(words, "muted")]])

    def show_item(self, item: InboxItem) -> None:
        """Show what the list knows of a request, until all of it is there."""
        self._forget()
        lines: list[Line] = [
            [(f"{kind_of(item.event_type).capitalize()} · ", "muted"), (line(item.task_name), "strong")]
        ]
        lines += [[], *markdown_lines(item.summary, tone="strong", limit=SUMMARY_KEPT)]
        lines += [[], [("reading the rest…", "muted")]]
        self.tell(lines, item.request_id)

    def show(self, loaded: RequestLoaded, precedents: Sequence[Precedent] = ()) -> None:
        """Show a request with its task's latest events, and how cases like it were decided."""
        if self._loaded is None or self._loaded.detail.event.id != loaded.detail.event.id:
            self._forget()
        self._loaded, self._precedents = loaded, precedents
        self._retell()

    def redraw(self) -> None:
        """Tell the age as it is now."""
        self._retell()

    def toggle_fold(self) -> None:
        """Show long values whole, or folded again."""
        self._unfolded = not self._unfolded
        self._retell()

    def toggle_raw(self) -> None:
        """Spell every text out as it is kept, or show it cleaned again."""
        self._raw = not self._raw
        self._retell()

    def _forget(self) -> None:
        self._loaded, self._unfolded, self._raw = None, False, False

    def _retell(self) -> None:
        loaded = self._loaded
        if loaded is None:
            return
        event = loaded.detail.event
        body = self._raw_lines(loaded) if self._raw else self._lines(loaded)
        self.tell([*self._head(loaded), *body], event.id)

    def _head(self, loaded: RequestLoaded) -> list[Line]:
        detail, event = loaded.detail, loaded.detail.event
        where = f" · {line(detail.project.name, 80)} · {line(detail.task.current_step, 80)}"
        kind = f"{kind_of(event.event_type).capitalize()} · "
        waits = f"waits {self.context.age(event.timestamp)}, since {self.context.stamp(event.timestamp)}"
        lines: list[Line] = [
            [(kind, "muted"), (line(detail.task.name), "strong"), (where, "muted")],
            [(waits, "muted")],
        ]
        if odd := loaded.inspection.words:
            lines.append([(f"⚠ {odd}", "warn"), (f"  {self.context.key('inbox.raw')} raw", "muted")])
        return [*lines, []]

    def _lines(self, loaded: RequestLoaded) -> list[Line]:
        detail, event = loaded.detail, loaded.detail.event
        payload = event.payload
        lines = markdown_lines(str(payload.get("summary", "")), tone="strong", limit=SUMMARY_KEPT)
        if detail.result is not None:
            lines = [*lines, [], [("✓ settled: this request takes no more decisions", "good")]]
        lines = [*lines, *self._pairs(payload.get("keyValueContext"))]
        lines += _recommendation(payload.get("recommendation"))
        if event.event_type == "ELICITATION_REQUESTED":
            lines += _fields(payload)
        lines += attachment_lines(attachments_of(detail), loaded.uploads, relabelled(detail))
        lines += precedent_lines(self._precedents, self.context)
        return [*lines, [], [("── Timeline " + "─" * 24, "muted")], *event_lines(loaded.events, self.context)]

    def _pairs(self, raw_pairs: Any) -> list[Line]:
        if not isinstance(raw_pairs, Mapping) or not raw_pairs:
            return []
        unfolds = f"{self.context.key('inbox.fold')} unfolds"
        shown = sorted(raw_pairs)[: PAIRS_UNFOLDED if self._unfolded else PAIRS_SHOWN]
        label_width = min(20, max(len(line(key, 40)) for key in shown))
        lines: list[Line] = [[]]
        for key in shown:
            left = fit(line(key, 40), label_width) + "  "
            lines += (
                _unfolded(left, str(raw_pairs[key])) if self._unfolded else _folded(left, str(raw_pairs[key]), unfolds)
            )
        if len(raw_pairs) > len(shown):
            lines.append([(f"… and {len(raw_pairs) - len(shown):,} more   {unfolds}", "muted")])
        return lines

    def _raw_lines(self, loaded: RequestLoaded) -> list[Line]:
        back = f"{self.context.key('inbox.raw')} goes back"
        lines: list[Line] = [[(f"The raw text, as it is kept   {back}", "accent")]]
        for spelt in loaded.inspection.raw:
            lines += [[], *([(without_controls(part), "")] for part in spelt.split("\n"))]
        return lines


def attachment_lines(
    attachments: Iterable[Attachment], uploads: Mapping[str, Upload], labels_since: Mapping[str, str] | None = None
) -> list[Line]:
    """Return a line for each attachment: label, type and size, and which label it got since, by upload."""
    lines: list[Line] = []
    for one in attachments:
        upload = uploads.get(one.upload_id)
        about = joined((line(upload.content_type, 60), size_words(upload.size))) if upload else ""
        since = (labels_since or {}).get(one.upload_id)
        mark: Line = [(f"  {relabelled_words(since)}", "warn")] if since is not None else []
        lines.append([("▪ ", "muted"), (line(one.label, 200), ""), (f"  {about}", "muted"), *mark])
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


def precedent_lines(precedents: Sequence[Precedent], context: Context) -> list[Line]:
    """Return how cases like this one were decided: when, by whom, and with which note."""
    if not precedents:
        return []
    lines: list[Line] = [[], [("Decided before, with the same recommendation", "muted")]]
    for one in precedents:
        glyph, word, tone = outcome_of({"type": one.kind})
        said = joined((line(one.by_whom, 40), line(one.reason_code, 40), line(one.note, 200)))
        lines.append([(f"{context.stamp(one.at)}  ", "muted"), (f"{glyph} {word}", tone), (f"  {said}", "")])
    return lines


def confidence_bar(value: float) -> str:
    """Return how sure an agent is as a bar of `BAR` cells."""
    full = round(max(0.0, min(1.0, value)) * BAR)
    return "█" * full + "░" * (BAR - full)


def _unfolded(left: str, value: str) -> list[Line]:
    first, *rest = clean(value, limit=UNFOLDED).split("\n")
    return [[(left, "muted"), (first, "")], *([(" " * len(left), "muted"), (one, "")] for one in rest)]


def _folded(left: str, value: str, unfolds: str) -> list[Line]:
    if len(value) <= FOLDED and "\n" not in value:
        return [[(left, "muted"), (line(value), "")]]
    begun = value[:FOLDED].split("\n", maxsplit=1)[0]
    more = f" … +{len(value) - len(begun):,} characters, {unfolds}"
    return [[(left, "muted"), (line(begun), ""), (more, "muted")]]


def _recommendation(offered: Any) -> list[Line]:
    if not isinstance(offered, Mapping):
        return []
    _, _, tone = outcome_of(offered.get("outcome"))
    word, _ = recommendation_run(offered, None)
    confidence, value = confidence_of(offered), confidence_value(offered)
    head = word.removesuffix(f" {confidence}") if confidence else word
    lines: list[Line] = [[], [("Agent recommends ", ""), (head.upper(), tone)]]
    if value is not None:
        lines.append([("confidence ", "muted"), (f"{confidence_bar(value)} {confidence}", "")])
    note = offered["outcome"].get("note") if isinstance(offered.get("outcome"), Mapping) else None
    for said in (offered.get("rationale"), note):
        if said:
            lines.append([("“" + line(said, 2_000) + "”", "muted")])
    return lines


def _fields(payload: Mapping[str, Any]) -> list[Line]:
    # Imported with the first elicitation: the list is painted without the fields.
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
