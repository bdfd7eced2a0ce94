"""Narrowing and ordering the inbox's list: the search, filters by name, whose requests, sort and groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from pumpup_tui.components.prompt import Prompt, TextQuestion
from pumpup_tui.inbox.filter import ParsedFilter, read_filter
from pumpup_tui.inbox.order import Order
from pumpup_tui.text.firewall import line

if TYPE_CHECKING:
    from collections.abc import Mapping

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
ALWAYS: Mapping[str, str] = {"mine": "is:mine", "unassigned": "is:free", "overdue": "is:overdue"}
"""Filters that every reader has by name."""
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
        self._stored: dict[str, str] | None = None
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

    def show_all(self) -> None:
        """Take every filter off."""
        self._use("")

    def refresh_by_time(self) -> None:
        """Apply a filter, sections and groups again that depend on the time."""
        if self._context.outbox.desk.armed is not None:
            return  # nothing moves
        queue, snoozed = self._requests.queue, self._context.snoozes.by_request
        if self._applied.depends_on_time:
            self._apply()
        elif queue.order.depends_on_time or snoozed:
            with self._requests.changing():
                queue.rearrange()

    def _use(self, text: str) -> None:
        self._filter.use(text)
        self._apply()

    def _apply(self) -> None:
        """Show the requests that pass the filter, out of all: the loader loads those that are missing."""
        with self._requests.changing() as queue:
            self._applied = read_filter(self._filter.text, self._requests.reader(), queue.text_of)
            queue.filter(self._applied.test)
        self._loader.filter_changed()
        self._hints.update_lines()

    # Filters by name.

    def choose_filter(self) -> None:
        """Choose a filter by its name; store or forget one."""
        if self._stored is None:
            self._context.writes.run(self._screen, "the filters", self._read_stored, group="filters")
        else:
            self._open_choices(self._stored)

    async def _read_stored(self) -> None:
        document = await self._context.documents.read(STORED_AS)
        stored = {name: text for name, text in document.items() if isinstance(text, str)}
        self._screen.call_later(self._open_choices, stored)

    def _open_choices(self, stored: dict[str, str]) -> None:
        from pumpup_tui.components.dialogs import PickScreen

        self._stored = stored
        named = {**ALWAYS, **self._context.preferences.filters, **stored}
        choices: dict[FilterChoice, str] = {UseFilter(""): "all"}
        choices |= {UseFilter(text): f"{name}   {text}" for name, text in named.items()}
        if self._filter.is_on:
            choices[StoreFilter()] = f"keep “{line(self._filter.text, 60)}” under a name…"
        choices |= {ForgetFilter(name): f"forget {name}" for name in stored}
        screen = PickScreen("Show", list(choices.items()), UseFilter(self._filter.text))
        self._screen.app.push_screen(screen, self._filter_chosen)

    def _filter_chosen(self, choice: FilterChoice | None) -> None:
        match choice:
            case UseFilter(text):
                self._use(text)
            case StoreFilter():
                self._prompt.ask(TextQuestion("name of this filter"), self._filter_named)
            case ForgetFilter(forgotten):
                self._store({name: text for name, text in (self._stored or {}).items() if name != forgotten})

    def _filter_named(self, typed: str | None) -> None:
        if name := (typed or "").strip():
            self._store({**(self._stored or {}), name[:NAME_LENGTH]: self._filter.text})

    def _store(self, filters: dict[str, str]) -> None:
        self._stored = filters

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
