"""`stats`: waiting times, outcomes, load, and the share of decisions that the agent had recommended."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from pumpup_tui.commands.options import PlaceOptions, TimeParam, end_of_range, json_option, place_options
from pumpup_tui.commands.output import TableColumn, print_json, print_line, print_table, print_wrapped, styled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from api_client.backend import Backend
    from api_client.event_filter import DeedFilter
    from pumpup_tui.insights.deed_figures import DecisionRow
    from pumpup_tui.insights.figure_rows import Dimension, FigureRow, RangeFigures
    from pumpup_tui.insights.settled_figures import Band

_BY = ("day", "project", "reviewer", "agent")


@click.command()
@click.option("--by", type=click.Choice(_BY), help="One row for each of these, and nothing else.")
@click.option("--project", metavar="NAME", help="Only this project (id or name).")
@click.option("--since", type=TimeParam(), help="Settled from then on: 7d, yesterday, 2026-01-31; in your zone.")
@click.option("--until", type=TimeParam(ends=True), help="Settled before then; of a day, up to its end.")
@click.option("--csv", "as_csv", is_flag=True, help="CSV, with --by; seconds in full.")
@json_option
@place_options
def stats(
    options: PlaceOptions,
    by: Dimension | None,
    project: str | None,
    since: datetime | None,
    until: datetime | None,
    *,
    as_csv: bool,
    as_json: bool,
) -> None:
    """Show how long requests waited and what was decided, by day, project, reviewer and agent.

    Agreement is how often the decision was the agent's recommendation, by the agent's confidence; and, where a policy
    hides some recommendations until the decision, hidden beside shown: how much people follow the agent. What grants
    decided is counted by itself, all other figures are of what people settled. Last comes what came of decisions:
    approvals that no action followed, and denials that were acted on.

    Example: pumpup-tui stats --by reviewer --since 7d --csv
    """
    from pumpup_tui.commands.backend_session import run_on_backend

    if as_csv and (by is None or as_json):
        raise click.UsageError("--csv prints one table: add --by, and leave out --json.")

    async def count(backend: Backend) -> RangeFigures:
        return await _counted(backend, project, since, until, deeds=by is None)

    until = end_of_range(until)
    figures = run_on_backend(options, count)
    if as_csv:
        _print_csv(figures, by or "day")
    elif as_json:
        print_json(_wire(figures, by))
    elif by is not None:
        _print_range(figures)
        _print_rows(figures.rows(by))
    else:
        _print_range(figures)
        _print_tables(figures)


async def _counted(
    backend: Backend, project: str | None, since: datetime | None, until: datetime | None, *, deeds: bool
) -> RangeFigures:
    from api_client.times import utc_now
    from pumpup_tui.commands.id_lookup import project_of
    from pumpup_tui.commands.pause_commands import print_pauses
    from pumpup_tui.insights.figure_rows import RangeFigures
    from pumpup_tui.insights.open_work import OpenWork
    from pumpup_tui.insights.ranges import Range
    from pumpup_tui.insights.reading import OpenReader, SettledReader
    from pumpup_tui.insights.settled_figures import SettledFigures

    chosen = (await project_of(backend, project)).id if project else None
    await print_pauses(backend, chosen)
    names = {listed.id: listed.project_name for listed in await backend.projects()}
    now = utc_now()
    span = Range("", since, until, "day", None, now)
    figures = RangeFigures(SettledFigures(span), OpenWork(span), names, now)
    async for items in OpenReader(chosen).pages(backend):
        figures.work.add(items)
    async for rows in SettledReader(span, chosen).pages(backend):
        figures.settled.add(rows)
    if deeds and "deeds" in (await backend.me()).capabilities:
        from pumpup_tui.insights.deed_figures import deed_figures

        return replace(figures, deeds=await deed_figures(backend, span, chosen))
    return figures


def _wire(figures: RangeFigures, by: Dimension | None) -> dict[str, Any]:
    total = figures.total().wire()
    if by is not None:
        return {"by": by, "open": total["open"], "rows": [row.wire() for row in figures.rows(by)]}
    groups = {f"{name}s": [row.wire() for row in figures.rows(name)] for name in _dimensions()}
    deeds = {"deeds": figures.deeds.wire()} if figures.deeds else {}
    return {"open": total["open"], "overdue": total["overdue"], "all": total, **groups, **deeds}


def _dimensions() -> tuple[Dimension, ...]:
    from pumpup_tui.insights.figure_rows import DIMENSIONS

    return DIMENSIONS


def _print_csv(figures: RangeFigures, by: Dimension) -> None:
    from pumpup_tui.insights.figure_tables import csv_text

    for text in csv_text(by, figures.rows(by)).splitlines():
        print_line(text)


_GROUPS = (
    TableColumn("name", "", min_width=8, tone="strong"),
    TableColumn("asked", "ASKED", rank=3),
    TableColumn("open", "OPEN"),
    TableColumn("overdue", "OVERDUE", rank=2),
    TableColumn("oldest", "OLDEST", rank=2),
    TableColumn("settled", "SETTLED"),
    TableColumn("p50", "P50"),
    TableColumn("p95", "P95"),
    TableColumn("agree", "AGREED"),
    TableColumn("outcomes", "OUTCOMES", min_width=12, rank=1),
    TableColumn("granted", "BY GRANTS", rank=4),
)
_COUNTS = (TableColumn("decided", "DECIDED"), TableColumn("agreed", "AGREED"), TableColumn("rate", "SHARE"))
_BANDS = (TableColumn("band", "CONFIDENCE", tone="strong"), *_COUNTS)
_DEED_COUNTS = (TableColumn("deeds", "", tone="strong"), TableColumn("decisions", "DECISIONS"))
_DEED_ROWS = (
    TableColumn("deeds", "", min_width=8),
    TableColumn("decided", "DECIDED AGO"),
    TableColumn("task", "TASK", min_width=10, tone="strong"),
    TableColumn("closed", "TASK IS", rank=2),
    TableColumn("summary", "REQUEST", min_width=12, rank=1),
    TableColumn("id", "ID"),
)
_BLINDNESS = (TableColumn("blindness", "RECOMMENDATION", tone="strong"), *_COUNTS)


def _print_rows(rows: Sequence[FigureRow]) -> None:
    left_out = set() if any(row.group.granted and not row.is_person for row in rows) else {"granted"}
    if any(row.is_person for row in rows):
        left_out.add("agree")  # whom each agrees with would be a ranking of people
    places = [place for place, column in enumerate(_GROUPS) if column.name not in left_out]
    cells = [[_cells(row)[place] for place in places] for row in rows]
    print_table([_GROUPS[place] for place in places], cells, empty="No matching requests.")


def _print_range(figures: RangeFigures) -> None:
    """Print the range that was meant: what is settled and asked is of it, what is open is of now."""
    from pumpup_tui.text.durations import minute

    span = figures.settled.range
    if span.since is not None or span.until is not None:
        since = minute(span.since, None) if span.since else "the first event"
        until = minute(span.until, None) if span.until else "now"
        print_wrapped(f"From {since} until {until}; open, overdue and oldest are as of now.", "muted")


def _print_tables(figures: RangeFigures) -> None:
    _print_rows([figures.total()])
    print_line(f"{len(figures.work)} open request{'' if len(figures.work) == 1 else 's'}")
    for count, words in ((figures.settled.all.granted, "decided by grants"), (figures.settled.all.expired, "expired")):
        if count:
            print_line(f"{count:,} {words}")
    for by in _dimensions():
        if rows := figures.rows(by):
            print_line()
            print_line(styled(f"By {by}", "accent"))
            _print_rows(rows)
    bands = [band for band in figures.settled.all.bands() if band.given]
    if bands:
        print_line()
        print_wrapped("Agreement with the agent's recommendation", "accent")
        print_table(_BANDS, [_band_cells(band) for band in bands], empty="")
    blindness = figures.settled.all.by_blindness()
    if blindness[-1].given:
        print_line()
        print_wrapped(
            "How much people follow the agent: agreement with a shown and with a hidden recommendation", "accent"
        )
        print_table(_BLINDNESS, [_band_cells(band) for band in blindness], empty="")
    _print_deeds(figures)


def _print_deeds(figures: RangeFigures) -> None:
    """Print what came of decisions: the counts, then the first of those that are to be looked at."""
    from pumpup_tui.insights.deed_pane import counted
    from pumpup_tui.text.deed_words import DEED_FILTER_WORDS

    counts = figures.deeds.counts if figures.deeds else {}
    if not any(count.count or count.more for count in counts.values()):
        return
    print_line()
    print_wrapped("What came of decisions", "accent")
    print_table(_DEED_COUNTS, [(DEED_FILTER_WORDS[kind], counted(count)) for kind, count in counts.items()], empty="")
    rows = [_deed_cells(kind, row, figures.now) for kind, count in counts.items() for row in count.rows]
    if rows:
        print_line()
        print_table(_DEED_ROWS, rows, empty="")


def _deed_cells(kind: DeedFilter, row: DecisionRow, now: datetime) -> tuple[object, ...]:
    from pumpup_tui.text.deed_words import DEED_FILTER_WORDS
    from pumpup_tui.text.durations import span
    from pumpup_tui.text.firewall import line

    ago, closed = span(max(0.0, (now - row.decided_at).total_seconds())), "closed" if row.is_closed else ""
    return DEED_FILTER_WORDS[kind], ago, line(row.task_name, 60), closed, line(row.summary, 100), row.request_id


def _band_cells(band: Band) -> tuple[object, ...]:
    return band.caption, band.given, band.followed, _share(band.share)


def _cells(row: FigureRow) -> tuple[object, ...]:
    from pumpup_tui.text.durations import span

    group = row.group
    outcomes = ", ".join(f"{word} {count}" for word, count in group.listed_outcomes().items() if count)
    waits = (span(row.oldest_seconds), group.settled, span(group.waited(50)), span(group.waited(95)))
    counts, share = (_count(row.asked), row.open, _count(row.overdue)), _share(group.recommended.share)
    return row.name, *counts, *waits, share, outcomes, group.granted or ""


def _count(count: int | None) -> str:
    return "-" if count is None else str(count)


def _share(share: float | None) -> str:
    return "-" if share is None else f"{share:.0%}"
