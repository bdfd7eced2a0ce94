"""Options to choose from by keyboard: one, or any."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.geometry import Size
from textual.message import Message
from typing_extensions import override

from pumpup_tui.components.virtual_list import VirtualList
from pumpup_tui.keys.bindings import bindings
from pumpup_tui.text.firewall import line
from pumpup_tui.text.layout import Line, fit


class OptionPicker(VirtualList[str]):
    """A few options in view; space chooses, and takes the choice back."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(("form.toggle", "pick"))

    class Picked(Message):
        """The choice has changed."""

    def __init__(self, options: Sequence[str], *, many: bool) -> None:
        super().__init__()
        self._options = options
        self._many = many
        self._keeps_one = False
        self.chosen: list[str] = []
        self.always_shows_cursor = False
        """Whether the cursor is drawn without the focus too: a search beside it moves it."""

    def on_mount(self) -> None:
        """List the options."""
        self.show(self._options)

    def offer(self, options: Sequence[str], chosen: Sequence[str], *, many: bool, keeps_one: bool = False) -> None:
        """Offer other options, with the cursor on the first that is chosen.

        With `keeps_one` the one choice can be exchanged for another and not be taken back.
        """
        self._options, self._many, self._keeps_one = options, many, keeps_one and not many
        self.search("")
        self.show(options)
        self.action_go(0)
        self.set(chosen)
        if self.chosen:
            self.select(self.chosen[0])
        self.refresh(layout=True)

    @override
    def on_click(self, event: events.Click) -> None:
        """Choose the option that was clicked, or take it back."""
        event.prevent_default()  # or Textual calls the list's own once more
        super().on_click(event)
        at = event.get_content_offset(self)
        if at is not None and at.y + self.scroll_offset.y < self.model.count:
            self.action_pick()

    def set(self, chosen: Sequence[str]) -> None:
        """Choose these, and no others."""
        self.chosen = [option for option in self._options if option in chosen]
        if self.chosen and not self._many:
            self.select(self.chosen[0])
        self.redraw()

    @override
    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._options)

    @property
    @override
    def shows_cursor(self) -> bool:
        return self.has_focus or self.always_shows_cursor  # many of these stand below each other: one cursor is enough

    @override
    def searched(self, row: str) -> str:
        return row

    @override
    def row_id(self, row: str) -> str:
        return row

    @override
    def draw_row(self, row: str, width: int) -> Sequence[Line]:
        here = row in self.chosen
        mark = ("[x] " if here else "[ ] ") if self._many else ("(•) " if here else "( ) ")
        return [[(mark, "good" if here else "muted"), (fit(line(row, 200), width - 4), "")]]

    def action_pick(self) -> None:
        """Choose the option under the cursor, or take it back where it need not be answered."""
        if self.row is None or (self._keeps_one and self.row in self.chosen):
            return
        if self.row in self.chosen:
            self.chosen = [option for option in self.chosen if option != self.row]
        elif self._many:
            self.chosen = [option for option in self._options if option in self.chosen or option == self.row]
        else:
            self.chosen = [self.row]
        self.redraw()
        self.post_message(self.Picked())
