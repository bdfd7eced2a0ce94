"""The standing of a request under its project's policy as paragraphs: who may decide it, how many, until when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pumpup_tui.text.needs_words import demand_words, refusal_words, tag_words
from pumpup_tui.text.outcomes import OUTCOMES
from pumpup_tui.text.paragraphs import Paragraph, led, ours

if TYPE_CHECKING:
    from datetime import datetime

    from api_client.needs import Needs
    from pumpup_tui.backend.messages import RequestLoaded
    from pumpup_tui.context import Context


def standing_lines(context: Context, loaded: RequestLoaded) -> list[Paragraph]:
    """Return the lines on an open request's standing, as the reader has it; none where no policy says anything."""
    detail = loaded.detail
    if detail.result is not None:
        return []
    lines = [] if detail.needs is None else _needs_lines(context, detail.needs)
    return lines if detail.expires_at is None else [*lines, _expiry(context, detail.expires_at, detail.expires_to)]


def _needs_lines(context: Context, needs: Needs) -> list[Paragraph]:
    lines = []
    if not needs.may:
        lines.append(led([("⊘ you may not decide this  ", "warn")], (refusal_words(needs), "")))
    if needs.people > 1:
        words = demand_words(needs, context.status.reviewer, context.stamp)
        lines.append(led([("◇ ", "accent")], (words, ""), known_as=words))
    elif needs.may and needs.tag_lists:
        lines.append(led([("decided by ", "muted")], (tag_words(needs), "muted")))
    return lines


def _expiry(context: Context, at: datetime, expires_to: str | None) -> Paragraph:
    act = OUTCOMES.get(expires_to or "")
    then = act.past if act is not None else "withdrawn" if expires_to else ""
    left = context.until(at)
    when = "expires now" if left == "now" else f"expires in {left}"
    words = f"◷ {when} ({context.stamp(at)}){f': then {then}' if then else ''}"
    return ours((words, "muted"), known_as=f"expires {context.stamp(at)} {then}")
