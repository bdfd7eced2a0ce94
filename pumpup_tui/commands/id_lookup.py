"""From what a user types to what is meant: ids, which may be shortened while only one begins so, and projects."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from pumpup_tui.commands.failure import Failed, NotThere
from pumpup_tui.text.firewall import line

if TYPE_CHECKING:
    from api_client.backend import Backend
    from api_client.models import Event, InboxItem, Project, RequestDetail, TaskDetail

SHORT = 12
"""Characters of an id that a table shows at the least: in a data folder they name one request for ever."""
_REQUESTED = ("APPROVAL_REQUESTED", "ELICITATION_REQUESTED")
_PAGE = 500
_NAMED = 5


async def request_of(backend: Backend, given: str, *, open_only: bool = False, by_task: bool = True) -> RequestDetail:
    """Return the request that `given` names.

    Args:
        backend: Where to look.
        given: A request's id, or the beginning of one; the id or the name of a task on which one request is open.
        open_only: Look for a shortened id among the open requests alone.
        by_task: Whether a task may stand for what is open on it.

    Raises:
        NotThere: nothing is called so.
        Failed: it may mean more than one, whose ids are named.
        ApiError: the backend could not be read.
    """
    from api_client.errors import InvalidRequest, NotFound

    try:
        return await backend.request(given)
    except (NotFound, InvalidRequest):
        pass
    waiting = [item async for item in inbox(backend)]
    found = [item.request_id for item in waiting if _begins(item.request_id, given)]
    if not found and (on_task := [item for item in waiting if _is_of_task(item, given)]):
        return await backend.request(_only_open(given, on_task, by_task=by_task))
    if not found and not open_only:
        found = [one.id async for one in events(backend, types=_REQUESTED) if _begins(one.id, given)]
    return await backend.request(_only("request", given, found))


async def check_types(backend: Backend, types: Sequence[str]) -> None:
    """Refuse event types that neither this program knows nor any event here is of: a server may have more than we do.

    Raises:
        UsageError: there is no such type; the words name those that there are.
        ApiError: the backend could not be read.
    """
    from pumpup_tui.commands.options import no_such
    from pumpup_tui.text.labels import EVENT_WORDS

    for name in types:
        if name not in EVENT_WORDS and not (await backend.events(types=(name,), order="desc", limit=1)).items:
            raise no_such("event type", name, tuple(EVENT_WORDS))


async def task_of(backend: Backend, given: str) -> TaskDetail:
    """Return the task that `given` names.

    Raises:
        NotThere: no task's id begins so.
        Failed: more than one does.
        ApiError: the backend could not be read.
    """
    from api_client.errors import InvalidRequest, NotFound

    try:
        return await backend.task(given)
    except (NotFound, InvalidRequest):
        found = [task.id for task in await backend.tasks() if _begins(task.id, given)]
    return await backend.task(_only("task", given, found))


async def project_of(backend: Backend, given: str) -> Project:
    """Return the project that `given` names: its id, the name that agents use, or its own name.

    Raises:
        NotThere: there is none.
        Failed: more than one is called so.
        ApiError: the backend could not be read.
    """
    projects = await backend.projects()
    for names in ("id", "project_name"):
        if found := next((one for one in projects if getattr(one, names) == given), None):
            return found
    alike = [one for one in projects if one.name.casefold() == given.casefold()]
    alike = alike or [one for one in projects if _begins(one.id, given)]
    chosen = _only("project", given, [one.id for one in alike])
    return next(one for one in projects if one.id == chosen)


async def inbox(backend: Backend, project_id: str | None = None) -> AsyncIterator[InboxItem]:
    """Give all open requests, oldest first."""
    cursor: str | None = None
    while True:
        page = await backend.inbox(project_id=project_id, cursor=cursor, limit=_PAGE)
        for item in page.items:
            yield item
        cursor = page.next_cursor
        if page.is_last(_PAGE):
            return


async def events(
    backend: Backend, *, types: Sequence[str] = (), project_id: str | None = None, task_id: str | None = None
) -> AsyncIterator[Event]:
    """Give all events of a timeline, oldest first."""
    cursor: str | None = None
    while True:
        page = await backend.events(types=types, project_id=project_id, task_id=task_id, cursor=cursor, limit=_PAGE)
        for event in page.items:
            yield event
        cursor = page.next_cursor
        if page.is_last(_PAGE):
            return


def short(ids: Sequence[str]) -> list[str]:
    """Return each id as short as it can be told from the others, at the least `SHORT` characters."""
    ordered = sorted(ids)
    neighbours: dict[str, int] = {}
    for one, other in pairwise(ordered):
        same = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))
        neighbours[one] = max(neighbours.get(one, 0), same)
        neighbours[other] = max(neighbours.get(other, 0), same)
    return [one[: max(SHORT, neighbours.get(one, 0) + 1)] for one in ids]


def _is_of_task(item: InboxItem, given: str) -> bool:
    return _begins(item.task_id, given) or item.task_name.casefold() == given.casefold()


def _only_open(given: str, found: Sequence[InboxItem], *, by_task: bool) -> str:
    """Return the one request that is open on a task; which of several is meant is never guessed."""
    named = "; ".join(f"{line(item.request_id, 60)} ({line(item.summary, 60)})" for item in found[:_NAMED])
    named += f"; and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    if len(found) > 1:
        raise Failed(f"{line(given, 80)!r} has {len(found)} open requests: {named}. Name the request that you mean.", 2)
    if not by_task:
        raise Failed(f"{line(given, 80)!r} is a task: with --yes or --key name its request. Open is {named}.", 2)
    return found[0].request_id


def _begins(full: str, given: str) -> bool:
    return bool(given) and (full.startswith(given) or full.partition("_")[2].startswith(given))


def _only(what: str, given: str, found: Sequence[str]) -> str:
    if not found:
        raise NotThere(f"There is no {what} {line(given, 80)!r}.")
    if len(found) > 1:
        named = ", ".join(line(one, 60) for one in found[:_NAMED]) + (", …" if len(found) > _NAMED else "")
        raise Failed(f"{line(given, 80)!r} begins {len(found)} {what}s' ids: {named}. Write more of it.", 2)
    return found[0]
