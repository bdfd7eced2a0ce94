"""Look-ups and checks that several rules share."""

from __future__ import annotations

from typing import Any

from api_client import commands as c
from api_client.errors import Conflict, InvalidRequest, NotFound
from store.core import step_graphs
from store.core.fold import patched
from store.core.ruling import Ruling
from store.core.state_view import Doc, StateView


def project_named(view: StateView, slug: str) -> Doc:
    """Return the project with this slug.

    Raises:
        NotFound: there is none.
    """
    project = view.project_by_slug(slug)
    if project is None:
        raise NotFound(f"There is no project {slug!r}.")
    return project


def task_named(view: StateView, task_id: str) -> Doc:
    """Return a task's document.

    Raises:
        NotFound: there is none.
    """
    task = view.get("tasks", task_id)
    if task is None:
        raise NotFound(f"There is no task {task_id!r}.")
    return task


def agents_task(view: StateView, command: c.TaskCommand) -> Doc:
    """Return the task of an agent's command, which names its project too.

    Raises:
        NotFound: the task or the project does not exist.
        InvalidRequest: PROJECT_MISMATCH, the task is of another project.
    """
    project = project_named(view, command.project_name)
    task = task_named(view, command.task_id)
    if task["projectId"] != project["id"]:
        raise InvalidRequest(f"The task is not of the project {command.project_name!r}.", code="PROJECT_MISMATCH")
    return task


def check_metadata(ruling: Ruling, project: Doc, step: str, before: Doc, patch: Doc | None) -> None:
    """Check what `patch` makes of a task's metadata, against the limits and the schema of `step`.

    Raises:
        InvalidRequest: it is too large, or does not fit the schema.
        CheckNeeded: by `ruling.ask`.
    """
    metadata = patched(before, patch)
    if patch:
        step_graphs.check_size(metadata, before, most=ruling.limits.metadata_bytes)
    step_graphs.check_metadata(project, step, metadata, ask=ruling.ask)


def check_not_closed(task: Doc) -> None:
    """Refuse what a closed task doesn't take.

    Raises:
        Conflict: the task is closed.
    """
    if task.get("status") == "CLOSED":
        raise Conflict("The task is closed: it takes notes only.")


def without_none(payload: Doc) -> dict[str, Any]:
    """Return a payload without the keys that have no value."""
    return {key: value for key, value in payload.items() if value is not None}
