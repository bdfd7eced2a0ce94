"""The lines of a grant in a list: what it approves, what it did, how it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pumpup_tui.grants.grant_draft import share_words
from pumpup_tui.text.firewall import line
from pumpup_tui.text.grant_words import end_words
from pumpup_tui.text.layout import Line, Run, crop, joined, width_of

if TYPE_CHECKING:
    from api_client.authority import Grant
    from pumpup_tui.context import Context

NAME_LEAST = 12
"""Cells of a name that are shown, however much its state says."""


def grant_lines(context: Context, grant: Grant, width: int) -> list[Line]:
    """Return a grant in three lines."""
    state = _state(context, grant)
    glyph: Run = ("◆ " if grant.ended is None else "◇ ", state[1])
    name = crop(line(grant.name, 80), max(NAME_LEAST, width - width_of([glyph, state]) - 2))
    head: Line = [glyph, (name, "strong")]
    gap = " " * max(1, width - width_of([*head, state]) - 1)
    # cleaned again: foreign, and found by its id
    project = line(context.project_name(grant.project_id), 30)
    what = f"  {joined((project, line(grant.filter, 200)))}"
    return [
        [*head, (gap, ""), state],
        [(crop(what, width - 1), "")],
        [(crop(f"  {_figures(context, grant)}", width - 1), "muted")],
    ]


def _state(context: Context, grant: Grant) -> Run:
    if grant.ended is None:
        return f"in force until {context.stamp(grant.until)}", "good"
    loud = "bad" if grant.ended.reason == "DISAGREEMENT" else "muted"
    return f"{end_words(grant.ended)} · {context.stamp(grant.ended.at)}", loud


def _figures(context: Context, grant: Grant) -> str:
    share = f"({share_words(grant.sample)})"
    approved = f"{grant.agreed:,} of {grant.asked:,} samples {share} approved"
    samples = approved if grant.asked else f"no samples {share} yet"
    in_a_row = f"{grant.disagreed} not, in a row" if grant.disagreed and grant.ended is None else ""
    given = f"given by {line(grant.given_by.subject, 30)} {context.stamp(grant.given_at)}"
    return joined((f"decided {grant.used:,} of {grant.most:,}", samples, in_a_row, given))
