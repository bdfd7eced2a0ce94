"""The red lines over a screen while anything is paused: which project, by whom, since when and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from typing_extensions import override

from pumpup_tui.components.line_widgets import Lines
from pumpup_tui.text.firewall import line
from pumpup_tui.text.layout import Line, fit, wrap

if TYPE_CHECKING:
    from api_client.authority import Paused
    from pumpup_tui.context import Context

PAUSES_SHOWN = 3
"""Pauses that have a line of their own; the others are counted."""
LINES_MOST = 2
"""Lines of one pause."""
REASON = 300
"""Characters of a reason."""


def pause_lines(context: Context, width: int) -> list[Line]:
    """Return the lines of all pauses, on their ground over the whole width: that of all projects comes first."""
    chosen = context.project_id
    pauses = sorted(context.status.pauses, key=lambda one: (one.project_id is not None, one.project_id != chosen))
    lines = [runs for paused in pauses[:PAUSES_SHOWN] for runs in _lines(_words(context, paused), width)]
    if len(pauses) > PAUSES_SHOWN:
        lines.append([(f" ■ PAUSED  {len(pauses) - PAUSES_SHOWN:,} more projects", "")])
    return [_grounded(runs, width) for runs in lines]


def _words(context: Context, paused: Paused) -> str:
    # cleaned again: foreign, though its name is that of what is not
    reason = line(paused.reason, REASON)
    # cleaned again: foreign, and found by its id
    where = "all projects" if paused.project_id is None else line(context.project_name(paused.project_id), 60)
    who = f"by {line(paused.by, 40)} since {context.stamp(paused.at)}"
    return f"■ PAUSED  {where} · {who} · {reason}"


def _lines(words: str, width: int) -> list[Line]:
    wrapped = wrap([(words, "")], width - 3, indent=2)
    more = [("…", "")] if len(wrapped) > LINES_MOST else []
    shown = wrapped[:LINES_MOST]
    return [[(" ", ""), *runs, *(more if runs is shown[-1] else [])] for runs in shown]


def _grounded(runs: Line, width: int) -> Line:
    return [(fit("".join(text for text, _ in runs), width), "paused")]


class PauseLine(Lines):
    """The lines of all pauses, on a screen that has no banner; none where nothing is paused."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.context = context

    def on_mount(self) -> None:
        """Follow the status."""
        self._follow()
        self.context.status_changed.subscribe(self, lambda _: self._follow())

    def _follow(self) -> None:
        self.display = bool(self.context.status.pauses)  # an empty one would still have its margin
        self.update_lines()

    @override
    def lines(self, width: int) -> Sequence[Line]:
        return pause_lines(self.context, width)
