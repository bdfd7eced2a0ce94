"""The draft of a form's answers: from typed text to answers and back. Pure, without a screen."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from api_client.fields import FieldBase, UnknownField, check_answers
from pumpup_tui.text.suspicion import count_hidden

AnyForm = FieldBase | UnknownField
YES, NO = "yes", "no"
TEMPORAL = ("DateField", "Time", "DateTime")
"""Field types that are typed as people say dates and times; on the wire they have one form."""
TYPED = ("Text", "TextArea", "Number", "Slider", "DateField", "Time", "DateTime")
"""Field types that are typed; the others are chosen from options."""
LINE_EDITED, TEXT_EDITED = 2_000, 20_000
"""Characters of a line and of a text up to which an editor responds to a key at once."""


def type_of(form_field: AnyForm) -> str:
    """Return a field's type, as the contract calls it."""
    return str(getattr(form_field, "type", ""))


@dataclass
class Draft:
    """Answers as they are typed or chosen; it outlives the form on the screen."""

    typed: dict[str, str | list[str]] = field(default_factory=dict)
    """By field id: the text, or the chosen options."""
    touched: set[str] = field(default_factory=set)
    """Fields that a person has changed; the others have the agent's bid."""
    meant: dict[str, str] = field(default_factory=dict)
    """By field id, the wire's form of a date or time that was typed otherwise: tomorrow is another day tomorrow."""


@dataclass(frozen=True)
class Bid:
    """The agent's own answer to a field."""

    value: Any
    confidence: float | None = None
    rationale: str = ""


def bids_of(payload: Mapping[str, Any]) -> dict[str, Bid]:
    """Return the bids of a request's payload by field id, malformed ones left out."""
    bids: dict[str, Bid] = {}
    for raw in payload.get("recommendation") or ():
        if isinstance(raw, Mapping) and isinstance(raw.get("fieldId"), str):
            confidence = raw.get("confidence")
            valid = confidence if isinstance(confidence, (int, float)) and not isinstance(confidence, bool) else None
            bids[raw["fieldId"]] = Bid(raw.get("value"), valid, str(raw.get("rationale") or ""))
    return bids


def options_of(form_field: AnyForm) -> Sequence[str]:
    """Return the options of a field; a switch has two, so that it can also be left unanswered."""
    if type_of(form_field) == "Switch":
        return (YES, NO)
    return tuple(getattr(form_field, "options", ()))


def typed_of(form_field: AnyForm, value: Any) -> str | list[str]:
    """Return a value as it would have been typed or chosen."""
    if type_of(form_field) in TYPED:
        if value is None:
            return ""
        return value if isinstance(value, str) else json.dumps(value)
    if type_of(form_field) == "Switch":
        return [YES if value else NO] if isinstance(value, bool) else []
    if isinstance(value, str):
        return [value]
    return [option for option in value if isinstance(option, str)] if isinstance(value, list) else []


def answer_of(form_field: AnyForm, typed: str | list[str]) -> Any:
    """Return the typed or chosen answer, unchecked; None where there is none."""
    if isinstance(typed, list):
        return _picked(form_field, typed)
    if type_of(form_field) in ("Text", "TextArea"):
        # Blanks around an address or a number mean nothing; a pasted one has them.
        return (typed.strip() if getattr(form_field, "format", None) else typed) or None
    typed = typed.strip()
    if not typed:
        return None
    return _number(typed) if type_of(form_field) in ("Number", "Slider") else typed


def check(fields: Sequence[AnyForm], draft: Draft) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the answers as they are stored, and a message for each field id whose answer is refused."""
    answers = {one.id: answer_of(one, draft.meant.get(one.id) or draft.typed.get(one.id, "")) for one in fields}
    return check_answers(fields, answers)


def required_left(fields: Sequence[AnyForm], draft: Draft) -> int:
    """Return the number of required fields without an answer."""
    return sum(one.required and answer_of(one, draft.typed.get(one.id, "")) is None for one in fields)


def fault_of(form_field: AnyForm, draft: Draft) -> str:
    """Return the reason why a field's answer is refused; empty where it is accepted."""
    return check([form_field], draft)[1].get(form_field.id, "")


def fill(fields: Sequence[AnyForm], bids: Mapping[str, Bid], draft: Draft) -> None:
    """Fill every field without typed text with the agent's bid, as if it had been typed."""
    for one in fields:
        if one.id not in draft.typed:
            bid = bids.get(one.id)
            draft.typed[one.id] = typed_of(one, bid.value if bid else None)


def take_bid(form_field: AnyForm, bid: Bid, draft: Draft) -> None:
    """Replace what was typed by the agent's bid; the field is untouched again."""
    draft.typed[form_field.id] = typed_of(form_field, bid.value)
    draft.touched.discard(form_field.id)
    draft.meant.pop(form_field.id, None)


def why_sealed(form_field: AnyForm, typed: str | list[str]) -> str:
    """Return the reason why a text is only shown, not edited; empty where it can be edited."""
    if isinstance(typed, list):
        return ""
    if len(typed) > TEXT_EDITED or max(map(len, typed.split("\n"))) > LINE_EDITED:
        return "too long to edit here"
    if "\n" in typed and type_of(form_field) != "TextArea":
        return "more than one line"
    hidden = count_hidden(typed)
    return f"{hidden:,} hidden" if hidden else ""


def document_of(draft: Draft) -> dict[str, Any]:
    """Return a draft as it is stored on the disk: only the fields that a person changed."""
    typed = {**draft.typed, **draft.meant}
    return {"typed": {one: typed[one] for one in sorted(draft.touched) if one in typed}}


def draft_of(document: Mapping[str, Any]) -> Draft:
    """Return the stored draft, malformed parts left out."""
    draft = Draft()
    typed = document.get("typed")
    for field_id, value in typed.items() if isinstance(typed, Mapping) else ():
        if isinstance(value, str) or (isinstance(value, list) and all(isinstance(one, str) for one in value)):
            draft.typed[field_id] = value
            draft.touched.add(field_id)
    return draft


def _picked(form_field: AnyForm, picked: list[str]) -> Any:
    if type_of(form_field) == "Multiselect":
        return picked or None
    if not picked:
        return None
    return picked[0] == YES if type_of(form_field) == "Switch" else picked[0]


def _number(typed: str) -> Any:
    """Return `typed` as a number; as it is where it is none, for the field's check to refuse."""
    try:
        return int(typed)
    except ValueError:
        pass
    try:
        return float(typed)
    except ValueError:
        return typed
