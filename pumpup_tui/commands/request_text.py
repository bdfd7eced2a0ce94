"""A request in clean text, with all that a reviewer needs for the decision."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from api_client.request_facts import request_kind
from pumpup_tui.commands.output import (
    clean_line,
    in_charset,
    print_fields,
    print_foreign,
    print_line,
    print_wrapped,
    styled,
)
from pumpup_tui.text import durations
from pumpup_tui.text.attachment_names import attachments_of, relabelled, relabelled_words
from pumpup_tui.text.decision_evidence import opened_in, opened_word
from pumpup_tui.text.firewall import line
from pumpup_tui.text.labels import answer_text, confidence_of, decision_facts, event_text, grant_of, outcome_of
from pumpup_tui.text.layout import joined
from pumpup_tui.text.needs_words import HIDDEN, demand_words, refusal_words

if TYPE_CHECKING:
    from api_client.models import Event, RequestDetail
    from pumpup_tui.local_state.answer_draft import Bid


def print_request(detail: RequestDetail, now: datetime, *, reviewer: str = "", err: bool = False) -> None:
    """Print a whole request: its question and caller, the agent's recommendation, who may decide, and the outcome.

    Nothing is truncated, for the decision is made on what is printed. Foreign text stands behind our labels or behind
    the bar, so that no line of it looks like one of ours. The most important parts come last, next to the prompt.
    """
    event, payload = detail.event, detail.event.payload
    print_wrapped(f"{request_kind(event.event_type).capitalize()} {line(event.id)}", "muted", err=err)
    print_foreign(payload.get("summary") or "", "strong", err=err)
    _print_block("Context", _pairs(payload.get("keyValueContext")), err=err)
    _print_block("Asked for", _requested_fields(payload), err=err)
    _print_block("Answered", _answers(detail.result), err=err)
    print_line(err=err)
    print_fields(
        (
            ("Asked by", _caller(event)),
            ("Task", f"{clean_line(detail.task.name)}  ({clean_line(detail.task.id)})"),
            ("Project", clean_line(detail.project.name)),
            ("Step", clean_line(detail.task.current_step)),
            ("Waiting" if detail.result is None else "Asked", durations.age(event.timestamp, now)),
            *_under_one_name("Attached", _attachments(detail)),
            *([("Agent", HIDDEN)] if detail.blind else _recommendation(payload.get("recommendation"))),
            *_standing(detail, now, reviewer),
            *_decision(detail.result),
            *_deeds(detail, now),
            ("Hash", detail.hash),
        ),
        err=err,
    )


def _print_block(title: str, pairs: Iterable[tuple[str, object]], *, err: bool) -> None:
    """Print pairs with foreign names under a title of ours; without pairs, nothing."""
    if rows := list(pairs):
        print_line(err=err)
        print_line(styled(title, "muted"), err=err)
        print_fields(rows, err=err, foreign=True)


def print_answers(answers: Mapping[str, Any], *, err: bool = False) -> None:
    """Print the answers to be sent, by field."""
    _print_block("Your answers", ((name, _clean_answer(answer)) for name, answer in answers.items()), err=err)


def row_of(event: Event, now: datetime | None, task_name: str = "") -> dict[str, str]:
    """Return an event's cells by the names of the timeline's columns; times are short where `now` is given.

    The words of a decision are those of the timeline screen's rows.
    """
    from api_client.event_filter import DECISIONS
    from pumpup_tui.text.labels import event_run, reviewer_of, transition_text
    from pumpup_tui.timeline.event_words import granted_text, own_text, verb_run

    is_decision = event.event_type in DECISIONS
    return {
        "time": _time(event.timestamp.astimezone(), now),
        "type": in_charset((verb_run(event) if is_decision else event_run(event))[0]),
        "text": in_charset(joined((own_text(event), granted_text(event))) if is_decision else event_text(event)),
        "by": reviewer_of(event) or event.subject or event.source.lower(),
        "move": in_charset(transition_text(event)),
        "task": task_name or event.task_id,
        "id": event.id,
    }


def _time(moment: datetime, now: datetime | None) -> str:
    if now is None:
        return moment.isoformat(sep=" ", timespec="seconds")
    today = now.astimezone()
    if moment.date() == today.date():
        return moment.strftime("%H:%M:%S")
    return moment.strftime("%d %b %H:%M" if moment.year == today.year else "%Y-%m-%d")


def _caller(event: Event) -> str:
    """Return the caller: the name of its key and its kind."""
    source = clean_line(event.source.lower())
    return f"{clean_line(event.subject)} ({source})" if event.subject else source


def _under_one_name(name: str, values: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield values under one name, which is given to the first."""
    for value in values:
        yield name, value
        name = ""


def _attachments(detail: RequestDetail) -> Iterator[str]:
    relabellings = relabelled(detail)
    labels = {attachment.upload_id: attachment.label for attachment in attachments_of(detail)}
    opened = opened_in(detail.result or {})
    upload_ids = detail.event.payload.get("attachments")
    for upload_id in dict.fromkeys(map(str, upload_ids)) if isinstance(upload_ids, list) else ():
        mark = f" ({relabelled_words(relabellings[upload_id])})" if upload_id in relabellings else ""
        word = f": {word}" if (word := opened_word(upload_id, opened)) else ""
        yield f"{clean_line(labels.get(upload_id, upload_id))}{mark}{word}"


def _pairs(raw: Any) -> Iterator[tuple[str, str]]:
    if isinstance(raw, Mapping):
        yield from ((str(key), str(value)) for key, value in raw.items())


def _recommendation(raw: Any) -> Iterator[tuple[str, str]]:
    if isinstance(raw, Mapping):
        outcome = raw.get("outcome")
        glyph, word, _ = outcome_of(outcome)
        yield "Agent", in_charset(f"{glyph} {word} {confidence_of(raw)}".rstrip())
        yield "", str(raw.get("rationale") or "")
        if isinstance(outcome, Mapping):
            yield "Its note", str(outcome.get("note") or "")
            yield "Its reason", clean_line(outcome.get("reasonCode") or "")


def _standing(detail: RequestDetail, now: datetime, reviewer: str) -> Iterator[tuple[str, str]]:
    """Yield who may decide an open request under its project's policy, and when it expires."""
    needs = detail.needs
    if needs is not None and not needs.may:
        yield "Not you", refusal_words(needs)
    if needs is not None and (needs.people > 1 or needs.tag_lists):
        words = demand_words(needs, reviewer, lambda at: durations.stamp(at, now, None))
        yield "Policy", in_charset(f"{words} (rule {clean_line(needs.rule)})")
    if detail.expires_at is not None:
        yield "Expires", durations.minute(detail.expires_at, None)


def _requested_fields(payload: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if "fields" not in payload:
        return
    from api_client.fields import read_fields
    from pumpup_tui.local_state.answer_draft import bids_of, options_of, type_of

    bids = bids_of(payload)
    for field in read_fields(payload.get("fields") or ()):
        options = " / ".join(map(clean_line, options_of(field)))
        bounds = ", ".join(part for part in (type_of(field), field.bounds(), options) if part)
        needed = "" if field.required else ", optional"
        yield field.id, f"{clean_line(field.label)} ({bounds}{needed})"
        yield "", field.description or ""
        if (bid := bids.get(field.id)) is not None:
            yield from _bid_rows(bid)


def _bid_rows(bid: Bid) -> Iterator[tuple[str, str]]:
    confidence = "" if bid.confidence is None else f" {confidence_of({'confidence': bid.confidence})}"
    yield "", f"suggested{confidence}: {_clean_answer(bid.value)}"
    yield "", bid.rationale


def _clean_answer(value: Any) -> str:
    """Return an answer, or a bid for one, as one clean line."""
    if isinstance(value, list):
        return ", ".join(map(_clean_answer, value)) or "none"
    return answer_text(value) if isinstance(value, bool) else clean_line("" if value is None else value)


def _decision(result: Mapping[str, Any] | None) -> Iterator[tuple[str, str]]:
    if result is None:
        return
    if "withdrawnAt" in result:
        reviewer = clean_line(result.get("withdrawnBy") or "someone")
        yield "Withdrawn", f"by {reviewer}, {clean_line(result['withdrawnAt'])}"
        yield "Reason", str(result.get("reason") or "")
        return
    if "outcome" in result:
        outcome = result["outcome"]
        reviewer, time = clean_line(result.get("decidedBy") or "someone"), clean_line(result.get("decidedAt"))
        by = f"by a grant of {reviewer}" if grant_of(result)[0] else f"by {reviewer}"
        yield "Decided", f"{outcome_of(outcome)[1]} {by}, {time}"
        yield "Note", str(outcome.get("note") or "")
        yield from ((name.capitalize(), clean_line(value)) for name, value in decision_facts(result))
        return
    reviewer, time = clean_line(result.get("answeredBy") or "someone"), clean_line(result.get("answeredAt"))
    yield "Answered", f"by {reviewer}, {time}"
    yield from ((name.capitalize(), clean_line(value)) for name, value in decision_facts(result))


def _deeds(detail: RequestDetail, now: datetime) -> Iterator[tuple[str, str]]:
    """Yield what came of a decided approval, and each action in its name."""
    if detail.deeds is None or detail.result is None:
        return
    from pumpup_tui.text.deed_words import BY_TRACE, ago_words, came_of_run, decided_at, deed_text, deed_who, more_deeds

    at = decided_at(detail.result)
    ago = ago_words(durations.age(at, now)) if at else ""
    yield "Since", in_charset(came_of_run(detail.deeds, ago, is_closed=detail.task.status == "CLOSED")[0])
    for deed in detail.deeds.items:
        link = f" ({BY_TRACE})" if deed.link == "TRACE" else ""
        yield "", in_charset(f"{durations.minute(deed.timestamp, None)}  {deed_who(deed)}: {deed_text(deed)}{link}")
    yield "", in_charset(more_deeds(detail.deeds))


def _answers(result: Mapping[str, Any] | None) -> Iterator[tuple[str, str]]:
    """Yield the answers to a settled elicitation, by field."""
    fields = (result or {}).get("fields")
    if isinstance(fields, Mapping):
        yield from ((str(name), _clean_answer(answer)) for name, answer in fields.items())
