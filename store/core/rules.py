"""The rules of the state machine (CONTRACT.md parts 3 and 4), once: (state, command, actor, now) -> events.

Pure: nothing here reads a file or a clock. `decide` returns the events that a command makes of the state as it is
now, or raises the contract's error; `fold` applies the events to the state's documents.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from api_client import commands as c
from api_client.actor import Actor
from api_client.errors import NotAllowed
from api_client.times import parse_time
from store.core import (
    authority_rules,
    expiry_rules,
    grant_rules,
    project_rules,
    request_rules,
    task_rules,
    upload_rules,
)
from store.core.authority_rules import check_not_paused
from store.core.command_limits import NO_LIMITS, CommandLimits
from store.core.ruling import Content, Ruling
from store.core.schema_questions import Ask, unasked
from store.core.state_view import Doc, StateView


def decide(
    view: StateView,
    command: c.Command,
    actor: Actor,
    now: datetime,
    *,
    token: Callable[[], str],
    content: Content | None = None,
    limits: CommandLimits = NO_LIMITS,
    ask: Ask = unasked,
) -> Ruling:
    """Return the events that `command` makes of the state as it is now.

    A new command is held to `limits` and to the schemas that `ask` checks. By default it is held to neither, as it
    must be where an event that is already recorded is checked again.

    Raises:
        NotAllowed: the actor's role or the policy does not let them, or agents are paused.
        InvalidRequest: a rule refuses it; `code` names which.
        NotFound: it names something that does not exist.
        Conflict: the state does not take it.
        CheckNeeded: by `ask`.
    """
    check_role(command, actor)
    if actor.role == "agent":
        check_not_paused(view, command)
    ruling = Ruling(view, actor, now, token, content, limits, ask)
    _RULES[type(command)](ruling, command)
    return ruling


def check_role(command: c.Command, actor: Actor) -> None:
    """Check that a command is one of the actor's role; a repeated one is told no more than a first one.

    Raises:
        NotAllowed: it is not.
    """
    if command.for_reviewers and actor.role == "agent":
        raise NotAllowed("An agent's key can't do this: it takes a reviewer's.")
    if isinstance(command, c.FireTimeout | c.Expire) and actor.role != "platform":
        raise NotAllowed("Only the platform says that a time is over.")


_RULES: dict[type[c.Command], Callable[[Ruling, Any], None]] = {
    c.CreateProject: project_rules.create_project,
    c.CreateTask: task_rules.create_task,
    c.ReceiveUpload: upload_rules.receive_upload,
    c.RequestApproval: request_rules.request_approval,
    c.RequestElicitation: request_rules.request_elicitation,
    c.RecordAction: task_rules.record_action,
    c.RaiseException: task_rules.raise_exception,
    c.AddNote: task_rules.add_note,
    c.Decide: request_rules.decide_approval,
    c.Answer: request_rules.answer_elicitation,
    c.Withdraw: request_rules.withdraw,
    c.Assign: task_rules.assign,
    c.Move: task_rules.move,
    c.Comment: task_rules.comment,
    c.FireTimeout: task_rules.fire_timeout,
    c.SetPolicy: authority_rules.set_policy,
    c.GiveGrant: grant_rules.give_grant,
    c.EndGrant: grant_rules.end_grant,
    c.Pause: authority_rules.pause,
    c.Resume: authority_rules.resume,
    c.Expire: expiry_rules.expire,
}


def follow_up(view: StateView, event: Doc, *, token: Callable[[], str]) -> Ruling | None:
    """Return what an event that was just recorded brings about in the same commit; None where nothing.

    Args:
        view: The state with the event in it.
        event: The event, with its hash.
        token: Returns the random part of a new id.
    """
    if event["eventType"] not in grant_rules.FOLLOWED or view.get("authority", event["projectId"]) is None:
        return None
    ruling = Ruling(view, c.PLATFORM, parse_time(event["timestamp"]), token)
    grant_rules.follow_up(ruling, event)
    return ruling if ruling.events else None
