"""Entries of the command palette for what holds for all: pausing, resuming, and the grants."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from pumpup_tui.decisions.desk import ALL_PROJECTS, Intent
from pumpup_tui.shell.palette_entries import PaletteEntry
from pumpup_tui.text.firewall import line

if TYPE_CHECKING:
    from textual.screen import Screen

    from pumpup_tui.context import Context

PROJECTS_MOST = 20
"""Projects that are offered to be paused, where none is chosen."""
NAME = 60
"""Characters of a project's name."""


def authority_entries(screen: Screen[object], context: Context, show_grants: Callable[[], None]) -> list[PaletteEntry]:
    """Return the entries that the caller's backend takes; none on a screen that arms nothing."""
    from pumpup_tui.components.reviewer_screen import ReviewerScreen

    if not (context.can("authority") and isinstance(screen, ReviewerScreen)):
        return []
    grants = PaletteEntry("Grants: what each did, and ending them", "authority.grants", run=show_grants)
    if not context.can("decide"):
        return [grants]

    def arm(intent: Intent) -> None:
        context.outbox.arm(intent)
        if intent.verb == "PAUSE":
            screen.action_note()

    acts = [*_pauses(context), *_resumes(context)]
    return [grants, *(_entry(words, intent, arm) for words, intent in acts)]


def _entry(words: str, intent: Intent, arm: Callable[[Intent], None]) -> PaletteEntry:
    return PaletteEntry(words, f"authority.{intent.verb} {intent.target}", run=lambda: arm(intent))


def _pauses(context: Context) -> Iterator[tuple[str, Intent]]:
    """Yield what can be paused: all projects, and the one that is shown."""
    paused = {pause.project_id for pause in context.status.pauses}
    if None not in paused:
        yield "Pause all projects: agents can't write", Intent("PAUSE", ALL_PROJECTS, "all projects")
    shown = [context.status.project] if context.status.project else context.status.projects[:PROJECTS_MOST]
    for project in shown:
        if project.id not in paused:
            words = f"Pause {line(project.name, NAME)}: agents can't write to it"
            yield words, Intent("PAUSE", project.id, project.name)


def _resumes(context: Context) -> Iterator[tuple[str, Intent]]:
    for paused in context.status.pauses:
        name = "all projects" if paused.project_id is None else context.project_name(paused.project_id)
        # cleaned again: foreign, and found by its id
        words = f"Resume {line(name, NAME)}: paused by {line(paused.by, 40)}"
        yield words, Intent("RESUME", paused.project_id or ALL_PROJECTS, name)
