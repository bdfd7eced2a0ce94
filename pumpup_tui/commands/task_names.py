"""The names of the tasks that a timeline's lines are about: events have only their ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from api_client.backend import Backend
    from api_client.models import Event

ONE_BY_ONE = 20
"""Names that are looked up singly; beyond, the list of tasks is read once."""


class TaskNames:
    """Raw names by the ids of tasks, read as events come."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    async def of(self, backend: Backend, events: Sequence[Event]) -> Mapping[str, str]:
        """Return the names of the events' tasks, as far as there are any.

        Raises:
            ApiError: the backend could not be read.
        """
        from api_client.errors import NotFound

        missing = {event.task_id for event in events if event.task_id} - self._names.keys()
        if len(missing) > ONE_BY_ONE:
            self._names |= {task.id: task.name for task in await backend.tasks()}
            return self._names
        for task_id in missing:
            with suppress(NotFound):
                self._names[task_id] = (await backend.task(task_id)).task.name
        return self._names
