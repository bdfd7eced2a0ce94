"""What is typed into a form and what it answers: pure, without a screen."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from api_client.fields import FieldBase, UnknownField, check_answers

AnyForm = FieldBase | UnknownField
YES, NO = "yes", "no"
TYPED = ("Text", "TextArea", "Number", "Slider", "DateField", "Time", "DateTime")
"""Field types that are typed; the others are picked."""


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


def stepped(form_field: AnyForm, typed: str, by: int) -> str:
    """Return a slider's text one step up or down, kept within its bounds and on its grid."""
    low, high = getattr(form_field, "min", 0.0), getattr(form_field, "max", 0.0)
    step = getattr(form_field, "step", None) or (high - low) / 20 or 1.0
    now = _number(typed) if typed.strip() else low
    if not isinstance(now, (int, float)):
        now = low
    count = max(0, min(round((now - low) / step) + by, int((high - low) / step + 1e-9)))
    value = round(low + count * step, 9)
    return str(int(value)) if value == int(value) else str(value)


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
