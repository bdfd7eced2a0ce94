"""The widget that shows all of a request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from typing_extensions import override

from pumpup_tui.components.line_widgets import Document
from pumpup_tui.components.record_paragraphs import event_lines
from pumpup_tui.context import Context
from pumpup_tui.decisions.precedents import RequestHistory
from pumpup_tui.inbox.request_paragraphs import Budget, field_lines, head_lines, request_lines, title_lines
from pumpup_tui.inbox.standing_paragraphs import standing_lines
from pumpup_tui.text.firewall import line, without_controls
from pumpup_tui.text.labels import asker_words
from pumpup_tui.text.paragraphs import Paragraph, drawn, foreign, ours, section

if TYPE_CHECKING:
    from datetime import datetime

    from api_client.models import InboxItem
    from pumpup_tui.backend.messages import RequestLoaded


class RequestView(Document):
    """A request to read. Long texts are folded until the reader unfolds them; raw, every text is spelt out."""

    def __init__(self, context: Context, *, id: str) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self.context = context
        self._loaded: RequestLoaded | None = None
        self._history = RequestHistory()
        self._all: list[Paragraph] = []
        """The paragraphs that a decision on the request depends on, unfolded."""
        self._unfolded = False
        self._raw = False
        self.left_out = 0
        """Characters of the request that no screen shows."""

    def show_none(self, words: str) -> None:
        """Show no request, and words in its place."""
        self._forget()
        self.set_paragraphs([[], [(words, "muted")]])

    def show_item(self, item: InboxItem) -> None:
        """Show the list's data of a request, until all of it is loaded."""
        self._forget()
        waits = self._waiting(item.requested_at)
        asker = asker_words(item.requested_by, "agent")
        lines = head_lines(item.event_type, item.task_name, asker=asker, waits=waits)
        rest = [ours(), *title_lines(item.summary), ours(), ours(("reading the rest…", "muted"))]
        self.set_paragraphs([*lines, *rest], item.request_id)

    def show(self, loaded: RequestLoaded, history: RequestHistory | None = None) -> None:
        """Show a request with its task's latest events and what was decided before."""
        if self._loaded is None or self._loaded.detail.event.id != loaded.detail.event.id:
            self._forget()
        self._loaded, self._history = loaded, history or RequestHistory()
        self._draw()

    def beside_form(self, loaded: RequestLoaded) -> list[Paragraph]:
        """Return a request as it is read beside its form: all but the fields, which the form has."""
        events = event_lines(loaded.events, self.context)
        return [*self._head(loaded), *request_lines(loaded, Budget()), ours(), ours(("Timeline", "muted")), *events]

    def redraw(self) -> None:
        """Draw the request again, with its age as it is now."""
        self._draw()

    def toggle_fold(self) -> None:
        """Show long values whole, or folded again."""
        self.mark_seen()
        self._unfolded = not self._unfolded
        self._draw()

    def toggle_raw(self) -> None:
        """Spell every text out as it is stored, or show it cleaned again."""
        self.mark_seen()
        self._raw = not self._raw
        self._draw()

    @override
    def show_unseen(self) -> None:
        self.mark_seen()
        if self._raw or not self._is_open:
            self._raw, self._unfolded = False, True
            self._draw()
        super().show_unseen()

    @override
    def on_resize(self) -> None:
        super().on_resize()
        self._draw()  # how much is folded depends on the size

    @override
    def action_scroll_end(self) -> None:
        if self.context.outbox.desk.armed is not None and self.unseen:
            self.show_unseen()  # the end is reached over what lies between
        else:
            super().action_scroll_end()

    @property
    def _is_open(self) -> bool:
        """Whether nothing is folded: the reader unfolded it, or all of it has room."""
        if self._unfolded:
            return True
        room = self.size.height
        characters = sum(len(text) for paragraph in self._all for text, _ in paragraph.runs)
        return characters <= room * self.reading_width and len(drawn(self._all, self.reading_width)) <= room

    def _forget(self) -> None:
        self._loaded, self._unfolded, self._raw, self.left_out = None, False, False, 0

    def _draw(self) -> None:
        loaded = self._loaded
        if loaded is None:
            return
        event = loaded.detail.event
        budget = Budget()
        self._all = [*self._head(loaded), *request_lines(loaded, budget)]
        self.left_out = budget.left_out
        paragraphs = [*self._head(loaded), *self._raw_lines(loaded)] if self._raw else self._lines(loaded)
        self.set_paragraphs(paragraphs, event.id, whole=self._all)

    def _head(self, loaded: RequestLoaded, folds: str = "") -> list[Paragraph]:
        detail, event = loaded.detail, loaded.detail.event
        where = f" · {line(detail.project.name, 80)} · {line(detail.task.current_step, 80)}"
        waits = self._waiting(event.timestamp)
        asker = asker_words(event.subject or "", event.source)
        lines = head_lines(event.event_type, detail.task.name, where=where, asker=asker, waits=waits, folds=folds)
        lines += standing_lines(self.context, loaded)
        if odd := loaded.inspection.words:
            lines.append(ours((f"⚠ {odd}", "warn"), (f"  {self.context.key('inbox.raw')} raw", "muted")))
        return [*lines, ours()]

    def _waiting(self, since: datetime) -> str:
        age = self.context.age(since)
        return f"waiting {'< 1 min' if age == 'now' else age} (since {self.context.stamp(since)})"

    def _lines(self, loaded: RequestLoaded) -> list[Paragraph]:
        folds = "" if self._is_open else self.context.key("inbox.fold")
        lines = [*self._head(loaded, folds), *request_lines(loaded, Budget(), folds, self._changed())]
        if self.left_out and not folds:
            lines.append(ours((f"… and {self.left_out:,} more characters: {self.too_long}", "warn")))
        if loaded.detail.event.event_type == "ELICITATION_REQUESTED":
            lines += field_lines(loaded.detail.event.payload, folds)
        lines += self._similar(loaded)
        return [*lines, ours(), section("Timeline"), *event_lines(loaded.events, self.context)]

    def _changed(self) -> Sequence[Paragraph]:
        """Return what changed since the request was sent back; nothing where it is asked for the first time."""
        if self._history.before is None:
            return ()
        from pumpup_tui.inbox.history_paragraphs import changed_lines

        return changed_lines(self._history.before, self.context.stamp)

    def _similar(self, loaded: RequestLoaded) -> Sequence[Paragraph]:
        if not self._history.similar:
            return ()
        from pumpup_tui.decisions.request_changes import asked_of
        from pumpup_tui.inbox.history_paragraphs import similar_lines

        return similar_lines(self._history, asked_of(loaded.detail), self.context.stamp)

    @property
    def too_long(self) -> str:
        """The place to read a request that no screen shows all of."""
        if self._loaded is None:
            return ""
        event = self._loaded.detail.event
        command = "answer" if event.event_type == "ELICITATION_REQUESTED" else "approve"
        return f"`pumpup-tui {command} {line(event.id, 80)}` prints all of it"

    def _raw_lines(self, loaded: RequestLoaded) -> list[Paragraph]:
        back = f"{self.context.key('inbox.raw')} goes back"
        lines = [ours((f"The raw text, as stored   {back}", "accent"))]
        for spelt in loaded.inspection.raw:
            lines += [ours(), *(foreign((without_controls(part), "")) for part in spelt.split("\n"))]
        return lines
