"""The pane on what came of decisions: counts that lead to the timeline, and below each the first tasks of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from pumpup_tui.insights.deed_figures import DecisionCount, DecisionRow, DeedFigures
from pumpup_tui.insights.pane_lines import FigureLine, Pane, Target
from pumpup_tui.text.deed_words import DEED_FILTER_WORDS
from pumpup_tui.text.durations import span
from pumpup_tui.text.firewall import line

NAME = 40
"""Characters of a task's name and of a summary."""
FOOT = "no action linked: the agent does not say which request it acts on"


def deed_panes(deeds: DeedFigures | None, now: datetime) -> list[Pane]:
    """Return the pane; none where it is not known what came of decisions."""
    if deeds is None:
        return []
    lines: list[FigureLine] = []
    for kind, count in deeds.counts.items():
        tone = ("bad" if kind == "AFTER_DENIAL" else "needs") if count.count else "muted"
        label = (DEED_FILTER_WORDS[kind], "" if count.count else "muted")
        lines.append(FigureLine(label, ((counted(count), tone),), target=Target("deed", kind)))
        lines += _listed(count.rows, now)
    foot = FOOT if deeds.counts["UNLINKED"].count else ""
    return [Pane("deeds", "What came of decisions", lines, foot=foot)]


def counted(count: DecisionCount) -> str:
    """Return a count; with a plus where not all decisions were looked at."""
    return f"{count.count:,}{'+' if count.more else ''}"


def _listed(rows: Sequence[DecisionRow], now: datetime) -> Iterator[FigureLine]:
    for row in rows:
        waited = span(max(0.0, (now - row.decided_at).total_seconds()))
        remark = f"task closed · {line(row.summary, NAME)}" if row.is_closed else line(row.summary, NAME)
        yield FigureLine(
            (f"  {line(row.task_name, NAME)}", ""),
            ((waited, "muted"),),
            remark=(remark, "warn" if row.is_closed else "muted"),
            target=Target("task", row.task_id),
        )
