"""A request as it is shown before it is decided: all that a reviewer needs, in clean text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pumpup_tui.commands.output import drawn, tell, tell_fields, tell_foreign, tell_wrapped, toned, whole_line
from pumpup_tui.text import durations
from pumpup_tui.text.attachment_names import attachments_of, relabelled, relabelled_words
from pumpup_tui.text.firewall import line
from pumpup_tui.text.labels import answer_text, confidence_of, event_text, kind_of, outcome_of

if TYPE_CHECKING:
    from api_client.models import Event, RequestDetail


def tell_request(detail: RequestDetail, now: datetime, *, err: bool = False) -> None:
    """Print all of a request: what is asked and by whom, what the agent recommends, and what became of it.

    Nothing is cut, for it is decided on what is printed. Foreign text stands behind our names or behind the bar, so
    that no line of it passes for one of ours. What a decision hangs on comes last, next to the question.
    """
    event, payload = detail.event, detail.event.payload
    tell_wrapped(f"{kind_of(event.event_type).capitalize()} {line(event.id)}", "muted", err=err)
    tell_foreign(payload.get("summary") or "", "strong", err=err)
    _tell_block("Context", _pairs(payload.get("keyValueContext")), err=err)
    _tell_block("Asked for", _asked(payload), err=err)
    _tell_block("Answered", _answers(detail.result), err=err)
    tell(err=err)
    tell_fields(
        (
            ("Asked by", _asker(event)),
            ("Task", f"{whole_line(detail.task.name)}  ({whole_line(detail.task.id)})"),
            ("Project", whole_line(detail.project.name)),
            ("Step", whole_line(detail.task.current_step)),
            ("Waits" if detail.result is None else "Asked", durations.age(event.timestamp, now)),
            *_named("Attached", _attached(detail)),
            *_recommended(payload.get("recommendation")),
            *_settled(detail.result),
            ("Hash", detail.hash),
        ),
        err=err,
    )


def _tell_block(title: str, pairs: Iterable[tuple[str, object]], *, err: bool) -> None:
    """Print pairs whose names are foreign too, under a title of ours; nothing where there are none."""
    if rows := list(pairs):
        tell(err=err)
        tell(toned(title, "muted"), err=err)
        tell_fields(rows, err=err, foreign=True)


def tell_answers(answers: Mapping[str, Any], *, err: bool = False) -> None:
    """Print the answers that are about to be sent, by field."""
    _tell_block("Your answers", ((name, _whole_answer(one)) for name, one in answers.items()), err=err)


def row_of(event: Event, now: datetime | None) -> dict[str, str]:
    """Return an event's cells by the names of the timeline's columns; times short where it is known what is now."""
    from pumpup_tui.text.labels import event_type_run, move_of, reviewer_of

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


def _asker(event: Event) -> str:
    """Return who asked, as the key and the kind of caller that it is of."""
    source = whole_line(event.source.lower())
    return f"{whole_line(event.subject)} ({source})" if event.subject else source


def _named(name: str, values: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield values under one name, which stands beside the first."""
    for value in values:
        yield name, value
        name = ""


def _attached(detail: RequestDetail) -> Iterator[str]:
    since = relabelled(detail)
    labels = {one.upload_id: one.label for one in attachments_of(detail)}
    named = detail.event.payload.get("attachments")
    for upload_id in dict.fromkeys(map(str, named)) if isinstance(named, list) else ():
        mark = f" ({relabelled_words(since[upload_id])})" if upload_id in since else ""
        yield f"{whole_line(labels.get(upload_id, upload_id))}{mark}"


def _pairs(raw: Any) -> Iterator[tuple[str, str]]:
    if isinstance(raw, Mapping):
        yield from ((str(key), str(value)) for key, value in raw.items())


def _recommended(raw: Any) -> Iterator[tuple[str, str]]:
    if isinstance(raw, Mapping):
        outcome = raw.get("outcome")
        glyph, word, _ = outcome_of(outcome)
        yield "Agent", drawn(f"{glyph} {word} {confidence_of(raw)}".rstrip())
        yield "", str(raw.get("rationale") or "")
        if isinstance(outcome, Mapping):
            yield "Its note", str(outcome.get("note") or "")
            yield "Its reason", whole_line(outcome.get("reasonCode") or "")


def _asked(payload: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if "fields" not in payload:
        return
    from api_client.fields import read_fields
    from pumpup_tui.local_state.answer_draft import bids_of, options_of, type_of

    bids = bids_of(payload)
    for field in read_fields(payload.get("fields") or ()):
        options = " / ".join(map(whole_line, options_of(field)))
        bounds = ", ".join(part for part in (type_of(field), field.bounds(), options) if part)
        needed = "" if field.required else ", may be left out"
        yield field.id, f"{whole_line(field.label)} ({bounds}{needed})"
        yield "", field.description or ""
        if (bid := bids.get(field.id)) is not None:
            sure = "" if bid.confidence is None else f" {confidence_of({'confidence': bid.confidence})}"
            yield "", f"the agent bids{sure}: {_whole_answer(bid.value)}"
            yield "", bid.rationale


def _whole_answer(value: Any) -> str:
    """Return an answer, or a bid for one, in one clean line, all of it."""
    if isinstance(value, list):
        return ", ".join(map(_whole_answer, value)) or "none"
    return answer_text(value) if isinstance(value, bool) else whole_line("" if value is None else value)


def _settled(result: Mapping[str, Any] | None) -> Iterator[tuple[str, str]]:
    if result is None:
        return
    if "outcome" in result:
        outcome = result["outcome"]
        who, at = whole_line(result.get("decidedBy") or "someone"), whole_line(result.get("decidedAt"))
        yield "Decided", f"{outcome_of(outcome)[1]} by {who}, {at}"
        yield "Note", str(outcome.get("note") or "")
        return
    who, at = whole_line(result.get("answeredBy") or "someone"), whole_line(result.get("answeredAt"))
    yield "Answered", f"by {who}, {at}"


def _answers(result: Mapping[str, Any] | None) -> Iterator[tuple[str, str]]:
    """Yield what a settled elicitation was answered, by field."""
    fields = (result or {}).get("fields")
    if isinstance(fields, Mapping):
        yield from ((str(name), _whole_answer(answer)) for name, answer in fields.items())
