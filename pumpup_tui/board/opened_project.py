"""The project that the board shows: the chosen one, else the one that was opened while all are chosen."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pumpup_tui.backend.status import Status


class OpenedProject:
    """The project that was opened, from the overview of all or from another screen."""

    def __init__(self) -> None:
        self._id: str | None = None
        self._go_back: Callable[[], None] | None = None

    def open(self, project_id: str, go_back: Callable[[], None] | None = None) -> None:
        """Open a project; `go_back` leads to the screen that it was opened from, where that is another one."""
        self._id, self._go_back = project_id, go_back

    @property
    def is_on(self) -> bool:
        """Whether there is a way back from it."""
        return self._id is not None

    def leave(self) -> Callable[[], None] | None:
        """Close it; return what leads to the screen that it was opened from, if any."""
        go_back, self._id, self._go_back = self._go_back, None, None
        return go_back

    def shown(self, status: Status) -> str | None:
        """Return the chosen project; where all are chosen, the one that was opened, or the only one that someone made.

        None is the overview of all.
        """
        if status.project is not None:
            if status.project.id != self._id or self._go_back is None:
                self.leave()
            return status.project.id
        if self._id is not None:
            return self._id
        made = [project for project in status.projects if project.project_name != "general"] or list(status.projects)
        return made[0].id if len(made) == 1 else None
