"""The deeds of a decided approval as paragraphs: what came of it, then each action in its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pumpup_tui.text.deed_words import BY_TRACE, ago_words, came_of_run, deed_text, deed_who, more_deeds
from pumpup_tui.text.layout import Line, fit
from pumpup_tui.text.paragraphs import Paragraph, led, ours

if TYPE_CHECKING:
    from datetime import datetime

    from api_client.deeds import Deeds
    from pumpup_tui.context import Context


def deed_paragraphs(
    deeds: Deeds, decided_at: datetime | None, context: Context, *, is_closed: bool, label_cells: int
) -> list[Paragraph]:
    """Return a row with what came of the decision, then a row an action; `label_cells` is the room of their label."""
    ago = ago_words(context.age(decided_at)) if decided_at else ""
    words, tone = came_of_run(deeds, ago, is_closed=is_closed)
    if not words:
        return []
    room = label_cells + 2
    lines = [ours((fit("since", room), "muted"), (words, tone), indent=room)]
    for deed in deeds.items:
        head: Line = [(f"  {context.stamp(deed.timestamp)}  ", "muted")]
        tail: Line = [(f"  {BY_TRACE}", "muted")] if deed.link == "TRACE" else []
        lines.append(led(head, (f"{deed_who(deed)}  ", "strong"), (deed_text(deed), ""), tail=tail))
    more = more_deeds(deeds)
    return [*lines, ours((f"  {more}", "muted"))] if more else lines
