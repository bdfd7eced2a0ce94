"""`inbox`, `show`, `tasks` and `timeline`: listings as a table or as JSON."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from pumpup_tui.commands.name_completion import complete_project, complete_request, complete_task
from pumpup_tui.commands.options import (
    PlaceOptions,
    end_of_range,
    filter_options,
    json_option,
    no_such,
    place_options,
    split_types,
)
from pumpup_tui.commands.output import in_charset, print_json, print_table, stop_without_reader

if TYPE_CHECKING:
    from api_client.backend import Backend
    from api_client.event_filter import DeedFilter
    from api_client.models import Event, InboxItem, Page, Project, RequestDetail, Task
    from pumpup_tui.commands.event_reader import EventSink

project_option = click.option(
    "--project", metavar="NAME", shell_complete=complete_project, help="Only this project (id or name)."
)
_FIRST_START = (
    "No open requests, and nothing recorded yet. 'pumpup-tui demo' shows how it works, 'pumpup-tui serve' lets agents "
    "ask, 'pumpup-tui import' brings a record."
)
_DEEDS: Mapping[str, DeedFilter] = {"none": "NONE", "unlinked": "UNLINKED", "after-denial": "AFTER_DENIAL"}
limit_option = click.option(
    "--limit", type=click.IntRange(1), default=None, metavar="N", help="Maximum number of rows.  [default: all]"
)


@click.command()
@project_option
@limit_option
@json_option
@place_options
def inbox(options: PlaceOptions, *, project: str | None, limit: int | None, as_json: bool) -> None:
    """List the open requests, oldest first.

    Example: pumpup-tui inbox --project claims --json
    """
    from pumpup_tui.commands.backend_session import run_on_backend

    async def read(backend: Backend) -> tuple[Page[InboxItem], str, bool]:
        from pumpup_tui.backend.blind_review import hidden_page
        from pumpup_tui.commands.all_pages import read_inbox
        from pumpup_tui.commands.id_lookup import project_of
        from pumpup_tui.commands.pause_commands import print_pauses

        chosen = await project_of(backend, project) if project else None
        await print_pauses(backend, chosen.id if chosen else None)
        page = await read_inbox(backend, chosen.id if chosen else None, limit)
        reviewer = (await backend.me()).subject
        page = page if as_json else hidden_page(page, reviewer)
        return page, reviewer, not page.items and not (await backend.events(limit=1)).items

    page, reviewer, is_new = run_on_backend(options, read)
    if as_json:
        print_json(page.wire())
    else:
        _inbox_table(page.items, reviewer, empty=_FIRST_START if is_new else "No open requests.")


def _inbox_table(items: Sequence[InboxItem], reviewer: str, *, empty: str) -> None:
    from api_client.times import utc_now
    from pumpup_tui.commands.id_lookup import short

    now, ids = utc_now(), short([item.request_id for item in items])
    rows = [_inbox_row(item, short_id, reviewer, now) for item, short_id in zip(items, ids, strict=True)]
    _table("inbox", rows, empty=empty)


def _inbox_row(item: InboxItem, short_id: str, reviewer: str, now: datetime) -> dict[str, Any]:
    from api_client.request_facts import request_kind
    from pumpup_tui.text import durations
    from pumpup_tui.text.labels import recommendation_run
    from pumpup_tui.text.needs_words import HIDDEN_SHORT, standing_words

    recommendation = HIDDEN_SHORT if item.blind else recommendation_run(item.recommendation, item.field_count)[0]
    return {
        "id": short_id,
        "summary": item.summary,
        "age": durations.age(item.requested_at, now),
        "needs": standing_words(item.needs, reviewer) if item.needs is not None else "",
        "recommendation": in_charset(recommendation),
        "task": item.task_name,
        "project": item.project_name,
        "kind": request_kind(item.event_type),
        "step": item.step,
        "assignee": item.assignee_id,
        "due": durations.stamp(item.overdue_at, now, None) if item.overdue_at else "",
    }


def _table(name: str, rows: Sequence[dict[str, Any]], *, empty: str) -> None:
    from pumpup_tui.commands import config_cache, table_columns

    wanted = table_columns.columns_of(name, config_cache.chosen(os.environ))
    columns = [column for column in wanted if column.name != "needs" or any(row["needs"] for row in rows)]
    print_table(columns, [[row[column.name] for column in columns] for row in rows], empty=empty)


@click.command()
@click.argument("request", metavar="ID", shell_complete=complete_request)
@json_option
@place_options
def show(options: PlaceOptions, *, request: str, as_json: bool) -> None:
    """Show a request in full. ID may be a prefix, or a task with one open request.

    Example: pumpup-tui show evt_0000001a
    """
    from api_client.times import utc_now
    from pumpup_tui.backend.blind_review import hidden_detail
    from pumpup_tui.commands.backend_session import run_on_backend
    from pumpup_tui.commands.id_lookup import request_of
    from pumpup_tui.commands.request_text import print_request

    async def read(backend: Backend) -> tuple[RequestDetail, str]:
        return await request_of(backend, request), (await backend.me()).subject

    detail, reviewer = run_on_backend(options, read)
    if as_json:
        print_json(detail.wire())
    else:
        print_request(hidden_detail(detail, reviewer), utc_now(), reviewer=reviewer)


@click.command()
@project_option
@click.option("--name", metavar="TEXT", help="Only tasks whose name contains this text.")
@click.option("--step", metavar="STEP", help="Only tasks in this step.")
@click.option("--status", metavar="STATUS", help="Only tasks of this status: RUNNING, WAITING or CLOSED.")
@click.option("--escalated", is_flag=True, help="Only tasks that were escalated and that nobody has taken over yet.")
@limit_option
@json_option
@place_options
def tasks(
    options: PlaceOptions,
    *,
    project: str | None,
    escalated: bool,
    limit: int | None,
    as_json: bool,
    **filters: str | None,
) -> None:
    """List tasks with their step and status.

    Example: pumpup-tui tasks --project claims --status waiting
    """
    from pumpup_tui.commands.backend_session import run_on_backend

    async def read(backend: Backend) -> tuple[list[Task], Sequence[Project]]:
        from pumpup_tui.commands.id_lookup import project_of
        from pumpup_tui.commands.submission import check_capability

        chosen = await project_of(backend, project) if project else None
        listed = await backend.tasks(project_id=chosen.id if chosen else None, name=filters["name"])
        projects = await backend.projects()
        _check_filters(filters, listed, projects if chosen is None else [chosen])
        if escalated:
            check_capability(await backend.me(), "authority")
            waiting = {task.task_id for task in (await backend.authority()).escalated}
            listed = [task for task in listed if task.id in waiting]
        return [task for task in listed if _passes(task, filters)][:limit], projects

    listed, projects = run_on_backend(options, read)
    if as_json:
        print_json({"items": [task.wire() for task in listed]})
    else:
        _tasks_table(listed, projects)


def _tasks_table(tasks: Sequence[Task], projects: Sequence[Project]) -> None:
    from pumpup_tui.commands.id_lookup import short

    names = {project.id: project.project_name for project in projects}
    ids = short([task.id for task in tasks])
    rows = [_task_row(task, short_id, names) for task, short_id in zip(tasks, ids, strict=True)]
    _table("tasks", rows, empty="No matching tasks.")


def _task_row(task: Task, short_id: str, names: Mapping[str, str]) -> dict[str, Any]:
    from pumpup_tui.text.labels import status_run

    return {
        "id": short_id,
        "name": task.name,
        "status": status_run(task.status)[0],
        "step": task.current_step,
        "project": names.get(task.project_id, task.project_id),
        "externalId": task.external_id,
    }


def _check_filters(filters: dict[str, str | None], tasks: Sequence[Task], projects: Sequence[Project]) -> None:
    """Refuse a status or a step that is unknown to this program and occurs nowhere: a server may have further ones."""
    from pumpup_tui.commands.failure import NotThere
    from pumpup_tui.text.firewall import line
    from pumpup_tui.text.labels import STATUSES

    status, step = (filters["status"] or "").upper(), filters["step"]
    if status and status not in STATUSES and not any(task.status == status for task in tasks):
        raise no_such("status", status, tuple(STATUSES))
    steps = {node.name: None for project in projects for node in project.steps.steps}
    if step is not None and step not in steps and not any(task.current_step == step for task in tasks):
        raise NotThere(f"There is no step {line(step, 80)!r}: there are {', '.join(line(name, 80) for name in steps)}.")


def _passes(task: Task, filters: dict[str, str | None]) -> bool:
    step, status = filters["step"], filters["status"]
    return (step is None or task.current_step == step) and (status is None or task.status == status.upper())


@click.command()
@click.argument("task", metavar="[TASK]", required=False, shell_complete=complete_task)
@project_option
@filter_options
@click.option("--types", metavar="T,T…", default="", help="Only these event types, separated by commas.")
@click.option("--deed", type=click.Choice(_DEEDS), help="Only approvals that nothing came of, or denials acted on.")
@click.option("--follow", "-f", is_flag=True, help="Print new events as they arrive, until ctrl+c.")
@limit_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one event per line.")
@place_options
def timeline(
    options: PlaceOptions,
    *,
    task: str | None,
    project: str | None,
    types: str,
    deed: str | None,
    follow: bool,
    limit: int | None,
    as_json: bool,
    **only: Any,
) -> None:
    """Print events, oldest first: of a task, a project, or all.

    --deed none: approved, and no agent acted on the task since. --deed unlinked: approved, and no later action names
    the request or has its trace id. --deed after-denial: denied, and a later action refers to it.

    Example: pumpup-tui timeline "Claim C-1028" --since 7d --outcome deny
    """
    from api_client.event_filter import EventFilter
    from pumpup_tui.commands.backend_session import run_on_backend
    from pumpup_tui.commands.event_reader import EventReader

    if follow and deed:
        raise click.UsageError("--deed says what came of decisions so far: leave out --follow.")
    only["until"] = end_of_range(only["until"])
    only["deed"] = _DEEDS[deed] if deed else ""
    reader = EventReader(task, project, split_types(types), limit, EventFilter(**only))
    print_events = _print_json_lines if as_json else _row_printer()
    run_on_backend(
        options, lambda backend: reader.read(backend, follow=follow, named=not as_json, print_events=print_events)
    )


def _print_json_lines(events: Sequence[Event], _: Mapping[str, str]) -> None:
    for event in events:
        stop_without_reader()
        print_json(event.wire(), one_line=True)
    stop_without_reader()


def _row_printer() -> EventSink:
    """Return a function that prints events as rows of a table."""
    from api_client.times import utc_now
    from pumpup_tui.commands import config_cache, table_columns
    from pumpup_tui.commands.output import RowStream, is_truncated
    from pumpup_tui.commands.request_text import row_of

    columns = table_columns.columns_of("timeline", config_cache.chosen(os.environ))
    stream = RowStream(columns)

    def print_rows(events: Sequence[Event], names: Mapping[str, str]) -> None:
        now = utc_now() if is_truncated() else None
        for row in (row_of(event, now, names.get(event.task_id, "")) for event in events):
            stop_without_reader()
            stream.print_row([row[column.name] for column in columns])
        stop_without_reader()

    return print_rows
