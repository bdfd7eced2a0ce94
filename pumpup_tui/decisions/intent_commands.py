"""From what was confirmed on a screen to the command that writes it."""

from __future__ import annotations

from typing import Any, cast

from api_client.commands import (
    Answer,
    Assign,
    Command,
    Comment,
    Decide,
    EndGrant,
    GiveGrant,
    Move,
    Pause,
    Resume,
    Withdraw,
)
from api_client.models import Outcome, OutcomeType
from pumpup_tui.decisions.desk import ALL_PROJECTS, ALONE, Intent


def command_of(intent: Intent) -> Command:
    """Return the command that carries out `intent`."""
    note = intent.note.strip() or None
    shown: dict[str, Any] = {"request_hash": intent.request_hash or None, "attachments_opened": intent.opened}
    if intent.verb == "ANSWER":
        return Answer(request_id=intent.target, answers=dict(intent.answers), **shown)
    if intent.verb == "WITHDRAW":
        return Withdraw(request_id=intent.target, reason=intent.note.strip())
    if intent.verb in ("MOVE", "NOTE", "ASSIGN"):
        return _task_command(intent, note)
    if intent.verb in ALONE:
        return _authority_command(intent)
    outcome = Outcome(type=cast("OutcomeType", intent.verb), note=note, reason_code=intent.reason_code or None)
    return Decide(request_id=intent.target, outcome=outcome, blind=True if intent.blind else None, **shown)


def _task_command(intent: Intent, note: str | None) -> Command:
    """Return the command of an act on a task."""
    if intent.verb == "MOVE":
        return Move(task_id=intent.target, transitions_to=intent.to_step, note=note)
    if intent.verb == "NOTE":
        return Comment(task_id=intent.target, message=intent.note)
    return Assign(task_id=intent.target, assignee_id=intent.assignee)


def _authority_command(intent: Intent) -> Command:
    """Return the command of an act on what holds for all (CONTRACT.md part 4)."""
    if intent.verb == "GIVE_GRANT":
        return GiveGrant(**intent.terms)
    if intent.verb == "END_GRANT":
        return EndGrant(grant_id=intent.target)
    project_id = None if intent.target == ALL_PROJECTS else intent.target
    if intent.verb == "PAUSE":
        return Pause(project_id=project_id, reason=intent.note.strip())
    return Resume(project_id=project_id)
