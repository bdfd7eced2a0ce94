"""What is typed into a form and what it answers: pure, without a screen."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from api_client.fields import FieldBase, UnknownField, check_answers
from pumpup_tui.text.suspicion import hidden_in

AnyForm = FieldBase | UnknownField
YES, NO = "yes", "no"
TYPED = ("Text", "TextArea", "Number", "Slider", "DateField", "Time", "DateTime")
"""Field types that are typed; the others are picked."""
LINE_EDITED, TEXT_EDITED = 2_000, 20_000
"""Characters of a line and of a text up to which a key in an editor is answered at once."""


def type_of(form_field: AnyForm) -> str:
    """Return a field's type, as the contract calls it."""
    return str(getattr(form_field, "type", ""))


@dataclass
class Draft:
    """Answers as they are typed or picked, kept while the form is away."""

    typed: dict[str, str | list[str]] = field(default_factory=dict)
    """By field id: the text, or the options picked."""
    touched: set[str] = field(default_factory=set)
    """Fields that a person has changed; the others stand as the agent bid."""


@dataclass(frozen=True)
class Bid:
    """What the agent would answer."""

    value: Any
    confidence: float | None = None
    rationale: str = ""


def bids_of(payload: Mapping[str, Any]) -> dict[str, Bid]:
    """Return the bids of a request's payload by field id; what is none is left out."""
    found: dict[str, Bid] = {}
    for raw in payload.get("recommendation") or ():
        if isinstance(raw, Mapping) and isinstance(raw.get("fieldId"), str):
            confidence = raw.get("confidence")
            known = confidence if isinstance(confidence, (int, float)) and not isinstance(confidence, bool) else None
            found[raw["fieldId"]] = Bid(raw.get("value"), known, str(raw.get("rationale") or ""))
    return found


def options_of(form_field: AnyForm) -> Sequence[str]:
    """Return what can be picked; a switch is picked too, so that it can also be left out."""
    if type_of(form_field) == "Switch":
        return (YES, NO)
    return tuple(getattr(form_field, "options", ()))


def typed_of(form_field: AnyForm, value: Any) -> str | list[str]:
    """Return a value as it would have been typed or picked."""
    if type_of(form_field) in TYPED:
        if value is None:
            return ""
        return value if isinstance(value, str) else json.dumps(value)
    if type_of(form_field) == "Switch":
        return [YES if value else NO] if isinstance(value, bool) else []
    if isinstance(value, str):
        return [value]
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def answer_of(form_field: AnyForm, typed: str | list[str]) -> Any:
    """Return the answer that was typed or picked, unchecked; None where there is none."""
    if isinstance(typed, list):
        return _picked(form_field, typed)
    if type_of(form_field) in ("Text", "TextArea"):
        return typed or None
    typed = typed.strip()
    if not typed:
        return None
    return _number(typed) if type_of(form_field) in ("Number", "Slider") else typed


def check(fields: Sequence[AnyForm], draft: Draft) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the answers as they are kept, and a message for each field id whose answer is refused."""
    answers = {one.id: answer_of(one, draft.typed.get(one.id, "")) for one in fields}
    return check_answers(fields, answers)


def fault_of(form_field: AnyForm, draft: Draft) -> str:
    """Return why a field's answer is refused; empty where it is taken."""
    return check([form_field], draft)[1].get(form_field.id, "")


def fill(fields: Sequence[AnyForm], bids: Mapping[str, Bid], draft: Draft) -> None:
    """Give every field that nothing was typed into the agent's bid, as if it had been typed."""
    for one in fields:
        if one.id not in draft.typed:
            bid = bids.get(one.id)
            draft.typed[one.id] = typed_of(one, bid.value if bid else None)


def take_bid(form_field: AnyForm, bid: Bid, draft: Draft) -> None:
    """Put the agent's bid in place of what was typed; the field is untouched again."""
    draft.typed[form_field.id] = typed_of(form_field, bid.value)
    draft.touched.discard(form_field.id)


def why_sealed(form_field: AnyForm, typed: str | list[str]) -> str:
    """Return why a text can be shown, but is not put into an editor; empty where it is."""
    if isinstance(typed, list):
        return ""
    if len(typed) > TEXT_EDITED or max(map(len, typed.split("\n"))) > LINE_EDITED:
        return "too long to edit here"
    if "\n" in typed and type_of(form_field) != "TextArea":
        return "more than one line"
    hidden = hidden_in(typed)
    return f"{hidden:,} hidden" if hidden else ""


def document_of(draft: Draft) -> dict[str, Any]:
    """Return a draft as it is kept on the disk: what a person changed, and nothing else."""
    return {"typed": {one: draft.typed[one] for one in sorted(draft.touched) if one in draft.typed}}


def draft_of(document: Mapping[str, Any]) -> Draft:
    """Return the draft that was kept; what is none of its kind is left out."""
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
    """Return the number that `typed` is; the text itself where it is none, for the field's check to refuse."""
    try:
        return int(typed)
    except ValueError:
        pass
    try:
        return float(typed)
    except ValueError:
        return typed
