"""`report`: decisions, and all that the record has of each, as a page that checks itself, or as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from pumpup_tui.commands.listings import project_option
from pumpup_tui.commands.name_completion import complete_task
from pumpup_tui.commands.options import FILE, PlaceOptions, TimeParam, end_of_range, place_options
from pumpup_tui.commands.output import print_line

if TYPE_CHECKING:
    from api_client.backend import Backend
    from pumpup_tui.commands.report.evidence import Evidence, ReportHead, ReportScope


@click.command()
@click.argument("tasks", nargs=-1, metavar="[TASK]...", shell_complete=complete_task)
@project_option
@click.option("--since", type=TimeParam(), help="Decided from then on: 7d, yesterday, 2026-01-31; in your zone.")
@click.option("--until", type=TimeParam(ends=True), help="Decided before then; of a day, up to its end.")
@click.option("--decided-by", metavar="NAME", default="", help="Only this reviewer's decisions and answers.")
@click.option(
    "--format", "kind", type=click.Choice(["html", "md"]), default="html", show_default=True, help="A page or Markdown."
)
@click.option("-o", "--output", type=FILE, metavar="FILE", required=True, help="Where to write it; - is stdout.")
@click.option("--yes", is_flag=True, help="Overwrite an existing file without asking.")
@place_options
def report(
    options: PlaceOptions,
    *,
    tasks: tuple[str, ...],
    project: str | None,
    since: datetime | None,
    until: datetime | None,
    decided_by: str,
    kind: Literal["html", "md"],
    output: Path,
    yes: bool,
) -> None:
    """Report decisions, with all that belongs to them, for people who have no terminal.

    TASK is an id, the beginning of one, or a name; without one, the decisions on all tasks are reported. The page is
    one file: it needs no network, and checks in the browser that every event in it is in the signed record, unchanged.
    'verify' and a full export show that no decision was left out. Markdown proves nothing by itself.

    Example: pumpup-tui report --project claims --since 30d -o report.html
    """
    from pumpup_tui.commands.backend_session import run_on_backend

    until = end_of_range(until)

    async def read(backend: Backend) -> tuple[Evidence, ReportHead]:
        scope = await _scope(backend, tasks, project)
        return await _read(backend, replace(scope, since=since, until=until, decided_by=decided_by))

    evidence, head = run_on_backend(options, read, signs=True)
    _write(evidence, head, kind, output, overwrite=yes)
    count = evidence.decisions
    words = f"{count:,} decision{'' if count == 1 else 's'} with {len(evidence.events):,} events"
    print_line(f"Reported {words}." if count else "No decision matches: the report is empty.", err=True)


async def _scope(backend: Backend, tasks: Sequence[str], project: str | None) -> ReportScope:
    from pumpup_tui.commands.id_lookup import project_of, task_of
    from pumpup_tui.commands.report.evidence import ReportScope

    found = [(await task_of(backend, typed)).task for typed in tasks]
    chosen = await project_of(backend, project) if project else None
    return ReportScope(
        tasks={task.id: task.name for task in found},
        project=(chosen.id, chosen.name) if chosen is not None else None,
    )


async def _read(backend: Backend, scope: ReportScope) -> tuple[Evidence, ReportHead]:
    from importlib.metadata import version

    from api_client.times import utc_now
    from pumpup_tui.commands.progress import progress_bar
    from pumpup_tui.commands.report.evidence import ReportHead
    from pumpup_tui.commands.report.evidence_reader import read_evidence

    with progress_bar("Reading the proofs") as progress:
        evidence = await read_evidence(backend, scope, progress)
    return evidence, ReportHead(scope, utc_now(), (await backend.me()).subject, version("pumpup-tui"))


def _write(evidence: Evidence, head: ReportHead, kind: str, output: Path, *, overwrite: bool) -> None:
    from pumpup_tui.commands.failure import Failed, reason
    from pumpup_tui.commands.written_files import opened_output

    path = None if str(output) == "-" else output
    try:
        with opened_output(path, overwrite=overwrite) as file:
            for part in _parts(evidence, head, kind):
                file.write(part.encode())
    except OSError as fault:
        raise Failed(f"The report can't be written to {path or 'stdout'}: {reason(fault)}.") from None


def _parts(evidence: Evidence, head: ReportHead, kind: str) -> Iterable[str]:
    if kind == "html":
        from pumpup_tui.commands.report.report_html import report_html

        return report_html(evidence, head)
    from pumpup_tui.commands.report.report_markdown import report_markdown

    return (report_markdown(evidence, head),)
