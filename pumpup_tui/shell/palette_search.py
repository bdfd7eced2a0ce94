"""The palette's search for what has a name: projects, tasks, open requests and themes, each with what it does."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from pumpup_tui.shell.palette_entries import NAME, VERBS, PaletteEntry, PaletteQuery
from pumpup_tui.text.firewall import line

if TYPE_CHECKING:
    from api_client.backend import Backend
    from api_client.models import InboxItem, Page, Project, Task
    from pumpup_tui.context import Context

MOST = 20
"""The most hits of a kind: nobody reads more, and a longer query finds the right one."""
LEAST = 2
"""The fewest characters for a search of tasks and requests, but behind a command."""
_PAGE = 500


class Doing(Protocol):
    """Actions of the palette on what was found by its name."""

    def show_board(self, project_id: str) -> None:
        """Show a project's board."""

    def show_project(self, project_id: str) -> None:
        """Show a project on all screens; an empty id is all of them."""

    def show_task(self, task_id: str) -> None:
        """Open a task's page."""

    def show_events(self, task_id: str) -> None:
        """Show a task's timeline."""

    def show_request(self, item: InboxItem) -> None:
        """Put the inbox's cursor on a request."""

    def show_theme(self, name: str) -> None:
        """Change the colours."""


class NameSearch:
    """Finds things by name. Foreign text is cleaned, and never read as markup."""

    def __init__(self, context: Context, doing: Doing, themes: Sequence[str]) -> None:
        self._context = context
        self._doing = doing
        self._themes = themes

    def at_hand(self, query: PaletteQuery) -> list[PaletteEntry]:
        """Return the projects and themes of a name: those are there without a read."""
        kind = VERBS[query.verb].kind if query.verb else "Project" if query.needle else ""
        if kind == "Theme":
            entries = (self._entry(kind, name, name, self._doing.show_theme) for name in self._themes)
        else:
            entries = (self._project(project, query) for project in self._projects(query) if kind == "Project")
        return [entry for entry in entries if query.takes(entry)]

    def _projects(self, query: PaletteQuery) -> Iterator[Project]:
        wanted = query.needle.casefold()
        projects = self._context.status.projects
        yield from (one for one in projects if one.name.casefold() == wanted)
        yield from (one for one in projects if one.name.casefold() != wanted)

    def _project(self, project: Project, query: PaletteQuery) -> PaletteEntry:
        show = self._doing.show_board if query.verb == "board" else self._doing.show_project
        searched = f"{project.name}\n{project.project_name}"  # not foreign: compared only
        return self._entry("Project", project.id, project.name, show, searched)

    def needs_reading(self, query: PaletteQuery) -> bool:
        """Return whether a query also looks for tasks or requests, which are read."""
        if not self._context.status.connected:
            return False
        return VERBS[query.verb].kind in ("Task", "Request") if query.verb else len(query.needle) >= LEAST

    async def read(self, query: PaletteQuery) -> AsyncIterator[Sequence[PaletteEntry]]:
        """Yield the requests and tasks that a query finds, whenever there are more of them."""
        kind = VERBS[query.verb].kind if query.verb else ""
        tasks = await self._tasks(query) if kind in ("", "Task") else []
        if kind == "Task":
            yield tasks
            return
        async for requests in self._requests(query):
            yield [*requests, *tasks]

    async def _requests(self, query: PaletteQuery) -> AsyncIterator[Sequence[PaletteEntry]]:
        exact: list[PaletteEntry] = []
        others: list[PaletteEntry] = []
        async for page in self._inbox():
            for item in page.items:
                entry = self._request(item)
                if query.needle.casefold() in (item.summary.casefold(), item.request_id):
                    exact.append(entry)
                elif len(others) < MOST and query.takes(entry):
                    others.append(entry)
            yield [*exact[:MOST], *others][:MOST]  # enough to read; one of exactly that name may still come

    async def _inbox(self) -> AsyncIterator[Page[InboxItem]]:
        cursor: str | None = None
        while (page := await self._page(cursor)) is not None:
            yield page
            if page.is_last(_PAGE):
                return
            cursor = page.next_cursor

    async def _page(self, cursor: str | None) -> Page[InboxItem] | None:
        return await self._context.calls.fetch(lambda backend: backend.inbox(cursor=cursor, limit=_PAGE))

    async def _tasks(self, query: PaletteQuery) -> list[PaletteEntry]:
        show = self._doing.show_events if query.verb == "timeline" else self._doing.show_task
        names = await self._task_names(query.needle)
        # In a long list many names begin alike: the exact one comes first, then those that begin so.
        wanted = query.needle.casefold()
        ordered = sorted(names.items(), key=lambda one: (_distance(one[1], wanted), one[1] if wanted else ""))
        # not foreign: compared only
        return [self._entry("Task", task_id, name, show, f"{name}\n{task_id}") for task_id, name in ordered[:MOST]]

    async def _task_names(self, text: str) -> dict[str, str]:
        """Return the raw names of the tasks that a text finds, by id; without a text those with an open request."""
        if not text:
            page = await self._page(None)
            return {item.task_id: item.task_name for item in page.items} if page else {}
        if " " not in text and "_" in text:
            task = await self._context.calls.fetch(lambda backend: backend.task(text))
            if task is not None:
                return {task.task.id: task.task.name}

        async def call(backend: Backend) -> list[Task]:
            return list(await backend.tasks(name=text))

        return {task.id: task.name for task in await self._context.calls.fetch(call) or ()}

    def _request(self, item: InboxItem) -> PaletteEntry:
        names = f"{item.summary}  {item.task_name}"  # not foreign: `_entry` cleans what it shows
        searched = f"{names}\n{item.request_id}"  # not foreign: compared only
        return self._entry("Request", item.request_id, names, lambda _: self._doing.show_request(item), searched)

    def _entry(self, kind: str, key: str, name: str, show: Callable[[str], None], searched: str = "") -> PaletteEntry:
        """Return an entry; `key` is what it is shown by, `name` and `searched` are raw."""
        return PaletteEntry(
            line(name, NAME), f"{kind} {key}", kind=kind, searched=searched or name, run=lambda: show(key)
        )


def _distance(name: str, wanted: str) -> int:
    name = name.casefold()
    return 0 if name == wanted else 1 if name.startswith(wanted) else 2
