"""The decisions that were in flight when a terminal ended, and their outcome. Sends nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static
from typing_extensions import override

from pumpup_tui.components.decision_bar import target_words
from pumpup_tui.components.virtual_list import VirtualList
from pumpup_tui.context import Context
from pumpup_tui.decisions.desk import FINAL
from pumpup_tui.decisions.recovery import Fate, Recovered
from pumpup_tui.keys.bindings import bindings
from pumpup_tui.text.firewall import line
from pumpup_tui.text.layout import Line, Run, crop, fit, joined, width_of
from styles.sheets import sheet

FATES: Mapping[Fate, Run] = {
    Fate.NOT_SENT: ("◷ NOT SENT", "warn"),
    Fate.RECORDED: ("✓ RECORDED", "good"),
    Fate.NOT_RECORDED: ("✗ NOT RECORDED", "bad"),
    Fate.LOST: ("✗ LOST", "bad"),
    Fate.UNKNOWN: ("? NOT KNOWN", "warn"),
}


class RecoveredList(VirtualList[Recovered]):
    """Decisions, two lines each: the outcome, and its reason."""

    ROW_HEIGHT = 2

    def __init__(self, context: Context, *, id: str) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self.context = context

    @override
    def row_id(self, row: Recovered) -> str:
        return row.interrupted.sent.key

    @override
    def draw_row(self, row: Recovered, width: int) -> Sequence[Line]:
        words, tone = FATES[row.fate]
        intent = row.interrupted.sent.intent
        head: Line = [(f"{words} ", tone), (f"{intent.does} · ", "")]
        when = f"at {self.context.stamp(row.at)}" if row.at else ""
        asked = f"confirmed {self.context.stamp(row.interrupted.sent.since)}"
        return [
            [*head, (crop(target_words(intent), max(10, width - width_of(head))), "")],
            [(fit(f"  {joined((line(row.detail, 200), when, asked))}", width), "muted")],
        ]


class RecoveryScreen(ModalScreen[str]):
    """Returns the id of the request to go to; empty where there is none."""

    CSS_PATH = sheet("modals")
    BINDINGS: ClassVar[list[BindingType]] = bindings(("modal.close", "dismiss"))

    def __init__(self, context: Context, recovered: Sequence[Recovered]) -> None:
        super().__init__()
        self.context = context
        self._recovered = recovered

    @override
    def compose(self) -> ComposeResult:
        with Vertical(id="modal"):
            yield Static("Unfinished when you last left", markup=False, id="title")
            yield RecoveredList(self.context, id="became")
            key = self.context.key
            keys = f"{key('move.enter')} goes to the request, {key('modal.close')} closes"
            yield Static(f"Nothing was sent again.   {keys}", markup=False)

    def on_mount(self) -> None:
        """List the decisions."""
        listed = self.query_one(RecoveredList)
        listed.styles.height = min(max(2, 2 * len(self._recovered)), 16)
        listed.show(self._recovered)
        listed.focus()

    @on(VirtualList.Chosen)
    def _chosen(self, event: VirtualList.Chosen) -> None:
        event.stop()
        chosen = next(one for one in self._recovered if one.interrupted.sent.key == event.row_id)
        intent = chosen.interrupted.sent.intent
        self.dismiss(
            intent.target if intent.verb in FINAL and chosen.fate in (Fate.NOT_SENT, Fate.NOT_RECORDED) else ""
        )
