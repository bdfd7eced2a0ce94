"""The inbox: what waits for a person, and deciding it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType
from typing_extensions import override

from pumpup_tui.components.frame import SCREEN_KEYS
from pumpup_tui.context import Context
from pumpup_tui.inbox.selection import BatchingScreen
from pumpup_tui.keys.bindings import bindings
from pumpup_tui.text.firewall import line

ACTS = (
    ("decide.approve", "approve"),
    ("decide.deny", "deny"),
    ("decide.edit", "edit+approve"),
    ("decide.ask", "ask"),
    ("decide.escalate", "escalate"),
)
OUTCOME_KEYS = " ".join(name for name, _ in ACTS)


class InboxScreen(BatchingScreen):
    """Open requests, oldest first, with all of the one under the cursor beside them."""

    MODE = "inbox"
    AUTO_FOCUS = "#requests"
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        ("inbox.next", "step(1)"),
        ("inbox.previous", "step(-1)"),
    )

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._wanted: str | None = None
        """A request that is to be shown once it is read."""

    @override
    def hints(self) -> Sequence[tuple[str, str]]:
        more = (
            ("inbox.next", "next"),
            ("inbox.search inbox.filter inbox.sort", "find, filter, sort"),
            (SCREEN_KEYS, "screens"),
        )
        back: tuple[tuple[str, str], ...] = ()
        if self.has_class("-detail") and self.has_class("-narrow"):
            back = (("move.back", "list"),)
        elif self._filter_words:
            back = (("move.back", f"shows all, not only “{line(self._filter_words, 20)}”"),)
        if self.requests.row is None:
            return (*back, *more[1:]) if back else more[2:]
        if self.requests.selected:
            return (
                (OUTCOME_KEYS, f"decide {len(self.requests.selected)}"),
                ("inbox.select inbox.select_all", "select"),
                ("move.back", "select none"),
            )
        if self._loaded is not None and self._loaded.detail.event.event_type == "ELICITATION_REQUESTED":
            return (*back, ("decide.approve", "answer"), *more)
        return (*back, *ACTS, *more)

    def show_request(self, request_id: str) -> None:
        """Put the cursor on a request and open it; where it is not read yet, read on until it is there."""
        self._wanted = request_id
        self.show_all()
        self._show_wanted()

    @property
    @override
    def _needs_all(self) -> bool:
        return super()._needs_all or self._wanted is not None

    @override
    def _go_on(self) -> None:
        super()._go_on()
        self._show_wanted()

    def _show_wanted(self) -> None:
        if self._wanted is None or self.context.outbox.desk.armed is not None:
            self._wanted = None  # what is armed stays under the cursor
        elif self.requests.select(self._wanted):
            self._wanted = None
            self._open_detail()
        elif self._complete and not self._reading:
            self._wanted = None
            self.context.outbox.hint("that request waits no more, or is another project's")

    @override
    def go_back(self) -> None:
        if self.requests.selected:
            self._select(())
        elif self.has_class("-detail") and (self.has_class("-narrow") or not self._filter_words):
            self.remove_class("-detail")
        elif self._filter_words:
            self.show_all()
        self.requests.focus()
        self._on_desk(None)
