"""The pane on how much people follow the agent: recommendations that were hidden, against those that were shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pumpup_tui.insights.pane_lines import Bar, FigureLine, Pane, percent
from pumpup_tui.insights.settled_figures import Group

if TYPE_CHECKING:
    from pumpup_tui.insights.settled_figures import SettledFigures

FOOT = "where shown is higher, people lean on the agent"


def following_panes(settled: SettledFigures, me: str) -> list[Pane]:
    """Return the pane, where anything was hidden from people or not decided by them; else none.

    One's own figures come first, then those of all together: nobody else's alone, for that would rank people.
    """
    total = settled.all
    hidden = total.by_blindness()[-1].given
    if not (hidden or total.granted or total.expired):
        return []
    lines: list[FigureLine] = []
    if hidden:
        lines += [*_compared("you", settled.reviewers.get(me, Group())), *_compared("everyone", total)]
    for caption, count in (("decided by grants", total.granted), ("expired undecided", total.expired)):
        if count:
            lines.append(FigureLine((caption, ""), (("", ""), (f"{count:,}", ""))))
    heads = ("", "followed", "of") if hidden else ("", "", "requests")
    return [Pane("following", "How much people follow the agent", lines, heads, foot=FOOT if hidden else "")]


def _compared(who: str, group: Group) -> Iterator[FigureLine]:
    for band in group.by_blindness():
        lead = (f"{who}, {band.caption}", "" if band.given else "muted")
        yield FigureLine(lead, ((percent(band.share), ""), (f"{band.given:,}", "")), Bar(band.share or 0.0))
