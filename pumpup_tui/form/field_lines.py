"""The lines of a form's fields: label, answer, whose answer it is, and faults. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from functools import lru_cache
from typing import Any

from rich.cells import cell_len

from pumpup_tui.form.first_key import FirstKey
from pumpup_tui.form.steppers import slider_bar
from pumpup_tui.keys.key_names import KeyNames, hint_of
from pumpup_tui.local_state.answer_draft import TEMPORAL, AnyForm, Bid, Draft, type_of, why_sealed
from pumpup_tui.local_state.typed_answers import check_typed, understand
from pumpup_tui.text.firewall import clean, line
from pumpup_tui.text.labels import answer_text
from pumpup_tui.text.layout import Line, Run, crop, joined, width_of
from pumpup_tui.text.paragraphs import FOREIGN, MARGIN, Paragraph, foreign, led, ours
from pumpup_tui.text.suspicion import suspicion_of

LABEL_MOST = 28
"""Cells of the column of labels; a longer label stands over its answer."""
BESIDE_FROM = 40
"""Cells from which label and answer share a line."""
KINDS = {
    "TextArea": "text",
    "Text": "one line",
    "DateField": "date",
    "DateTime": "date and time",
    "Time": "time",
    "Number": "number",
    "Slider": "number",
    "Select": "one of these",
    "Multiselect": "any of these",
    "Switch": "yes or no",
}
"""What people call the type of a field."""
MANY = 10
"""Options over which a search goes with them."""
BAR = 24
BID_INSPECTED = 2_000
"""Characters of a bid that are inspected beside its field; the request's detail inspects more."""
AREA_LINES = 2
"""Lines of a longer text that are shown where it is not edited."""


@dataclass
class Form:
    """The content of a form: its fields, the agent's bids, the draft and the faults that were found."""

    fields: Sequence[AnyForm]
    bids: Mapping[str, Bid]
    draft: Draft
    key: KeyNames
    """Names the key of a binding."""
    now: Callable[[], datetime]
    """Returns the present moment, which `tomorrow` is read from."""
    zone: tzinfo | None = None
    faults: dict[str, str] = field(default_factory=dict)
    first_key: FirstKey | None = None
    """What keeps the keys of a decision out of a field."""
    _checked: dict[str, tuple[object, str]] = field(default_factory=dict)
    """By field id, an answer and the fault that was found in it."""

    def check(self) -> tuple[dict[str, Any], dict[str, str]]:
        """Return all answers as they are stored, and a message for each field id whose answer is refused."""
        return check_typed(self.fields, self.draft, self.now(), self.zone)

    def fault_of(self, form_field: AnyForm) -> str:
        """Return the reason why a field's answer is refused; empty where it is accepted."""
        return check_typed([form_field], self.draft, self.now(), self.zone)[1].get(form_field.id, "")

    def left(self) -> tuple[int, int]:
        """Return the numbers of required fields without an answer that is accepted, and of others with a faulty one."""
        faulty = [one for one in self.fields if one.id in self.faults or self._known_fault(one)]
        required = sum(one.required for one in faulty)
        return required, len(faulty) - required

    def _known_fault(self, form_field: AnyForm) -> str:
        """Return why a field's answer is refused; only what has changed is checked again, for a form may be long."""
        name = form_field.id
        typed = self.draft.typed.get(name, "")
        answer = (tuple(typed) if isinstance(typed, list) else typed, self.draft.meant.get(name, ""))
        if name not in self._checked or self._checked[name][0] != answer:
            self._checked[name] = (answer, self.fault_of(form_field))
        return self._checked[name][1]

    def is_bid(self, form_field: AnyForm) -> bool:
        """Return whether a field stands as the agent bid."""
        return form_field.id in self.bids and form_field.id not in self.draft.touched


def label_cells(form: Form, width: int) -> int:
    """Return the cells of the column of labels, with their marks: as wide as the labels need, up to a third."""
    return max(12, min(LABEL_MOST, width // 3, max(_label_width(form_field) for form_field in form.fields)))


def label_fits(form: Form, form_field: AnyForm, width: int) -> bool:
    """Return whether a field's label has room beside its answer."""
    return width >= BESIDE_FROM and _label_width(form_field) <= label_cells(form, width)


def folded_lines(form: Form, index: int, width: int) -> list[Line]:
    """Return a field that is not being answered: its label, its answer beside it or below, its fault.

    Each line begins with a cell of margin, in `width` cells.
    """
    field, room = form.fields[index], width - 1
    lines = _beside(form, field, room) or _below(form, field, room)
    if fault := form.faults.get(field.id):
        lines.append([MARGIN, (crop(f"  ✗ {line(fault)}", room), "bad")])
    return lines


def _beside(form: Form, field: AnyForm, room: int) -> list[Line]:
    """Return label and answer in one line; none where that has no room for them."""
    if not label_fits(form, field, room):
        return []
    answers = _answer(form, field, room)
    label = label_beside(form, field, room, gap=3)
    if len(answers) > 1 or width_of(label) + width_of(answers[0]) > room:
        return []
    limits = line(field.bounds())
    left = room - width_of(label) - width_of(answers[0])
    is_empty = not form.draft.typed.get(field.id)
    bounds: Run = (crop(f"  {limits}", left) if limits and is_empty else "", "muted")
    return [[FOREIGN, *label, *answers[0], bounds]]


def _below(form: Form, field: AnyForm, room: int) -> list[Line]:
    lines: list[Line] = [[FOREIGN, *_label(field, room, bounds=True)]]
    margin = FOREIGN if form.is_bid(field) else MARGIN
    lines += [[margin, ("  ", ""), *shown] for shown in _answer(form, field, room - 4)]
    return lines


def label_beside(form: Form, form_field: AnyForm, width: int, *, gap: int) -> list[Run]:
    """Return a field's label in the column of labels, with the mark of a required one, and `gap` cells behind it."""
    cells = label_cells(form, width)
    mark = " *" if form_field.required else ""
    label = line(form_field.label, 200)
    return [(label, "strong"), (mark, "warn"), (" " * (cells + gap - cell_len(label) - len(mark)), "")]


def _label_width(form_field: AnyForm) -> int:
    return cell_len(line(form_field.label, 200)) + 2


def head_lines(form: Form, form_field: AnyForm, width: int, *, is_beside: bool) -> list[Line]:
    """Return what stands over the control of the field that is being answered, as `folded_lines` does.

    Args:
        form: The form.
        form_field: The field.
        width: The width, in cells.
        is_beside: Whether the label stands beside the control.
    """
    lines: list[Line] = [] if is_beside else [[FOREIGN, *_label(form_field, width - 1, bounds=False)]]
    for part in clean(form_field.description or "", limit=1_000).split("\n"):
        lines += foreign((part, "muted")).wrapped(width - 1) if part else []
    return lines


def tail_lines(form: Form, index: int, width: int) -> list[Line]:
    """Return what stands below the control: what was understood, bounds, the suggestion, the fault."""
    field, kind = form.fields[index], type_of(form.fields[index])
    width -= 1
    typed = form.draft.typed.get(field.id, "")
    paragraphs: list[Paragraph] = []
    if kind == "Slider" and isinstance(typed, str):
        paragraphs.append(ours((slider_bar(field, typed, min(BAR, width)), "accent")))
    paragraphs += _understood(form, field, typed)
    hint = what_keys_do(kind, form.key, searched=len(getattr(field, "options", ())) > MANY)
    word = "" if getattr(field, "integer_only", False) else line(KINDS.get(kind, kind), 30)
    if about := joined((word, line(field.bounds()), hint)):
        paragraphs.append(ours((about, "muted")))
    if sealed := why_sealed(field, typed):
        keys = f"{form.key('form.bid')} restores the suggestion, {form.key('form.empty')} empties it"
        paragraphs.append(ours((f"{sealed}: {keys}", "warn")))
    paragraphs += _bid(form, field)
    if (fault := form.faults.get(field.id)) and kind not in TEMPORAL:
        paragraphs.append(led([("✗ ", "bad")], (line(fault), "bad")))
    return [piece for paragraph in paragraphs for piece in paragraph.wrapped(width)]


def _understood(form: Form, field: AnyForm, typed: str | list[str]) -> list[Paragraph]:
    """Return what a typed date or time is taken for, with each key."""
    if type_of(field) not in TEMPORAL:
        return []
    understood = understand(field, typed, form.now(), form.zone, in_words=field.id in form.draft.touched)
    fault = line(form.faults.get(field.id) or "")
    # cleaned again: a person's own text is in it, typed or pasted
    words, refused = line(understood.words), line(understood.fault)
    if not understood.answer:
        words = fault or words
        return [ours((f"{'✗' if fault else '…'} {words}", "bad" if fault else "muted"))] if words else []
    shown = [ours((f"→ {words}", "good"))]
    return [*shown, ours((f"✗ {refused}", "bad"))] if refused else shown


def what_keys_do(kind: str, key: KeyNames, *, searched: bool) -> str:
    """Return what the keys do in a field of this type."""
    choose, arrows = key.keys("form.toggle"), (key("form.up"), key("form.down"))
    steps = ("" if arrows == ("↑", "↓") else " ").join(arrows)
    if searched:
        return f"type to search, {hint_of(choose[-1])} chooses"
    hints = {
        "TextArea": f"{key('form.edit')} opens your editor" if key.has("form.edit") else "",
        "DateField": f"tomorrow, fri, +3d or 2026-12-01; {steps} change the part at the cursor",
        "Time": f"9am or 14:30; {steps} change the part at the cursor",
        "DateTime": f"tomorrow 9am, fri 14:30, +3h or 2026-12-01 09:00; {steps} change the part at the cursor",
        "Slider": f"{steps} go along its steps",
        "Number": f"{steps} count",
        "Select": f"{hint_of(choose[0])} chooses",
        "Multiselect": f"{hint_of(choose[0])} chooses any",
        "Switch": f"{hint_of(choose[0])} switches",
    }
    return hints.get(kind, "")


def _label(form_field: AnyForm, width: int, *, bounds: bool) -> Line:
    mark: Run = (" * required", "warn") if form_field.required else (" optional", "muted")
    limits = line(form_field.bounds()) if bounds else ""
    label = crop(line(form_field.label, 200), max(10, width - len(mark[0])))
    room = width - len(label) - len(mark[0])
    return [(label, "strong"), mark, (crop(f" · {limits}" if limits else "", room), "muted")]


def _answer(form: Form, field: AnyForm, width: int) -> list[Line]:
    typed = form.draft.typed.get(field.id, "")
    whose: Run = ("  ◇ agent's suggestion" if form.is_bid(field) else "", "accent")
    if isinstance(typed, list):
        text = ", ".join(line(part, 200) for part in typed[:50])
        return [[(crop(text, width - len(whose[0])), ""), whose] if typed else [("not answered", "muted")]]
    if not typed:
        return [[("not answered", "muted")]]
    parts = clean(typed, limit=2_000).split("\n")
    shown: list[Line] = [[(crop(part, width - len(whose[0])), "")] for part in parts[:AREA_LINES]]
    shown[0] = [*shown[0], whose]
    if len(parts) > AREA_LINES:
        shown.append([(f"… {len(parts) - AREA_LINES} more lines", "muted")])
    return shown


def _bid(form: Form, field: AnyForm) -> list[Paragraph]:
    bid = form.bids.get(field.id)
    if bid is None:
        return []
    confidence = f"confidence {bid.confidence * 100:.0f} %" if bid.confidence is not None else ""
    head, offered = "◇ agent's suggestion", ""
    if not form.is_bid(field):
        head, offered = f"yours; {form.key('form.bid')} restores the suggestion: ", crop(answer_text(bid.value), 200)
    odd = _odd_words(bid.value) if isinstance(bid.value, str) else ""
    text = joined((offered, confidence, line(bid.rationale, 400)))
    between = " · " if text and not offered else ""
    lines = [led([(head + between, "accent")], (text, "accent"))]
    return [*lines, *([ours((f"! the suggestion: {odd}", "warn"))] if odd else [])]


@lru_cache(maxsize=32)
def _odd_words(value: str) -> str:
    """Return what in the first characters of a bid is not what it seems; asked for with each key."""
    odd = suspicion_of(value, limit=BID_INSPECTED).words
    return f"{odd}, in its first {BID_INSPECTED:,} characters" if odd and len(value) > BID_INSPECTED else odd
