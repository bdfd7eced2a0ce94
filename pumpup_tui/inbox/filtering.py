"""Which of the open requests the inbox shows, and in which order: search, filters by name, sort and groups."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.binding import BindingType
from typing_extensions import override

from pumpup_tui.components.frame import KeyHints
from pumpup_tui.components.prompt import Prompt
from pumpup_tui.context import Context
from pumpup_tui.inbox.detail import ReadingScreen
from pumpup_tui.inbox.filter import Reader, read_filter
from pumpup_tui.inbox.loader import EMPTY
from pumpup_tui.inbox.messages import FiltersLoaded
from pumpup_tui.inbox.order import Order
from pumpup_tui.keys.bindings import bindings
from pumpup_tui.text.firewall import line
from pumpup_tui.text.layout import joined

KEPT_AS = "filters"
"""The document that keeps a reader's own filters: texts by name."""
WHOSE = {"": "all", "is:mine": "mine", "is:free": "unassigned"}
"""What `m` goes through: the filter's words, and what they are called."""
NAME_KEPT = 40


class SiftingScreen(ReadingScreen):
    """A queue that can be searched, filtered, sorted and grouped. A filter is one text, as it is typed."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(
        ("inbox.search", "search"),
        ("inbox.filter", "filters"),
        ("inbox.sort", "order"),
        ("inbox.whose", "whose"),
    )

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._typed = ""
        self._whose = ""
        self._kept: dict[str, str] | None = None

    def on_mount(self) -> None:
        """Begin in the order of last time."""
        self.requests.queue.sort(Order.begun(self.context.last_view.recall(self.MODE)))

    @property
    @override
    def _needs_all(self) -> bool:
        return super()._needs_all or bool(self._text)

    @property
    def _text(self) -> str:
        """The filter that is on: what `m` chose and what was typed."""
        return f"{self._whose} {self._typed}".strip()  # not foreign: a filter as it is typed: read, not drawn

    @property
    @override
    def _filter_words(self) -> str:
        # not foreign: cleaned by the line over the list and by the hints
        return joined((WHOSE[self._whose] if self._whose else "", self._typed), ", ")

    @property
    @override
    def _when_empty(self) -> str:
        if not self._text:
            return EMPTY
        all_ = f"{self.context.key('move.back')} shows all"
        return f"Nothing matches. {all_}." if self._complete else "Nothing so far: reading on…"

    def _sift(self) -> None:
        """Show what the filter takes, out of all requests: those that are not read yet are read now."""
        queue = self.requests.queue
        test = read_filter(self._text, Reader(self.context.status.reviewer, self.context.clock()), queue.text_of)
        with self.requests.changing():
            queue.sift(test)
        if self._needs_all and not self._complete:
            self._read_on(to_end=True)
        self.requests.say_when_empty(self._when_empty)
        self._tell_queue()
        self._show_none_if_empty()
        self.query_one(KeyHints).retell()

    def show_all(self) -> None:
        """Take every filter off."""
        self._typed = self._whose = ""
        self._sift()

    @override
    def redraw(self) -> None:
        if "overdue" in self._text and self.context.outbox.desk.armed is None:
            self._sift()  # what is overdue hangs on the minute
        super().redraw()

    # Searching.

    def action_search(self) -> None:
        """Search as one types."""
        self.query_one(Prompt).ask("search", "show", self._typed)

    @on(Prompt.Typed)
    @on(Prompt.Answered)
    @on(Prompt.Left)
    def _searched(self, event: Prompt.Told) -> None:
        if event.what == "search":
            self._typed = "" if isinstance(event, Prompt.Left) else event.text.strip()
            self._sift()
        elif event.what == "filter name" and isinstance(event, Prompt.Answered) and event.text.strip():
            self._keep({**(self._kept or {}), event.text.strip()[:NAME_KEPT]: self._text})

    def action_whose(self) -> None:
        """Show all, then what is given to the reader, then what is given to no one."""
        names = list(WHOSE)
        self._whose = names[(names.index(self._whose) + 1) % len(names)]
        self._sift()

    # Filters by name.

    def action_filters(self) -> None:
        """Choose a filter by its name; keep or forget one."""
        if self._kept is None:
            self.context.writes.run(self, "the filters", self._read_kept, group="filters")
        else:
            self._choose_filter(self._kept)

    async def _read_kept(self) -> None:
        document = await self.context.documents.read(KEPT_AS)
        self.post_message(FiltersLoaded({name: text for name, text in document.items() if isinstance(text, str)}))

    @on(FiltersLoaded)
    def _kept_read(self, event: FiltersLoaded) -> None:
        event.stop()
        self._kept = dict(event.filters)
        self._choose_filter(self._kept)

    def _choose_filter(self, kept: dict[str, str]) -> None:
        from pumpup_tui.components.dialogs import PickScreen

        always = {"mine": "is:mine", "unassigned": "is:free", "overdue": "is:overdue"}
        named = {**always, **self.context.preferences.filters, **kept}
        choices = {"use ": "all"} | {f"use {text}": f"{name}   {text}" for name, text in named.items()}
        if self._text:
            # cleaned again: PickScreen cleans its choices
            choices["keep"] = f"keep “{line(self._text, 60)}” under a name…"
        choices |= {f"forget {name}": f"forget {name}" for name in kept}
        # not foreign: the id of a choice, drawn nowhere
        self.app.push_screen(PickScreen("Show", list(choices.items()), f"use {self._text}"), self._filter_chosen)

    def _filter_chosen(self, choice: str | None) -> None:
        kind, _, rest = (choice or "").partition(" ")
        if kind == "use":
            self._whose, self._typed = "", rest
            self._sift()
        elif kind == "keep":
            self.query_one(Prompt).ask("filter name", "name of this filter")
        elif kind == "forget":
            self._keep({name: text for name, text in (self._kept or {}).items() if name != rest})

    def _keep(self, filters: dict[str, str]) -> None:
        self._kept = filters

        async def write() -> None:
            await self.context.documents.write(KEPT_AS, dict(filters))

        self.context.writes.run(self, "the filters", write, group="filters")

    # Order.

    def action_order(self) -> None:
        """Choose how the queue is sorted and grouped."""
        from pumpup_tui.components.dialogs import PickScreen

        order = self.requests.queue.order
        self.app.push_screen(PickScreen("Sort and group", order.choices(), f"sort {order.sort}"), self._order_chosen)

    def _order_chosen(self, choice: str | None) -> None:
        queue = self.requests.queue
        order = queue.order.chosen(choice or "")
        if order != queue.order:
            self._sort(order)
            self.context.last_view.note(self.MODE, order.lasting())

    def _sort(self, order: Order) -> None:
        with self.requests.changing() as queue:
            queue.sort(order)
        if self._needs_all and not self._complete:
            self._read_on(to_end=True)
        self._tell_queue()
