"""The help: all keys, beginning with those of the screen that it was opened on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static
from typing_extensions import override

from pumpup_tui.components.line_widgets import Document
from pumpup_tui.components.pause_line import PauseLine
from pumpup_tui.components.prompt import Prompt, TextQuestion
from pumpup_tui.context import Context
from pumpup_tui.keys.bindings import bindings
from pumpup_tui.keys.help_sections import Section, help_lines
from pumpup_tui.keys.key_names import names_at
from styles.sheets import sheet


class HelpDocument(Document):
    """The keys, in as many columns as there is room for."""

    def __init__(self, sections: Sequence[Section]) -> None:
        super().__init__(id="help")
        self._sections = sections
        self.needle = ""

    def search(self, needle: str) -> None:
        """Show only the keys that a text finds; all where it is empty."""
        self.needle = needle
        self._fill()

    @override
    def on_resize(self) -> None:
        self._fill()
        super().on_resize()

    def _fill(self) -> None:
        found = [section.matching(self.needle) for section in self._sections]
        lines = help_lines(found, self.reading_width)
        self.set_paragraphs(lines or [[("No matching keys", "muted")]], self.needle)


class HelpScreen(ModalScreen[None]):
    """All keys, by what they are for; a search shows some of them."""

    CSS_PATH = sheet("modals")
    AUTO_FOCUS = "#help"
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        ("modal.close", "close"),
        ("screens.help", "dismiss"),
        ("help.search", "search"),
    )

    def __init__(self, context: Context, sections: Sequence[Section]) -> None:
        super().__init__()
        self.context = context
        self._document = HelpDocument(sections)
        self._prompt = Prompt()

    @override
    def compose(self) -> ComposeResult:
        yield PauseLine(self.context)
        with Vertical(id="modal"):
            yield Static(self._title(), markup=False, id="title")
            yield self._document
            yield self._prompt

    def _title(self) -> str:
        key = names_at(self)
        if self._document.needle:
            return f"Matching keys   {key('modal.close')} shows all"
        return f"Keys   {key('modal.close')} closes, {key('help.search')} searches"

    def _search(self, needle: str) -> None:
        self._document.search(needle)
        self.query_one("#title", Static).update(self._title())  # not foreign: made without markup

    def action_search(self) -> None:
        """Ask for a text; only keys that it finds are shown, as it is typed."""
        before = self._document.needle

        def answered(text: str | None) -> None:
            self._search(before if text is None else text)

        self._prompt.ask(TextQuestion("search", before), answered, self._search)

    def action_close(self) -> None:
        """Show all keys again; close where they are shown."""
        if self._document.needle:
            self._search("")
        else:
            self.dismiss()

    @on(Prompt.Toggled)
    def _toggled(self, event: Prompt.Toggled) -> None:
        event.stop()
