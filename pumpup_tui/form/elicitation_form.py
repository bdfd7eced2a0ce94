"""A form for all ten field types, answered by keyboard.

One field is answered at a time: its control is the only one there is, whatever the form's length. The fields above and
below it are drawn, as far as they are in view. So a form of 500 fields costs a key what one of five does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from typing_extensions import override

from pumpup_tui.components.painting import COMPONENT_CLASSES, paint
from pumpup_tui.form.field_lines import Form, folded_lines
from pumpup_tui.form.field_row import FieldRow
from pumpup_tui.form.first_key import FirstKey
from pumpup_tui.keys.bindings import bindings
from pumpup_tui.keys.key_names import KeyNames
from pumpup_tui.local_state.answer_draft import AnyForm, Bid, Draft, fill
from pumpup_tui.text.layout import Line
from pumpup_tui.textual_patches.direct_render import Direct

LEAP = 8
"""Fields that ctrl+pagedown goes on."""


class Folded(Direct):
    """The fields above or below, drawn as far as there is room."""

    COMPONENT_CLASSES: ClassVar[set[str]] = COMPONENT_CLASSES

    class Clicked(Message):
        """A field was clicked."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._shown: list[tuple[Line, int]] = []

    def show(self, shown: list[tuple[Line, int]]) -> None:
        """Draw these lines, each with the index of the field that it is of; only those that differ are drawn again."""
        before, self._shown = self._shown, shown
        for y in range(max(len(before), len(shown))):
            if before[y : y + 1] != shown[y : y + 1]:
                self.refresh(Region(0, y, self.size.width, 1))

    @override
    def render_line(self, y: int) -> Strip:
        line = self._shown[y][0] if y < len(self._shown) else []
        return paint(self, line, self.size.width)

    def on_click(self, event: events.Click) -> None:
        """Tell which field was clicked."""
        if event.y < len(self._shown):
            self.post_message(self.Clicked(self._shown[event.y][1]))


class ElicitationForm(Vertical, can_focus=False):
    """All fields of a request, over one draft."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(
        ("form.next", "go(1)"),
        ("form.previous", "go(-1)"),
        ("form.leap", f"go({LEAP})"),
        ("form.leap_back", f"go(-{LEAP})"),
        ("form.first", "go_to(0)"),
        ("form.last", "go_to(-1)"),
        ("form.bid", "take_bid"),
    )

    class Changed(Message):
        """The draft has changed."""

    class Moved(Message):
        """A person went to another field."""

    def __init__(
        self,
        fields: Sequence[AnyForm],
        bids: Mapping[str, Bid],
        draft: Draft,
        *,
        now: Callable[[], datetime],
        key: KeyNames,
        zone: tzinfo | None = None,
        first_key: FirstKey | None = None,
    ) -> None:
        super().__init__()
        fill(fields, bids, draft)
        self.form = Form(fields, bids, draft, key, now, zone, first_key=first_key)
        self.index = 0
        self._top = 0

    @override
    def compose(self) -> ComposeResult:
        yield Folded(id="above")
        yield FieldRow(self.form)
        yield Folded(id="below")

    @property
    def row(self) -> FieldRow:
        """The field that is being answered."""
        return self.query_one(FieldRow)

    def on_mount(self) -> None:
        """Begin at the first field."""
        self.row.show(0)

    def on_resize(self) -> None:
        """Draw what there is room for now."""
        self._place()

    def go_to(self, index: int, *, by_hand: bool = True) -> None:
        """Have a field answered; what is left is checked."""
        row = self.row
        row.collect()
        if index != self.index:
            self._check(self.index)
            # The one that is left folds, those between fold and unfold with it: it stays where the eye is.
            self._top += self._drawn_height(self.index, index)
            self.index = index
            row.show(index)
            self._place()
            if by_hand:
                self.post_message(self.Moved())
        row.focus_control()

    def show_faults(self, faults: Mapping[str, str]) -> None:
        """Say all faults at their fields, and go to the first."""
        self.form.faults = dict(faults)
        self.row.update_lines()
        first = next((index for index, field in enumerate(self.form.fields) if field.id in faults), None)
        if first is not None and first != self.index:
            self.go_to(first, by_hand=False)
            return
        self._place()
        if first is not None:
            self.row.focus_control()

    def action_go(self, by: int) -> None:
        """Go some fields on, or back; from the last to the first."""
        count = len(self.form.fields)
        to = self.index + by
        self.go_to(to % count if abs(by) == 1 else max(0, min(to, count - 1)))

    def action_go_to(self, index: int) -> None:
        """Go to a field; -1 is the last."""
        self.go_to(index if index >= 0 else len(self.form.fields) - 1)

    def action_take_bid(self) -> None:
        """Restore the agent's suggestion in place of what was typed."""
        self.row.take_bid()

    @on(FieldRow.Answered)
    def _answered(self, event: FieldRow.Answered) -> None:
        event.stop()
        self._place()
        self.post_message(self.Changed())

    @on(FieldRow.Left)
    def _left(self, event: FieldRow.Left) -> None:
        event.stop()
        if 0 <= self.index + event.by < len(self.form.fields):
            self.go_to(self.index + event.by)

    @on(Folded.Clicked)
    def _clicked(self, event: Folded.Clicked) -> None:
        event.stop()
        self.go_to(event.index)

    def _check(self, index: int) -> None:
        """Check a field's answer as it is left, if a person gave it."""
        field = self.form.fields[index]
        if field.id in self.form.draft.touched or field.id in self.form.faults:
            self.form.faults.pop(field.id, None)
            if fault := self.form.fault_of(field):
                self.form.faults[field.id] = fault

    # Where things stand.

    def _drawn_height(self, start: int, end: int) -> int:
        """Return by how many lines a field at `end` stands below one at `start`; as far as it matters to the view."""
        width, most = self.size.width, self.size.height
        total = 0
        for index in range(min(start, end), max(start, end)):
            total += len(folded_lines(self.form, index, width - 1))
            if total > most:
                break
        return total if end > start else -total

    def _place(self) -> None:
        """Draw the fields around the one that is being answered, as it stands now."""
        width, height = self.size.width, self.size.height
        if not height:
            return
        live = min(self.row.height(width), height)
        room = height - live
        above = self._around(range(self.index - 1, -1, -1), room, width)
        below = self._around(range(self.index + 1, len(self.form.fields)), room, width)
        top = max(min(self._top, room - min(3, room)), min(2, room))
        top = max(top, room - len(below))
        self._top = top = min(top, len(above))
        over, under = self.query_one("#above", Folded), self.query_one("#below", Folded)
        over.styles.height = top
        over.show(above[len(above) - top :])
        under.show(below[: room - top])

    def _around(self, indices: range, room: int, width: int) -> list[tuple[Line, int]]:
        """Return the lines of the fields from here on, as many as there is room for, in the order they are drawn."""
        blocks: list[list[tuple[Line, int]]] = []
        count = 0
        for index in indices:
            if count >= room:
                break
            blocks.append([(drawn, index) for drawn in folded_lines(self.form, index, width - 1)])
            count += len(blocks[-1])
        ordered = reversed(blocks) if indices.step < 0 else blocks
        return [drawn for block in ordered for drawn in block]
