"""One task: state, metadata, attachments, open request, timeline."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from typing_extensions import override

from pumpup_tui.context import Context
from pumpup_tui.messages import Changed, ShowRequest, TaskLoaded
from pumpup_tui.screens.base import ReviewerScreen
from pumpup_tui.telling import kind_of, status_run
from pumpup_tui.text import line
from pumpup_tui.widgets.lines import Document
from pumpup_tui.widgets.painting import Line
from pumpup_tui.widgets.request_detail import attachment_lines, event_lines

PAIRS = 60


class TaskScreen(ReviewerScreen):
    """A task, to read; its open request is an enter away."""

    MODE = "board"
    AUTO_FOCUS = "#task"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open_request", "request", id="task.request", tooltip="go to the open request"),
    ]

    def __init__(self, context: Context, task_id: str) -> None:
        super().__init__(context)
        self._task_id = task_id
        self._request_id: str | None = None

    @override
    def body(self) -> ComposeResult:
        yield Document(id="task")

    @override
    def hints(self) -> Sequence[tuple[str, str]]:
        request = (("enter", "open request"),) if self._request_id else ()
        return (*request, ("j k", "scroll"), ("esc", "back"), ("1 2 3", "screens"))

    @override
    def reload(self) -> None:
        self.context.feed.task(self, self._task_id)

    @on(Changed)
    def _changed(self, event: Changed) -> None:
        event.stop()
        if event.too_many or any(one.task_id == self._task_id for one in event.events):
            self.reload()

    @on(TaskLoaded)
    def _loaded(self, event: TaskLoaded) -> None:
        event.stop()
        task, open_ = event.detail.task, event.detail.open_requests
        self._request_id = open_[0].request_id if open_ else None
        where = f"   {line(event.project.name, 80)} · {line(task.current_step, 80)} · "
        lines: list[Line] = [[(line(task.name, 500), "strong"), (where, "muted"), status_run(task.status)]]
        step = event.project.steps.step(task.current_step)
        exits = ", ".join(line(name, 80) for name in step.exits) if step else ""
        owner = f"{step.owner.lower()}'s step" if step else ""
        lines.append([(f"{owner}, goes on to: {exits}" if exits else f"{owner}, final", "muted")])
        if task.external_id:
            lines.append([("external id  ", "muted"), (line(task.external_id), "")])
        for request in open_:
            words = f"{kind_of(request.event_type)}, open for {self.context.age(request.requested_at)}: "
            lines += [[], [("? ", "warn"), (words, "warn"), (line(request.summary), "")]]
        lines += self._metadata(task.metadata)
        lines += attachment_lines(task.attachments, event.uploads)
        lines += [
            [],
            [("── Timeline, newest first " + "─" * 12, "muted")],
            *event_lines(event.events.items, self.context),
        ]
        self.query_one("#task", Document).tell(lines, task.id)
        self._on_desk(None)

    @staticmethod
    def _metadata(metadata: dict[str, object]) -> list[Line]:
        if not metadata:
            return []
        lines: list[Line] = [[], [("Metadata", "muted")]]
        for key, value in list(metadata.items())[:PAIRS]:
            said = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            lines.append([(f"{line(key, 60)}  ", "muted"), (line(said, 600), "")])
        if len(metadata) > PAIRS:
            lines.append([(f"… and {len(metadata) - PAIRS} more", "muted")])
        return lines

    def action_open_request(self) -> None:
        """Go to the open request in the inbox."""
        if self._request_id is not None:
            self.post_message(ShowRequest(self._request_id))
        else:
            self.context.outbox.hint("nothing is open on this task")

    @override
    def go_back(self) -> None:
        self.app.pop_screen()
