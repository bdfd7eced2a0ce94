"""The parts that a screen hands to its frame: the view of the armed decision, and the callbacks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pumpup_tui.keys.key_names import Hints

if TYPE_CHECKING:
    from api_client.models import Project
    from pumpup_tui.backend.messages import CallFailed
    from pumpup_tui.backend.status import Status
    from pumpup_tui.decisions.desk import Confirmed, Intent


class ArmedView:
    """The armed decision as a screen shows it. By default all that it depends on is always in view."""

    def is_visible(self) -> bool:
        """Return whether what is armed is what the screen shows."""
        return True

    def unseen(self) -> int:
        """Return how many lines that the decision depends on have not been on the screen yet."""
        return 0

    def announced(self) -> int:
        """Return how many of them the decision bar mentions: none before the first line was drawn."""
        return 0

    def show_unseen(self) -> None:
        """Scroll to some of these lines."""

    def hints(self) -> Hints:
        """Return what else can be added to the armed decision, as bindings with a word each."""
        return ()

    def confirmed(self, sent: Confirmed) -> None:
        """Go on after a decision was confirmed."""

    def taken_back(self, intent: Intent) -> None:
        """Go on after a held decision was taken back."""

    def nothing_armed(self) -> None:
        """Handle the key that confirms where nothing is armed."""


def _nothing(*_: Any) -> None:
    pass


@dataclass
class ScreenCallbacks:
    """Callbacks from the frame to a screen; by default each does nothing."""

    show_message: Callable[[str], None] = _nothing
    """Show this in place of the content, where there is none yet."""
    status_changed: Callable[[Status], None] = _nothing
    """Take a changed status; the frame shows it, and loads again if the project has changed."""
    call_failed: Callable[[CallFailed], None] = _nothing
    """Note that a call failed; the app reports it."""
    refresh_ages: Callable[[], None] = _nothing
    """Draw again what depends on the clock; called once a minute."""
    refresh_in_flight: Callable[[], None] | None = None
    """Draw again what depends on the decisions in flight, whenever one of them changes; None: as `refresh_ages`."""
    go_back: Callable[[], None] = _nothing
    """Handle escape where nothing is armed."""
    next_match: Callable[[], None] = _nothing
    """Go to the next match of a search: the key of a note, where nothing is armed that takes one."""
    become_narrow: Callable[[], None] = _nothing
    """Choose between list and detail, which stood side by side until now."""
    project: Callable[[], Project | None] | None = None
    """The project whose work is shown, where that is not the chosen one."""
