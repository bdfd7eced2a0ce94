"""The contract's answers, made from documents and events: what every place for a record answers alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from msgspec.structs import replace

from api_client.deeds import Deeds
from api_client.errors import NotFound
from api_client.models import Board, Project, RequestDetail, Upload
from api_client.wire import read
from store.core import wire_objects
from store.core.fold import is_terminal
from store.core.state_view import Doc, DocumentLookup, Table
from store.core.timeout_rules import timed_steps

NO_STANDING: Mapping[str, Any] = {}
_NOUNS: dict[Table, str] = {"projects": "project", "tasks": "task", "requests": "open request", "uploads": "upload"}


def not_found(table: Table, doc_id: str) -> NotFound:
    """Return the error for an id that names nothing."""
    return NotFound(f"There is no {_NOUNS[table]} {doc_id!r}.")


def document(docs: DocumentLookup, table: Table, doc_id: str) -> Doc:
    """Return a document.

    Raises:
        NotFound: there is none with this id.
    """
    doc = docs.get(table, doc_id)
    if doc is None:
        raise not_found(table, doc_id)
    return doc


def no_request(request_id: str) -> NotFound:
    """Return the error for an id that names no request of the type that was asked for."""
    return NotFound(f"There is no request {request_id!r}.")


def check_step(project: Doc, step: str) -> None:
    """Check that a project declares a step.

    Raises:
        NotFound: it does not.
    """
    if all(declared["name"] != step for declared in project["steps"]["steps"]):
        raise NotFound(f"The project has no step {step!r}.")


def has_policy(docs: DocumentLookup, project_id: str) -> bool:
    """Return whether a project has a policy: only then is a request's event read for its standing."""
    authority = docs.get("authority", project_id)
    return authority is not None and "policy" in authority


class StepLoad(NamedTuple):
    """The load of one step; by itself that of an empty one."""

    tasks: int = 0
    waiting: int = 0
    """Those of them that wait for a person."""
    overdue: int = 0
    """Up to `OVERDUE_MOST`; it is shown where the step has a timeout."""
    oldest_at: str | None = None


def board(project: Doc, load: Callable[[str], StepLoad]) -> Board:
    """Return a project's columns in graph order; `load` returns the load of the step with a name."""
    timed = dict(timed_steps(project))
    columns = []
    for step in read(Project, wire_objects.project(project)).steps.in_graph_order():
        found, terminal = load(step.name), is_terminal(project, step.name)
        columns.append(
            {
                "step": step.name,
                "owner": step.owner,
                "terminal": terminal,
                "count": found.tasks,
                "waiting": found.waiting,
                "overdue": found.overdue if step.name in timed else None,
                "oldestAt": None if terminal else found.oldest_at,
            }
        )
    return read(Board, {"columns": columns})


def request_detail(
    event: Doc,
    settled: Doc | None,
    task: Doc,
    project: Doc,
    standing: Mapping[str, Any] = NO_STANDING,
    *,
    deeds: Deeds | None = None,
) -> RequestDetail:
    """Return all that a reviewer is shown of a request; `standing` is what its project's policy adds."""
    shown: dict[str, Any] = {
        **standing,
        "event": event,
        "hash": event["hash"],
        "task": wire_objects.task(task),
        "project": wire_objects.project(project),
        "result": wire_objects.result(event["id"], settled) if settled else None,
    }
    detail = read(RequestDetail, shown)
    return replace(detail, deeds=deeds) if deeds is not None else detail


def upload(doc: Doc) -> Upload:
    """Return an upload as the contract describes it."""
    return Upload(id=doc["id"], content_type=doc["contentType"], size=doc["size"], url="", file_name=doc["fileName"])


def is_project_named(doc: Doc, wanted: str | None) -> bool:
    """Return whether a project's name or slug contains what is wanted, case-insensitively."""
    text = (wanted or "").lower()
    return text in doc["name"].lower() or text in doc["projectName"]
