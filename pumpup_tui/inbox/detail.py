"""The detail pane: the request under the cursor, loaded, shown, and open or beside the list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pumpup_tui.text.attachment_names import attachments_of, relabelled

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Set as AbstractSet

    from textual.screen import Screen
    from textual.timer import Timer

    from api_client.models import Event, InboxItem
    from pumpup_tui.backend.messages import RequestLoaded
    from pumpup_tui.components.frame import KeyHints
    from pumpup_tui.context import Context
    from pumpup_tui.inbox.precedent_loader import PrecedentLoader
    from pumpup_tui.inbox.request_list import RequestList
    from pumpup_tui.inbox.request_view import RequestView

PATIENCE = 0.1
"""Seconds that a request may take to load before the list's data of it is shown meanwhile."""


class RequestPane:
    """Loads the request under the cursor, and shows it once it is there."""

    def __init__(
        self,
        screen: Screen[None],
        context: Context,
        *,
        requests: RequestList,
        view: RequestView,
        precedents: PrecedentLoader,
        hints: KeyHints,
    ) -> None:
        """Take the screen, whose classes say what is in view, the list, and the widget that shows the request."""
        self._screen = screen
        self._context = context
        self._requests = requests
        self._view = view
        self._hints = hints
        self._precedents = precedents
        self.loaded: RequestLoaded | None = None
        """All of the request under the cursor; None until it is there."""
        self._next: RequestLoaded | None = None
        """The request that would be next, loaded while a decision on this one is armed."""
        self._patience: Timer | None = None
        self._opened: set[str] = set()

    @property
    def is_read(self) -> bool:
        """Whether all of the request under the cursor is shown."""
        row = self._requests.row
        return row is not None and self.loaded is not None and self.loaded.detail.event.id == row.request_id

    def agrees_with(self, row: InboxItem) -> bool:
        """Return whether the request is read, and its standing under its policy is the list's."""
        if self.loaded is None:
            return False
        detail = self.loaded.detail
        return (detail.needs, detail.blind, detail.expires_at) == (row.needs, row.blind, row.expires_at)

    @property
    def opened(self) -> AbstractSet[str]:
        """The ids of the requests that were shown in whole."""
        return self._opened

    # Loading.

    def follow_cursor(self, *, list_first: bool) -> None:
        """Load the request that the cursor moved to.

        Args:
            list_first: Whether the list is new, and drawn before the request is read: the reader waits for it.
        """
        self._forget()
        row = self._requests.row
        following, self._next = self._next, None
        if row is None:
            self._show_none()
        elif following is not None and following.detail.event.id == row.request_id:
            self.take(following)
            self._screen.set_timer(PATIENCE, self.read)  # it may have changed since
        else:
            self._read_patiently(list_first=list_first)

    def _read_patiently(self, *, list_first: bool) -> None:
        """Read the request under the cursor; where that takes long, show the list's data of it meanwhile."""
        if self._patience is not None:
            self._patience.stop()  # it is the last request's: now it would show this one half loaded
        self._patience = self._screen.set_timer(PATIENCE, self._show_item)
        if list_first:
            self._screen.call_after_refresh(self.read)
        else:
            self.read()

    def read(self) -> None:
        """Read the request under the cursor."""
        if (row := self._requests.row) is not None:
            self._context.reads.request(self._screen, row.request_id)

    def read_next(self) -> None:
        """Read the request that would be next, so that it is there the moment this one is decided."""
        if (following := self._requests.following(1)) is not None:
            self._context.reads.request(self._screen, following, ahead=True)

    def refresh_on(self, events: Iterable[Event]) -> None:
        """Read the request again where something happened on its task."""
        if self.loaded is not None and any(event.task_id == self.loaded.detail.task.id for event in events):
            self.read()

    def take(self, event: RequestLoaded) -> None:
        """Show a request that has come; while a decision is armed, what is shown stays as it is."""
        row = self._requests.row
        armed = self._context.outbox.desk.armed
        if row is not None and row.request_id != event.detail.event.id:
            self._next = event if armed is not None else None
        if row is None or row.request_id != event.detail.event.id or armed is not None:
            return
        before, self.loaded = self.loaded, event
        self._precedents.show(event)
        if self._screen.has_class("-wide") or self.is_open:
            self._opened.add(row.request_id)
        if before is None:
            self._hints.update_lines()

    def _show_item(self) -> None:
        """Show the list's data of a request that is not loaded yet."""
        row = self._requests.row
        if row is not None and self.loaded is None:
            self._view.show_item(row)

    def _forget(self) -> None:
        self.loaded = None
        self._precedents.clear()

    # Opening and closing.

    @property
    def is_open(self) -> bool:
        """Whether the reader opened the pane: over the list, where there is room for one of them."""
        return self._screen.has_class("-detail")

    @property
    def is_in_view(self) -> bool:
        """Whether the pane is on the screen."""
        return self.is_open or self._screen.has_class("-wide")

    def open(self) -> None:
        """Have the whole request in view: what is decided is always shown."""
        self._screen.add_class("-detail")
        if self._requests.row is not None and self.loaded is not None:
            self._opened.add(self._requests.row.request_id)
        if self._screen.has_class("-narrow"):
            self.focus()  # at once: a prompt that opens next must have the focus after that
        self._hints.update_lines()

    def enter(self) -> None:
        """Open the pane, to read in it."""
        self.open()
        self._view.focus()

    def close(self) -> None:
        """Show the list again."""
        self._screen.remove_class("-detail")

    def close_if_empty(self) -> None:
        """Close the pane where no request is left to show."""
        if self._requests.row is None:
            self._show_none()

    def focus(self) -> None:
        """Give the keys to the pane, at once."""
        self._screen.set_focus(self._view)

    def follow_focus(self) -> None:
        """Stay open only where the pane has the keys: there is no more room for the list beside it."""
        self._screen.set_class(self._view.has_focus, "-detail")

    def _show_none(self) -> None:
        self._forget()
        self._view.show_none("")
        self.close()
        self._hints.update_lines()

    # Attachments.

    def show_attachments(self) -> None:
        """Look at the request's attachments."""
        loaded = self.loaded
        attachments = attachments_of(loaded.detail) if loaded is not None else []
        if loaded is None or not attachments:
            self._context.outbox.hint("this request has no attachments")
            return
        from pumpup_tui.attachments.screen import AttachmentsScreen

        labels_since, request = relabelled(loaded.detail), (loaded.detail.event.id, loaded.detail.hash)
        self._screen.app.push_screen(
            AttachmentsScreen(self._context, attachments, loaded.uploads, labels_since, request)
        )
