"""The field of a form that is being answered: the one that has a control."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, TextArea
from textual.widgets.input import Selection
from typing_extensions import override

from pumpup_tui.components.line_widgets import Lines
from pumpup_tui.components.option_picker import OptionPicker
from pumpup_tui.form.controls import Area, Options, Sealed, Toggle, Typed
from pumpup_tui.form.field_lines import (
    MANY,
    Form,
    head_lines,
    label_beside,
    label_cells,
    label_fits,
    tail_lines,
)
from pumpup_tui.form.steppers import STEPPED, stepped
from pumpup_tui.local_state.answer_draft import (
    TEMPORAL,
    TYPED,
    AnyForm,
    options_of,
    take_bid,
    type_of,
    why_sealed,
)
from pumpup_tui.local_state.typed_answers import fix_meaning, settle_meaning
from pumpup_tui.text.layout import Line
from pumpup_tui.text.paragraphs import FOREIGN

Control = Typed | Area | Options | Toggle | Sealed


class FieldLines(Lines):
    """The lines around the control."""

    def __init__(self, lines: Callable[[int], Sequence[Line]], *, id: str) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self._lines = lines

    @override
    def lines(self, width: int) -> Sequence[Line]:
        return self._lines(width)


class FieldRow(Vertical, can_focus=True):
    """The field that is being answered: label, description, control, bounds, bid and fault."""

    class Answered(Message):
        """Something was typed, picked or taken."""

    class Left(Message):
        """A key that goes to another field."""

        def __init__(self, by: int) -> None:
            super().__init__()
            self.by = by

    def __init__(self, form: Form) -> None:
        super().__init__()
        self.form = form
        self._index = 0
        self._controls: dict[type[Widget], Control] = {}
        self.control: Control | None = None
        self._given: str | list[str] | None = None
        """What stood in the control when it was filled: other line breaks than the text's own, say."""

    @override
    def compose(self) -> ComposeResult:
        yield FieldLines(self._head, id="head")
        with Horizontal(id="line"):
            yield FieldLines(self._label, id="label")
            for kind in (Typed, Area, Options, Toggle, Sealed):
                control: Control = kind()
                if isinstance(control, (Typed, Area, Options)):
                    control.first_key = self.form.first_key
                control.display = False
                self._controls[kind] = control
                yield control
        yield FieldLines(self._tail, id="tail")

    @property
    def form_field(self) -> AnyForm:
        """The field."""
        return self.form.fields[self._index]

    @property
    def is_chosen(self) -> bool:
        """Whether the answer is chosen, not typed."""
        return isinstance(self.control, (Options, Toggle))

    @property
    def can_restore(self) -> bool:
        """Whether the agent has suggested another answer than the one that is there."""
        return self.form_field.id in self.form.bids and not self.form.is_bid(self.form_field)

    def on_resize(self) -> None:
        """Put the label where it has room now."""
        self._place_label()

    def show(self, index: int) -> None:
        """Have another field answered."""
        settle_meaning(self.form_field, self.form.draft)
        self._index = index
        self._control_it()
        self._place_label()
        self.update_lines()

    def settle(self) -> None:
        """Show a date that was typed in words as it was understood: what it says must not change by itself."""
        if self.form_field.id in self.form.draft.meant:
            settle_meaning(self.form_field, self.form.draft)
            self._control_it()
            self.update_lines()

    def _is_beside(self, width: int) -> bool:
        """Return whether the label stands beside the control, in a row of so many cells."""
        return isinstance(self.control, (Typed, Toggle)) and label_fits(self.form, self.form_field, width - 1)

    def _place_label(self) -> None:
        width = self.size.width - 2
        self.set_class(self._is_beside(width), "-beside")
        self.query_one("#label", FieldLines).styles.width = label_cells(self.form, width - 1) + 2

    def update_lines(self) -> None:
        """Say what is so now around the control."""
        for lines in self.query(FieldLines):
            lines.update_lines()
        self.set_class(self.form_field.id in self.form.faults, "-fault")
        self.set_class(self.form.is_bid(self.form_field), "-bid")

    def height(self, width: int) -> int:
        """Return how many lines the row takes at `width` cells."""
        control = self.control
        if isinstance(control, Options):
            lines = min(len(options_of(self.form_field)), 6) + control.has_class("-searched")
        elif isinstance(control, Sealed):
            lines = len(control.lines(width - 3))
        else:
            lines = 4 if isinstance(control, Area) else 0 if control is None else 1
        return len(self._head(width - 2)) + lines + len(self._tail(width - 2)) + 1

    def focus_control(self) -> None:
        """Put the focus where the answer is given; where none can be, on the form."""
        place = self.control.inside if isinstance(self.control, Options) else self.control
        self.screen.set_focus(place or self, scroll_visible=False)

    def collect(self) -> None:
        """Take what stands in the control now; a message about it may still be in flight, about another field."""
        typed = self._held()
        if typed is not None and typed != self._given:
            self._given = None  # from here on what stands there is a person's, the same text too
            self._take(typed)

    def _held(self) -> str | list[str] | None:
        """Return what stands in the control, None where there is none."""
        if isinstance(self.control, (Options, Toggle)):
            return list(self.control.chosen)
        if isinstance(self.control, Typed):
            return self.control.value
        return self.control.text if isinstance(self.control, Area) else None

    def take_bid(self) -> None:
        """Take the agent's bid in place of what was typed."""
        field = self.form_field
        if (bid := self.form.bids.get(field.id)) is not None:
            take_bid(field, bid, self.form.draft)
            self._control_it()
            self._mend()
            self.focus_control()

    def put(self, text: str) -> None:
        """Take a text that was edited elsewhere."""
        self._take(text)
        self._control_it()
        self.update_lines()
        self.focus_control()

    def _head(self, width: int) -> Sequence[Line]:
        return head_lines(self.form, self.form_field, max(11, width), is_beside=self._is_beside(width))

    def _label(self, _: int) -> Sequence[Line]:
        return [[FOREIGN, *label_beside(self.form, self.form_field, self.size.width - 3, gap=1)]]

    def _tail(self, width: int) -> Sequence[Line]:
        return tail_lines(self.form, self._index, max(11, width))

    def _take(self, typed: str | list[str]) -> None:
        draft, field = self.form.draft, self.form_field
        if typed != draft.typed.get(field.id):
            draft.typed[field.id] = typed
            draft.touched.add(field.id)
            fix_meaning(field, draft, self.form.now(), self.form.zone)
            self._mend()

    def _mend(self) -> None:
        field = self.form_field
        if field.id in self.form.faults:
            self.form.faults.pop(field.id)
            if fault := self.form.fault_of(field):
                self.form.faults[field.id] = fault
        self.update_lines()
        self.post_message(self.Answered())

    # The control.

    def _control_it(self) -> None:
        """Have the control of the field's type, with what was typed in it."""
        field, kind = self.form_field, type_of(self.form_field)
        typed = self.form.draft.typed.get(field.id, "")
        wanted = self._wanted(field, kind, typed)
        before, self.control = self.control, self._controls[wanted] if wanted is not None else None
        if self.control is not None:
            self._fill(self.control, field, kind, typed)
            self._given = self._held()
            self.control.display = True
        if before is not None and before is not self.control:
            # First the focus, then what had it goes: else Textual looks for another by itself.
            self.focus_control()
            before.display = False

    @staticmethod
    def _wanted(field: AnyForm, kind: str, typed: str | list[str]) -> type[Control] | None:
        if kind == "Switch":
            return Toggle
        if options_of(field):
            return Options
        if why_sealed(field, typed):
            return Sealed
        return {"TextArea": Area}.get(kind, Typed) if kind in TYPED else None

    def _fill(self, control: Control, field: AnyForm, kind: str, typed: str | list[str]) -> None:
        with self.prevent(Input.Changed, TextArea.Changed):
            if isinstance(control, Options):
                options = options_of(field)
                control.offer(
                    options,
                    cast("list[str]", typed),
                    many=kind == "Multiselect",
                    searched=len(options) > MANY,
                    keeps_one=field.required,
                )
            elif isinstance(control, Toggle):
                control.put(cast("list[str]", typed))
            else:
                if isinstance(control, Typed):
                    control.bid_on_equals = kind != "Text"
                control.put(cast("str", typed))
                if isinstance(control, Typed) and kind in TEMPORAL and self.form.is_bid(field):
                    control.selection = Selection(0, len(control.value))  # what is typed takes its place

    @on(Input.Changed)
    @on(TextArea.Changed)
    @on(OptionPicker.Picked)
    @on(Toggle.Changed)
    def _changed(self, event: Message) -> None:
        event.stop()
        self.collect()

    @on(Sealed.Emptied)
    def _emptied(self, event: Sealed.Emptied) -> None:
        event.stop()
        self.put("")

    @on(Typed.Stepped)
    def _stepped(self, event: Typed.Stepped) -> None:
        event.stop()
        control, field = self.control, self.form_field
        if not isinstance(control, Typed):
            return
        if type_of(field) not in STEPPED:
            self.post_message(self.Left(-1 if event.by > 0 else 1))
            return
        cursor = control.cursor_position
        at_end = control.cursor_at_end
        typed = self.form.draft.meant.get(field.id) or control.value
        control.value = stepped(field, typed, event.by, cursor=cursor, now=self.form.now())
        control.cursor_position = len(control.value) if at_end else cursor

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Left(1))
