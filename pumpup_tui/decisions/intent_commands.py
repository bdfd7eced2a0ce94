"""From what was confirmed on a screen to the command that writes it."""

from __future__ import annotations

from api_client.commands import Answer, Assign, Command, Comment, Decide, Move, Withdraw
from api_client.models import Outcome
from pumpup_tui.decisions.desk import Intent


def command_of(intent: Intent) -> Command:
    """Return the command that carries out `intent`."""
    note = intent.note.strip() or None
    request_hash = intent.request_hash or None
    if intent.verb == "ANSWER":
        return Answer(request_id=intent.target, answers=dict(intent.answers), request_hash=request_hash)
    if intent.verb == "WITHDRAW":
        return Withdraw(request_id=intent.target, reason=intent.note.strip())
    if intent.verb == "MOVE":
        return Move(task_id=intent.target, transitions_to=intent.to_step, note=note)
    if intent.verb == "NOTE":
        return Comment(task_id=intent.target, message=intent.note)
    if intent.verb == "ASSIGN":
        return Assign(task_id=intent.target, assignee_id=intent.assignee)
    outcome = Outcome(type=intent.verb, note=note, reason_code=intent.reason_code or None)
    blind = True if intent.blind else None
    return Decide(request_id=intent.target, outcome=outcome, request_hash=request_hash, blind=blind)
