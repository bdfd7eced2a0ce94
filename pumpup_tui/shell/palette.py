"""The command palette: one line a command with its key, and whatever has a name, found as it is typed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input
from typing_extensions import override

from pumpup_tui.components.line_widgets import Lines
from pumpup_tui.components.pause_line import PauseLine
from pumpup_tui.components.virtual_list import VirtualList
from pumpup_tui.context import Context
from pumpup_tui.keys.bindings import bindings
from pumpup_tui.keys.key_names import names_at
from pumpup_tui.local_state.command_use import CommandUse
from pumpup_tui.shell.palette_entries import PaletteEntry, PaletteQuery, entry_line, ranked, read_query
from pumpup_tui.shell.palette_search import NameSearch
from pumpup_tui.text.layout import Line, columns
from styles.sheets import sheet

if TYPE_CHECKING:
    from textual.worker import WorkType

PAUSE_SECONDS = 0.1
"""Keys that are typed within this time make one query."""
NOTHING_FOUND = "No matching command, project, task or request"


class PaletteList(VirtualList[PaletteEntry], can_focus=False):
    """The entries that are found; the keys stay with the text."""

    found_by = PaletteQuery("", "")
    """What they were found by."""

    @override
    def row_id(self, row: PaletteEntry) -> str:
        return row.id

    @override
    def draw_row(self, row: PaletteEntry, width: int) -> Sequence[Line]:
        return [entry_line(row, self.found_by, width)]

    @override
    def on_click(self, event: events.Click) -> None:
        super().on_click(event)
        self.action_choose()


class PaletteKeys(Lines):
    """The keys of the palette, and whether it still searches."""

    is_searching = False

    @override
    def lines(self, width: int) -> Sequence[Line]:
        key = names_at(self)
        keys = f" {key('palette.up')} {key('palette.down')} move   enter run   {key('palette.complete')} complete"
        right = "searching… " if self.is_searching else f"{key('palette.close')} close "
        return [[(columns(keys, right, width), "muted")]]


class PaletteScreen(ModalScreen[PaletteEntry]):
    """Return the entry that was chosen; None on escape.

    Enter takes what is shown for all that was typed: where the search for it is not over, it waits for its end.
    """

    CSS_PATH = sheet("palette")
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        ("palette.down", "move(1)"),
        ("palette.up", "move(-1)"),
        ("palette.page_down", "page(1)"),
        ("palette.page_up", "page(-1)"),
        ("palette.complete", "complete"),
        ("palette.close", "dismiss"),
    )

    def __init__(
        self, context: Context, commands: Sequence[PaletteEntry], names: NameSearch, *, typed: str = ""
    ) -> None:
        """Take the commands in their order, what finds the rest, and the text that typing begins with."""
        super().__init__()
        self.context = context
        self._commands = commands
        self._names = names
        self._typed = typed
        self._used = CommandUse(context.last_view, context.clock).counts()
        self._query = read_query(typed)
        self._found: Sequence[PaletteEntry] = ()
        """The requests and tasks that were read for the query."""
        self._has_moved = False
        """Whether the reader has chosen the row under the cursor."""
        self._takes_next = False
        """Whether enter was pressed before the search was over."""
        self._list = PaletteList()
        self._keys = PaletteKeys()

    @override
    def compose(self) -> ComposeResult:
        field = Input(self._typed, compact=True, select_on_focus=False, placeholder="Search for commands and names")
        field.cursor_blink = False
        yield PauseLine(self.context)
        with Vertical(id="palette"):
            yield field
            yield self._list
            yield self._keys

    def on_mount(self) -> None:
        """List all commands."""
        self.query_one(Input).focus()
        self._search()

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        before, self._query = self._query, read_query(event.value)
        # What was found for fewer letters is no more than what all of them find.
        kept = self._found if before.verb == self._query.verb else ()
        self._found = [entry for entry in kept if self._query.takes(entry)]
        self._has_moved = self._takes_next = False
        self._search()

    def _search(self) -> None:
        self.workers.cancel_group(self, "names")
        self._keys.is_searching = self._names.needs_reading(self._query)
        if self._keys.is_searching:
            work = cast("WorkType[None]", partial(self._read, self._query))
            self.run_worker(work, group="names", exclusive=True)
        else:
            self._found = ()
        self._show()

    async def _read(self, query: PaletteQuery) -> None:
        await asyncio.sleep(PAUSE_SECONDS)
        async for found in self._names.read(query):
            self._found = found
            self._show()
        self._keys.is_searching = False
        self._show()
        if self._takes_next:
            self._take()

    def _show(self) -> None:
        """Show what is found by now, with the cursor on the first but where the reader moved it."""
        commands = ranked(self._commands, self._query, self._used) if not self._query.verb else []
        self._list.found_by = self._query
        self._list.line_cache.clear()
        self._list.say_when_empty("" if self._keys.is_searching else NOTHING_FOUND)
        self._list.show([*commands, *self._names.at_hand(self._query), *self._found])
        if not self._has_moved:
            self._list.action_go(0)
        self._keys.update_lines()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        row = self._list.row
        # A name may still be found that is nearer to all that was typed.
        if self._keys.is_searching and not self._has_moved and (row is None or row.kind in ("Request", "Task")):
            self._takes_next = True
        else:
            self._take()

    @on(VirtualList.Chosen)
    def _chosen(self, event: VirtualList.Chosen) -> None:
        event.stop()
        self._take()

    def _take(self) -> None:
        """Take the entry under the cursor; one that only writes a command is written."""
        self._takes_next = False
        row = self._list.row
        if row is None:
            return
        if row.completes:
            self._write(row.completes)
        else:
            self.dismiss(row)

    def _write(self, text: str) -> None:
        field = self.query_one(Input)
        field.value = text
        field.cursor_position = len(text)

    def action_move(self, by: int) -> None:
        """Move the cursor by rows."""
        self._has_moved = True
        self._list.action_move(by)

    def action_page(self, direction: int) -> None:
        """Move the cursor by half a page."""
        self._has_moved = True
        self._list.action_page(direction)

    def action_complete(self) -> None:
        """Write the name under the cursor behind its command, or the first command that takes a name."""
        row = self._list.row
        if row is not None and row.kind and self._query.verb:
            self._write(f"{self._query.verb} {row.shown}")
        elif text := next((one.completes for one in self._list.rows if one.completes), ""):
            self._write(text)
