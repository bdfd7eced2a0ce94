"""A user's preferences for the screens. Light to import: the first frame waits for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pumpup_tui.local_state.save_policy import Saving

GRACE_SECONDS = 5.0
STUCK_HOURS = 24.0
DECIDED_HOURS = 1.0


@dataclass(frozen=True)
class StuckAfter:
    """The times after which a task on which nothing happens counts as stuck."""

    hours: float = STUCK_HOURS
    """Since anything was last put on its timeline."""
    decided_hours: float = DECIDED_HOURS
    """Since its last request was settled, where its agent has done nothing since."""
    projects: Mapping[str, float] = field(default_factory=dict)
    """In place of `hours`, by a project's slug."""

    def hours_in(self, project_name: str) -> float:
        """Return the hours for a project's tasks, by its slug."""
        return self.projects.get(project_name, self.hours)


@dataclass(frozen=True)
class Preferences:
    """Handed to the app by the composition root, which reads them from the configuration."""

    grace_seconds: float = GRACE_SECONDS
    """Seconds that a decision is held before it is sent; 0 sends at once."""
    bell: bool = False
    """Whether the terminal's bell rings for a new request."""
    desktop: bool = False
    """Whether a new request is notified on the desktop (OSC 9)."""
    theme: str = ""
    """A theme's name; empty is the app's own."""
    is_compact: bool = False
    """Whether the screens are to be compact, where the user did not pick otherwise."""
    keymap: Mapping[str, str] = field(default_factory=dict)
    """Keys by a binding's id, in place of its own."""
    saving: Saving = field(default_factory=Saving)
    """Where the screens may save."""
    stuck: StuckAfter = field(default_factory=StuckAfter)
    """When a task counts as stuck."""
    filters: Mapping[str, str] = field(default_factory=dict)
    """The inbox's saved filters by name, each as it would be typed."""
    reason_codes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Reason codes by a project's name or id; `*` for all projects."""
    note_templates: Mapping[str, str] = field(default_factory=dict)
    """Notes that are written often, by name, with placeholders."""
