"""The state of a folder with the events of its journal, as the rules read them."""

from __future__ import annotations

from store.core.state_view import Doc
from store.folder.event_log import Events
from store.folder.state import State


class FolderView:
    """A `StateView` over a folder's state and journal."""

    def __init__(self, state: State, events: Events) -> None:
        self._state = state
        self.get, self.count = state.get, state.count
        self.event, self.settlement = events.find, events.settlement

    @property
    def seq(self) -> int:
        """The number of events so far."""
        return self._state.seq

    def project_by_slug(self, slug: str) -> Doc | None:
        """Return the project with this slug."""
        return self._state.get("projects", self._state.slugs.get(slug, ""))
