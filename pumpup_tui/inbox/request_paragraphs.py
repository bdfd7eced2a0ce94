"""A request as paragraphs, in an order that no text of it changes.

The author, the summary's first line as title, the recommendation, the context, and then the rest of the summary:
whatever its length, all that a decision depends on comes before. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len

from api_client.request_facts import confidence_value, request_kind
from pumpup_tui.components.record_paragraphs import attachment_lines
from pumpup_tui.text.attachment_names import attachments_of, relabelled
from pumpup_tui.text.decision_evidence import opened_in
from pumpup_tui.text.firewall import clean, line
from pumpup_tui.text.labels import answer_text, confidence_of, outcome_of
from pumpup_tui.text.layout import Line, crop, fit, joined
from pumpup_tui.text.markdown import markdown_lines
from pumpup_tui.text.needs_words import HIDDEN
from pumpup_tui.text.nested_values import nested_lines
from pumpup_tui.text.paragraphs import Paragraph, boxed, collapsed, foreign, led, ours

if TYPE_CHECKING:
    from api_client.models import RequestDetail
    from pumpup_tui.backend.messages import RequestLoaded

MOST = 60_000
"""Characters of a request that the screens show; more is for the command line."""
TITLE_CELLS, TITLE_LINES = 100, 2
"""A first line of more cells is a title cut short, and stands whole in the summary's body."""
FOLDED_LINES = 3
"""Lines of a name, a value, a rationale or a note that are shown while they are folded."""
FOLDED_PAIRS = 20
"""Context entries and fields that are shown while the rest is folded."""
PAIRS_MOST = 2_000
"""Context entries that are shown at the most."""
FOLDED_BODY, FOLDED_TEXT = 20, 1_500
"""Paragraphs and characters of a summary's body that are shown while the rest is folded."""
LABEL = 20
"""Cells of the column of a context's keys."""
METER = 10
"""Cells of the bar that shows an agent's confidence."""
_EIGHTHS = ("", "▏", "▍", "▍", "▌", "▋", "▊", "▉")
"""Parts of a cell, by eighths; not the bar of foreign text, which would be two of them."""
_NO_TITLE = re.compile(r"```|~~~|[|>]|[-*+] |\d+[.)] | {4}|\t")
"""The beginning of a first line that the lines after it depend on: it stays with them, and is the title as typed."""
_BLANK_LINES = re.compile(r"\n(?:[^\S\n]*\n){2,}")


class Budget:
    """The room that is left for a request's texts; what exceeds it is counted and not even cleaned."""

    def __init__(self, characters: int = MOST) -> None:
        self._left = characters
        self.left_out = 0
        """Characters that no screen shows."""

    def take(self, text: str) -> str:
        """Return as much of a text as there is room for."""
        taken = text[: self._left]
        self._left -= len(taken)
        self.left_out += len(text) - len(taken)
        return taken


def request_lines(
    loaded: RequestLoaded, budget: Budget, folds: str = "", changed: Sequence[Paragraph] = ()
) -> list[Paragraph]:
    """Return all of a request that a decision depends on.

    Args:
        loaded: The request.
        budget: How much of its texts may be shown.
        folds: The key that unfolds long texts, which are folded then; empty where none is.
        changed: What changed since it was asked before, for behind the recommendation.
    """
    payload = loaded.detail.event.payload
    summary = budget.take(summary_of(loaded.detail))
    lines = [*title_lines(summary), *_settled(loaded)]
    if loaded.detail.blind:
        lines += [ours(), *boxed([("Agent recommends", "muted")], [ours((HIDDEN, "muted"))], "edge")]
    elif loaded.detail.event.event_type != "ELICITATION_REQUESTED":
        lines += _recommendation(payload.get("recommendation"), budget, folds)
    lines += changed
    lines += _pairs(payload.get("keyValueContext"), budget, folds)
    lines += _body(summary, folds)
    detail = loaded.detail
    opened = opened_in(detail.result or {})
    return [*lines, *attachment_lines(attachments_of(detail), loaded.uploads, relabelled(detail), opened)]


def head_lines(
    event_type: str, task_name: str, *, where: str = "", asker: str, waits: str, folds: str = ""
) -> list[Paragraph]:
    """Return the head of a request: its kind and task, and its author; `where`, `asker` and `waits` are clean."""
    most = FOLDED_LINES if folds else 0
    kind = f"{request_kind(event_type).capitalize()} · "
    return [
        led([(kind, "muted")], (line(task_name), "strong"), (where, "muted"), most=most, folds=folds),
        led([("asked by ", "muted")], (asker, "strong"), tail=[(f" · {waits}", "muted")], known_as=f"asked by {asker}"),
    ]


def summary_of(detail: RequestDetail) -> str:
    """Return a request's summary, raw."""
    return str(detail.event.payload.get("summary") or "")


def title_lines(summary: str) -> list[Paragraph]:
    """Return a summary's first line, cut where it is no title."""
    first, is_title = _first_line(summary)
    if is_title:
        return [foreign(*one) for one in markdown_lines(first, tone="strong")]
    return [foreign((clean(first, limit=4 * TITLE_CELLS), "strong"), most=TITLE_LINES)]


def _first_line(summary: str) -> tuple[str, bool]:
    """Return a summary's first line, raw, and whether it stands as title for itself."""
    first = summary.strip().split("\n", maxsplit=1)[0].strip()
    # By characters first: marks that take no cell of their own may be thousands.
    is_short = len(first) <= TITLE_CELLS and cell_len(clean(first)) <= TITLE_CELLS
    return first, is_short and not _NO_TITLE.match(first)


def field_lines(payload: Mapping[str, Any], folds: str = "") -> list[Paragraph]:
    """Return the fields that an elicitation asks for, with the agent's bids."""
    # Imported with the first elicitation: the list is painted without the fields.
    from api_client.fields import read_fields

    fields = read_fields(payload.get("fields") or ())
    bids = {bid.get("fieldId"): bid for bid in payload.get("recommendation") or () if isinstance(bid, Mapping)}
    lines = [ours(), ours((f"Asks for {len(fields)} field{'s' if len(fields) != 1 else ''}", "muted"))]
    shown = fields[:FOLDED_PAIRS] if folds else fields
    for field in shown:
        about = joined(
            # not foreign: cleaned as a whole where it is drawn
            (line(getattr(field, "type", ""), 20), "required" if field.required else "optional", field.bounds())
        )
        lines.append(led([("▫ ", "muted")], (line(field.label, 120), ""), (f"  {line(about)}", "muted")))
        if field.id in bids:
            bid = bids[field.id]
            confidence = f"  {confidence_of(bid)}" if confidence_of(bid) else ""
            said: Line = [(crop(answer_text(bid.get("value")), 200), ""), (confidence, "muted")]
            lines.append(led([("    suggested  ", "muted")], *said))
    return [*lines, *_more(len(fields) - len(shown), folds)]


def confidence_bar(value: float) -> str:
    """Return an agent's confidence as a bar of `METER` cells, to an eighth of a cell."""
    eighths = round(max(0.0, min(1.0, value)) * METER * 8)
    full, part = divmod(eighths, 8)
    return f"{'█' * full}{_EIGHTHS[part]}".ljust(METER, "░")


def _settled(loaded: RequestLoaded) -> list[Paragraph]:
    if loaded.detail.result is None:
        return []
    return [ours(), ours(("✓ settled: this request takes no more decisions", "good"))]


def _recommendation(offered: Any, budget: Budget, folds: str) -> list[Paragraph]:
    if not isinstance(offered, Mapping):
        return [ours(), ours(("Agent recommends nothing", "muted"))]
    outcome = offered.get("outcome")
    glyph, word, tone = outcome_of(outcome)
    said: Line = [(f"{glyph} {word.upper()}", tone)]
    value = confidence_value(offered)
    if value is not None:
        said = [*said, (f"  {confidence_of(offered)}  ", "strong"), (confidence_bar(value), tone)]
    note = outcome.get("note") if isinstance(outcome, Mapping) else None
    texts = [budget.take(str(one)) for one in (offered.get("rationale"), note) if one]
    most = FOLDED_LINES if folds else 0
    quoted = [foreign((f"“{_squeezed(one)}”", ""), most=most, folds=folds) for one in texts]
    return [ours(), *boxed([("Agent recommends", "muted")], [ours(*said), *quoted], tone or "edge")]


def _pairs(raw_pairs: Any, budget: Budget, folds: str) -> list[Paragraph]:
    if not isinstance(raw_pairs, Mapping) or not raw_pairs:
        return []
    keys = sorted(raw_pairs)
    shown = keys[: FOLDED_PAIRS if folds else PAIRS_MOST]
    names = [budget.take(key) for key in shown]
    width = min(LABEL, max(cell_len(line(name, MOST)) for name in names))
    lines, most = [ours()], FOLDED_LINES if folds else 0
    for key, name in zip(shown, names, strict=True):
        label = line(name, MOST)
        taken = budget.take(str(raw_pairs[key]))
        nested = nested_lines(taken)
        value = _squeezed(taken) if nested is None else "\n".join(nested)
        cut = cell_len(label) > width
        if cut:  # what a key's end says may be what the value means: it stands whole above
            lines.append(foreign((label, "muted"), most=most, folds=folds))
        beside = fit("" if cut else label, width) + "  "
        lines.append(foreign((beside, "muted"), (value, ""), indent=width + 2, most=most, folds=folds))
    left = keys[len(shown) :]
    if not folds:
        budget.left_out += sum(len(key) + len(str(raw_pairs[key])) for key in left)
    return [*lines, *_more(len(left), folds)]


def _body(summary: str, folds: str) -> list[Paragraph]:
    first, is_title = _first_line(summary)
    body = summary.strip()[len(first) if is_title else 0 :]
    if not body.strip():
        return []
    shaped = markdown_lines(body, limit=MOST, lines=MOST)
    lines = collapsed(foreign(*one, indent=_indent_of(one)) for one in shaped)
    if not folds:
        return [ours(), *lines]
    count = characters = 0
    for one in lines[:FOLDED_BODY]:
        if characters >= FOLDED_TEXT:
            break
        characters += sum(len(text) for text, _ in one.runs)
        count += 1
    shown = [replace(one, most=FOLDED_BODY, folds=folds) for one in lines[:count]]
    return [ours(), *shown, *_more(len(lines) - count, folds, "lines")]


def _more(count: int, folds: str, what: str = "") -> list[Paragraph]:
    """Return a line with the number of what is folded; no line where nothing is."""
    words = " ".join(filter(None, (f"… and {count:,} more", what, f"  {folds} unfolds")))
    return [ours((words, "muted"))] if count else []


def _squeezed(text: str) -> str:
    """Return a foreign text as clean text of several lines, with no more than one blank line in a row."""
    return "\n\n".join(_BLANK_LINES.split(clean(text.strip(), limit=MOST)))


def _indent_of(one: Line) -> int:
    """Return the indent of a paragraph's later lines: under a list item's text."""
    return len(one[0][0]) if len(one) > 1 and one[0][1] == "muted" and len(one[0][0]) <= LABEL else 0
