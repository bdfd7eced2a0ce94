"""The timeline's filter: which types, which sources, whose decisions."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static
from typing_extensions import override

from pumpup_tui.backend.timeline_query import SOURCES, Query
from pumpup_tui.components.joined_lines import Joined
from pumpup_tui.components.option_picker import OptionPicker
from pumpup_tui.keys.bindings import bindings
from pumpup_tui.keys.key_names import names_at
from pumpup_tui.text.firewall import content
from pumpup_tui.text.labels import EVENT_WORDS

TYPES = tuple(EVENT_WORDS)


class FilterScreen(ModalScreen[Query | None]):
    """Choose what a timeline shows; escape changes nothing."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(
        ("typing.leave", "dismiss"),
        ("filter.show", "take"),
        ("form.next", "app.focus_next"),
        ("form.previous", "app.focus_previous"),
    )

    def __init__(self, query: Query) -> None:
        super().__init__()
        self._query = query

    @override
    def compose(self) -> ComposeResult:
        key = names_at(self)
        keys = f"{key('form.toggle')} chooses, {key('form.next')} goes on"
        ends = f"{key('filter.show')} shows, {key('typing.leave')} leaves"
        with Vertical(id="modal"):
            yield Static(f"Show only   {keys}, {ends}", markup=False, id="title")
            yield OptionPicker([_word(name) for name in TYPES], many=True)
            yield Static("from (none chosen: all)", markup=False)
            yield OptionPicker([name.lower() for name in SOURCES], many=True)
            yield Static("decided or answered by", markup=False, id="by")
            reviewer = Input(self._query.reviewer, placeholder="a reviewer's name, or a part of it", compact=True)
            reviewer.cursor_blink = False
            yield reviewer

    def on_mount(self) -> None:
        """Choose what is chosen now."""
        types, sources = self.query(OptionPicker)
        types.set([_word(name) for name in self._query.types])
        sources.set([name.lower() for name in self._query.sources])
        types.focus()

    @on(Joined)
    def _tell_joined(self, event: Joined) -> None:
        event.stop()
        self.query_one("#by", Static).update(content(f"decided or answered by ({event.words})"))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_take()

    def action_take(self) -> None:
        """Return what was chosen."""
        types, sources = self.query(OptionPicker)
        self.dismiss(
            replace(
                self._query,
                types=tuple(name for name in TYPES if _word(name) in types.chosen),
                sources=tuple(name for name in SOURCES if name.lower() in sources.chosen),
                reviewer=self.query_one(Input).value.strip(),
            )
        )


def _word(event_type: str) -> str:
    glyph, word, _ = EVENT_WORDS[event_type]
    return f"{glyph} {word}"
