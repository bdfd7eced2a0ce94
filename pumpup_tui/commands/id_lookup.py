"""Lookup of requests, tasks and projects by what a user typed: an id, the beginning of one, or a name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice, pairwise
from typing import TYPE_CHECKING

from pumpup_tui.commands.failure import Failed, NotThere
from pumpup_tui.commands.options import did_you_mean
from pumpup_tui.text.firewall import line

if TYPE_CHECKING:
    from api_client.authority import Grant
    from api_client.backend import Backend
    from api_client.models import InboxItem, Project, RequestDetail, TaskDetail

SHORT = 12
"""Least number of characters of an id in a table: in a data folder so many always name one request."""
_REQUEST_TYPES = ("APPROVAL_REQUESTED", "ELICITATION_REQUESTED")
_MOST_LISTED = 5
"""Candidates that an error message lists."""
_MOST_COMPARED = 2000
"""Names that are compared with a mistyped one: enough to find a slip, and soon done in a list of any length."""


async def request_of(backend: Backend, typed: str, *, open_only: bool = False, by_task: bool = True) -> RequestDetail:
    """Return the request that `typed` names.

    Args:
        backend: The backend to read.
        typed: A request's id, or the beginning of one; the id or the name of a task with one open request.
        open_only: Look for a shortened id among the open requests only.
        by_task: Whether a task may stand for its open request.

    Raises:
        NotThere: there is none.
        Failed: several match; the message lists their ids.
        ApiError: the backend could not be read.
    """
    from api_client.errors import InvalidRequest, NotFound
    from pumpup_tui.backend.timeline_query import Query
    from pumpup_tui.commands.all_pages import all_events, read_inbox

    try:
        return await backend.request(typed)
    except (NotFound, InvalidRequest):
        pass
    open_requests = (await read_inbox(backend)).items
    matching = [item.request_id for item in open_requests if _matches(item.request_id, typed)]
    if not matching and (on_task := [item for item in open_requests if _is_of_task(item, typed)]):
        return await backend.request(_only_open(typed, on_task, by_task=by_task))
    if not matching and not open_only:
        query = Query(types=_REQUEST_TYPES, newest_first=False)
        matching = [event.id async for event in all_events(backend, query) if _matches(event.id, typed)]
    return await backend.request(_only("request", typed, matching))


async def check_types(backend: Backend, types: Sequence[str]) -> None:
    """Refuse event types that are unknown to this program and have no event here: a server may have further ones.

    Raises:
        UsageError: there is no such type; the message lists the known ones.
        ApiError: the backend could not be read.
    """
    from pumpup_tui.commands.options import no_such
    from pumpup_tui.text.labels import EVENT_WORDS

    for name in types:
        if name not in EVENT_WORDS and not (await backend.events(types=(name,), order="desc", limit=1)).items:
            raise no_such("event type", name, tuple(EVENT_WORDS))


async def task_of(backend: Backend, typed: str) -> TaskDetail:
    """Return the task that `typed` names: by its id, the beginning of one, or its name.

    Raises:
        NotThere: there is none.
        Failed: several match.
        ApiError: the backend could not be read.
    """
    from api_client.errors import InvalidRequest, NotFound

    try:
        return await backend.task(typed)
    except (NotFound, InvalidRequest):
        tasks = await backend.tasks()
    matching = [task.id for task in tasks if _matches(task.id, typed)]
    matching = matching or [task.id for task in tasks if task.name.casefold() == typed.casefold()]
    alike = (task.name for task in tasks if task.name[:1].casefold() == typed[:1].casefold())
    return await backend.task(_only("task", typed, matching, islice(alike, _MOST_COMPARED)))


async def project_of(backend: Backend, typed: str) -> Project:
    """Return the project that `typed` names: by its id, the name that agents use, or its own name.

    Raises:
        NotThere: there is none.
        Failed: several match.
        ApiError: the backend could not be read.
    """
    return _named_project(await backend.projects(), typed)


async def grant_of(backend: Backend, typed: str) -> Grant:
    """Return the grant that `typed` names: by its id, the beginning of one, or the name of one that is in force.

    Raises:
        NotThere: there is none.
        Failed: several match.
        ApiError: the backend could not be read.
    """
    grants = {grant.id: grant for grant in await backend.grants()}
    in_force = [grant for grant in grants.values() if grant.ended is None]
    matching = [typed] if typed in grants else [found for found in grants if _matches(found, typed)]
    matching = matching or [grant.id for grant in in_force if grant.name.casefold() == typed.casefold()]
    return grants[_only("grant", typed, matching, (grant.name for grant in in_force))]


def _named_project(projects: Sequence[Project], typed: str) -> Project:
    for attribute in ("id", "project_name"):
        if exact := next((project for project in projects if getattr(project, attribute) == typed), None):
            return exact
    alike = [project for project in projects if project.name.casefold() == typed.casefold()]
    matching = alike or [project for project in projects if _matches(project.id, typed)]
    names = [name for project in projects for name in (project.name, project.project_name)]
    _only("project", typed, [project.id for project in matching], names)
    return matching[0]


def short(ids: Sequence[str]) -> list[str]:
    """Return the shortest beginning of each id that none of the others has, of at least `SHORT` characters."""
    ordered = sorted(ids)
    shared: dict[str, int] = {}
    for first, second in pairwise(ordered):
        same = next((index for index, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), len(first))
        shared[first] = max(shared.get(first, 0), same)
        shared[second] = max(shared.get(second, 0), same)
    return [full[: max(SHORT, shared.get(full, 0) + 1)] for full in ids]


def _is_of_task(item: InboxItem, typed: str) -> bool:
    return _matches(item.task_id, typed) or item.task_name.casefold() == typed.casefold()


def _only_open(typed: str, items: Sequence[InboxItem], *, by_task: bool) -> str:
    """Return the one open request of a task; with several the user must name it."""
    listed = "; ".join(f"{line(item.request_id, 60)} ({line(item.summary, 60)})" for item in items[:_MOST_LISTED])
    listed += f"; and {len(items) - _MOST_LISTED} more" if len(items) > _MOST_LISTED else ""
    if len(items) > 1:
        name = f"{line(typed, 80)!r}"
        raise Failed(f"{name} has {len(items)} open requests: {listed}. Name one of them.", 2)
    if not by_task:
        raise Failed(f"{line(typed, 80)!r} is a task: with --yes or --key, name its request. Open: {listed}.", 2)
    return items[0].request_id


def _matches(full: str, typed: str) -> bool:
    return bool(typed) and (full.startswith(typed) or full.partition("_")[2].startswith(typed))


def _only(what: str, typed: str, ids: Sequence[str], names: Iterable[str] = ()) -> str:
    if not ids:
        raise NotThere(f"No {what} matches {line(typed, 80)!r}.{did_you_mean(typed, names)}")
    if len(ids) > 1:
        listed = ", ".join(line(full, 60) for full in ids[:_MOST_LISTED]) + (", …" if len(ids) > _MOST_LISTED else "")
        raise Failed(f"{line(typed, 80)!r} matches {len(ids)} {what}s: {listed}. Type more of the id.", 2)
    return ids[0]
