"""The panes of the insights screen, made of one state of the figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pumpup_tui.insights.deed_pane import deed_panes
from pumpup_tui.insights.figure_rows import FigureRow, RangeFigures
from pumpup_tui.insights.following_pane import following_panes
from pumpup_tui.insights.pane_lines import Bar, FigureLine, Pane, Target, percent
from pumpup_tui.insights.settled_figures import OUTCOME_WORDS, Band
from pumpup_tui.text.durations import span
from pumpup_tui.text.firewall import line
from pumpup_tui.text.layout import Run
from pumpup_tui.text.outcomes import ACTS

MOST_ROWS = 10
"""Rows of a pane by project, reviewer or agent; the others are counted."""
NAME = 40
"""Characters of a name."""
SURE = 20
"""Recommendations of a band from which its agents are called too sure, or too unsure."""
FAR = 0.1
"""How far a band's share of followed recommendations may be from its mean confidence."""
_TONES = {act.word: (act.glyph, act.tone) for act in ACTS.values()}


@dataclass(frozen=True, slots=True)
class StuckTask:
    """A task on which nothing happens; name and why are raw and ours."""

    task_id: str
    name: str
    why: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Stuck:
    """The tasks that are stuck, those that are so for longest first; `tasks` is None while they are looked for."""

    tasks: Sequence[StuckTask] | None = None
    more: bool = False
    """Whether there may be others that were not looked at."""


def panes(figures: RangeFigures, stuck: Stuck, me: str = "") -> list[Pane]:
    """Return all panes; `me` is the reviewer who sees them, whose own figures come first."""
    known = [] if stuck.tasks is None else [_stuck(stuck, stuck.tasks, figures.now)]
    counted = [pane(figures) for pane in (_now, _periods, _projects, _outcomes, _agreement)]
    special = [*deed_panes(figures.deeds, figures.now), *following_panes(figures.settled, me)]
    return [*counted, *special, _reviewers(figures, me), _agents(figures), *known]


def _plain(*texts: object) -> tuple[Run, ...]:
    return tuple((f"{text:,}" if isinstance(text, int) else str(text), "") for text in texts)


def _needs(count: int) -> Run:
    return (f"{count:,}", "needs" if count else "muted")


def _now(figures: RangeFigures) -> Pane:
    total = figures.total()
    group, backlog, agreed = total.group, total.backlog, total.group.recommended
    oldest = f"oldest {span(total.oldest_seconds)}" if total.oldest_seconds is not None else ""
    lines = (
        FigureLine(("open", ""), _plain(total.open), remark=(f"{backlog.unassigned:,} unassigned", "muted")),
        FigureLine(("overdue", ""), (_needs(backlog.overdue),), remark=(oldest, "muted")),
        FigureLine(("asked", ""), _plain(total.asked or 0), remark=(figures.settled.range.caption, "muted")),
        FigureLine(("settled", ""), _plain(group.settled), remark=(figures.settled.range.caption, "muted")),
        FigureLine(
            ("waited", ""), _plain(span(group.waited(50))), remark=(f"p50 · p95 {span(group.waited(95))}", "muted")
        ),
        FigureLine(
            ("followed", ""),
            _plain(percent(agreed.share)),
            remark=(f"{agreed.followed:,} of {agreed.given:,} recommendations", "muted"),
        ),
    )
    return Pane("now", "Requests", lines)


def _periods(figures: RangeFigures) -> Pane:
    chosen = figures.settled.range
    rows = figures.by_day()
    first = next((at for at, row in enumerate(rows) if row.asked or row.group.settled), max(0, len(rows) - 1))
    shown = rows[first:]
    most = max((row.group.settled for row in shown), default=0)
    lines = [_period(row, most, chosen.unit) for row in shown]
    heads = ("", "settled", "p50", "p95", "asked", "open")
    return Pane("periods", f"Settled by {chosen.unit}", lines[::-1], heads)  # not foreign: day or hour, of the range


def _period(row: FigureRow, most: int, unit: str) -> FigureLine:
    at = datetime.strptime(row.id, "%Y-%m-%d %H:%M" if unit == "hour" else "%Y-%m-%d")  # noqa: DTZ007 - only its words
    words = at.strftime({"hour": "%a %H:00", "day": "%a %d %b", "week": "week of %d %b"}[unit])
    group = row.group
    bar = Bar(group.settled / most if most else 0.0)
    numbers = _plain(group.settled, span(group.waited(50)), span(group.waited(95)), row.asked or 0, row.open)
    return FigureLine((words, ""), numbers, bar, target=Target("period", row.id))


def _projects(figures: RangeFigures) -> Pane:
    rows = sorted(figures.rows("project"), key=lambda row: (-row.open, -row.group.settled, row.name))
    most = max((row.open for row in rows), default=0)
    lines = [
        FigureLine(
            (line(row.name, NAME), ""),
            (*_plain(row.open), _needs(row.backlog.overdue), *_plain(span(row.oldest_seconds), row.group.settled)),
            Bar(row.open / most if most else 0.0),
            target=Target("project", row.id),
        )
        for row in rows
    ]
    return Pane("projects", "Open requests by project", *_capped(lines, ("", "open", "overdue", "oldest", "settled")))


def _outcomes(figures: RangeFigures) -> Pane:
    counts = figures.settled.all.listed_outcomes()
    total = max(1, sum(counts.values()))
    lines = [
        FigureLine(_outcome_label(word), _plain(count, percent(count / total)), Bar(count / total, _tone(word)))
        for word, count in counts.items()
    ]
    return Pane("outcomes", "Outcomes", lines)


def _tone(word: str) -> str:
    return _TONES.get(word, ("", "muted"))[1] or "muted"


def _outcome_label(raw_words: str) -> Run:
    glyph = _TONES.get(raw_words, ("·", ""))[0]
    return f"{glyph} {line(raw_words, NAME)}", _tone(raw_words) if raw_words in OUTCOME_WORDS else ""


def _agreement(figures: RangeFigures) -> Pane:
    lines = [_band(band) for band in figures.settled.all.bands()]
    foot = "│ the agents' mean confidence: the bar should end there"
    return Pane("agreement", "Recommendations followed, by confidence", lines, ("", "followed", "of"), foot=foot)


def _band(band: Band) -> FigureLine:
    numbers = _plain(percent(band.share), band.given)
    bar = Bar(band.share or 0.0, mark=band.mean)
    return FigureLine((band.caption, "" if band.given else "muted"), numbers, bar, (_verdict(band), "warn"))


def _verdict(band: Band) -> str:
    if band.share is None or band.mean is None or band.given < SURE or abs(band.share - band.mean) <= FAR:
        return ""
    return "too sure" if band.share < band.mean else "too unsure"


def _stuck(stuck: Stuck, tasks: Sequence[StuckTask], now: datetime) -> Pane:
    if not tasks:
        return Pane("stuck", "Stuck", [FigureLine(("no task is stuck", "muted"))])
    lines = [
        FigureLine(
            (line(task.name, NAME), ""),
            ((span(_seconds(now - task.since)), "needs"),),
            remark=(task.why, "muted"),
            target=Target("task", task.task_id),
        )
        for task in tasks
    ]
    count = f"{len(tasks):,}{'+' if stuck.more else ''}"
    return Pane("stuck", "Stuck", *_capped(lines, ()), tally=[(count, "needs")])


def _seconds(length: timedelta) -> float:
    return max(0.0, length.total_seconds())


def _reviewers(figures: RangeFigures, me: str) -> Pane:
    # By name, one's own first, and no share of what each followed: anything else would be a ranking of people.
    rows = sorted(figures.rows("reviewer"), key=lambda row: (not row.id, row.id != me, row.name.casefold()))
    lines = list(_load(rows, "reviewer"))
    return Pane("reviewers", "Load by reviewer", *_capped(lines, ("", "settled", "p50", "open")))


def _agents(figures: RangeFigures) -> Pane:
    rows = sorted(figures.rows("agent"), key=lambda row: (not row.id, -row.group.settled, -row.open, row.name))
    lines = list(_load(rows, "agent"))
    return Pane("agents", "Load by agent", *_capped(lines, ("", "settled", "p50", "followed", "open", "asked")))


def _load(rows: Sequence[FigureRow], kind: str) -> Iterator[FigureLine]:
    most = max((row.group.settled for row in rows), default=0)
    for row in rows:
        group = row.group
        figures: list[object] = [group.settled, span(group.waited(50)), row.open]
        if kind == "agent":
            figures = [*figures[:2], percent(group.recommended.share), row.open, row.asked or 0]
        target = None if not row.id else Target("reviewer" if kind == "reviewer" else "agent", row.id)
        yield FigureLine(
            (line(row.name, NAME), ""),
            _plain(*figures),
            Bar(group.settled / most if most else 0.0),
            target=target,
        )


def _capped(lines: Sequence[FigureLine], heads: tuple[str, ...]) -> tuple[list[FigureLine], tuple[str, ...]]:
    """Return the first rows with their heads, and a row that counts the others."""
    shown = list(lines[:MOST_ROWS])
    if len(lines) > MOST_ROWS:
        shown.append(FigureLine((f"and {len(lines) - MOST_ROWS:,} more", "muted")))
    if not lines:
        return [FigureLine(("nothing yet", "muted"))], ()
    return shown, heads
