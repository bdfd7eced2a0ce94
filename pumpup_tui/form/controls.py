"""The controls that a field is answered with. Each posts `Changed` and holds its own value only."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input, TextArea
from typing_extensions import override

from pumpup_tui.components.hot_spots import control
from pumpup_tui.components.line_widgets import Lines
from pumpup_tui.components.option_picker import OptionPicker
from pumpup_tui.form.first_key import FirstKey
from pumpup_tui.keys.bindings import bindings
from pumpup_tui.keys.key_names import names_at
from pumpup_tui.local_state.answer_draft import NO, YES
from pumpup_tui.text.firewall import clean
from pumpup_tui.text.layout import Line, crop


def is_refused(first_key: FirstKey | None, event: events.Key) -> bool:
    """Return whether a key must not be typed yet; it then goes no further."""
    if first_key is None or not first_key.refuses(event.key, is_typed=event.is_printable):
        return False
    event.stop()
    event.prevent_default()
    return True


class Typed(Input):
    """A line to type; `=` takes the bid where the type has no use for the character, or nothing is typed yet."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(
        ("form.up", "by(1)"),
        ("form.down", "by(-1)"),
        ("form.up_much", "by(10)"),
        ("form.down_much", "by(-10)"),
    )

    class Stepped(Message):
        """An arrow: so many steps up, or down."""

        def __init__(self, by: int) -> None:
            super().__init__()
            self.by = by

    def __init__(self) -> None:
        super().__init__(compact=True, select_on_focus=False)
        self.cursor_blink = False
        self.bid_on_equals = True
        self.first_key: FirstKey | None = None

    def put(self, text: str) -> None:
        """Take a text in place of what is there."""
        self.value = text
        self.cursor_position = len(text)

    def action_by(self, count: int) -> None:
        """Tell of an arrow: what it does is the field's to say."""
        self.post_message(self.Stepped(count))

    @override
    def check_consume_key(self, key: str, character: str | None = None) -> bool:
        # Textual asks this of the bindings' own keys, before it puts a user's in their place: both are let by.
        if (character == "=" or key in self._takes_bid) and (self.bid_on_equals or not self.value):
            return False
        return super().check_consume_key(key, character)

    @cached_property
    def _takes_bid(self) -> Sequence[str]:
        return names_at(self).keys("form.bid")

    async def on_key(self, event: events.Key) -> None:
        """Leave the keys that are not typed here to the field's own bindings."""
        if is_refused(self.first_key, event):
            return
        is_bound = event.key in self._takes_bid and (self.bid_on_equals or not self.value)
        if event.is_printable and is_bound:
            event.prevent_default()


class Area(TextArea):
    """A text of many lines."""

    # Its own key for this, ctrl+z, is a terminal's: it suspends.
    BINDINGS: ClassVar[list[BindingType]] = bindings(("form.undo", "undo"))

    def __init__(self) -> None:
        super().__init__(compact=True, highlight_cursor_line=False)
        self.cursor_blink = False
        self.first_key: FirstKey | None = None

    async def on_key(self, event: events.Key) -> None:
        """Take no key of a decision that was meant for what was shown before."""
        is_refused(self.first_key, event)

    def put(self, text: str) -> None:
        """Take a text in place of what is there, with the cursor at its end."""
        self.load_text(text)
        self.move_cursor(self.document.end)


class Toggle(Lines, can_focus=True):
    """Yes or no; space switches."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(
        ("form.toggle", "switch"),
        ("form.yes", "set(True)"),
        ("form.no", "set(False)"),
        ("form.empty", "set(None)"),
    )

    class Changed(Message):
        """It was switched."""

    def __init__(self) -> None:
        super().__init__()
        self.chosen: list[str] = []

    def put(self, chosen: Sequence[str]) -> None:
        """Switch it, as if by nobody."""
        self.chosen = list(chosen)
        self.refresh()

    @override
    def lines(self, width: int) -> Sequence[Line]:
        yes, no = self.chosen == [YES], self.chosen == [NO]
        return [
            [
                control("(•) yes" if yes else "( ) yes", "good" if yes else "muted", "form.yes"),
                ("   ", ""),
                control("(•) no" if no else "( ) no", "good" if no else "muted", "form.no"),
            ]
        ]

    def action_switch(self) -> None:
        """Switch to the other; to yes where neither was chosen."""
        self.action_set(self.chosen != [YES])

    def action_set(self, to: bool | None) -> None:
        """Choose one, or neither."""
        self.put([] if to is None else [YES if to else NO])
        self.post_message(self.Changed())


class Sealed(Lines, can_focus=True):
    """A text that is shown and not edited: it hides something, or is too long. Typing begins it anew."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(("form.empty", "empty"))
    SHOWN = 4

    class Emptied(Message):
        """It is to be empty, and edited from there."""

    def __init__(self) -> None:
        super().__init__()
        self._text = ""

    def put(self, text: str) -> None:
        """Show a text."""
        self._text = text
        self.refresh(layout=True)

    @override
    def lines(self, width: int) -> Sequence[Line]:
        parts = clean(self._text, limit=2_000).split("\n")
        more = f" … {len(parts) - self.SHOWN} more lines" if len(parts) > self.SHOWN else ""
        shown: list[Line] = [[(crop(part, width - len(more)), "")] for part in parts[: self.SHOWN]]
        return [*shown[:-1], [*shown[-1], (more, "muted")]]

    def action_empty(self) -> None:
        """Have it emptied."""
        self.post_message(self.Emptied())


class Search(Input):
    """The input that searches the options below; the keys that move and choose are theirs."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(
        ("move.up", "move(-1)"),
        ("move.down", "move(1)"),
        ("move.page_up", "page(-1)"),
        ("move.page_down", "page(1)"),
        ("form.toggle", "pick"),
    )

    def __init__(self, picker: OptionPicker) -> None:
        super().__init__(compact=True, placeholder="type to search")
        self.cursor_blink = False
        self.first_key: FirstKey | None = None
        self._picker = picker

    @override
    def check_consume_key(self, key: str, character: str | None = None) -> bool:
        if (character in (" ", "=") or key in self._bound) and not self.value:
            return False  # no search begins with them
        return super().check_consume_key(key, character)

    @cached_property
    def _bound(self) -> Sequence[str]:
        key = names_at(self)
        return [*key.keys("form.bid"), *key.keys("form.toggle")]

    async def on_key(self, event: events.Key) -> None:
        """Leave the keys that no search begins with to the bindings, while nothing is searched."""
        if is_refused(self.first_key, event):
            return
        if event.is_printable and event.key in self._bound and not self.value:
            event.prevent_default()

    def action_move(self, by: int) -> None:
        """Move the options' cursor."""
        self._picker.action_move(by)

    def action_page(self, direction: int) -> None:
        """Move the options' cursor by half a page."""
        self._picker.action_page(direction)

    def action_pick(self) -> None:
        """Choose the option at the cursor, or take it back."""
        self._picker.action_pick()


class Options(Vertical):
    """The options of a field; where there are many, with a search over them."""

    def __init__(self) -> None:
        super().__init__()
        self.picker = OptionPicker((), many=False)
        self.search = Search(self.picker)

    @override
    def compose(self) -> ComposeResult:
        yield self.search
        yield self.picker

    @property
    def first_key(self) -> FirstKey | None:
        """What keeps the keys of a decision out of the search."""
        return self.search.first_key

    @first_key.setter
    def first_key(self, first_key: FirstKey | None) -> None:
        self.search.first_key = first_key

    @property
    def chosen(self) -> list[str]:
        """What is chosen."""
        return self.picker.chosen

    def offer(
        self, options: Sequence[str], chosen: Sequence[str], *, many: bool, searched: bool, keeps_one: bool
    ) -> None:
        """Offer other options."""
        self.set_class(searched, "-searched")
        with self.prevent(Input.Changed):
            self.search.value = ""
        self.picker.always_shows_cursor = searched
        self.picker.offer(options, chosen, many=many, keeps_one=keeps_one)

    @property
    def inside(self) -> Search | OptionPicker:
        """Where the keys are taken."""
        return self.search if self.has_class("-searched") else self.picker

    @on(Input.Changed)
    def _searched(self, event: Input.Changed) -> None:
        event.stop()
        self.picker.say_when_empty("no option contains that")
        self.picker.search(event.value)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
