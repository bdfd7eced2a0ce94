"""Narrowing and ordering the inbox's list: the search, filters by name, whose requests, sort and groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from api_client.request_query import ParsedFilter, read_filter
from pumpup_tui.components.prompt import Prompt, TextQuestion
from pumpup_tui.inbox.order import Order
from pumpup_tui.text.firewall import line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from textual.screen import Screen

    from pumpup_tui.components.frame import KeyHints
    from pumpup_tui.context import Context
    from pumpup_tui.inbox.active_filter import InboxFilter
    from pumpup_tui.inbox.loader import InboxLoader
    from pumpup_tui.inbox.request_list import RequestList

STORED_AS = "filters"
"""The document of a reader's own filters: texts by name."""
SCREEN = "inbox"
"""The name that the order is noted under."""
NAME_LENGTH = 40
"""Characters of a filter's name."""


@dataclass(frozen=True, slots=True)
class UseFilter:
    """The choice of a filter; an empty one shows all."""

    text: str


@dataclass(frozen=True, slots=True)
class StoreFilter:
    """The choice to store the filter that is on."""


@dataclass(frozen=True, slots=True)
class ForgetFilter:
    """The choice to forget a stored filter."""

    name: str


FilterChoice: TypeAlias = UseFilter | StoreFilter | ForgetFilter


class FilterController:
    """The reader's ways to narrow and to order the list."""

    def __init__(
        self,
        screen: Screen[None],
        context: Context,
        *,
        requests: RequestList,
        loader: InboxLoader,
        narrowing: InboxFilter,
        prompt: Prompt,
        hints: KeyHints,
    ) -> None:
        self._screen = screen
        self._context = context
        self._requests = requests
        self._loader = loader
        self._filter = narrowing
        self._applied = ParsedFilter(None)
        self._prompt = prompt
        self._hints = hints
        self._has_read_stored = False
        requests.queue.sort(Order.restored(context.last_view.recall(SCREEN)))

    # The filter.

    def search(self) -> None:
        """Search while the reader types."""
        self._prompt.ask(TextQuestion("show", self._filter.typed), self._search_left, self._search_for)

    def _search_left(self, text: str | None) -> None:
        self._search_for(text or "")

    def _search_for(self, text: str) -> None:
        self._filter.typed = text.strip()
        self._apply()

    def next_whose(self) -> None:
        """Show all requests, then the reader's own, then those that are assigned to no one."""
        self._filter.next_whose()
        self._apply()

    def step_tab(self, by: int) -> None:
        """Show the filter of the next tab, or of the one before."""
        self.use(self._filter.step(by))

    def show_all(self) -> None:
        """Take every filter off."""
        self.use("")

    def refresh_by_time(self) -> None:
        """Apply a filter, sections and groups again that depend on the time."""
        depends = self._applied.depends_on_time or self._requests.queue.order.depends_on_time
        if (depends or self._context.snoozes.by_request) and self._context.outbox.desk.armed is None:
            self.arrange_again()

    def arrange_again(self) -> None:
        """Show each request where it belongs now."""
        if self._applied.depends_on_time:
            self._apply()
            return
        with self._requests.changing() as queue:
            queue.rearrange()
        self._loader.show_status()

    def use(self, text: str) -> None:
        """Show the requests that pass a filter, in place of the one that is on."""
        self._filter.use(text)
        self._apply()

    def _apply(self) -> None:
        """Show the requests that pass the filter, out of all: the loader loads those that are missing."""
        with self._requests.changing() as queue:
            self._applied = read_filter(self._filter.text, self._requests.reader(), queue.text_of)
            queue.filter(self._applied.test)
        self._loader.filter_changed()
        self._hints.update_lines()

    def begin_grant(self) -> None:
        """Go on to a grant for what passes the filter."""
        from pumpup_tui.inbox.grant_start import GrantStart  # behind the first paint

        project_id = self._requests.row.project_id if self._requests.row else None
        GrantStart(self._screen, self._context, self._prompt).begin(self._filter.text, project_id)

    # Filters by name.

    def choose_filter(self) -> None:
        """Choose a filter by its name; store or forget one."""
        self.read_stored(self._open_choices)

    def read_stored(self, then: Callable[[], None]) -> None:
        """Read the filters that the reader saved, the first time, then go on."""

        async def read() -> None:
            document = await self._context.documents.read(STORED_AS)
            stored = {name: text for name, text in document.items() if isinstance(text, str)}
            self._screen.call_later(self._take_stored, stored, then)

        if self._has_read_stored:
            then()
        else:
            self._context.writes.run(self._screen, "the filters", read, group="filters")

    def _take_stored(self, stored: Mapping[str, str], then: Callable[[], None]) -> None:
        self._has_read_stored = True
        self._filter.stored = stored
        self._loader.show_status()
        then()

    def _open_choices(self) -> None:
        from pumpup_tui.components.dialogs import PickScreen

        choices: dict[FilterChoice, str] = {UseFilter(""): "all"}
        choices |= {UseFilter(text): f"{name}   {text}" for name, text in self._filter.named.items()}
        if self._filter.is_on:
            choices[StoreFilter()] = f"save “{line(self._filter.text, 60)}” under a name…"
        choices |= {ForgetFilter(name): f"delete {name}" for name in self._filter.stored}
        screen = PickScreen("Show", list(choices.items()), UseFilter(self._filter.text))
        self._screen.app.push_screen(screen, self._filter_chosen)

    def _filter_chosen(self, choice: FilterChoice | None) -> None:
        match choice:
            case UseFilter(text):
                self.use(text)
            case StoreFilter():
                self._prompt.ask(TextQuestion("name of this filter"), self._filter_named)
            case ForgetFilter(forgotten):
                self._store({name: text for name, text in self._filter.stored.items() if name != forgotten})

    def _filter_named(self, typed: str | None) -> None:
        if name := (typed or "").strip():
            self._store({**self._filter.stored, name[:NAME_LENGTH]: self._filter.text})

    def _store(self, filters: dict[str, str]) -> None:
        self._filter.stored = filters
        self._loader.show_status()

        async def write() -> None:
            await self._context.documents.write(STORED_AS, dict(filters))

        self._context.writes.run(self._screen, "the filters", write, group="filters")

    # The order.

    def choose_order(self) -> None:
        """Choose the sort and the groups."""
        from pumpup_tui.components.dialogs import PickScreen

        order = self._requests.queue.order
        self._screen.app.push_screen(PickScreen("Sort and group", order.choices(), order), self._order_chosen)

    def _order_chosen(self, order: Order | None) -> None:
        if order is not None and order != self._requests.queue.order:
            self.sort(order)
            self._context.last_view.note(SCREEN, order.lasting())

    def sort(self, order: Order) -> None:
        """Show the list in another order."""
        with self._requests.changing() as queue:
            queue.sort(order)
        self._loader.order_changed()
