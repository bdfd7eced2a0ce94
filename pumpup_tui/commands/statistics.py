"""`stats`: waiting times, outcomes, and the share of decisions that the agent had recommended."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from pumpup_tui.commands.options import PlaceOptions, TimeParam, json_option, place_options
from pumpup_tui.commands.output import TableColumn, print_json, print_line, print_table, styled

if TYPE_CHECKING:
    from api_client.backend import Backend
    from pumpup_tui.commands.decision_counts import DecisionCounts


@click.command()
@click.option("--project", metavar="NAME", help="Of one project: its id or its name.")
@click.option("--since", type=TimeParam(), help="Settled from this date or time on, in your zone unless it names one.")
@click.option("--until", type=TimeParam(), help="Settled before this date or time.")
@json_option
@place_options
def stats(
    options: PlaceOptions, project: str | None, since: datetime | None, until: datetime | None, as_json: bool
) -> None:
    """Show how long requests waited and what was decided, by project and by reviewer.

    Agreement is how often the decision was the agent's recommendation, by the agent's confidence.

    Example: pumpup-tui stats --project claims --since 2026-01-01
    """
    from pumpup_tui.commands.backend_session import run_on_backend

    async def count(backend: Backend) -> DecisionCounts:
        from pumpup_tui.backend.timeline_query import Query
        from pumpup_tui.commands.all_pages import all_events
        from pumpup_tui.commands.decision_counts import DecisionCounts
        from pumpup_tui.commands.id_lookup import project_of

        chosen = await project_of(backend, project) if project else None
        names = {listed.id: listed.project_name for listed in await backend.projects()}
        counts = DecisionCounts(names, since, until)
        query = Query(types=DecisionCounts.TYPES, project_id=chosen.id if chosen else None, newest_first=False)
        async for event in all_events(backend, query):
            counts.add(event)
        return counts

    counts = run_on_backend(options, count)
    if as_json:
        print_json(counts.wire())
    else:
        _print_tables(counts)


_GROUPS = (
    TableColumn("name", "", min_width=8, tone="strong"),
    TableColumn("settled", "SETTLED"),
    TableColumn("p50", "P50"),
    TableColumn("p95", "P95"),
    TableColumn("agree", "AGREED"),
    TableColumn("outcomes", "OUTCOMES", min_width=12),
)
_BANDS = (
    TableColumn("band", "CONFIDENCE", tone="strong"),
    TableColumn("decided", "DECIDED"),
    TableColumn("agreed", "AGREED"),
    TableColumn("rate", "SHARE"),
)


def _print_tables(counts: DecisionCounts) -> None:
    figures = counts.wire()
    print_table(_GROUPS, [_row("all", figures["all"])], empty="")
    print_line(f"{figures['open']} open")
    for title, key in (("By project", "projects"), ("By reviewer", "reviewers")):
        if figures[key]:
            print_line()
            print_line(styled(title, "accent"))
            print_table(_GROUPS, [_row(group["name"], group) for group in figures[key]], empty="")
    bands = [band for band in figures["all"]["agreement"] if band["decided"]]
    if bands:
        print_line()
        print_line(styled("Agreement with the agent's recommendation", "accent"))
        rows = [(band["band"], band["decided"], band["agreed"], _share(band)) for band in bands]
        print_table(_BANDS, rows, empty="")


def _row(name: str, group: dict[str, Any]) -> tuple[object, ...]:
    outcomes = ", ".join(f"{_word(name)} {count}" for name, count in group["outcomes"].items())
    waits = group["waitSeconds"]
    agreed = {key: sum(band[key] for band in group["agreement"]) for key in ("decided", "agreed")}
    return name, group["settled"], _duration(waits["p50"]), _duration(waits["p95"]), _share(agreed), outcomes


def _word(outcome: str) -> str:
    from pumpup_tui.text.outcomes import OUTCOMES

    return OUTCOMES[outcome].past if outcome in OUTCOMES else outcome.lower().replace("_", " ")


def _share(band: dict[str, Any]) -> str:
    return f"{band['agreed'] / band['decided']:.0%}" if band["decided"] else "-"


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    for unit, name in ((86_400, "d"), (3_600, "h"), (60, "m")):
        if seconds >= unit:
            return f"{seconds / unit:.1f}{name}"
    return f"{seconds:.0f}s"
