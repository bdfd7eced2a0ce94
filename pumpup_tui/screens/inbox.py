"""The inbox: what waits for a person, and deciding it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from typing_extensions import override

from pumpup_tui.screens.batching import BatchingScreen
from pumpup_tui.text import line


class InboxScreen(BatchingScreen):
    """Open requests, oldest first, with all of the one under the cursor beside them."""

    MODE = "inbox"
    AUTO_FOCUS = "#requests"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("]", "step(1)", "next", id="inbox.next", tooltip="next pending request"),
        Binding("[", "step(-1)", "previous", id="inbox.previous", tooltip="previous pending request"),
    ]

    @override
    def hints(self) -> Sequence[tuple[str, str]]:
        more = (("]", "next"), ("/ f s", "find, filter, sort"), ("1 2 3", "screens"))
        back: tuple[tuple[str, str], ...] = ()
        if self.has_class("-detail") and self.has_class("-narrow"):
            back = (("esc", "list"),)
        elif self._filter_words:
            back = (("esc", f"shows all, not only “{line(self._filter_words, 20)}”"),)
        if self.requests.row is None:
            return (*back, *more[1:]) if back else more[2:]
        if self.requests.selected:
            return (("a d e i !", f"decide {len(self.requests.selected)}"), ("x *", "select"), ("esc", "select none"))
        if self._loaded is not None and self._loaded.detail.event.event_type == "ELICITATION_REQUESTED":
            return (*back, ("a", "answer"), *more)
        acts = (("a", "approve"), ("d", "deny"), ("e", "edit+approve"), ("i", "ask"), ("!", "escalate"))
        return (*back, *acts, *more)

    def show_request(self, request_id: str) -> None:
        """Put the cursor on a request and open it."""
        self.show_all()
        if self.requests.select(request_id):
            self._open_detail()
        else:
            self.context.outbox.hint("that request is not in this list: another project's, or further down")

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
