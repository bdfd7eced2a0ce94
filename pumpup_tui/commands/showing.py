"""A request as it is shown before it is decided: all that a reviewer needs, in clean text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pumpup_tui import when
from pumpup_tui.attached import attachments_of, relabelled, relabelled_words
from pumpup_tui.commands.output import drawn, tell, tell_fields, tell_wrapped
from pumpup_tui.telling import answer_text, confidence_of, event_text, kind_of, outcome_of
from pumpup_tui.text import clean, line

if TYPE_CHECKING:
    from api_client.models import Event, RequestDetail


def tell_request(detail: RequestDetail, now: datetime, *, err: bool = False) -> None:
    """Print a request: what is asked, on which task, what the agent recommends, and what became of it."""
    payload = detail.event.payload
    waits = when.age(detail.event.timestamp, now)
    tell_wrapped(f"{kind_of(detail.event.event_type).capitalize()} {line(detail.event.id)}", "muted", err=err)
    tell_wrapped(clean(str(payload.get("summary") or "")), "strong", err=err)
    tell(err=err)
    tell_fields(
        (
            ("Task", f"{detail.task.name}  ({detail.task.id})"),
            ("Project", detail.project.name),
            ("Step", detail.task.current_step),
            ("Waits" if detail.result is None else "Asked", waits),
            *_pairs(payload.get("keyValueContext")),
            ("Attached", ", ".join(_attached(detail))),
            *_recommended(payload.get("recommendation")),
            *_asked(payload),
            *_settled(detail.result),
            ("Hash", detail.hash),
        ),
        err=err,
    )


def row_of(event: Event, now: datetime | None) -> dict[str, str]:
    """Return an event's cells by the names of the timeline's columns; times short where it is known what is now."""
    from pumpup_tui.query import reviewer_of
    from pumpup_tui.telling import event_type_run, move_of

    return {
        "time": _time(event.timestamp.astimezone(), now),
        "type": drawn(event_type_run(event.event_type)[0]),
        "text": drawn(event_text(event)),
        "by": reviewer_of(event) or event.subject or event.source.lower(),
        "move": drawn(move_of(event)),
        "task": event.task_id,
        "id": event.id,
    }


def _time(moment: datetime, now: datetime | None) -> str:
    if now is None:
        return moment.isoformat(sep=" ", timespec="seconds")
    today = now.astimezone()
    if moment.date() == today.date():
        return moment.strftime("%H:%M:%S")
    return moment.strftime("%d %b %H:%M" if moment.year == today.year else "%Y-%m-%d")


def _attached(detail: RequestDetail) -> Iterator[str]:
    since = relabelled(detail)
    for one in attachments_of(detail):
        mark = f" ({relabelled_words(since[one.upload_id])})" if one.upload_id in since else ""
        yield f"{one.label}{mark}"


def _pairs(raw: Any) -> Iterator[tuple[str, str]]:
    if isinstance(raw, Mapping):
        yield from ((str(key), str(value)) for key, value in raw.items())


def _recommended(raw: Any) -> Iterator[tuple[str, str]]:
    if isinstance(raw, Mapping):
        glyph, word, _ = outcome_of(raw.get("outcome"))
        yield "Agent", drawn(f"{glyph} {word} {confidence_of(raw)}".rstrip())
        yield "", str(raw.get("rationale") or "")


def _asked(payload: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if "fields" not in payload:
        return
    from api_client.fields import read_fields
    from pumpup_tui.answering import bids_of, options_of, type_of

    bids = bids_of(payload)
    for field in read_fields(payload.get("fields") or ()):
        options = " / ".join(options_of(field))
        bounds = ", ".join(part for part in (type_of(field), field.bounds(), options) if part)
        needed = "" if field.required else ", may be left out"
        bid = f"; the agent bids {drawn(answer_text(bids[field.id].value))}" if field.id in bids else ""
        yield field.id, f"{field.label} ({bounds}{needed}){bid}"


def _settled(result: Mapping[str, Any] | None) -> Iterator[tuple[str, str]]:
    if result is None:
        return
    if "outcome" in result:
        outcome = result["outcome"]
        yield (
            "Decided",
            f"{outcome_of(outcome)[1]} by {result.get('decidedBy') or 'someone'}, {result.get('decidedAt')}",
        )
        yield "Note", str(outcome.get("note") or "")
        return
    yield "Answered", f"by {result.get('answeredBy') or 'someone'}, {result.get('answeredAt')}"
    for field_id, answer in (result.get("fields") or {}).items():
        yield field_id, drawn(answer_text(answer))
