"""The third pane of a wide screen: the task of the request on the screen, and its attachments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pumpup_tui.components.line_widgets import Document
from pumpup_tui.components.record_paragraphs import attachment_lines
from pumpup_tui.components.step_graph import steps_line
from pumpup_tui.text.firewall import line
from pumpup_tui.text.json_text import json_bytes
from pumpup_tui.text.labels import status_run
from pumpup_tui.text.paragraphs import Paragraph, foreign, led, ours

if TYPE_CHECKING:
    from pumpup_tui.backend.messages import RequestLoaded
    from pumpup_tui.context import Context

VALUES_SHOWN = 60
"""Values of a task's metadata that are shown; the rest is counted."""


class TaskPane(Document):
    """A task as it stands: state, steps, metadata, attachments."""

    def __init__(self, context: Context) -> None:
        super().__init__(id="aside")
        self.context = context

    def show(self, loaded: RequestLoaded | None, assignee: str) -> None:
        """Show a request's task; none where there is no request."""
        if loaded is None:
            self.set_paragraphs([])
            return
        lines = [*self._state(loaded, assignee), *self._metadata(loaded), *self._attached(loaded)]
        self.set_paragraphs(lines, loaded.detail.task.id)

    def _state(self, loaded: RequestLoaded, assignee: str) -> Sequence[Paragraph]:
        task, project = loaded.detail.task, loaded.detail.project
        whose = f"assigned to @{line(assignee, 60)}" if assignee else "unassigned"
        external = [led([("external id  ", "muted")], (line(task.external_id), ""))] if task.external_id else []
        return [
            foreign((line(task.name, 500), "strong")),
            ours(status_run(task.status), (f" · {line(project.name, 80)} · {whose}", "muted")),
            *external,
            ours(),
            ours(*steps_line(project.steps, task.current_step)),
        ]

    def _metadata(self, loaded: RequestLoaded) -> Sequence[Paragraph]:
        metadata = loaded.detail.task.metadata
        if not metadata:
            return []
        lines = [ours(), ours(("Metadata", "muted"))]
        for key, value in list(metadata.items())[:VALUES_SHOWN]:
            text = line(value if isinstance(value, str) else json_bytes(value).decode("utf-8", "surrogatepass"), 400)
            lines.append(led([(f"{line(key, 40)}  ", "muted")], (text, "")))
        if len(metadata) > VALUES_SHOWN:
            lines.append(ours((f"… and {len(metadata) - VALUES_SHOWN:,} more", "muted")))
        return lines

    def _attached(self, loaded: RequestLoaded) -> Sequence[Paragraph]:
        lines = attachment_lines(loaded.detail.task.attachments, loaded.uploads)
        if not lines:
            return [ours(), ours(("No attachments", "muted"))]
        return [*lines, ours(), ours((f"{self.context.key('inbox.attachments')} looks at the request's", "muted"))]
