"""A request in plain lines: all of it, for what is decided is what was printed. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any

from api_client.request_facts import confidence_value, request_kind
from pumpup_tui.linear.plain_lines import Spoken, counted, quoted, said, sentence
from pumpup_tui.text import durations
from pumpup_tui.text.attachment_names import attachments_of, relabelled, relabelled_words
from pumpup_tui.text.firewall import clean, line
from pumpup_tui.text.labels import (
    actor_text,
    answer_text,
    asker_words,
    event_run,
    event_text,
    size_words,
    transition_text,
)
from pumpup_tui.text.layout import joined
from pumpup_tui.text.needs_words import HIDDEN, demand_words, refusal_words, tag_words
from pumpup_tui.text.outcomes import OUTCOMES

if TYPE_CHECKING:
    from api_client.models import Event, InboxItem, RequestDetail, Upload
    from pumpup_tui.local_state.answer_draft import AnyForm, Bid
    from pumpup_tui.text.inspection import Inspection

TEXT = 70_000
"""Characters of a text: more than a request's may have (CONTRACT.md part 3, Limits)."""
OPTIONS_READ = 30
"""Options that are printed; the others are found by typing a part of them."""


def request_lines(detail: RequestDetail, inspection: Inspection, now: datetime) -> list[Spoken]:
    """Return all that a decision depends on: who asks, what, the recommendation, the context, the attachments."""
    event, payload = detail.event, detail.event.payload
    lines: list[Spoken] = [
        f"Asked by {asker_words(event.subject or '', event.source)}, {age_words(event.timestamp, now)}.",
        said("Task", detail.task.name),
        said("Project", detail.project.name),
        said("Step", detail.task.current_step),
        "Summary:",
        *quoted(clean(str(payload.get("summary") or ""), limit=TEXT)),
        # An elicitation's suggestions stand with its fields.
        *(_recommended(detail) if "fields" not in payload else ()),
        *_context(payload.get("keyValueContext")),
        *attachment_lines(detail, {}),
    ]
    return [*lines, f"Careful: {inspection.words}."] if inspection.words else lines


def age_words(since: datetime, now: datetime) -> str:
    """Return how long ago something was."""
    age = durations.age(since, now)
    return "just now" if age == "now" else f"{age} ago"


def standing_lines(detail: RequestDetail, reviewer: str, stamp: Callable[[datetime], str]) -> list[Spoken]:
    """Return who may decide a request under its project's policy, and when it expires; nothing without a policy."""
    needs = detail.needs
    lines: list[Spoken] = []
    if needs is not None and not needs.may:
        lines.append(f"You may not decide this: {refusal_words(needs)}")
    if needs is not None and needs.people > 1:
        lines.append(f"Who decides: {demand_words(needs, reviewer, stamp)}.")
    elif needs is not None and needs.may and needs.tag_lists:
        lines.append(f"Decided by: {tag_words(needs)}.")
    return lines if detail.expires_at is None else [*lines, f"Expires: {stamp(detail.expires_at)}."]


def _recommended(detail: RequestDetail) -> list[Spoken]:
    if detail.blind:
        return [f"What the agent recommends is {HIDDEN}."]
    return _recommendation(detail.event.payload.get("recommendation"))


def _recommendation(offered: Any) -> list[Spoken]:
    if not isinstance(offered, Mapping):
        return ["The agent recommends nothing."]
    outcome = offered.get("outcome")
    kind = str(outcome.get("type") or "") if isinstance(outcome, Mapping) else ""
    value = confidence_value(offered)
    confidence = f", {value * 100:.0f} percent confident" if value is not None else ""
    word = OUTCOMES[kind].word if kind in OUTCOMES else line(kind, 40) or "nothing"
    note = outcome.get("note") if isinstance(outcome, Mapping) else None
    texts = (clean(str(text), limit=TEXT) for text in (offered.get("rationale"), note) if text)
    return [f"The agent recommends: {word}{confidence}.", *(part for text in texts for part in quoted(text))]


def _context(pairs: Any) -> list[Spoken]:
    if not isinstance(pairs, Mapping) or not pairs:
        return []
    lines: list[Spoken] = [f"Context, {counted(len(pairs), 'entry').replace('entrys', 'entries')}:"]
    for key in sorted(pairs):
        lines += quoted(f"{line(key, TEXT)}: {clean(str(pairs[key]), limit=TEXT)}")
    return lines


def attachment_lines(detail: RequestDetail, uploads: Mapping[str, Upload]) -> list[Spoken]:
    """Return the attachments by number, with what is known of them."""
    attachments, since = attachments_of(detail), relabelled(detail)
    lines: list[Spoken] = [f"{counted(len(attachments), 'attachment')}:"] if attachments else []
    for number, attachment in enumerate(attachments, 1):
        lines.append(said(f"Attachment {number}", attachment.label))
        if (upload := uploads.get(attachment.upload_id)) is not None:
            lines += quoted(joined((line(upload.content_type, 60), size_words(upload.size)), ", "))
        if attachment.upload_id in since:
            lines += quoted(relabelled_words(since[attachment.upload_id]))
    return lines


def event_lines(events: Iterable[Event], now: datetime, zone: tzinfo | None) -> list[Spoken]:
    """Return a timeline, a line an event: time, who, what, text."""
    lines: list[Spoken] = []
    for event in events:
        words = event_run(event)[0].partition(" ")[2]
        stamp = durations.stamp(event.timestamp, now, zone)
        text = joined((transition_text(event), event_text(event)))
        lines.append(said(f"{stamp}, {actor_text(event)}, {words}", text))
    return lines


def item_line(number: int, item: InboxItem, now: datetime, mark: str = "") -> Spoken:
    """Return an open request in one line of the list, with a clean mark of ours behind its age."""
    whose = f", assigned to {line(item.assignee_id, 40)}" if item.assignee_id else ""
    late = ", overdue" if item.overdue_at is not None and item.overdue_at <= now else ""
    about = f"{number}, {request_kind(item.event_type)}, {age_words(item.requested_at, now)}{late}{mark}{whose}"
    return said(about, item.summary.strip().split("\n")[0], limit=200)


# The fields of an elicitation.


def field_lines(field: AnyForm, bid: Bid | None, answer: str) -> list[Spoken]:
    """Return a field as it is asked for, with the agent's suggestion and the person's own clean answer so far."""
    about = sentence("required" if field.required else "optional", *_about(field))
    lines: list[Spoken] = [*quoted(line(field.label, TEXT)), f"{about[0].upper()}{about[1:]}."]
    if field.description:
        lines += quoted(clean(field.description.strip(), limit=TEXT))
    lines += _options(getattr(field, "options", ()))
    if bid is not None:
        lines += _bid(bid)
    return [*lines, said("Your answer so far", answer)] if answer else lines


def _about(field: AnyForm) -> tuple[str, str]:
    from pumpup_tui.local_state.answer_draft import type_of

    kind = type_of(field)
    # cleaned again: bounds are texts that an agent declared
    return KINDS.get(kind, f"of the type {line(kind, 30)}, which can't be answered here"), line(field.bounds())


KINDS = {
    "Text": "one line of text",
    "TextArea": "text of any number of lines",
    "Number": "a number",
    "Slider": "a number",
    "Select": "one of the options, by number or name",
    "Multiselect": "any of the options, by numbers or names between commas",
    "DateField": "a date, like tomorrow, fri, +3d or 2026-12-01",
    "Time": "a time of day, like 9am or 14:30",
    "DateTime": "a date and time, like tomorrow 9am or 2026-12-01 09:00",
    "Switch": "yes or no",
}


def _options(options: Sequence[str]) -> list[Spoken]:
    lines: list[Spoken] = []
    for index in range(min(len(options), OPTIONS_READ)):
        lines.append(said(f"Option {index + 1}", options[index]))
    more = len(options) - OPTIONS_READ
    return [*lines, f"And {more:,} more: type a part of a name to find one."] if more > 0 else lines


def _bid(bid: Bid) -> list[Spoken]:
    sure = f", {bid.confidence * 100:.0f} percent confident" if bid.confidence is not None else ""
    lines: list[Spoken] = [f"The agent suggests{sure}:", *quoted(_value_words(bid.value))]
    return [*lines, "Because:", *quoted(clean(bid.rationale, limit=TEXT))] if bid.rationale else lines


def _value_words(value: Any) -> str:
    return clean(value, limit=TEXT) if isinstance(value, str) else answer_text(value)


def review_lines(fields: Sequence[AnyForm], answers: Mapping[str, Any], suggested: Iterable[str]) -> list[Spoken]:
    """Return all answers as they would be sent; `suggested` names the fields that are still the agent's."""
    theirs = set(suggested)
    lines: list[Spoken] = ["Your answers:"]
    for field in fields:
        lines += quoted(line(field.label, TEXT))
        if field.id not in answers:
            lines.append("Left out.")
            continue
        lines.append("As the agent suggests:" if field.id in theirs else "Your answer:")
        lines += quoted(_value_words(answers[field.id]))
    return lines
