"""Reads that several screens make: a request, a task, a page of a timeline and the projects, each with all it shows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from api_client.errors import ApiError
from pumpup_tui.backend.messages import (
    BlindnessRead,
    CallId,
    DeedsRead,
    EventsPage,
    NamesRead,
    ProjectsLoaded,
    RequestLoaded,
    TaskLoaded,
)
from pumpup_tui.text.attachment_names import attachments_of

if TYPE_CHECKING:
    from textual.message_pump import MessagePump

    from api_client.backend import Backend
    from api_client.models import Attachment, Event, Page, RequestDetail, Upload
    from pumpup_tui.backend.calls import BackendCalls
    from pumpup_tui.backend.page_requests import PageRequest
    from pumpup_tui.backend.timeline_query import Query
    from pumpup_tui.text.inspection import Inspection

LATEST = 30
"""Events that a request's detail shows."""
PAGE = 100


class Reads:
    """The reads of one backend. Each answers `to` with its message, or with a `CallFailed` that carries its id."""

    def __init__(self, calls: BackendCalls, reviewer: Callable[[], str] = str) -> None:
        """Take what returns the reader's name: what is hidden from them is not read to the screens."""
        self._calls = calls
        self._reviewer = reviewer

    def request(self, to: MessagePump, request_id: str, *, ahead: bool = False) -> CallId:
        """Read all that is shown of a request; `ahead` of its being looked at, beside the one that is."""

        async def call(backend: Backend) -> RequestLoaded:
            detail = await backend.request(request_id)
            if detail.blind:
                from pumpup_tui.backend.blind_review import hidden_detail

                detail = hidden_detail(detail, self._reviewer())
            events = await backend.events(task_id=detail.task.id, order="desc", limit=LATEST)
            uploads = await _uploads(backend, attachments_of(detail))
            return RequestLoaded(detail, _short(events).items, uploads, await _inspected(detail))

        return self._calls.ask(to, "the request", call, group="request ahead" if ahead else "request")

    def timeline(self, to: MessagePump, query: Query, request: PageRequest, *, group: str = "") -> CallId:
        """Read a page of a query's timeline; without a `group` it takes no other one's place."""

        async def call(backend: Backend) -> EventsPage:
            # What reads a timeline is imported with the first one, behind the first paint.
            from pumpup_tui.backend.timeline_scan import Timeline

            scanned = await Timeline(backend, query).read(request)
            return EventsPage(request, scanned.result, scanned.looked)

        return self._calls.ask(to, "the timeline", call, group=group or f"timeline {request.number}")

    def names(self, to: MessagePump, ids: Sequence[str]) -> CallId:
        """Read the names of tasks and the summaries of requests; those that aren't found are left out."""

        async def call(backend: Backend) -> NamesRead:
            names: dict[str, str] = {}
            attachments: dict[str, dict[str, str]] = {}
            for of_id in ids:
                with suppress(ApiError):  # the row is shown without it
                    if of_id in names:
                        continue
                    if not of_id.startswith("evt_"):
                        names[of_id] = (await backend.task(of_id)).task.name
                        continue
                    request = await backend.request(of_id)
                    names[of_id] = str(request.event.payload.get("summary") or "")
                    names[request.task.id] = request.task.name
                    attachments[of_id] = {one.upload_id: one.label for one in attachments_of(request)}
            return NamesRead(names, attachments)

        return self._calls.ask(to, "the names", call, group=f"names {ids[0]}")

    def blindness(self, to: MessagePump, request_id: str) -> CallId:
        """Read whether a request's recommendation is hidden from the reader; one that can't be read stays hidden."""

        async def call(backend: Backend) -> BlindnessRead:
            from pumpup_tui.backend.blind_review import hidden_detail

            with suppress(ApiError):
                detail = hidden_detail(await backend.request(request_id), self._reviewer())
                return BlindnessRead(request_id, bool(detail.blind))
            return BlindnessRead(request_id, is_hidden=True)

        return self._calls.ask(to, "the request", call, group="blindness")

    def deeds(self, to: MessagePump, request_id: str) -> CallId:
        """Read what came of a request."""

        async def call(backend: Backend) -> DeedsRead:
            from pumpup_tui.text.deed_words import decided_at

            with suppress(ApiError):  # the event is shown without it
                detail = await backend.request(request_id)
                at, is_closed = decided_at(detail.result), detail.task.status == "CLOSED"
                return DeedsRead(request_id, detail.deeds, at, is_closed=is_closed)
            return DeedsRead(request_id, None)

        return self._calls.ask(to, "the request", call, group="deeds")

    def task(self, to: MessagePump, task_id: str) -> CallId:
        """Read a task with its open requests and its latest events."""

        async def call(backend: Backend) -> TaskLoaded:
            detail = await backend.task(task_id)
            project = await backend.project(detail.task.project_id)
            events = await backend.events(task_id=task_id, order="desc", limit=PAGE)
            given = await backend.events(task_id=task_id, order="desc", types=("ASSIGNMENT",), limit=1)
            uploads = await _uploads(backend, detail.task.attachments)
            assignee = str(given.items[0].payload.get("assigneeId") or "") if given.items else ""
            return TaskLoaded(detail, project, _short(events), uploads, assignee)

        return self._calls.ask(to, "the task", call, group="task")

    def projects(self, to: MessagePump) -> CallId:
        """Read all projects."""

        async def call(backend: Backend) -> ProjectsLoaded:
            return ProjectsLoaded(await backend.projects())

        return self._calls.ask(to, "the projects", call, group="projects")


async def _uploads(backend: Backend, attachments: Iterable[Attachment]) -> dict[str, Upload]:
    """Return what is known of attachments' uploads, by id."""
    uploads: dict[str, Upload] = {}
    for attachment in attachments:
        try:
            uploads[attachment.upload_id] = await backend.upload(attachment.upload_id)
        except ApiError:
            continue  # size and type are optional: the attachment is named without them
    return uploads


def _short(page: Page[Event]) -> Page[Event]:
    # With the first page that is read behind the first paint.
    from pumpup_tui.text.truncation import short_event_page

    return short_event_page(page)


async def _inspected(detail: RequestDetail) -> Inspection:
    """Return the findings of a request's inspection, made in a thread: a megabyte of mixed alphabets takes a while."""
    # With the first request that is read behind the first paint.
    from pumpup_tui.text.inspection import inspect_request

    return await asyncio.to_thread(inspect_request, detail)
