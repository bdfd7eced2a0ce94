"""The list of grants: what each did, and ending one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from typing_extensions import override

from pumpup_tui.components.frame import set_title
from pumpup_tui.components.reviewer_screen import ReviewerScreen
from pumpup_tui.components.screen_parts import ScreenCallbacks
from pumpup_tui.components.virtual_list import VirtualList
from pumpup_tui.context import Context
from pumpup_tui.decisions.desk import Intent
from pumpup_tui.grants.grant_lines import grant_lines
from pumpup_tui.grants.grant_reads import GrantReads, GrantsRead
from pumpup_tui.keys.bindings import bindings
from pumpup_tui.keys.key_names import Hints
from pumpup_tui.text.layout import Line

if TYPE_CHECKING:
    from api_client.authority import Grant


class GrantList(VirtualList["Grant"]):
    """Grants, three lines each: those in force first."""

    ROW_HEIGHT: ClassVar[int] = 3

    def __init__(self, context: Context, *, id: str) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id, empty="reading the grants…")
        self.context = context

    @override
    def row_id(self, row: Grant) -> str:
        return row.id

    @override
    def draw_row(self, row: Grant, width: int) -> Sequence[Line]:
        return grant_lines(self.context, row, width)


class GrantsScreen(ReviewerScreen):
    """The grants of the chosen project, or of all."""

    MODE = "grants"
    AUTO_FOCUS = "#grants"
    BINDINGS: ClassVar[list[BindingType]] = bindings(("grants.end", "end"))

    def __init__(self, context: Context, try_grant: Callable[[str, str], None]) -> None:
        """Take what opens the trial of a grant: of a project's id, and a filter."""
        super().__init__(context)
        self._try_grant = try_grant
        self._reads = GrantReads(context.calls)
        self.listed = GrantList(context, id="grants")
        self.callbacks = ScreenCallbacks(
            show_message=self.listed.say_when_empty,
            refresh_ages=self.listed.redraw,
            refresh_in_flight=lambda: None,
            go_back=self._go_back,
        )

    @override
    def body(self) -> ComposeResult:
        set_title(self.listed, "Grants")
        yield self.listed

    def on_mount(self) -> None:
        """Follow what becomes of the grants."""
        super().on_mount()
        self.context.signals.authority_changed.subscribe(self, lambda _: self.reload())

    @override
    def reload(self) -> None:
        self._reads.grants(self, self.context.project_id)

    @override
    def hints(self) -> Hints:
        grant = self.listed.row
        ends = (("grants.end", "end"),) if grant is not None and grant.ended is None else ()
        tries = (("move.enter", "try again"),) if grant is not None else ()
        return (*ends, *tries, ("move.back", "back"))

    @on(GrantsRead)
    def _grants_read(self, event: GrantsRead) -> None:
        event.stop()
        key = self.context.key("inbox.grant")
        self.listed.say_when_empty(f"No grants. {key} in the inbox tries one for the filter that is on.")
        self.listed.show(event.grants)
        in_force = sum(grant.ended is None for grant in event.grants)
        set_title(self.listed, "Grants", f"{in_force:,} in force of {len(event.grants):,}" if event.grants else "")
        self.key_hints.update_lines()

    @on(VirtualList.Moved)
    def _moved(self, event: VirtualList.Moved) -> None:
        event.stop()
        armed = self.context.outbox.desk.armed
        if armed is not None and armed.verb == "END_GRANT" and armed.target != event.row_id:
            self.context.outbox.cancel("taken back: you moved on, nothing was sent")
        self.key_hints.update_lines()

    @on(VirtualList.Chosen)
    def _chosen(self, event: VirtualList.Chosen) -> None:
        event.stop()
        if (grant := self.listed.row) is not None:
            self.context.outbox.cancel()
            self._try_grant(grant.project_id, grant.filter)

    def _go_back(self) -> None:
        self.app.pop_screen()

    def action_end(self) -> None:
        """Arm the end of the grant under the cursor."""
        grant = self.listed.row
        if refusal := self.context.refusal("decide"):
            self.context.outbox.cancel(refusal)
        elif grant is None or grant.ended is not None:
            self.context.outbox.cancel("no grant to end here")
        else:
            # not foreign: the decision bar cleans it
            self.context.outbox.arm(Intent("END_GRANT", grant.id, f"{grant.name}: {grant.filter}"))
