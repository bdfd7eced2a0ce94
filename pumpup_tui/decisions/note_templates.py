"""Note templates: texts of the configuration, with the task, the request and the reviewer filled in. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

PLACEHOLDERS = ("task", "request", "reviewer")
LONGEST = 4_000
"""Characters of a template."""
_PLACEHOLDER = re.compile(r"\{(\w*)\}")


class FilledTemplate(NamedTuple):
    """A template under its name, ready to be typed on."""

    name: str
    text: str


def template_fault(text: str) -> str:
    """Return why a text can't be a template, in words; empty where it can."""
    if not text.strip() or len(text) > LONGEST:
        return f"must have 1 to {LONGEST:,} characters"
    unknown = next((name for name in _PLACEHOLDER.findall(text) if name not in PLACEHOLDERS), None)
    if unknown is None:
        return ""
    return f"{{{unknown}}} is no placeholder: there are {', '.join(f'{{{name}}}' for name in PLACEHOLDERS)}"


def filled(templates: Mapping[str, str], values: Mapping[str, str]) -> Sequence[FilledTemplate]:
    """Return the templates by name, with clean `values` in place of their placeholders.

    A template is left out where it has a placeholder without a value: a note for several tasks names none of them. A
    value is put in as it is, and a placeholder in it stays one.
    """
    usable = {name: text for name, text in templates.items() if set(_PLACEHOLDER.findall(text)) <= set(values)}
    return [
        FilledTemplate(name, _PLACEHOLDER.sub(lambda match: values[match[1]], text)) for name, text in usable.items()
    ]
