"""Completion in the shell of ids and names that are read: bounded in time and number, silent where nothing comes.

What agents and customers wrote goes into a command line here: only names of harmless characters are offered, with those
that bash would take apart escaped; a task of any other name is offered by its id.
"""

from __future__ import annotations

import os
import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import click

from pumpup_tui.commands.options import given_options

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from api_client.backend import Backend

MOST = 50
"""The most that is offered."""
SECONDS = 2.0
"""The longest that is waited for a place to answer."""
_LEAST = 2
"""The fewest characters for a search among all tasks."""
_HARMLESS = re.compile(r"[^\W_][\w .-]{0,99}")
_PAGE = 500


def complete_project(context: click.Context, _: click.Parameter, typed: str) -> list[CompletionItem]:
    """Return the projects whose name for agents begins with what is typed, or whose own name contains it."""

    async def read(backend: Backend) -> list[CompletionItem]:
        projects = await backend.projects()
        begun = [one for one in projects if one.project_name.startswith(typed)]
        found = begun or [one for one in projects if typed.casefold() in one.name.casefold()]
        return _items((one.project_name, one.name) for one in found)

    return _read(context, read)


def complete_request(context: click.Context, _: click.Parameter, typed: str) -> list[CompletionItem]:
    """Return the open requests whose id begins with what is typed, the oldest first."""

    async def read(backend: Backend) -> list[CompletionItem]:
        page = await backend.inbox(limit=_PAGE)
        found = (one for one in page.items if one.request_id.startswith(typed))
        return _items((one.request_id, one.summary) for one in found)

    return _read(context, read)


def complete_task(context: click.Context, _: click.Parameter, typed: str) -> list[CompletionItem]:
    """Return the tasks whose id or name begins with what is typed; with nothing typed those with an open request."""

    async def read(backend: Backend) -> list[CompletionItem]:
        asking = {one.task_id: one.task_name for one in (await backend.inbox(limit=_PAGE)).items}
        found = [(task_id, name) for task_id, name in asking.items() if task_id.startswith(typed)]
        if not found and len(typed) >= _LEAST:
            named = {task.id: task.name for task in await backend.tasks(name=typed)}
            found = [_by_name(task_id, name, typed) for task_id, name in named.items()]
        return _items(found)

    return _read(context, read)


def complete_grant(context: click.Context, _: click.Parameter, typed: str) -> list[CompletionItem]:
    """Return the grants in force whose id begins with what is typed."""

    async def read(backend: Backend) -> list[CompletionItem]:
        found = (grant for grant in await backend.grants() if grant.ended is None and grant.id.startswith(typed))
        return _items((grant.id, grant.name) for grant in found)

    return _read(context, read)


def _by_name(task_id: str, name: str, typed: str) -> tuple[str, str]:
    """Return what a task is completed to, and the words beside it: its name where that goes on from what is typed."""
    return (name, task_id) if name.startswith(typed) and _HARMLESS.fullmatch(name) else (task_id, name)


def _items(found: Iterable[tuple[str, str]]) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    from pumpup_tui.text.firewall import line

    items: dict[str, CompletionItem] = {}
    for value, about in found:
        if len(items) == MOST:
            break
        if _HARMLESS.fullmatch(value):
            items.setdefault(value, CompletionItem(_escaped(value), help=line(about, 60)))
    return list(items.values())


def _escaped(value: str) -> str:
    """Return a value for the command line; the other shells escape by themselves."""
    is_bash = os.environ.get("_PUMPUP_TUI_COMPLETE", "").startswith("bash")
    return value.replace(" ", "\\ ") if is_bash else value


def _read(
    context: click.Context, operation: Callable[[Backend], Awaitable[Sequence[CompletionItem]]]
) -> list[CompletionItem]:
    """Return what an operation on the named place finds in time; nothing where that fails, for nobody reads why."""
    import asyncio
    import contextlib
    import io

    from pumpup_tui.commands.backend_session import run_on_backend

    async def in_time(backend: Backend) -> list[CompletionItem]:
        return list(await asyncio.wait_for(operation(backend), SECONDS))

    with contextlib.redirect_stderr(io.StringIO()), contextlib.suppress(click.ClickException, TimeoutError):
        return run_on_backend(given_options(context), in_time)
    return []
