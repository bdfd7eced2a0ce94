"""The routes table: every call of CONTRACT.md parts 1 and 2, once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api_client.commands import HTTP_COMMANDS
from api_client.errors import NotAllowed, NotFound
from store.server import reads, writes
from store.server.auth import caller
from store.server.calls import ANYONE, REVIEWERS, Asked, Row, Served
from store.server.limits import Limits

ROWS: tuple[Row, ...] = (
    Row("GET", "/api/projects", reads.projects, ANYONE),
    Row("GET", "/api/projects/{project_id}", reads.project, ANYONE),
    Row("GET", "/api/tasks", reads.tasks, ANYONE),
    Row("GET", "/api/tasks/{task_id}", reads.task, ANYONE),
    Row("GET", "/api/tasks/{task_id}/events", reads.task_events, ANYONE),
    Row("GET", "/api/approval-requests/{request_id}/result", reads.approval_result, ANYONE),
    Row("GET", "/api/elicitation-requests/{request_id}/result", reads.elicitation_result, ANYONE),
    Row("POST", "/api/uploads", writes.upload, ANYONE),
    Row("GET", "/api/uploads/{upload_id}", reads.upload, ANYONE),
    Row("GET", "/api/uploads/{upload_id}/content", reads.upload_content, ANYONE),
    Row("GET", "/api/me", reads.me, REVIEWERS),
    Row("GET", "/api/open-requests", reads.open_requests, REVIEWERS),
    Row("GET", "/api/requests/{request_id}", reads.request, REVIEWERS),
    Row("GET", "/api/board/{project_id}", reads.board, REVIEWERS),
    Row("GET", "/api/events", reads.events, REVIEWERS),
    *(
        Row("POST", kind.path, writes.write(kind), REVIEWERS if kind.for_reviewers else ANYONE)
        for kind in HTTP_COMMANDS
    ),
)


def routes(backend: Served, limits: Limits) -> Iterator[Route]:
    """Give the table as Starlette takes it, each call answered by `backend` acting for its caller."""
    by_path: dict[str, dict[str, Row]] = {}
    for row in ROWS:
        by_path.setdefault(row.path, {})[row.method] = row
    for path, by_method in by_path.items():
        yield Route(path, _endpoint(by_method, backend, limits), methods=list(by_method))


def _endpoint(
    by_method: Mapping[str, Row], backend: Served, limits: Limits
) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        row = by_method["GET" if request.method == "HEAD" else request.method]
        actor = caller(request)
        if actor.role not in row.roles:
            raise NotAllowed("An agent's key may not make this call: it takes a reviewer's.")
        # An escaped slash belongs to an id, and no id has one; unescaped it would be read as another call's path.
        if b"%2f" in request.scope.get("raw_path", b"").lower():
            raise NotFound("There is nothing of this id.")
        return await row.handler(Asked(request, backend.acting_as(actor), limits))

    return endpoint
