"""Rows of the inbox's list, two lines each: a request, and the heading of a section or group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len

from api_client.request_query import is_overdue
from pumpup_tui.components.decision_bar import MARKS
from pumpup_tui.context import Context
from pumpup_tui.decisions.desk import Phase
from pumpup_tui.inbox.order import OVERDUE
from pumpup_tui.text.firewall import line
from pumpup_tui.text.labels import recommendation_run
from pumpup_tui.text.layout import Line, Run, crop, fit, joined
from pumpup_tui.text.needs_words import HIDDEN_SHORT, standing_words

if TYPE_CHECKING:
    from api_client.models import InboxItem
    from pumpup_tui.inbox.queue import Heading

LETTERS = {"APPROVAL_REQUESTED": "A", "ELICITATION_REQUESTED": "E"}


def request_row(context: Context, item: InboxItem, width: int, *, selected: bool) -> Sequence[Line]:
    """Return a request's two lines, `width` cells wide, of clean text."""
    return [_first(context, item, width, "● " if selected else "  "), _second(context, item, width)]


def compact_row(context: Context, item: InboxItem, width: int, *, selected: bool) -> Sequence[Line]:
    """Return a request in one line: what is asked, of which task, what the agent says, and how long it waits."""
    *head, (summary, tone), waits = _first(context, item, width, "● " if selected else "  ")
    offer = _offer(context, item)
    room = cell_len(summary) - cell_len(offer[0]) - 1
    task = f" · {joined((_standing(context, item), line(item.task_name, 200)))}"
    asked = crop(line(item.summary, 300), max(room * 2 // 3, room - cell_len(task)))
    where = fit(task, room - cell_len(asked))
    return [[*head, (asked, tone), (where, "muted"), (" ", ""), offer, waits]]


def heading_row(heading: Heading, width: int) -> Sequence[Line]:
    """Return a heading's two lines: a blank one, then its name and count in a rule."""
    overdue = f", {heading.overdue:,} of them overdue" if heading.overdue else ""
    words = f"{line(heading.name, 80)} · {heading.count:,}{'+' if heading.more else ''}{overdue} "
    tone = "needs" if heading.name == OVERDUE else "strong"
    return [[], [(words, tone), ("─" * max(0, width - cell_len(words) - 1), "muted")]]


def author_words(item: InboxItem) -> str:
    """Return the request's author, in clean words."""
    return f"by {line(item.requested_by, 40)}" if item.requested_by else "by an agent"


def _first(context: Context, item: InboxItem, width: int, mark: str) -> Line:
    waits = f" {context.age(item.requested_at)} "
    now = context.clock()
    overdue = is_overdue(item, now)
    if overdue:
        waits = f" ◷ overdue{waits}"
    if (until := context.snoozes.by_request.get(item.request_id)) is not None and until > now:
        waits = f" snoozed until {context.stamp(until)}{' ◷ overdue' if overdue else ''} "
    letter = LETTERS.get(item.event_type, "·")
    room = width - 3 - cell_len(waits)
    return [
        (f"{letter}{mark}", "accent"),
        (fit(line(item.summary, 300), room), "muted" if item.needs is not None and not item.needs.may else ""),
        (waits, "needs" if overdue else "muted"),
    ]


def _second(context: Context, item: InboxItem, width: int) -> Line:
    offer = _offer(context, item)
    assignee = f"@{line(item.assignee_id, 40)}" if item.assignee_id else ""
    project = "" if context.project_id else line(item.project_name, 60)
    names = (author_words(item), assignee, project, line(item.task_name, 200))
    where = joined((_standing(context, item), *names))
    room = width - 3 - cell_len(offer[0]) - 2
    return [("   ", ""), (fit(where, room), "muted"), (" ", ""), offer, (" ", "")]


def _standing(context: Context, item: InboxItem) -> str:
    """Return how a request stands under its project's policy, in clean words: whose it is, how many, until when."""
    if item.needs is None and item.expires_at is None:
        return ""
    words = standing_words(item.needs, context.status.reviewer) if item.needs is not None else ""
    return joined((words, f"expires {context.until(item.expires_at)}" if item.expires_at is not None else ""))


def _offer(context: Context, item: InboxItem) -> Run:
    """Return the state of a decision in flight, else of a draft, else what the agent recommends."""
    sent = context.outbox.desk.in_flight(item.request_id)
    if sent is not None:
        glyph, tone = MARKS[sent.phase]
        return f"{glyph} {sent.word}{'…' if sent.phase is Phase.SENDING else ''}", tone
    if item.field_count is not None and (touched := context.drafts.touched(item.request_id)):
        return f"✎ draft {touched}/{item.field_count}", "accent"
    if item.blind:
        return HIDDEN_SHORT, "muted"
    return recommendation_run(item.recommendation, item.field_count)
