"""`inbox`, `show`, `tasks` and `timeline`: what is there, as a table or as JSON."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from pumpup_tui.commands.options import Given, json_option, no_such, place_options, split_types
from pumpup_tui.commands.output import drawn, stop_without_reader, tell_json, tell_table

if TYPE_CHECKING:
    from api_client.backend import Backend
    from api_client.models import Event, InboxItem, Page, Project, Task

_MOST = 500
project_option = click.option("--project", metavar="NAME", help="Of one project: its id or its name.")
limit_option = click.option(
    "--limit", type=click.IntRange(1), default=None, metavar="N", help="No more than so many.  [default: all]"
)


@click.command()
@project_option
@limit_option
@json_option
@place_options
def inbox(given: Given, *, project: str | None, limit: int | None, as_json: bool) -> None:
    """List what waits for a person, oldest first.

    Example: pumpup-tui inbox --project claims --json
    """
    from pumpup_tui.commands.backend_session import work

    async def task(backend: Backend) -> Page[InboxItem]:
        from pumpup_tui.commands.id_lookup import project_of

        chosen = await project_of(backend, project) if project else None
        return await _pages(backend, chosen.id if chosen else None, limit)

    page = work(given, task)
    if as_json:
        tell_json(page.wire())
    else:
        _inbox_table(page.items)


async def _pages(backend: Backend, project_id: str | None, limit: int | None) -> Page[InboxItem]:
    from api_client.models import InboxItem, Page

    items: list[InboxItem] = []
    cursor: str | None = None
    while True:
        wanted = _MOST if limit is None else min(_MOST, limit - len(items))
        page = await backend.inbox(project_id=project_id, cursor=cursor, limit=wanted)
        items += page.items
        cursor = page.next_cursor or cursor
        if page.is_last(wanted) or len(items) == limit:
            return Page[InboxItem](items=tuple(items), next_cursor=cursor)


def _inbox_table(items: Sequence[InboxItem]) -> None:
    from api_client.times import utc_now
    from pumpup_tui.commands.id_lookup import short
    from pumpup_tui.text import durations
    from pumpup_tui.text.labels import kind_of, recommendation_run

    now = utc_now()
    rows = [
        {
            "id": name,
            "summary": item.summary,
            "age": durations.age(item.requested_at, now),
            "recommendation": drawn(recommendation_run(item.recommendation, item.field_count)[0]),
            "task": item.task_name,
            "project": item.project_name,
            "kind": kind_of(item.event_type),
            "step": item.step,
            "assignee": item.assignee_id,
            "due": durations.stamp(item.overdue_at, now, None) if item.overdue_at else "",
        }
        for item, name in zip(items, short([item.request_id for item in items]), strict=True)
    ]
    _table("inbox", rows, empty="Nothing waits.")


def _table(name: str, rows: Sequence[dict[str, Any]], *, empty: str) -> None:
    from pumpup_tui.commands import config_cache, table_columns

    columns = table_columns.columns_of(name, config_cache.chosen(os.environ))
    tell_table(columns, [[row[column.name] for column in columns] for row in rows], empty=empty)


@click.command()
@click.argument("request", metavar="ID")
@json_option
@place_options
def show(given: Given, *, request: str, as_json: bool) -> None:
    """Show all of a request. ID may be the beginning of one, or a task on which one request is open.

    Example: pumpup-tui show evt_0000001a
    """
    from api_client.times import utc_now
    from pumpup_tui.commands.backend_session import work
    from pumpup_tui.commands.id_lookup import request_of
    from pumpup_tui.commands.request_text import tell_request

    detail = work(given, lambda backend: request_of(backend, request))
    if as_json:
        tell_json(detail.wire())
    else:
        tell_request(detail, utc_now())


@click.command()
@project_option
@click.option("--name", metavar="TEXT", help="Whose name contains this text.")
@click.option("--step", metavar="STEP", help="In this step.")
@click.option("--status", metavar="STATUS", help="Of this status: RUNNING, WAITING or CLOSED.")
@limit_option
@json_option
@place_options
def tasks(given: Given, *, project: str | None, limit: int | None, as_json: bool, **wanted: str | None) -> None:
    """List tasks with their step and status.

    Example: pumpup-tui tasks --project claims --status waiting
    """
    from pumpup_tui.commands.backend_session import work

    async def task(backend: Backend) -> tuple[list[Task], Sequence[Project]]:
        from pumpup_tui.commands.id_lookup import project_of

        chosen = await project_of(backend, project) if project else None
        found = await backend.tasks(project_id=chosen.id if chosen else None, name=wanted["name"])
        projects = await backend.projects()
        _check_wanted(wanted, found, projects if chosen is None else [chosen])
        return [one for one in found if _is_wanted(one, wanted)][:limit], projects

    found, projects = work(given, task)
    if as_json:
        tell_json({"items": [one.wire() for one in found]})
        return
    from pumpup_tui.commands.id_lookup import short
    from pumpup_tui.text.labels import status_run

    names = {one.id: one.project_name for one in projects}
    ids = short([one.id for one in found])
    rows = [
        {
            "id": name,
            "name": one.name,
            "status": status_run(one.status)[0],
            "step": one.current_step,
            "project": names.get(one.project_id, one.project_id),
            "externalId": one.external_id,
        }
        for one, name in zip(found, ids, strict=True)
    ]
    _table("tasks", rows, empty="No such task.")


def _check_wanted(wanted: dict[str, str | None], tasks: Sequence[Task], projects: Sequence[Project]) -> None:
    """Refuse a status or a step that there is nowhere here: a server may have more of both than we know of."""
    from pumpup_tui.commands.failure import NotThere
    from pumpup_tui.text.firewall import line
    from pumpup_tui.text.labels import STATUSES

    status, step = (wanted["status"] or "").upper(), wanted["step"]
    if status and status not in STATUSES and not any(one.status == status for one in tasks):
        raise no_such("status", status, tuple(STATUSES))
    steps = {one.name: None for project in projects for one in project.steps.steps}
    if step is not None and step not in steps and not any(one.current_step == step for one in tasks):
        raise NotThere(f"There is no step {line(step, 80)!r}: there are {', '.join(line(one, 80) for one in steps)}.")


def _is_wanted(task: Task, wanted: dict[str, str | None]) -> bool:
    step, status = wanted["step"], wanted["status"]
    return (step is None or task.current_step == step) and (status is None or task.status == status.upper())


@click.command()
@click.argument("task", metavar="[TASK]", required=False)
@project_option
@click.option("--types", metavar="T,T…", default="", help="Of these event types only, separated by commas.")
@click.option("--follow", "-f", is_flag=True, help="Go on with each new event, until ctrl+c.")
@limit_option
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON, one event a line.")
@place_options
def timeline(
    given: Given, *, task: str | None, project: str | None, types: str, follow: bool, limit: int | None, as_json: bool
) -> None:
    """Print the events of a task, a project or all, oldest first.

    Example: pumpup-tui timeline --project claims --follow
    """
    from pumpup_tui.commands.backend_session import work
    from pumpup_tui.commands.event_reader import Follow

    reader = Follow(task, project, split_types(types), limit)
    told = _json_lines if as_json else _lines()
    work(given, lambda backend: reader.read(backend, follow=follow, told=told))


def _json_lines(events: Sequence[Event]) -> None:
    for event in events:
        stop_without_reader()
        tell_json(event.wire(), one_line=True)
    stop_without_reader()


def _lines() -> Callable[[Sequence[Event]], None]:
    from api_client.times import utc_now
    from pumpup_tui.commands import config_cache, table_columns
    from pumpup_tui.commands.output import Stream, is_cut
    from pumpup_tui.commands.request_text import row_of

    columns = table_columns.columns_of("timeline", config_cache.chosen(os.environ))
    stream = Stream(columns)

    def told(events: Sequence[Event]) -> None:
        now = utc_now() if is_cut() else None
        for row in (row_of(event, now) for event in events):
            stop_without_reader()
            stream.tell([row[column.name] for column in columns])
        stop_without_reader()

    return told
