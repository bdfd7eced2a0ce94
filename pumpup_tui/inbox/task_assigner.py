"""Assigning the task of the request under the cursor to anyone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pumpup_tui.components.assigning import Assignable, Assigning
from pumpup_tui.text.labels import reviewer_of

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from textual.screen import Screen

    from pumpup_tui.components.prompt import Prompt
    from pumpup_tui.context import Context
    from pumpup_tui.inbox.detail import RequestPane
    from pumpup_tui.inbox.request_list import RequestList


class TaskAssigner:
    """Offers the people that are known: assignees of open requests, and those who acted on this task."""

    def __init__(
        self, screen: Screen[None], context: Context, *, requests: RequestList, pane: RequestPane, prompt: Prompt
    ) -> None:
        self._context = context
        self._requests = requests
        self._pane = pane
        self._assigning = Assigning(context, screen, prompt)

    def choose(self) -> None:
        """Choose whom the task is assigned to."""
        row = self._requests.row
        if refusal := self._context.refusal("assign"):
            self._context.outbox.cancel(refusal)
        elif row is None or not self._pane.is_read:
            self._context.outbox.cancel("nothing to assign here")
        else:
            self._assigning.choose(Assignable(row.task_id, row.task_name, row.assignee_id or ""), self._people())

    def _people(self) -> AbstractSet[str]:
        people = {item.assignee_id or "" for item in self._requests.queue.items()}
        loaded = self._pane.loaded
        return people | {reviewer_of(event) for event in (loaded.events if loaded is not None else ())}
