"""A form for all ten field types, answered by keyboard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static, TextArea
from typing_extensions import override

from pumpup_tui.answering import TYPED, AnyForm, Bid, Draft, fault_of, options_of, stepped, type_of, typed_of
from pumpup_tui.telling import answer_text
from pumpup_tui.text import content, line
from pumpup_tui.widgets.option_picker import OptionPicker
from pumpup_tui.widgets.painting import crop, joined

HINTS = {"DateField": "YYYY-MM-DD", "Time": "HH:MM", "DateTime": "YYYY-MM-DDTHH:MM"}


class FieldRow(Vertical):
    """One field: label, description, control, bounds, bid and fault."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("=", "take_bid", "agent's bid", show=False, id="form.bid", tooltip="take the agent's bid"),
    ]

    def __init__(self, form_field: AnyForm, bid: Bid | None, draft: Draft, fault: str = "") -> None:
        super().__init__()
        self.form_field = form_field
        self._bid = bid
        self._draft = draft
        self._fault = fault

    @override
    def compose(self) -> ComposeResult:
        one, kind = self.form_field, type_of(self.form_field)
        mark = (
            Content.styled(" * required", "$text-warning")
            if one.required
            else Content.styled(" optional", "$foreground 65%")
        )
        yield Static(Content.assemble(content(one.label, "bold", one_line=True), mark), classes="label")
        if one.description:
            yield Static(content(one.description, limit=1_000), classes="muted")
        yield self._control()
        if about := joined((line(kind, 30), HINTS.get(kind, ""), line(one.bounds()))):
            yield Static(content(about, one_line=True), classes="muted")
        yield Static("", classes="bid", markup=False)
        yield Static("", classes="fault", markup=False)

    def on_mount(self) -> None:
        """Fill in what was typed before, or the agent's bid."""
        typed = self._draft.typed.get(self.form_field.id)
        if typed is None:
            typed = typed_of(self.form_field, self._bid.value if self._bid else None)
            self._draft.typed[self.form_field.id] = typed
        self._fill(typed)
        self.set_class(self._bid is not None, "-bid")
        self._tell_bid()
        self.tell_fault(self._fault)

    def tell_fault(self, fault: str) -> None:
        """Say at the field why its answer is refused; nothing where it is empty."""
        self.query_one(".fault", Static).update(content(f"✗ {fault}" if fault else "", one_line=True))
        self.set_class(bool(fault), "-fault")

    def focus_control(self) -> None:
        """Put the focus where the answer is given."""
        self.query_one(".control").focus()

    def action_take_bid(self) -> None:
        """Take the agent's bid in place of what was typed."""
        if self._bid is None:
            return
        typed = typed_of(self.form_field, self._bid.value)
        self._draft.typed[self.form_field.id] = typed
        self._fill(typed)
        self._draft.touched.discard(self.form_field.id)
        self._tell_bid()
        self.tell_fault(fault_of(self.form_field, self._draft))

    def _control(self) -> Widget:
        kind = type_of(self.form_field)
        control: Widget
        if kind == "TextArea":
            control = TextArea(compact=True, highlight_cursor_line=False)
            control.cursor_blink = False
        elif kind in TYPED:
            control = Stepped(self.form_field) if kind == "Slider" else Typed(bid_on_equals=kind != "Text")
            control.cursor_blink = False
        elif options := options_of(self.form_field):
            control = OptionPicker(options, many=kind == "Multiselect")
        else:
            control = Static("this version can't answer this type", markup=False)
        control.add_class("control")
        return control

    def _fill(self, typed: str | list[str]) -> None:
        control = self.query_one(".control")
        with self.prevent(Input.Changed, TextArea.Changed):
            if isinstance(control, Input) and isinstance(typed, str):
                control.value = typed
                control.cursor_position = len(typed)
            elif isinstance(control, TextArea) and isinstance(typed, str):
                control.load_text(typed)
            elif isinstance(control, OptionPicker) and isinstance(typed, list):
                control.set(typed)

    def _tell_bid(self) -> None:
        bid = self._bid
        if bid is None:
            return
        confidence = f"confidence {bid.confidence:.2f}" if bid.confidence is not None else ""
        if self.form_field.id in self._draft.touched:
            head = f"yours; = takes the agent's bid back: {crop(answer_text(bid.value), 200)}"
        else:
            head = "◇ the agent's bid, untouched"
        said = joined((head, confidence, line(bid.rationale, 400)))
        self.query_one(".bid", Static).update(content(said, one_line=True, limit=1_000))

    @on(Input.Changed)
    @on(TextArea.Changed)
    @on(OptionPicker.Picked)
    def _touched(self, event: Input.Changed | TextArea.Changed | OptionPicker.Picked) -> None:
        event.stop()
        control = self.query_one(".control")
        typed: str | list[str] = ""
        if isinstance(control, OptionPicker):
            typed = list(control.chosen)
        elif isinstance(control, Input):
            typed = control.value
        elif isinstance(control, TextArea):
            typed = control.text
        if typed == self._draft.typed.get(self.form_field.id):
            return
        self._draft.typed[self.form_field.id] = typed
        self._draft.touched.add(self.form_field.id)
        self._tell_bid()
        if self.has_class("-fault"):
            self.tell_fault(fault_of(self.form_field, self._draft))

    def on_descendant_blur(self, _: events.DescendantBlur) -> None:
        """Check the answer as the field is left."""
        if self.form_field.id in self._draft.touched or self.has_class("-fault"):
            self.tell_fault(fault_of(self.form_field, self._draft))


class Typed(Input):
    """A line to type; `=` takes the bid where the type has no use for the character, or nothing is typed yet."""

    def __init__(self, *, bid_on_equals: bool) -> None:
        super().__init__(compact=True, select_on_focus=False)
        self._bid_on_equals = bid_on_equals

    @override
    def check_consume_key(self, key: str, character: str | None = None) -> bool:
        if character == "=" and (self._bid_on_equals or not self.value):
            return False
        return super().check_consume_key(key, character)

    async def on_key(self, event: events.Key) -> None:
        """Leave the keys that are not typed here to the field's own bindings."""
        if event.is_printable and not self.check_consume_key(event.key, event.character):
            event.prevent_default()


class Stepped(Typed):
    """A slider's number; up and down go along its grid."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "by(1)", show=False),
        Binding("down", "by(-1)", show=False),
    ]

    def __init__(self, form_field: AnyForm) -> None:
        super().__init__(bid_on_equals=True)
        self._form_field = form_field

    def action_by(self, count: int) -> None:
        """Go `count` steps along the grid."""
        self.value = stepped(self._form_field, self.value, count)
        self.cursor_position = len(self.value)


class ElicitationForm(VerticalScroll, can_focus=False):
    """All fields of a request, over one draft."""

    def __init__(
        self, fields: Sequence[AnyForm], bids: Mapping[str, Bid], draft: Draft, faults: Mapping[str, str]
    ) -> None:
        super().__init__()
        self._fields = fields
        self._bids = bids
        self._draft = draft
        self._faults = faults

    @override
    def compose(self) -> ComposeResult:
        for one in self._fields:
            yield FieldRow(one, self._bids.get(one.id), self._draft, self._faults.get(one.id, ""))

    def tell_faults(self, faults: Mapping[str, str]) -> None:
        """Say all faults at their fields, and go to the first."""
        rows = list(self.query(FieldRow))
        for row in rows:
            row.tell_fault(faults.get(row.form_field.id, ""))
        for row in rows:
            if row.form_field.id in faults:
                row.focus_control()
                return
