"""The timeline's filter: which types, which sources, whose decisions, which outcome, what came of it, and when."""

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
from pumpup_tui.context import Context
from pumpup_tui.keys.bindings import bindings
from pumpup_tui.keys.key_names import names_at
from pumpup_tui.text.deed_words import DEED_FILTER_WORDS
from pumpup_tui.text.firewall import content
from pumpup_tui.text.labels import EVENT_WORDS
from pumpup_tui.text.outcomes import OUTCOMES
from pumpup_tui.text.time_ranges import TimeRange, typed_range
from pumpup_tui.text.typed_times import NotUnderstood

TYPES = tuple(EVENT_WORDS)
_BY, _WHEN = "decided or answered by", "when"


class FilterScreen(ModalScreen[Query | None]):
    """Choose what a timeline shows; escape changes nothing."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(
        ("typing.leave", "dismiss"),
        ("filter.show", "take"),
        ("form.next", "app.focus_next"),
        ("form.previous", "app.focus_previous"),
    )

    def __init__(self, query: Query, context: Context) -> None:
        """Begin with a query's own filter."""
        super().__init__()
        self._query, self._shared = query, context

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
            yield Static(_BY, markup=False, id="by")
            yield _input(self._query.only.decided_by, "a reviewer's name", "decided-by")
            yield Static(_WHEN, markup=False, id="when")
            yield _input(self._query.times, "7d, yesterday, 09:00-12:00, 2026-11-01..2026-11-07", "times")
            yield Static("outcome (none chosen: all)", markup=False)
            yield OptionPicker([act.past_with_glyph for act in OUTCOMES.values()], many=False)
            if self._shared.can("deeds"):
                yield Static("what came of it (none chosen: all)", markup=False)
                yield OptionPicker(list(DEED_FILTER_WORDS.values()), many=False)

    def on_mount(self) -> None:
        """Choose what is chosen now."""
        types, sources, outcomes, *deeds = self.query(OptionPicker)
        for picker in deeds:
            picker.set([words for name, words in DEED_FILTER_WORDS.items() if name == self._query.only.deed])
        types.set([_word(name) for name in self._query.types])
        sources.set([name.lower() for name in self._query.sources])
        outcomes.set([act.past_with_glyph for name, act in OUTCOMES.items() if name == self._query.only.outcome])
        types.focus()

    @on(Joined)
    def _tell_joined(self, event: Joined) -> None:
        event.stop()
        self.query_one("#by", Static).update(content(f"{_BY} ({event.words})"))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_take()

    def action_take(self) -> None:
        """Return what was chosen; a range of times that is not understood keeps it open, and says why."""
        typed = self.query_one("#times", Input).value.strip()
        try:
            range_ = typed_range(typed, self._shared.clock(), self._shared.zone)
        except NotUnderstood as fault:
            self.query_one("#when", Static).update(content(f"{_WHEN}: {fault}"))
            self.query_one("#times", Input).focus()
            return
        self.dismiss(self._chosen(range_, typed))

    def _chosen(self, range_: TimeRange, typed: str) -> Query:
        types, sources, outcomes, *deeds = self.query(OptionPicker)
        came_of = deeds[0].chosen if deeds else ()
        chosen = replace(
            self._query.only,
            decided_by=self.query_one("#decided-by", Input).value.strip(),
            outcome=next((name for name, act in OUTCOMES.items() if act.past_with_glyph in outcomes.chosen), ""),
            deed=next((name for name, words in DEED_FILTER_WORDS.items() if words in came_of), ""),
        )
        return replace(
            self._query,
            types=tuple(name for name in TYPES if _word(name) in types.chosen),
            sources=tuple(name for name in SOURCES if name.lower() in sources.chosen),
            only=chosen,
        ).between(range_, typed)


def _input(value: str, placeholder: str, name: str) -> Input:
    made = Input(value, placeholder=placeholder, compact=True, id=name)
    made.cursor_blink = False
    return made


def _word(event_type: str) -> str:
    glyph, word, _ = EVENT_WORDS[event_type]
    return f"{glyph} {word}"
