"""The pane beside a timeline: the event under the cursor in words, or as JSON; and the names that rows lack."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from textual import on

from pumpup_tui.backend.messages import BlindnessRead, NamesRead
from pumpup_tui.components.line_widgets import Document
from pumpup_tui.context import Context
from pumpup_tui.text.needs_words import HIDDEN
from pumpup_tui.timeline.event_detail import event_document, json_document, run_document

if TYPE_CHECKING:
    from api_client.models import Event
    from pumpup_tui.timeline.lookups import Lookups
    from pumpup_tui.timeline.rows import TimelineRow


class EventPane(Document):
    """Reads what is under the cursor of a list to whoever looks; the names it asks for are the list's too."""

    def __init__(self, context: Context, lookups: Lookups, *names_came: Callable[[], None], id: str) -> None:  # noqa: A002 - Textual's own name for it
        """Take what to call when names have come."""
        super().__init__(id=id)
        self._shared, self._lookups, self._names_came = context, lookups, names_came
        self._is_json = False
        self._shown: tuple[TimelineRow | None, Sequence[Event]] = (None, ())
        self._known: BlindnessRead | None = None
        """Whether the recommendation of the request under the cursor is hidden, once that is read."""

    def show(self, row: TimelineRow | None, events: Sequence[Event] = ()) -> None:
        """Show a row, of a run all of its events."""
        if row is None or row is not self._shown[0]:
            self._known = None  # a request may have been decided since it was last looked at
        self._shown = row, events
        if row is None:
            self.set_paragraphs([])
        elif row.kind == "run":
            self.set_paragraphs(run_document(events, self._shared, self._lookups), row.id)
        elif self._is_json:
            hidden = self._hidden_words(row.event)
            self.set_paragraphs(json_document(row.event, self._shared, hidden), (row.id, "JSON"))
        else:
            self.set_paragraphs(event_document(row.event, self._shared, self._lookups), row.id)

    def turn(self) -> None:
        """Show JSON in place of words, and words again."""
        self._is_json = not self._is_json
        self.show(*self._shown)

    def _hidden_words(self, event: Event) -> str:
        """Return what stands in place of the recommendation of a request, which is asked where it is not known yet.

        It is empty where the recommendation may be shown.
        """
        if event.event_type != "APPROVAL_REQUESTED" or not self._shared.can("authority"):
            return ""
        if self._known is None or self._known.request_id != event.id:
            self._shared.reads.blindness(self, event.id)
            return "reading whether it is under blind review…"
        return HIDDEN if self._known.is_hidden else ""

    def take_changes(self, events: Iterable[Event]) -> None:
        """Look again whether a request is under blind review, where an event answers it."""
        if self._known is not None and any(event.in_response_to == self._known.request_id for event in events):
            self._known = None
            self.show(*self._shown)

    @on(BlindnessRead)
    def _blindness_read(self, event: BlindnessRead) -> None:
        event.stop()
        self._known = event
        self.show(*self._shown)

    def ask_for_names(self, ids: Sequence[str]) -> None:
        """Read names that rows lack."""
        if self._shared.calls.is_open:
            self._shared.reads.names(self, ids)

    @on(NamesRead)
    def _names_read(self, event: NamesRead) -> None:
        event.stop()
        self._lookups.learn(event.names, event.attachments)
        for call in self._names_came:
            call()
        self.show(*self._shown)
