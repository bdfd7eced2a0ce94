"""The rows of a task's page: state, step graph, open requests, metadata, attachments and timeline of its record."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from api_client.request_facts import request_kind
from api_client.task_trail import decided_at
from pumpup_tui.components.record_paragraphs import attachment_lines, event_lines
from pumpup_tui.components.step_graph import exits_line, steps_line
from pumpup_tui.components.task_turn import TaskRules, agents_turn, stuck_run
from pumpup_tui.task.json_rows import Path, json_rows
from pumpup_tui.task.task_page import PageRow
from pumpup_tui.text.deed_words import came_of_run
from pumpup_tui.text.firewall import line
from pumpup_tui.text.labels import status_run
from pumpup_tui.text.layout import Line, Run
from pumpup_tui.text.paragraphs import foreign, led, ours

if TYPE_CHECKING:
    from api_client.models import Event, Project, Steps, Task
    from pumpup_tui.context import Context
    from pumpup_tui.task.record import TaskRecord
    from pumpup_tui.text.paragraphs import Paragraph


class TaskRows:
    """The rows of one task, with the nested values of its metadata that are open."""

    def __init__(self, context: Context, record: TaskRecord, *, is_past: bool = False) -> None:
        """Take the record, and whether it is of an earlier moment: then nothing is offered that would change it."""
        self._context = context
        self._record = record
        self._is_past = is_past
        self._open_values: set[Path] = set()

    def rows(self) -> list[PageRow]:
        """Return all rows, for one page."""
        return [*self._state(), *self._graph(), *self._requests(), *self.facts(), *self._timeline()]

    def story(self) -> list[PageRow]:
        """Return the rows that go with time: state, steps, open requests, timeline."""
        return [*self._state(), *self._graph(), *self._requests(), *self._timeline()]

    def facts(self) -> list[PageRow]:
        """Return what is attached to the task: metadata and files."""
        return [*self._metadata(), *self._attached()]

    def fold(self, path: Path, open_: bool | None) -> None:
        """Open or close a nested value; None turns it round."""
        opens = path not in self._open_values if open_ is None else open_
        (self._open_values.add if opens else self._open_values.discard)(path)

    def _state(self) -> list[PageRow]:
        loaded = self._record.loaded
        if loaded is None:
            return []
        task = loaded.detail.task
        assigned = f"assigned to @{line(loaded.assignee, 60)}" if loaded.assignee else "unassigned"
        where: Run = (f" · {line(loaded.project.name, 80)} · {assigned}", "muted")
        rows = [
            PageRow(foreign((line(task.name, 500), "strong")), "name"),
            PageRow(ours(self._turn(task), *self._escalated(task), *self._stuck(task, loaded.project), where), "state"),
        ]
        if task.external_id:
            rows.append(PageRow(led([("external id  ", "muted")], (line(task.external_id), "")), "external"))
        return rows

    def _turn(self, task: Task) -> Run:
        """Return the task's status; after a decision, until its agent goes on, that it waits for that."""
        since = self._decided_at(task)
        return agents_turn(since, self._context.clock(), self._context.age) if since else status_run(task.status)

    def _escalated(self, task: Task) -> Line:
        """Return to whom the task was escalated, by whom and when; nothing where somebody has dealt with it since."""
        found = next((escalated for escalated in self._context.status.escalated if escalated.task_id == task.id), None)
        if found is None:
            return []
        tags = " or ".join(line(tag, 30) for tag in found.tags)
        words = f"! escalated to {tags} by {line(found.by, 30)} {self._context.stamp(found.at)}"
        return [(" · ", "muted"), (words, "escalate")]

    def _decided_at(self, task: Task) -> datetime | None:
        events = ((event.event_type, event.source, event.timestamp) for event in self._record.events)
        return decided_at(events) if task.status == "RUNNING" else None

    def _stuck(self, task: Task, project: Project) -> Line:
        """Return since when the task is stuck, as its card says it; nothing where it is not."""
        context, events = self._context, self._record.events
        rules = TaskRules.of(context.clock(), context.preferences.stuck, project.project_name)
        last = events[0].timestamp if events else None
        since = rules.quiet_since(task.status, self._decided_at(task), last)
        return [(" · ", "muted"), stuck_run(since, context.age)] if since else []

    def _graph(self) -> list[PageRow]:
        loaded = self._record.loaded
        if loaded is None:
            return []
        task, steps = loaded.detail.task, loaded.project.steps
        return [
            PageRow(ours()),
            PageRow(ours(*steps_line(steps, task.current_step), indent=4), "steps"),
            PageRow(ours(*self._here(task, steps)), "here"),
            PageRow(ours(*exits_line(steps, task.current_step), indent=4), "exits"),
        ]

    def _here(self, task: Task, steps: Steps) -> Line:
        """Return whose step it is, for how long the task has been in it, and whether that is too long."""
        entered, step = self._record.entered_step_at(), steps.step(task.current_step)
        owner = step.owner.lower() if step is not None and step.exits else "final"
        runs: list[Run] = [(f"step owner: {line(owner, 12)}" if owner != "final" else "final step", "muted")]
        if entered is None:
            return runs
        age = self._context.age(entered)
        runs.append((f" · in step for {'< 1 min' if age == 'now' else age}", "muted"))
        if step is None or not step.timeout_seconds or task.status == "CLOSED":
            return runs
        due = entered + timedelta(seconds=step.timeout_seconds)
        is_overdue = due <= self._context.clock()
        late: Run = (" ◷ overdue", "needs") if is_overdue else (f" · due {self._context.stamp(due)}", "muted")
        return [*runs, late]

    def _requests(self) -> list[PageRow]:
        if not self._record.open_requests:
            return []
        key = self._context.key("task.request")
        several = len(self._record.open_requests) > 1
        rows = [PageRow(ours())]
        if several:
            head: Line = [(f"{len(self._record.open_requests)} open requests, oldest first", "needs")]
            words = "" if self._is_past else f"   {key} opens the one under the cursor"
            rows.append(PageRow(ours(*head, (words, "muted")), "requests"))
        opens: Line = [] if several or self._is_past else [(f"   {key} opens it", "muted")]
        askers = {one.id: one.subject for one in self._record.events if one.subject}
        for request in self._record.open_requests:
            asker = askers.get(request.request_id)
            by = f" by {line(asker, 80)}" if asker else ""
            words = f"◌ {request_kind(request.event_type)}{by}, open for {self._context.age(request.requested_at)}: "
            paragraph = led([(words, "needs")], (line(request.summary), ""), tail=opens)
            rows.append(PageRow(paragraph, ("request", request.request_id), leads=not self._is_past))
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
        events = zip(self._record.events, lines, strict=True)
        rows += [PageRow(self._marked(event, one), ("event", event.id)) for event, one in events]
        if self._record.older is not None:
            older = f"older ones are on the timeline ({self._context.key('screens.timeline')})"
            words = "reading more…" if not self._record.is_full else older
            rows.append(PageRow(ours((words, "muted")), "more"))
        return rows

    def _marked(self, event: Event, paragraph: Paragraph) -> Paragraph:
        """Return an event's row, with what came of it where it is a decision: of an earlier moment it is not said."""
        deeds = None if self._is_past else self._record.deeds.get(event.id)
        if deeds is None:
            return paragraph
        words, tone = came_of_run(deeds, "", is_closed=self._record.is_closed)
        return replace(paragraph, tail=(*paragraph.tail, (f"  {words}", tone))) if words else paragraph
