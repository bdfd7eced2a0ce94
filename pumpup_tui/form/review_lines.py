"""The review of a form: its answers as they would be sent, as paragraphs. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.cells import cell_len

from pumpup_tui.form.field_lines import Form
from pumpup_tui.local_state.answer_draft import AnyForm
from pumpup_tui.text.firewall import clean, line
from pumpup_tui.text.layout import Run, fit
from pumpup_tui.text.paragraphs import Paragraph, foreign, ours

LABEL = 24
"""Cells of the column of labels in the review; a longer one stands over its answer."""
TEXT = 64_000
"""Characters of a label, a description or an answer: what a body may hold (CONTRACT.md part 3, Limits)."""


def review_lines(
    form: Form, answers: Mapping[str, object], not_seen: Sequence[Paragraph]
) -> tuple[list[Paragraph], list[Paragraph]]:
    """Return what would be sent, and of it what must have been on the screen: all but the fields left out.

    Args:
        form: The form.
        answers: Its answers as they are stored, by field.
        not_seen: What of the request was not on the screen yet: it comes first.
    """
    lines: list[Paragraph] = []
    whole: list[Paragraph] = []
    room = min(LABEL, max((cell_len(line(field.label, LABEL)) for field in form.fields), default=0))
    for field in form.fields:
        paragraphs = _field_lines(field, room, answers, is_bid=form.is_bid(field))
        lines += paragraphs
        whole += paragraphs if field.id in answers else []
    unseen = [ours(("Not seen yet of the request", "warn")), *not_seen, ours()]
    rest = unseen if not_seen else []
    return [*rest, *lines], [*rest, *whole]


def _field_lines(field: AnyForm, room: int, values: Mapping[str, object], *, is_bid: bool) -> list[Paragraph]:
    """Return a field's label, its answer in a column that no label reaches into, and its description."""
    label, lines = line(field.label, TEXT), list[Paragraph]()
    if cell_len(label) > room:
        lines.append(foreign((label, "strong")))
        label = ""
    answers = _answers(values[field.id]) if field.id in values else [("left out", "muted")]
    for number, answer in enumerate(answers):
        beside = f"{fit(label if number == 0 else '', room)}  "
        whose = "  ◇ agent's suggestion" if is_bid and number == len(answers) - 1 else ""
        lines.append(foreign((beside, "strong"), answer, tail=[(whose, "accent")], indent=room + 2))
    if field.description:
        lines.append(foreign((clean(field.description.strip(), limit=TEXT), "muted")))
    return lines


def _answers(answer: object) -> list[Run]:
    if isinstance(answer, bool):
        return [("= yes" if answer else "= no", "")]
    if isinstance(answer, list):
        return [(f"• {line(item, TEXT)}", "") for item in answer] or [("none", "muted")]
    return [(f"= {clean(str(answer), limit=TEXT)}", "")]
