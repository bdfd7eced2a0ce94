"""The lines of a form's fields: label, answer, whose answer it is, and faults. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from pumpup_tui.form.first_key import FirstKey
from pumpup_tui.form.steppers import slider_bar
from pumpup_tui.keys.key_names import KeyNames, hint_of
from pumpup_tui.local_state.answer_draft import AnyForm, Bid, Draft, type_of, why_sealed
from pumpup_tui.text.firewall import clean, line
from pumpup_tui.text.labels import answer_text
from pumpup_tui.text.layout import Line, Run, crop, joined
from pumpup_tui.text.paragraphs import FOREIGN, MARGIN, Paragraph, foreign, led, ours
from pumpup_tui.text.suspicion import suspicion_of

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
    faults: dict[str, str] = field(default_factory=dict)
    first_key: FirstKey | None = None
    """What keeps the keys of a decision out of a field."""

    def is_bid(self, form_field: AnyForm) -> bool:
        """Return whether a field stands as the agent bid."""
        return form_field.id in self.bids and form_field.id not in self.draft.touched


def folded_lines(form: Form, index: int, width: int) -> list[Line]:
    """Return a field that is not being answered: its label, its answer in a line or two, its fault.

    Each line begins with a cell of margin, in `width` cells.
    """
    field, room = form.fields[index], width - 1
    lines: list[Line] = [[FOREIGN, *_label(field, room, bounds=True)]]
    margin = FOREIGN if form.is_bid(field) else MARGIN
    lines += [[margin, ("  ", ""), *shown] for shown in _answer(form, field, room - 4)]
    if fault := form.faults.get(field.id):
        lines.append([MARGIN, (crop(f"  ✗ {line(fault)}", room), "bad")])
    return [*lines, []]


def head_lines(form_field: AnyForm, width: int) -> list[Line]:
    """Return what stands over the control of the field that is being answered, as `folded_lines` does."""
    lines: list[Line] = [[FOREIGN, *_label(form_field, width - 1, bounds=False)]]
    for part in clean(form_field.description or "", limit=1_000).split("\n"):
        lines += foreign((part, "muted")).wrapped(width - 1) if part else []
    return lines


def tail_lines(form: Form, index: int, width: int) -> list[Line]:
    """Return what stands below the control: bounds, the agent's bid and whose the answer is, the fault."""
    field, kind = form.fields[index], type_of(form.fields[index])
    width -= 1
    typed = form.draft.typed.get(field.id, "")
    paragraphs: list[Paragraph] = []
    if kind == "Slider" and isinstance(typed, str):
        paragraphs.append(ours((slider_bar(field, typed, min(BAR, width)), "accent")))
    hint = what_keys_do(kind, form.key, searched=len(getattr(field, "options", ())) > MANY)
    if about := joined((line(kind, 30), line(field.bounds()), hint)):
        paragraphs.append(ours((about, "muted")))
    if sealed := why_sealed(field, typed):
        keys = f"{form.key('form.bid')} takes the agent's, {form.key('form.empty')} empties it"
        paragraphs.append(ours((f"{sealed}: {keys}", "warn")))
    paragraphs += _bid(form, field)
    if fault := form.faults.get(field.id):
        paragraphs.append(led([("✗ ", "bad")], (line(fault), "bad")))
    return [piece for paragraph in paragraphs for piece in paragraph.wrapped(width)]


def what_keys_do(kind: str, key: KeyNames, *, searched: bool) -> str:
    """Return what the keys do in a field of this type."""
    choose, arrows = key.keys("form.toggle"), (key("form.up"), key("form.down"))
    steps = ("" if arrows == ("↑", "↓") else " ").join(arrows)
    if searched:
        return f"type to search, {hint_of(choose[-1])} chooses"
    hints = {
        "TextArea": f"{key('form.edit')} opens your editor" if key.has("form.edit") else "",
        "DateField": f"YYYY-MM-DD, {steps} change the part at the cursor",
        "Time": f"HH:MM, {steps} change the part at the cursor",
        "DateTime": f"YYYY-MM-DDTHH:MM, {steps} change the part at the cursor",
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
    whose: Run = ("  ◇ the agent's bid" if form.is_bid(field) else "", "accent")
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
    confidence = f"confidence {bid.confidence:.2f}" if bid.confidence is not None else ""
    head, offered = "◇ the agent's bid, untouched", ""
    if not form.is_bid(field):
        head, offered = f"yours; {form.key('form.bid')} takes the agent's bid back: ", crop(answer_text(bid.value), 200)
    odd = _odd_words(bid.value) if isinstance(bid.value, str) else ""
    text = joined((offered, confidence, line(bid.rationale, 400)))
    between = " · " if text and not offered else ""
    lines = [led([(head + between, "accent")], (text, "accent"))]
    return [*lines, *([ours((f"! the agent's bid: {odd}", "warn"))] if odd else [])]


@lru_cache(maxsize=32)
def _odd_words(value: str) -> str:
    """Return what in the first characters of a bid is not what it seems; asked for with each key."""
    odd = suspicion_of(value, limit=BID_INSPECTED).words
    return f"{odd}, in its first {BID_INSPECTED:,} characters" if odd and len(value) > BID_INSPECTED else odd
