"""Reason codes that are offered for a decision: configured, used in the project, and the reviewer's own. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

ANY_PROJECT = "*"
"""The name in the configuration whose codes are for all projects."""
OFFERED = 40
OWN_KEPT, PROJECTS_KEPT = 9, 40
LONGEST = 200
"""Characters of a code that is remembered."""


class OfferedCode(NamedTuple):
    """A code with the reason why it is offered, in our own words."""

    code: str
    why: str


def offered_codes(
    configured: Sequence[str], used: Sequence[tuple[str, int]], own: Sequence[str]
) -> Sequence[OfferedCode]:
    """Return the codes to choose from, each once.

    Those of the configuration come first, in its order: a code keeps its number, whatever others do. Then those in
    use, the most used first, and the reviewer's own last ones.
    """
    counts = dict(used)
    codes = dict.fromkeys((*configured, *(code for code, _ in used), *own))
    why = {code: _why(code, configured, counts) for code in codes}
    return [OfferedCode(code, why[code]) for code in codes if code.strip()][:OFFERED]


def _why(code: str, configured: Sequence[str], counts: Mapping[str, int]) -> str:
    if code in configured:
        return "configured"
    return f"used {counts[code]:,} ×" if code in counts else "yours"  # noqa: RUF001 - the sign of times, meant


def configured_for(codes: Mapping[str, Sequence[str]], *names: str) -> Sequence[str]:
    """Return the configured codes of a project by any of its names, its id among them, and those for all projects."""
    return [code for name in (*names, ANY_PROJECT) for code in codes.get(name, ())]


def own_codes(remembered: Mapping[str, Any], project_id: str) -> Sequence[str]:
    """Return the reviewer's own codes in a project, the last one first, out of what was stored of them."""
    codes = remembered.get(project_id)
    return [code for code in codes if isinstance(code, str)][:OWN_KEPT] if isinstance(codes, list) else []


def with_code(remembered: Mapping[str, Any], project_id: str, code: str) -> Mapping[str, Any]:
    """Return what is stored of the reviewer's own codes, after one more was used."""
    if not code.strip() or len(code) > LONGEST:
        return remembered
    codes = [code, *(known for known in own_codes(remembered, project_id) if known != code)][:OWN_KEPT]
    others = {name: known for name, known in remembered.items() if name != project_id}
    return {**dict(list(others.items())[-PROJECTS_KEPT + 1 :]), project_id: codes}
