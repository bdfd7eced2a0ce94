"""The routes table: every call of CONTRACT.md parts 1 and 2, once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from functools import lru_cache

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api_client.actor import Actor
from api_client.authority import AuthorityStatus, Grant, PolicyInForce, Trial
from api_client.commands import (
    HTTP_COMMANDS,
    Command,
    CreateProject,
    CreateTask,
    EndGrant,
    GiveGrant,
    ReceiveUpload,
    SetPolicy,
)
from api_client.errors import NotAllowed, NotFound
from api_client.models import (
    ApprovalResult,
    Board,
    Card,
    ElicitationResult,
    Event,
    EventRef,
    InboxItem,
    Me,
    Page,
    Project,
    RequestDetail,
    Task,
    TaskDetail,
    Upload,
    UploadRef,
)
from api_client.proofs import CHECKPOINT, CHECKPOINT_KEY, CONSISTENCY, PROOFS, Consistency, EventProofs, ProofFile
from api_client.settled import SettledRequest
from api_client.wire import Wire
from store.server import authority_calls, proof_calls, reads, writes
from store.server.auth import caller
from store.server.call_context import ANYONE, NO_ONE_ASKED, REVIEWERS, TEXT, IncomingCall, Row, Served
from store.server.limits import Limits, is_large
from store.server.observers import CALL
from store.server.openapi import documented
from store.server.shares import AdmissionControl, TicketedResponse
from store.server.stream import Tail

_CALLERS = 1_000
"""Callers whose backends are held, at the most."""
TRIAL = f"{GiveGrant.path}/trial"
_WAIT = ("wait",)
_PAGE = ("cursor", "limit")
_CREATED: Mapping[type[Command], type[Wire]] = {
    CreateProject: Project,
    CreateTask: Task,
    SetPolicy: PolicyInForce,
    GiveGrant: Grant,
    EndGrant: Grant,
}
"""What a command answers that makes something other than an event."""


def _command(kind: type[Command]) -> Row:
    answers = {201 if kind.method == "POST" else 200: _CREATED.get(kind, EventRef)}
    roles = REVIEWERS if kind.for_reviewers else ANYONE
    return Row(kind.method, kind.path, writes.write(kind), roles, answers, takes=kind)


_CALLS: tuple[Row, ...] = (
    Row("GET", "/api/projects", reads.projects, ANYONE, {200: Page[Project]}, ("name",), large=True),
    Row("GET", "/api/projects/{project_id}", reads.project, ANYONE, {200: Project}),
    Row("GET", "/api/tasks", reads.tasks, ANYONE, {200: Page[Task]}, ("projectId", "name"), large=True),
    Row("GET", "/api/tasks/{task_id}", reads.task, ANYONE, {200: TaskDetail}, large=True),
    Row("GET", "/api/tasks/{task_id}/events", reads.task_events, ANYONE, {200: Page[Event]}, _PAGE, large=True),
    Row(
        "GET",
        "/api/approval-requests/{request_id}/result",
        reads.approval_result,
        ANYONE,
        {200: ApprovalResult, 204: None},
        _WAIT,
        often=True,
    ),
    Row(
        "GET",
        "/api/elicitation-requests/{request_id}/result",
        reads.elicitation_result,
        ANYONE,
        {200: ElicitationResult, 204: None},
        _WAIT,
        often=True,
    ),
    Row("POST", "/api/uploads", writes.upload, ANYONE, {201: UploadRef}, takes=ReceiveUpload),
    Row("GET", "/api/uploads/{upload_id}", reads.upload, ANYONE, {200: Upload}),
    Row(
        "GET", "/api/uploads/{upload_id}/content", reads.upload_content, ANYONE, {200: None}, media="*/*", goes_on=True
    ),
    Row("GET", "/api/me", reads.me, REVIEWERS, {200: Me}),
    Row(
        "GET",
        "/api/open-requests",
        reads.open_requests,
        REVIEWERS,
        {200: Page[InboxItem]},
        ("projectId", "context", *_PAGE),
        large=True,
    ),
    Row("GET", "/api/requests/{request_id}", reads.request, REVIEWERS, {200: RequestDetail}, large=True),
    Row(
        "GET",
        "/api/board/{project_id}",
        reads.board,
        REVIEWERS,
        {200: (Board, Page[Card])},
        ("step", *_PAGE),
        large=True,
    ),
    Row("GET", "/api/history/tasks/{task_id}", reads.past_task, REVIEWERS, {200: TaskDetail}, ("at",), large=True),
    Row(
        "GET",
        "/api/history/board/{project_id}",
        reads.past_board,
        REVIEWERS,
        {200: (Board, Page[Card])},
        ("at", "step", *_PAGE),
        large=True,
    ),
    Row(
        "GET",
        "/api/events",
        reads.events,
        REVIEWERS,
        {200: Page[Event]},
        ("projectId", "taskId", "types", "since", "until", "decidedBy", "outcome", "deed", "order", *_PAGE),
        large=True,
    ),
    Row(
        "GET",
        "/api/events/stream",
        reads.event_stream,
        REVIEWERS,
        {200: None},
        ("cursor",),
        media=reads.EVENT_STREAM,
        goes_on=True,
    ),
    Row(
        "GET",
        "/api/settled-requests",
        reads.settled_requests,
        REVIEWERS,
        {200: Page[SettledRequest]},
        ("projectId", "since", "until", "order", *_PAGE),
        large=True,
    ),
    Row("GET", SetPolicy.path, authority_calls.policy, REVIEWERS, {200: PolicyInForce}),
    Row("GET", GiveGrant.path, authority_calls.grants, REVIEWERS, {200: Page[Grant]}, ("projectId",), large=True),
    Row("POST", TRIAL, authority_calls.grant_trial, REVIEWERS, {200: Trial}, asks=GiveGrant, large=True),
    Row("GET", "/api/authority", authority_calls.authority, REVIEWERS, {200: AuthorityStatus}),
    Row("GET", CHECKPOINT, proof_calls.checkpoint, ANYONE, {200: None}, media=TEXT),
    Row("GET", CHECKPOINT_KEY, proof_calls.checkpoint_key, ANYONE, {200: None}, media=TEXT),
    Row("GET", f"{PROOFS}/{{event_id}}", proof_calls.event_proof, ANYONE, {200: ProofFile}, large=True),
    Row("GET", PROOFS, proof_calls.event_proofs, ANYONE, {200: EventProofs}, ("seqs", "size"), large=True),
    Row("GET", CONSISTENCY, proof_calls.consistency, ANYONE, {200: Consistency}, ("from", "to")),
    *map(_command, HTTP_COMMANDS),
    Row("GET", "/healthz", reads.health, NO_ONE_ASKED, {200: None, 503: None}),
)


def table(more: Iterable[Row] = ()) -> tuple[Row, ...]:
    """Return all rows with `more`, and the one that describes them all."""
    return documented((*_CALLS, *more))


ROWS = table()


def without_key(rows: Iterable[Row]) -> frozenset[str]:
    """Return the paths that are answered without a key."""
    return frozenset(row.path for row in rows if row.roles == NO_ONE_ASKED)


def routes(rows: Iterable[Row], backend: Served, limits: Limits, tail: Tail) -> Iterator[Route]:
    """Yield the table as Starlette's routes, each call answered by `backend` acting for its caller."""
    by_path: dict[str, dict[str, Row]] = {}
    for row in rows:
        by_path.setdefault(row.path, {})[row.method] = row
    # A path without a part that varies comes first: `/api/events/stream` and the like are no ids.
    # Those that are asked for all the time come before these: no path without such a part looks like one of them.
    is_often = {path: any(row.often for row in of_path.values()) for path, of_path in by_path.items()}
    in_order = sorted(by_path, key=lambda path: (not is_often[path], "{" in path))
    admission, acting_as = AdmissionControl(limits.shares), lru_cache(_CALLERS)(backend.acting_as)
    for path in in_order:
        endpoint = _endpoint(by_path[path], backend, limits, tail, acting_as=acting_as, admission=admission)
        yield Route(path, endpoint, methods=list(by_path[path]))


def _endpoint(
    by_method: Mapping[str, Row],
    backend: Served,
    limits: Limits,
    tail: Tail,
    *,
    acting_as: Callable[[Actor], Served],
    admission: AdmissionControl,
) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        row = by_method["GET" if request.method == "HEAD" else request.method]
        request.scope[CALL] = row.name
        if row.roles == NO_ONE_ASKED:
            return await row.handler(IncomingCall(request, backend, limits, tail))
        actor = caller(request)
        if actor.role not in row.roles:
            raise NotAllowed("An agent's key may not make this call: it takes a reviewer's.")
        # An escaped slash belongs to an id, and no id has one; unescaped it would be read as another call's path.
        if b"%2f" in request.scope.get("raw_path", b"").lower():
            raise NotFound("There is nothing of this id.")
        is_write = row.method != "GET"
        ticket = await admission.enter(
            actor.subject, write=is_write, large=is_large(request) if is_write else row.large
        )
        try:
            answer = await row.handler(IncomingCall(request, acting_as(actor), limits, tail, ticket))
            if row.goes_on:
                ticket.release_turn()
        except BaseException:  # a client that disconnects leaves nothing behind
            ticket.close()
            raise
        return TicketedResponse(answer, ticket)

    return endpoint
