"""The lines of a trial: what a grant would have decided, and how far people agreed, by count and by amount."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from api_client.quantities import quantity_of
from pumpup_tui.grants.grant_draft import GrantDraft, share_words
from pumpup_tui.text.firewall import line
from pumpup_tui.text.layout import Line, Run, crop, fit
from pumpup_tui.text.outcomes import OUTCOMES
from pumpup_tui.text.percentages import percent_digits

if TYPE_CHECKING:
    from api_client.authority import AmountSum, Disagreement, Trial
    from pumpup_tui.context import Context

AMOUNTS = 3
"""Context keys whose amounts are shown."""
_LABEL, _NUMBER = 11, 8


def terms_lines(context: Context, draft: GrantDraft, width: int) -> list[Line]:
    """Return the terms of a draft in two lines: what it approves; until when, how many, what is still asked."""
    # cleaned again: foreign, and found by its id
    project = line(context.project_name(draft.project_id), 40)
    what = f" approves {line(draft.filter, 200)}  in {project}"
    ends = f"until {context.stamp(draft.until)} · {draft.most:,} at the most"
    named = f" · name: {line(draft.name, 80)}" if draft.name else ""
    until = f" {ends} · {share_words(draft.sample)} still asked{named}"
    return [[(crop(what, width), "strong")], [(crop(until, width), "muted")]]


def trial_lines(trial: Trial, draft: GrantDraft) -> Iterator[Line]:
    """Yield the counts of a trial, a line each."""
    yield _row("approvals", trial.approvals, "decided by people so far in this project")
    yield _row("fit", trial.fits, "would have been approved without asking")
    yield _row("still asked", trial.sampled, f"the sample of {share_words(draft.sample)}")
    agreed = f"{_percent(trial.agreed, trial.fits)} of those that fit: people approved them too"
    yield _row("agreed", trial.agreed, agreed, "good" if trial.agreed else "")
    yield _row("disagreed", trial.disagreed, "people decided them otherwise", "bad" if trial.disagreed else "")
    for amount in trial.amounts[:AMOUNTS]:
        yield _amount(amount)


def _row(caption: str, count: int, words: str, tone: str = "") -> Line:
    return [(f" {fit(caption, _LABEL)}", "muted"), (f"{count:,}".rjust(_NUMBER), tone or "strong"), (f"  {words}", "")]


def _percent(part: int, whole: int) -> str:
    return f"{percent_digits(part / whole)} %" if whole else "-"


def _amount(amount: AmountSum) -> Line:
    agreed, disagreed = quantity_of(amount.agreed), quantity_of(amount.disagreed)
    share = ""
    if agreed is not None and disagreed is not None and (total := agreed.number + disagreed.number) > 0:
        share = f", {percent_digits(float(agreed.number / total))} % of it agreed"
    # cleaned again: foreign, though their names are those of what is not
    words = f"{line(amount.agreed, 40)} agreed, {line(amount.disagreed, 40)} not{share}"
    # cleaned again: foreign, though its name is that of what is not
    return [(f" {line(amount.key, 30)}  ", "muted"), (words, "")]


def disagreement_line(context: Context, row: Disagreement, width: int) -> Line:
    """Return a past request that people decided otherwise, in one line."""
    act = OUTCOMES.get(row.outcome)
    outcome: Run = (fit(act.past_with_glyph if act else line(row.outcome, 20), 16), act.tone if act else "")
    who = fit(f"{context.stamp(row.decided_at)} {line(row.decided_by, 20)}", 24)
    amount = fit(line(row.amount, 14), 12) if row.amount else " " * 12
    runs: Line = [outcome, (" ", ""), (who, "muted"), (" ", ""), (amount, "strong"), (" ", "")]
    room = max(0, width - 16 - 24 - 12 - 3)
    return [*runs, (fit(line(row.summary, 300), room), "")]
