"""A user's preferences for the screens. Light to import: the first frame waits for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pumpup_tui.local_state.save_policy import Saving

GRACE_SECONDS = 5.0


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
    filters: Mapping[str, str] = field(default_factory=dict)
    """The inbox's saved filters by name, each as it would be typed."""
    reason_codes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Reason codes by a project's name or id; `*` for all projects."""
    note_templates: Mapping[str, str] = field(default_factory=dict)
    """Notes that are written often, by name, with placeholders."""
