"""What the command palette finds beside the actions: projects, tasks and open requests, by what they are called."""

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
    from pumpup_tui.shell.dialogs import AppDialogs

MOST = 20
"""Hits of a kind: more are not read by anyone; a longer query finds the one that is meant."""
LEAST = 2
"""Characters from which tasks and requests are looked for."""
SCORES = {"Project": 0.3, "Request": 0.2, "Task": 0.1}
"""In which order the kinds stand, below the actions."""
MEANT = 0.05
"""What comes on top where the query is the whole name: it stands first of its kind."""
PAUSE_SECONDS = 0.1
"""What is typed within this is one query."""
_PAGE = 500
_NAME = 80


class PaletteApp(Protocol):
    """The app, as far as the palette needs it."""

    context: Context
    dialogs: AppDialogs

    def action_mode(self, mode: str) -> None:
        """Go to a main screen, leaving what is over it."""


class Everything(Provider):
    """Finds what has a name. Foreign text is cleaned, and never read as markup."""

    def __init__(self, screen: Screen[Any], match_style: Style | None = None) -> None:
        super().__init__(screen, match_style)
        self._known: Mapping[str, Sequence[Hit]] = {}
        """What the last query found among requests and tasks."""
        self._looking: asyncio.Task[None] | None = None

    @property
    def _app(self) -> PaletteApp:
        return cast("PaletteApp", self.app)

    @override
    async def search(self, query: str) -> Hits:
        for project in self._app.context.status.projects:
            if query.casefold() in project.name.casefold():
                yield self._found(query, "Project", project.name, self._to_project(project.id))
        if len(query.strip()) >= LEAST:
            if query not in self._known:
                self._look_for(query)
            for hit in self._known.get(query, ()):
                yield hit

    @override
    async def shutdown(self) -> None:
        if self._looking is not None:
            self._looking.cancel()

    def _look_for(self, query: str) -> None:
        # The palette shows nothing before every provider is done, and enter takes what is shown: none waits here.
        if self._looking is not None:
            self._looking.cancel()
        self._looking = asyncio.create_task(self._look(query))

    async def _look(self, query: str) -> None:
        await asyncio.sleep(PAUSE_SECONDS)
        tasks = [self._found(query, "Task", one.name, self._to_task(one.id)) for one in await self._tasks(query)]
        requests: list[Hit] = []
        async for item in self._requests():
            names = f"{item.summary}  {item.task_name}"  # not foreign: `_found` cleans what it shows
            if query.casefold() in names.casefold() or item.request_id.startswith(query):
                is_meant = query.casefold() in (item.summary.casefold(), item.request_id)
                if is_meant or len(requests) < MOST:
                    requests.append(self._found(query, "Request", names, self._to_request(item), is_meant=is_meant))
                if len(requests) == MOST:
                    self._tell(query, [*requests, *tasks])  # enough to look at; one of that very name may still come
        self._tell(query, [*requests, *tasks])

    def _tell(self, query: str, found: Sequence[Hit]) -> None:
        """Show what was found, unless that is what is shown."""
        if len(found) != len(self._known.get(query, ())) or query not in self._known:
            self._known = {query: found}
            self._search_again(query)

    def _search_again(self, query: str) -> None:
        """Have the palette search once more, now that it is known what there is, if it still asks for that."""
        if self._known[query] and isinstance(self.app.screen, CommandPalette):
            typed = self.app.screen.query_one(Input)
            if typed.value.strip() == query:
                typed.post_message(Input.Changed(typed, typed.value))

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

        found = await self._app.context.calls.fetch(call) or []
        # The longer a list, the more begin alike: what has that very name comes first, then what begins so.
        wanted = query.casefold()
        found.sort(key=lambda one: (one.name.casefold() != wanted, not one.name.casefold().startswith(wanted)))
        return found[:MOST]

    def _found(
        self, query: str, kind: str, name: str, command: Callable[[], None], *, is_meant: bool | None = None
    ) -> Hit:
        shown = line(name, _NAME)
        content = Content(f"{kind}  {shown}")
        start = shown.casefold().find(query.casefold())
        if start >= 0 and self.match_style is not None:
            begin = start + len(kind) + 2
            content = content.stylize(self.match_style, begin, begin + len(query))
        if is_meant is None:
            is_meant = name.casefold() == query.casefold()
        return Hit(SCORES[kind] + is_meant * MEANT, content, command, text=f"{kind} {shown}")

    def _to_project(self, project_id: str) -> Callable[[], None]:
        return lambda: self._app.context.show_project(project_id)

    def _to_request(self, item: InboxItem) -> Callable[[], None]:
        def show() -> None:
            if self._app.context.project_id not in (None, item.project_id):
                self._app.context.show_project("")  # it is another project's: all of them are shown
            self.app.post_message(ShowRequest(item.request_id))

        return show

    def _to_task(self, task_id: str) -> Callable[[], None]:
        def show() -> None:
            self._app.action_mode("board")
            self._app.dialogs.open_task(task_id)

        return show
