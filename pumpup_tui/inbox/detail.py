"""Reading a request: what is folded, the raw text, and how cases like it were decided before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.timer import Timer
from typing_extensions import override

from pumpup_tui.backend.messages import Changed, RequestLoaded
from pumpup_tui.context import Context
from pumpup_tui.decisions.precedents import DECIDED, Precedent, Precedents
from pumpup_tui.inbox.calls import PAGE
from pumpup_tui.inbox.loader import QueueScreen
from pumpup_tui.inbox.messages import PrecedentsPage
from pumpup_tui.keys.bindings import bindings
from pumpup_tui.text.attachment_names import attachments_of, relabelled
from pumpup_tui.text.labels import recommended_type

STAYS = 0.25
"""Seconds that a request is looked at before its precedents are read: not for each one that is passed by."""


class ReadingScreen(QueueScreen):
    """A queue whose requests are shown with all that a decision may hang on."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(
        ("inbox.fold", "fold"),
        ("inbox.attachments", "attachments"),
        ("inbox.raw", "raw"),
    )

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._decided: dict[str, Precedents] = {}
        self._look_back: Timer | None = None

    def action_fold(self) -> None:
        """Unfold long values, or fold them again."""
        self.detail.toggle_fold()

    def action_raw(self) -> None:
        """Spell the request's texts out, or show them cleaned again."""
        self.detail.toggle_raw()

    def action_attachments(self) -> None:
        """Look at the request's attachments."""
        loaded = self._loaded
        found = attachments_of(loaded.detail) if loaded is not None else []
        if loaded is None or not found:
            self.context.outbox.hint("this request has no attachments")
            return
        from pumpup_tui.attachments.screen import AttachmentsScreen

        self.app.push_screen(AttachmentsScreen(self.context, found, loaded.uploads, relabelled(loaded.detail)))

    # Precedents.

    @override
    def _show_detail(self, loaded: RequestLoaded) -> None:
        self.detail.show(loaded, self._precedents(loaded))
        if self._look_back is not None:
            self._look_back.stop()
        self._look_back = self.set_timer(STAYS, self._read_precedents) if self._lacks_precedents(loaded) else None

    def _of_project(self, project_id: str) -> Precedents:
        return self._decided.setdefault(project_id, Precedents())

    def _precedents(self, loaded: RequestLoaded) -> Sequence[Precedent]:
        return self._of_project(loaded.detail.project.id).of(_recommended(loaded))

    def _lacks_precedents(self, loaded: RequestLoaded) -> bool:
        is_approval = loaded.detail.event.event_type == "APPROVAL_REQUESTED"
        return is_approval and self._of_project(loaded.detail.project.id).needs_more(_recommended(loaded))

    def _read_precedents(self) -> None:
        loaded = self._loaded
        if loaded is not None and self._lacks_precedents(loaded):
            project_id = loaded.detail.project.id
            self._reads.precedents(self, project_id, self._of_project(project_id).cursor)

    @on(PrecedentsPage)
    def _precedents_read(self, event: PrecedentsPage) -> None:
        event.stop()
        found = self._of_project(event.project_id)
        if event.page is None:
            found.give_up()
        else:
            found.take(event.page.items, event.page.next_cursor, last=event.page.is_last(PAGE))
        loaded = self._loaded
        if loaded is not None and loaded.detail.project.id == event.project_id:
            if self._precedents(loaded):
                self.detail.show(loaded, self._precedents(loaded))
            self._read_precedents()

    @on(Changed)
    def _decided_now(self, event: Changed) -> None:
        for one in event.events:
            if one.event_type == DECIDED and one.project_id in self._decided:
                self._decided[one.project_id].take_new(one)

    def _reason_codes(self) -> Sequence[str]:
        """Return the codes that decisions in the shown project were given, most used first."""
        loaded = self._loaded
        return self._of_project(loaded.detail.project.id).reason_codes() if loaded is not None else []


def _recommended(loaded: RequestLoaded) -> str:
    return recommended_type(loaded.detail.event.payload.get("recommendation"))
