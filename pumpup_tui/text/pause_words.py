"""A pause in clean words: what is paused since when, by whom and why, and how it is ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pumpup_tui.text.durations import minute
from pumpup_tui.text.firewall import line

if TYPE_CHECKING:
    from datetime import datetime, tzinfo


def pause_words(project_name: str, at: datetime, subject: str, note: str, zone: tzinfo | None = None) -> str:
    """Return what is paused since when, by whom and why, in one clean line.

    Args:
        project_name: The name of its project for agents, raw; empty where all are paused.
        at: Since when.
        subject: Who paused it, raw.
        note: The reason, raw.
        zone: The zone of its time; None is the machine's.
    """
    where = f"project {line(project_name, 80)}" if project_name else "all projects"
    end = "" if note.rstrip().endswith((".", "!", "?")) else "."
    return f"Paused ({where}) since {minute(at, zone)} by {line(subject, 80)}: {line(note, 500)}{end}"


def resume_remedy(project_name: str) -> str:
    """Return how a pause is ended."""
    option = f" --project {line(project_name, 80)}" if project_name else ""
    return f"Agents' writes are refused; 'pumpup-tui resume{option}' ends it."
