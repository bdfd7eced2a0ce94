"""The words for an empty inbox: what was done today, and what can be done next. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pumpup_tui.text.outcomes import ACTS

if TYPE_CHECKING:
    from pumpup_tui.keys.key_names import KeyNames

NOTHING = "Nothing waits for you. Requests appear here as agents ask."
FIRST_START = (
    "There is no project yet. In a shell:\n"
    "  pumpup-tui demo     a simulated team, to look around\n"
    "  pumpup-tui serve    a server for your agents\n"
    "  pumpup-tui import   a record from elsewhere"
)


@dataclass(frozen=True, slots=True)
class DoneToday:
    """The requests that were settled since midnight, whoever did it."""

    by_act: Mapping[str, int]
    """The number of requests by the act that settled them."""
    mine: int
    """The number of them that the reader settled."""
    more: bool = False
    """Whether there were more than are counted."""

    @property
    def words(self) -> str:
        """The counts in words, empty where nothing was settled."""
        count = sum(self.by_act.values())
        if not count:
            return ""
        parts = [f"{self.by_act[name]:,} {act.past}" for name, act in ACTS.items() if self.by_act.get(name)]
        mine = "" if self.mine == count else f", {self.mine:,} by you"
        return f"All done: {count:,}{'+' if self.more else ''} decided today ({', '.join(parts)}{mine})."


def words_when_empty(key: KeyNames, done: DoneToday | None, *, has_projects: bool) -> str:
    """Return the words for an inbox without any request.

    Args:
        key: Names keys.
        done: What was done today; None where it is not known (yet).
        has_projects: Whether there is any project at all.
    """
    if not has_projects:
        return f"{NOTHING}\n\n{FIRST_START}"
    done_words = done.words if done is not None else ""
    if not done_words:
        return NOTHING
    screens = f"{key('screens.board')} board · {key('screens.timeline')} timeline"
    return f"{done_words}\nNew requests appear here as agents ask.  {screens}"
