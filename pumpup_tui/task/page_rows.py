"""The rows of a task's page: state, step graph, open requests, metadata, attachments and timeline of its record."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pumpup_tui.components.record_paragraphs import attachment_lines, event_lines
from pumpup_tui.task.json_rows import Path, json_rows
from pumpup_tui.task.step_graph import graph_lines
from pumpup_tui.task.task_page import PageRow
from pumpup_tui.text.firewall import line
from pumpup_tui.text.labels import request_kind, status_run
from pumpup_tui.text.layout import Line
from pumpup_tui.text.paragraphs import foreign, led, ours

if TYPE_CHECKING:
    from pumpup_tui.context import Context
    from pumpup_tui.task.record import TaskRecord


class TaskRows:
    """The rows of one task, with the nested values of its metadata that are open."""

    def __init__(self, context: Context, record: TaskRecord) -> None:
        self._context = context
        self._record = record
        self._open_values: set[Path] = set()

    def rows(self, width: int) -> list[PageRow]:
        """Return all rows, for lines of `width` cells."""
        return [
            *self._state(),
            *self._graph(width),
            *self._requests(),
            *self._metadata(),
            *self._attached(),
            *self._timeline(),
        ]

    def fold(self, path: Path, open_: bool | None) -> None:
        """Open or close a nested value; None turns it round."""
        opens = path not in self._open_values if open_ is None else open_
        (self._open_values.add if opens else self._open_values.discard)(path)

    def _state(self) -> list[PageRow]:
        loaded = self._record.loaded
        if loaded is None:
            return []
        task = loaded.detail.task
        given = f"given to @{line(loaded.assignee, 60)}" if loaded.assignee else "given to no one"
        where = f" · {line(loaded.project.name, 80)} · {given}"
        rows = [
            PageRow(foreign((line(task.name, 500), "strong")), "name"),
            PageRow(ours(status_run(task.status), (where, "muted")), "state"),
        ]
        if task.external_id:
            rows.append(PageRow(led([("external id  ", "muted")], (line(task.external_id), "")), "external"))
        return rows

    def _graph(self, width: int) -> list[PageRow]:
        loaded = self._record.loaded
        if loaded is None:
            return []
        task, steps = loaded.detail.task, loaded.project.steps
        entered, step = self._record.entered_step_at(), steps.step(task.current_step)
        here = f"here, {self._context.age(entered)}" if entered else "here"
        if step and entered and step.timeout_seconds and task.status != "CLOSED":
            due = entered + timedelta(seconds=step.timeout_seconds)
            here += " ◷ overdue" if due <= self._context.clock() else f", due {self._context.stamp(due)}"
        rows = [PageRow(ours()), PageRow(ours(("Steps", "muted")), "steps")]
        for step, lines in zip(steps.in_graph_order(), graph_lines(steps, task.current_step, width, here), strict=True):
            rows += [PageRow(ours(*one), ("step", step.name, n)) for n, one in enumerate(lines)]
        return rows

    def _requests(self) -> list[PageRow]:
        if not self._record.open_requests:
            return []
        key = self._context.key("task.request")
        several = len(self._record.open_requests) > 1
        rows = [PageRow(ours())]
        if several:
            head: Line = [(f"{len(self._record.open_requests)} open requests, oldest first", "warn")]
            rows.append(PageRow(ours(*head, (f"   {key} opens the one under the cursor", "muted")), "requests"))
        opens: Line = [] if several else [(f"   {key} opens it", "muted")]
        askers = {one.id: one.subject for one in self._record.events if one.subject}
        for request in self._record.open_requests:
            asker = askers.get(request.request_id)
            by = f" by {line(asker, 80)}" if asker else ""
            words = f"? {request_kind(request.event_type)}{by}, open for {self._context.age(request.requested_at)}: "
            paragraph = led([(words, "warn")], (line(request.summary), ""), *opens)
            rows.append(PageRow(paragraph, ("request", request.request_id), leads=True))
        return rows

    def _metadata(self) -> list[PageRow]:
        metadata = self._record.loaded.detail.task.metadata if self._record.loaded else {}
        if not metadata:
            return [PageRow(ours()), PageRow(ours(("Metadata  none", "muted")), "metadata")]
        rows = [PageRow(ours()), PageRow(ours(("Metadata", "muted")), "metadata")]
        return [
            *rows,
            *(
                PageRow(one.paragraph, ("json", one.path), folds=one.folds)
                for one in json_rows(metadata, self._open_values)
            ),
        ]

    def _attached(self) -> list[PageRow]:
        loaded = self._record.loaded
        lines = attachment_lines(loaded.detail.task.attachments, loaded.uploads) if loaded else []
        return [PageRow(one, ("attachment", n) if one.has_text else None) for n, one in enumerate(lines)]

    def _timeline(self) -> list[PageRow]:
        rows = [PageRow(ours()), PageRow(ours(("── Timeline, newest first " + "─" * 12, "muted")), "timeline")]
        lines = event_lines(self._record.events, self._context)
        rows += [PageRow(one, ("event", event.id)) for event, one in zip(self._record.events, lines, strict=True)]
        if self._record.older is not None:
            older = f"older ones are on the timeline ({self._context.key('screens.timeline')})"
            words = "reading more…" if not self._record.is_full else older
            rows.append(PageRow(ours((words, "muted")), "more"))
        return rows
