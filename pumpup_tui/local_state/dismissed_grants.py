"""The grants whose end the user has seen: each is announced until it is dismissed, also after a restart."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pumpup_tui.local_state.last_view import LastView

VIEW = "grants"
"""The name under which they are noted."""
MOST = 200
"""Grants that are remembered, the latest."""


class DismissedGrants:
    """Remembers which grants' ends were dismissed, by id."""

    def __init__(self, last_view: LastView) -> None:
        self._last_view = last_view

    @property
    def ids(self) -> frozenset[str]:
        """The ids of those that were dismissed."""
        return frozenset(self._stored())

    def add(self, ids: Iterable[str]) -> None:
        """Remember more of them."""
        known = self._stored()
        if more := [grant_id for grant_id in ids if grant_id not in known]:
            self._last_view.note(VIEW, {"dismissed": [*known, *more][-MOST:]})

    def _stored(self) -> list[str]:
        stored = self._last_view.recall(VIEW).get("dismissed")
        return [grant_id for grant_id in stored if isinstance(grant_id, str)] if isinstance(stored, list) else []
