"""Search of the command palette beside the actions: projects, tasks and open requests, by their names."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, cast

from textual.command import CommandPalette, Hit, Hits, Provider
from textual.content import Content
from textual.screen import Screen
from textual.style import Style
from textual.widgets import Input
from typing_extensions import override

from pumpup_tui.backend.messages import ShowRequest
from pumpup_tui.text.firewall import line

if TYPE_CHECKING:
    from api_client.backend import Backend
    from api_client.models import InboxItem, Page, Task
    from pumpup_tui.context import Context
    from pumpup_tui.shell.app_dialogs import AppDialogs

MOST = 20
"""The most hits of a kind: nobody reads more, and a longer query finds the right one."""
LEAST = 2
"""The fewest characters for a search of tasks and requests."""
SCORES = {"Project": 0.3, "Request": 0.2, "Task": 0.1}
"""The score of each kind: their order, below the actions."""
EXACT = 0.05
"""Added to the score where the query is the whole name, which comes first of its kind."""
PAUSE_SECONDS = 0.1
"""Keys that are typed within this time make one query."""
_PAGE = 500
_NAME = 80


class PaletteApp(Protocol):
    """The app, as far as the palette needs it."""

    context: Context
    dialogs: AppDialogs

    def action_mode(self, mode: str) -> None:
        """Go to a main screen, leaving what is over it."""


class NameSearch(Provider):
    """Finds projects, tasks and requests by name. Foreign text is cleaned, and never read as markup."""

    def __init__(self, screen: Screen[Any], match_style: Style | None = None) -> None:
        super().__init__(screen, match_style)
        self._hits: Mapping[str, Sequence[Hit]] = {}
        """The requests and tasks that the last query found, by the query."""
        self._search_task: asyncio.Task[None] | None = None

    @property
    def _app(self) -> PaletteApp:
        return cast("PaletteApp", self.app)

    @override
    async def search(self, query: str) -> Hits:
        for project in self._app.context.status.projects:
            if query.casefold() in project.name.casefold():
                yield self._hit(query, "Project", project.name, self._to_project(project.id))
        if len(query.strip()) >= LEAST:
            if query not in self._hits:
                self._start_search(query)
            for hit in self._hits.get(query, ()):
                yield hit

    @override
    async def shutdown(self) -> None:
        if self._search_task is not None:
            self._search_task.cancel()

    def _start_search(self, query: str) -> None:
        # The palette shows nothing before every provider is done, and enter takes a hit that is shown: don't wait here.
        if self._search_task is not None:
            self._search_task.cancel()
        self._search_task = asyncio.create_task(self._search_names(query))

    async def _search_names(self, query: str) -> None:
        await asyncio.sleep(PAUSE_SECONDS)
        tasks = [self._hit(query, "Task", task.name, self._to_task(task.id)) for task in await self._tasks(query)]
        requests: list[Hit] = []
        async for item in self._requests():
            names = f"{item.summary}  {item.task_name}"  # not foreign: `_found` cleans what it shows
            if query.casefold() in names.casefold() or item.request_id.startswith(query):
                is_exact = query.casefold() in (item.summary.casefold(), item.request_id)
                if is_exact or len(requests) < MOST:
                    requests.append(self._hit(query, "Request", names, self._to_request(item), is_exact=is_exact))
                if len(requests) == MOST:
                    self._show(query, [*requests, *tasks])  # enough to read; one of exactly that name may still come
        self._show(query, [*requests, *tasks])

    def _show(self, query: str, hits: Sequence[Hit]) -> None:
        """Show hits, unless they are shown already."""
        if len(hits) != len(self._hits.get(query, ())) or query not in self._hits:
            self._hits = {query: hits}
            self._search_again(query)

    def _search_again(self, query: str) -> None:
        """Have the palette search once more, now that the hits are there, if it still has this query."""
        if self._hits[query] and isinstance(self.app.screen, CommandPalette):
            field = self.app.screen.query_one(Input)
            if field.value.strip() == query:
                field.post_message(Input.Changed(field, field.value))

    async def _requests(self) -> AsyncIterator[InboxItem]:
        cursor: str | None = None
        while True:
            page = await self._page(cursor)
            for item in page.items if page else ():
                yield item
            if page is None or page.is_last(_PAGE):
                return
            cursor = page.next_cursor

    async def _page(self, cursor: str | None) -> Page[InboxItem] | None:
        return await self._app.context.calls.fetch(lambda backend: backend.inbox(cursor=cursor, limit=_PAGE))

    async def _tasks(self, query: str) -> list[Task]:
        async def call(backend: Backend) -> list[Task]:
            return list(await backend.tasks(name=query))

        tasks = await self._app.context.calls.fetch(call) or []
        # In a long list many names begin alike: the exact one comes first, then those that begin so.
        wanted = query.casefold()
        tasks.sort(key=lambda task: (task.name.casefold() != wanted, not task.name.casefold().startswith(wanted)))
        return tasks[:MOST]

    def _hit(
        self, query: str, kind: str, name: str, command: Callable[[], None], *, is_exact: bool | None = None
    ) -> Hit:
        shown = line(name, _NAME)
        content = Content(f"{kind}  {shown}")
        start = shown.casefold().find(query.casefold())
        if start >= 0 and self.match_style is not None:
            begin = start + len(kind) + 2
            content = content.stylize(self.match_style, begin, begin + len(query))
        if is_exact is None:
            is_exact = name.casefold() == query.casefold()
        return Hit(SCORES[kind] + is_exact * EXACT, content, command, text=f"{kind} {shown}")

    def _to_project(self, project_id: str) -> Callable[[], None]:
        return lambda: self._app.context.show_project(project_id)

    def _to_request(self, item: InboxItem) -> Callable[[], None]:
        def show() -> None:
            if self._app.context.project_id not in (None, item.project_id):
                self._app.context.show_project("")  # it belongs to another project: show all of them
            self.app.post_message(ShowRequest(item.request_id))

        return show

    def _to_task(self, task_id: str) -> Callable[[], None]:
        def show() -> None:
            self._app.action_mode("board")
            self._app.dialogs.open_task(task_id)

        return show
