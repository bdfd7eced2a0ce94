"""The rules of projects (CONTRACT.md part 3, Projects)."""

from __future__ import annotations

import re

from api_client import commands as c
from api_client.errors import Conflict, InvalidRequest
from store.core import step_graphs
from store.core.event_types import PROJECT_CREATED
from store.core.ruling import Ruling
from store.core.state_view import StateView

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def create_project(ruling: Ruling, command: c.CreateProject) -> None:
    """Create a project with its step graph."""
    _check_name(command.name)
    step_graphs.check(command.steps, schema_bytes=ruling.limits.schema_bytes, ask=ruling.ask)
    slug = slug_of(command.name) or _numbered(ruling.view)
    if ruling.view.project_by_slug(slug) is not None:
        raise Conflict(f"There is a project {slug!r} already.")
    project_id = f"prj_{ruling.token()}"
    steps = command.steps.wire()
    payload = {"type": "ProjectCreated", "name": command.name, "projectName": slug, "steps": steps}
    ruling.entry(PROJECT_CREATED, payload, projectId=project_id)
    ruling.shows = ("projects", project_id)


def slug_of(name: str) -> str:
    """Return the slug of a display name; empty where it has no letter a-z and no digit (CONTRACT.md part 3)."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def _numbered(view: StateView) -> str:
    """Return a free slug for a name that makes none."""
    number = view.count("projects") + 1
    while view.project_by_slug(f"project_{number}") is not None:
        number += 1
    return f"project_{number}"


def _check_name(name: str) -> None:
    if not 1 <= len(name) <= 80 or _CONTROL.search(name):
        raise InvalidRequest("A project's name has 1 to 80 characters, none of them a control character.")
