"""The pane beside a timeline: the event under the cursor in words, or as JSON; and the names that rows lack."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from textual import on

from pumpup_tui.backend.messages import BlindnessRead, DeedsRead, NamesRead
from pumpup_tui.components.deed_paragraphs import deed_paragraphs
from pumpup_tui.components.line_widgets import Document
from pumpup_tui.context import Context
from pumpup_tui.text.needs_words import HIDDEN
from pumpup_tui.timeline.event_detail import LABEL, event_document, json_document, run_document

if TYPE_CHECKING:
    from api_client.models import Event
    from pumpup_tui.text.paragraphs import Paragraph
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
        self._deeds: DeedsRead | None = None
        """What came of the approval under the cursor, once that is read."""

    def show(self, row: TimelineRow | None, events: Sequence[Event] = ()) -> None:
        """Show a row, of a run all of its events."""
        if row is None or row is not self._shown[0]:
            self._known = None  # a request may have been decided since it was last looked at
        if row is None or self._shown[0] is None or row.id != self._shown[0].id:
            self._deeds = None
        self._shown = row, events
        if row is None:
            self.set_paragraphs([])
        elif row.kind == "run":
            self.set_paragraphs(run_document(events, self._shared, self._lookups), row.id)
        elif self._is_json:
            hidden = self._hidden_words(row.event)
            self.set_paragraphs(json_document(row.event, self._shared, hidden), (row.id, "JSON"))
        else:
            since = self._since(row.event)
            self.set_paragraphs(event_document(row.event, self._shared, self._lookups, since), row.id)

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

    def take_changes(self, events: Sequence[Event]) -> None:
        """Look again whether a request is under blind review, where an event answers it, and what came of it."""
        row, known = self._shown[0], self._deeds
        if row is not None and known is not None and any(event.task_id == row.event.task_id for event in events):
            self._shared.reads.deeds(self, known.request_id)
        if self._known is not None and any(event.in_response_to == self._known.request_id for event in events):
            self._known = None
            self.show(*self._shown)

    @on(BlindnessRead)
    def _blindness_read(self, event: BlindnessRead) -> None:
        event.stop()
        self._known = event
        self.show(*self._shown)

    def _since(self, event: Event) -> list[Paragraph]:
        """Return what came of an approval, which is asked where it is not known yet."""
        request_id = event.in_response_to if event.event_type == "APPROVAL_DECIDED" else event.id
        if event.event_type not in ("APPROVAL_DECIDED", "APPROVAL_REQUESTED") or not self._shared.can("deeds"):
            return []
        known = self._deeds
        if known is None or known.request_id != request_id:
            if request_id and self._shared.calls.is_open:
                self._shared.reads.deeds(self, request_id)
            return []
        if known.deeds is None:
            return []
        return deed_paragraphs(
            known.deeds, known.decided_at, self._shared, is_closed=known.is_closed, label_cells=LABEL
        )

    @on(DeedsRead)
    def _deeds_read(self, event: DeedsRead) -> None:
        event.stop()
        self._deeds = event
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
