"""The rules of who may change what holds for all: policies and pauses (CONTRACT.md part 4)."""

from __future__ import annotations

from typing import Any

from api_client import commands as c
from api_client.actor import Actor
from api_client.authority import check_policy
from api_client.errors import Conflict, InvalidRequest, NotAllowed, NotFound
from store.core.authority_lookup import authority_of, own_pause, pause_in
from store.core.event_types import PAUSED, POLICY_SET, RESUMED
from store.core.policy_rules import policy_of
from store.core.ruling import Ruling
from store.core.state_view import StateView

REASON_MOST = 500
"""Characters of a pause's reason: every screen has it, and every write of an agent that is refused."""


def authority_snapshot(actor: Actor) -> dict[str, Any]:
    """Return who acts and what they are allowed to, as it is recorded."""
    return {"subject": actor.subject, "tags": list(actor.tags)}


def set_policy(ruling: Ruling, command: c.SetPolicy) -> None:
    """Set a project's policy in place of the one that its author saw."""
    project = ruling.view.get("projects", command.project_id)
    if project is None:
        raise NotFound(f"There is no project {command.project_id!r}.")
    in_force = policy_of(ruling.view, command.project_id)
    if in_force is not None and in_force.owners and not set(in_force.owners) & set(ruling.actor.tags):
        owners, who = " or ".join(in_force.owners), ruling.actor.subject
        raise NotAllowed(f"Only {owners} may change this policy; {who} does not have that tag.")
    check_policy(command.policy, (step["name"] for step in project["steps"]["steps"]))
    hash_ = authority_of(ruling.view, command.project_id).get("policyHash")
    if command.replaces != hash_:
        found = f"The policy in force is {hash_}" if hash_ else "The project has no policy"
        raise Conflict(f"{found}: it was changed since you read it. Read it again, then set yours with its hash.")
    payload = {"type": "PolicySet", "policy": command.policy.wire(), "authority": authority_snapshot(ruling.actor)}
    if command.replaces is not None:
        payload["replaces"] = command.replaces
    ruling.entry(POLICY_SET, payload, projectId=command.project_id)
    ruling.shows = ("policies", command.project_id)


def pause(ruling: Ruling, command: c.Pause) -> None:
    """Pause a project, or all."""
    if len(command.reason) > REASON_MOST:
        raise InvalidRequest(f"reason: has {len(command.reason):,} characters, at most {REASON_MOST:,} are taken")
    _check_project(ruling.view, command.project_id)
    if paused := own_pause(ruling.view, command.project_id):
        raise Conflict(f"Paused already by {paused['by']} at {paused['at']}: {paused['reason']}")
    ruling.entry(PAUSED, {"type": "Paused", "reason": command.reason}, projectId=command.project_id)


def resume(ruling: Ruling, command: c.Resume) -> None:
    """End the pause of a project, or the one of all."""
    _check_project(ruling.view, command.project_id)
    if own_pause(ruling.view, command.project_id) is None:
        raise Conflict("It is not paused.")
    ruling.entry(RESUMED, {"type": "Resumed"}, projectId=command.project_id)


def _check_project(view: StateView, project_id: str | None) -> None:
    if project_id is not None and view.get("projects", project_id) is None:
        raise NotFound(f"There is no project {project_id!r}.")


def check_not_paused(view: StateView, command: c.Command) -> None:
    """Refuse an agent's write while its project, or all, is paused.

    Raises:
        NotAllowed: it is, for the reason that the message gives.
    """
    if paused := pause_in(view, _project_of(view, command)):
        raise NotAllowed(
            "Agents' writes are refused until a reviewer resumes. "
            f"Paused by {paused['by']} at {paused['at']}: {paused['reason']}"
        )


def _project_of(view: StateView, command: c.Command) -> str | None:
    """Return the id of the project that an agent's command writes to, as far as it says it."""
    if isinstance(command, c.CreateTask | c.TaskCommand):
        project = view.project_by_slug(command.project_name)
        return project["id"] if project is not None else None
    if isinstance(command, c.Withdraw):
        event = view.event(command.request_id)
        return event.get("projectId") if event is not None else None
    return None
