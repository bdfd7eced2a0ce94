"""Answers to an elicitation, from the command line's arguments or a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pumpup_tui.commands.failure import Failed
from pumpup_tui.commands.json_files import STDIN, read_json

if TYPE_CHECKING:
    from pumpup_tui.local_state.answer_draft import AnyForm

_SWITCH_WORDS = {"yes": "yes", "true": "yes", "no": "no", "false": "no"}
"""Accepted words for a switch's answer, and the answer of each."""


def answers_of(payload: Mapping[str, Any], pairs: Sequence[str]) -> dict[str, Any]:
    """Return the answers in `FIELD=VALUE` arguments, by the fields of a request.

    Raises:
        UsageError: an argument has no `=`, or a field occurs twice.
        InvalidAnswers: answers are invalid or belong to no field; it holds all faults.
    """
    from api_client.errors import InvalidAnswers
    from api_client.fields import check_answers, read_fields

    typed = _typed(pairs)
    fields = {field.id: field for field in read_fields(payload.get("fields") or ())}
    answers = {name: _answer(fields.get(name), value) for name, value in typed.items()}
    valid, faults = check_answers(list(fields.values()), answers)
    faults |= _switch_faults(fields, typed)
    if faults:
        raise InvalidAnswers(faults)
    return valid


def _typed(pairs: Sequence[str]) -> dict[str, str]:
    """Return the values by field id, as they were typed."""
    typed: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or name in typed:
            raise click.UsageError(f"{pair!r:.100}: write each answer once, as FIELD=VALUE.")
        typed[name] = value
    return typed


def _answer(field: AnyForm | None, value: str) -> Any:
    """Return the answer that a typed value gives to a field; the value itself where there is no such field."""
    from pumpup_tui.local_state.answer_draft import answer_of, type_of

    if field is None:
        return value
    match type_of(field):
        case "Multiselect":
            return answer_of(field, [part for part in value.split(",") if part])
        case "Select":
            return answer_of(field, [value])
        case "Switch":
            return answer_of(field, [_SWITCH_WORDS.get(value.lower(), value)])
        case _:
            return answer_of(field, value)


def _switch_faults(fields: Mapping[str, Any], typed: Mapping[str, str]) -> dict[str, str]:
    from pumpup_tui.local_state.answer_draft import type_of

    wrong = (name for name, value in typed.items() if name in fields and value.lower() not in _SWITCH_WORDS)
    return {name: "must be yes or no" for name in wrong if type_of(fields[name]) == "Switch"}


def read_file(file: Path) -> dict[str, Any]:
    """Return the answers in a file, unchecked; `-` is stdin.

    Raises:
        Failed: it can't be read, or is no JSON object.
    """
    answers = read_json(file, "The answers in")
    if not isinstance(answers, dict):
        name = "stdin" if str(file) == STDIN else str(file)
        raise Failed(f'The answers in {name} must be an object by field id, like {{"place": "Berlin"}}.')
    return answers
