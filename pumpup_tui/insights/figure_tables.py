"""Tables of figures as text for others: CSV for a spreadsheet, Markdown for a message."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from io import StringIO

from api_client.spreadsheet_cells import harmless
from api_client.times import wire_time
from pumpup_tui.insights.deed_figures import DeedFigures
from pumpup_tui.insights.deed_pane import counted
from pumpup_tui.insights.figure_rows import DIMENSIONS, Dimension, FigureRow, RangeFigures
from pumpup_tui.insights.settled_figures import OUTCOME_WORDS, Group
from pumpup_tui.text.deed_words import DEED_FILTER_WORDS
from pumpup_tui.text.durations import full, span
from pumpup_tui.text.firewall import line

NAME = 200
"""Characters of a name."""
_SPECIAL = re.compile(r"[\\`*_\[\]<>|#&~!]")
"""What Markdown reads as more than text; a name must stay one."""


def csv_text(by: Dimension, rows: Sequence[FigureRow]) -> str:
    """Return rows as CSV; a name that a spreadsheet might run begins with an apostrophe, seconds are in full."""
    unknown = sorted({word for row in rows for word in row.group.outcomes} - set(OUTCOME_WORDS))
    words = [*OUTCOME_WORDS, *unknown]
    text = StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_MINIMAL, lineterminator="\n")
    apart = () if by == "reviewer" else _APART
    writer.writerow([by, *_COLUMNS, *(harmless(line(word, NAME)) for word in words), *apart])
    for row in rows:
        counts = [row.group.outcomes[word] for word in words]
        writer.writerow([harmless(line(row.name, NAME)), *_numbers(row), *counts, *_numbers_apart(row)[: len(apart)]])
    return text.getvalue()


_COLUMNS = (
    "asked",
    "open",
    "overdue",
    "oldest_seconds",
    "settled",
    "p50_seconds_waited",
    "p95_seconds_waited",
    "recommended",
    "followed",
)
_APART = ("granted", "expired", "blind_recommended", "blind_followed")
"""Columns of what is counted by itself; tables of reviewers have none of them."""


def _numbers(row: FigureRow) -> list[object]:
    group, agreed = row.group, row.group.recommended
    numbers = (
        row.asked,
        row.open,
        row.overdue,
        row.oldest_seconds,
        group.settled,
        group.waited(50),
        group.waited(95),
        agreed.given,
        agreed.followed,
    )
    return ["" if number is None else number for number in numbers]


def _numbers_apart(row: FigureRow) -> list[object]:
    group, hidden = row.group, row.group.by_blindness()[-1]
    return [group.granted, group.expired, hidden.given, hidden.followed]


def markdown(figures: RangeFigures) -> str:
    """Return all figures as Markdown: a list of the totals, then a table for each dimension."""
    total, chosen = figures.total(), figures.settled.range
    group, agreed = total.group, total.group.recommended
    outcomes = ", ".join(f"{word} {count:,}" for word, count in group.listed_outcomes().items() if count)
    lines = [
        f"**Pump Up, {chosen.caption}** (as of {full(figures.now, chosen.zone)})",
        "",
        f"- open requests {total.open:,}, overdue {total.backlog.overdue:,}, oldest {span(total.oldest_seconds)}",
        f"- asked {whole(total.asked)}, settled {group.settled:,}: {line(outcomes or 'none', 400)}",
        f"- waited p50 {span(group.waited(50))}, p95 {span(group.waited(95))}",
        f"- recommendations followed: {agreed.followed:,} of {agreed.given:,}",
        *(_apart_lines(group)),
        *_deed_lines(figures.deeds),
    ]
    for by in DIMENSIONS:
        lines += ["", *_markdown_table(chosen.unit if by == "day" else by, figures.rows(by))]
    return "\n".join(lines) + "\n"


def _apart_lines(group: Group) -> list[str]:
    shown, hidden = group.by_blindness()
    lines = [f"- decided by grants {group.granted:,}"] if group.granted else []
    lines += [f"- expired undecided {group.expired:,}"] if group.expired else []
    if hidden.given:
        words = f"shown {shown.followed:,} of {shown.given:,}, hidden {hidden.followed:,} of {hidden.given:,}"
        lines.append(f"- followed where the recommendation was {words}")
    return lines


def _deed_lines(deeds: DeedFigures | None) -> list[str]:
    """Return the counts of what came of decisions, and below each the first of them."""
    lines: list[str] = []
    for kind, count in deeds.counts.items() if deeds else ():
        lines.append(f"- {DEED_FILTER_WORDS[kind]}: {counted(count)}")
        for row in count.rows:
            words = _SPECIAL.sub(r"\\\g<0>", f"{line(row.task_name, NAME)}: {line(row.summary, NAME)}")
            lines.append(f"  - {wire_time(row.decided_at)} {words}{' (task closed)' if row.is_closed else ''}")
    return lines


def _markdown_table(name: str, rows: Sequence[FigureRow]) -> list[str]:
    heads = ("open", "overdue", "oldest", "asked", "settled", "p50", "p95", "followed")
    shown = heads[:-1] if name == "reviewer" else heads
    cells = [_cells(row)[: 1 + len(shown)] for row in rows]
    rule = ("---", *("---:" for _ in shown))
    return [_markdown_row((name, *shown)), _markdown_row(rule), *(_markdown_row(row) for row in cells)]


def _cells(row: FigureRow) -> tuple[str, ...]:
    group = row.group
    counts = (whole(row.asked), whole(group.settled))
    waits = (span(group.waited(50)), span(group.waited(95)))
    share = group.recommended.share
    followed = "-" if share is None else f"{share:.0%}"
    return row.name, whole(row.open), whole(row.overdue), span(row.oldest_seconds), *counts, *waits, followed


def whole(count: int | None) -> str:
    """Return a count in words; `-` where it is not known."""
    return "-" if count is None else f"{count:,}"


def _markdown_row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(_SPECIAL.sub(r"\\\g<0>", line(cell, NAME)) for cell in cells) + " |"
