"""`stats`: how long requests wait, how they are decided, and how often the agent had recommended just that."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from pumpup_tui.commands.options import Given, Moment, json_option, place_options
from pumpup_tui.commands.output import Column, tell, tell_json, tell_table, toned

if TYPE_CHECKING:
    from api_client.backend import Backend
    from pumpup_tui.commands.decision_counts import Counts


@click.command()
@click.option("--project", metavar="NAME", help="Of one project: its id or its name.")
@click.option("--since", type=Moment(), help="Settled from this date or time on, in your zone unless it names one.")
@click.option("--until", type=Moment(), help="Settled before this date or time.")
@json_option
@place_options
def stats(given: Given, project: str | None, since: datetime | None, until: datetime | None, as_json: bool) -> None:
    """Tell how long requests waited and what was decided, by project and by reviewer.

    Agreement is how often the decision was the agent's recommendation, by the agent's confidence.

    Example: pumpup-tui stats --project claims --since 2026-01-01
    """
    from pumpup_tui.commands.backend_session import work

    async def task(backend: Backend) -> Counts:
        from pumpup_tui.commands.decision_counts import Counts
        from pumpup_tui.commands.id_lookup import events, project_of

        chosen = await project_of(backend, project) if project else None
        names = {one.id: one.project_name for one in await backend.projects()}
        counts = Counts(names, since, until)
        async for event in events(backend, types=Counts.TYPES, project_id=chosen.id if chosen else None):
            counts.add(event)
        return counts

    counts = work(given, task)
    if as_json:
        tell_json(counts.wire())
    else:
        _tell(counts)


_GROUPS = (
    Column("name", "", least=8, tone="strong"),
    Column("settled", "SETTLED"),
    Column("p50", "P50"),
    Column("p95", "P95"),
    Column("agree", "AGREED"),
    Column("outcomes", "OUTCOMES", least=12),
)
_BANDS = (
    Column("band", "CONFIDENCE", tone="strong"),
    Column("decided", "DECIDED"),
    Column("agreed", "AGREED"),
    Column("rate", "SHARE"),
)


def _tell(counts: Counts) -> None:
    whole = counts.wire()
    tell_table(_GROUPS, [_row("all", whole["all"])], empty="")
    tell(f"{whole['open']} open")
    for title, key in (("By project", "projects"), ("By reviewer", "reviewers")):
        if whole[key]:
            tell()
            tell(toned(title, "accent"))
            tell_table(_GROUPS, [_row(one["name"], one) for one in whole[key]], empty="")
    bands = [one for one in whole["all"]["agreement"] if one["decided"]]
    if bands:
        tell()
        tell(toned("Agreement with the agent's recommendation", "accent"))
        tell_table(_BANDS, [(one["band"], one["decided"], one["agreed"], _share(one)) for one in bands], empty="")


def _row(name: str, group: dict[str, Any]) -> tuple[object, ...]:
    outcomes = ", ".join(f"{word.lower().replace('_', ' ')} {count}" for word, count in group["outcomes"].items())
    waits = group["waitSeconds"]
    agreed = {key: sum(one[key] for one in group["agreement"]) for key in ("decided", "agreed")}
    return name, group["settled"], _words(waits["p50"]), _words(waits["p95"]), _share(agreed), outcomes


def _share(counted: dict[str, Any]) -> str:
    return f"{counted['agreed'] / counted['decided']:.0%}" if counted["decided"] else "-"


def _words(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    for unit, name in ((86_400, "d"), (3_600, "h"), (60, "m")):
        if seconds >= unit:
            return f"{seconds / unit:.1f}{name}"
    return f"{seconds:.0f}s"
