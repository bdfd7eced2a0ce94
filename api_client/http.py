"""A Backend over HTTP: each of its methods is one call of CONTRACT.md parts 1 and 2."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Unpack

from api_client.addresses import content_url
from api_client.backend import PAGE
from api_client.commands import Command, path_part
from api_client.connection import SHORT_PATIENCE, Call, Connection, ConnectionOptions
from api_client.errors import InvalidRequest, NotAllowed, NotFound, UnexpectedAnswer, Unreachable
from api_client.event_filter import NO_FILTER, EventFilter
from api_client.event_stream import HEARTBEAT_PATIENCE, STREAM, Pulse, changes_in, while_there
from api_client.hosted import ME, HostedReads
from api_client.http_reads import HttpReads, passing
from api_client.http_writes import HttpWrites
from api_client.models import (
    ApprovalResult,
    Board,
    Card,
    Change,
    ElicitationResult,
    Event,
    InboxItem,
    Me,
    Order,
    Page,
    Project,
    Receipt,
    RequestDetail,
    Task,
    TaskDetail,
    Upload,
)
from api_client.response_limits import LIST_MOST, BodyLimit, EventLimit
from api_client.times import wire_time
from api_client.upload_form import random_boundary

if TYPE_CHECKING:
    from api_client.authority import AuthorityStatus, Grant, GrantTerms, PolicyInForce, Trial
    from api_client.http_authority import AuthorityCalls, NoAuthority
    from api_client.http_proofs import HttpProofs
    from api_client.settled import SettledQuery, SettledRequest

POLL = 0.5
"""Seconds between two polls for new events, if the server has no stream of them."""
ASK = 0.8
"""Seconds of silence of the stream after which the server is called to see if it is still there. With `SHORT_PATIENCE`
they are less than the three within which a person must know; heartbeats of our server come more often."""
_HISTORY = "/api/history"
_WITHIN = "within:"
"""The beginning of the cursor of a change that is not the last of its page. The server has a cursor for the last one
only, so this one is made of the page's own cursor and a count of events."""


class HttpBackend:
    """A Backend whose work is stored by a Pump Up server. One instance acts for one key."""

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        boundary: Callable[[], str] = random_boundary,
        poll: float = POLL,
        **options: Unpack[ConnectionOptions],
    ) -> None:
        """Check the address and the key's form; nothing is sent yet.

        Args:
            base_url: like `https://api.example.com`; plain http only to this machine, unless `allow_plain_http`.
            api_key: part of no error, log or repr.
            boundary: a random text that ends the parts of an upload's form.
            poll: seconds between two polls for new events.
            options: see `ConnectionOptions`.

        Raises:
            Misconfigured: the address can't be used (`INVALID_URL`, `INSECURE_URL`), the certificates can't
                (`INVALID_CA_FILE`), or the proxy that the environment names can't (`INVALID_PROXY`).
            NotAuthenticated: the key is empty or has characters that no key has.
        """
        self._connection = Connection(base_url, api_key, **options)
        self._poll = poll
        self._read, self._writes = HttpReads(self._connection), HttpWrites(self._connection, boundary)
        self._me: Me | None = None
        self._hosted: HostedReads | None = None
        """The reads of the reviewer part, if the server has none for this key."""

    def __repr__(self) -> str:
        return f"HttpBackend({self._connection.url!r})"

    @property
    def proxy(self) -> str:
        """The proxy before the server, without its password; empty if there is none."""
        return self._connection.proxy

    @property
    def notices(self) -> Sequence[str]:
        """See `Backend.notices`: a server does not report the state of its folder."""
        return ()

    @property
    def proofs(self) -> HttpProofs:
        """The server's checkpoints and proofs."""
        from api_client.http_proofs import HttpProofs  # with the first of them: the first rows wait for none

        return HttpProofs(self._connection, self._read)

    async def me(self) -> Me:
        """Return the caller, who can only read if the server has no reviewer part for this key."""
        try:
            self._me, self._hosted = await self._read.get(Me, "/api/me", patience=SHORT_PATIENCE), None
        except (NotFound, NotAllowed):
            if self._hosted is None:
                await self._check_agent_api()
                self._hosted = HostedReads(self._read, self._connection.sleep)
            self._me = ME
        return self._me

    async def _check_agent_api(self) -> None:
        """Raise `UnexpectedAnswer` if there is no agent API, which every server of the contract has."""
        try:
            await self._read.get(Page[Project], "/api/projects", patience=SHORT_PATIENCE, name="general")
        except (NotFound, UnexpectedAnswer):
            raise UnexpectedAnswer(
                f"What answers at {self._connection.url} is no Pump Up API. Is the address right? "
                "It is the one that /api/projects comes after."
            ) from None

    async def _hosted_reads(self) -> HostedReads | None:
        """Return the reads of the reviewer part for a server without one; None if the server has it."""
        if self._me is None:
            await self.me()
        return self._hosted

    async def _has(self, capability: str) -> bool:
        """Return whether the server can do this: older ones lack some, and ignore parameters that they don't know."""
        if self._me is None:
            await self.me()
        return self._me is not None and capability in self._me.capabilities

    async def _check_has_history(self, at: str | None) -> None:
        """Raise `InvalidRequest` where an earlier moment is asked for, and the server knows of none."""
        if at is not None and not await self._has("history"):
            raise InvalidRequest("This server can't say how things were at an earlier time.")

    async def projects(self, *, name: str | None = None) -> Sequence[Project]:
        """Return the projects whose display name or slug contains `name`."""
        return (await self._read.get(Page[Project], "/api/projects", most=LIST_MOST, name=name)).items

    async def project(self, project_id: str) -> Project:
        """Return one project."""
        return await self._read.get(Project, f"/api/projects/{path_part(project_id)}")

    async def board(self, project_id: str, *, at: str | None = None) -> Board:
        """Return the project's columns with a count for each, as they were at `at` if it is given."""
        await self._check_has_history(at)
        if hosted := await self._hosted_reads():
            return await hosted.board(project_id)
        return await self._read.get(Board, f"{_HISTORY if at else '/api'}/board/{path_part(project_id)}", at=at)

    async def cards(
        self, project_id: str, step: str, *, cursor: str | None = None, limit: int = PAGE, at: str | None = None
    ) -> Page[Card]:
        """Return one column's page of cards, as they were at `at` if it is given."""
        await self._check_has_history(at)
        if hosted := await self._hosted_reads():
            return await hosted.cards(project_id, step, cursor=cursor, limit=limit)
        path = f"{_HISTORY if at else '/api'}/board/{path_part(project_id)}"
        return await self._read.get(Page[Card], path, step=step, cursor=cursor, limit=limit, at=at)

    async def tasks(self, *, project_id: str | None = None, name: str | None = None) -> Sequence[Task]:
        """Return the tasks of a project, or all, whose name contains `name`."""
        return (await self._read.get(Page[Task], "/api/tasks", most=LIST_MOST, projectId=project_id, name=name)).items

    async def task(self, task_id: str, *, at: str | None = None) -> TaskDetail:
        """Return a task and its open requests, as they were at `at` if it is given."""
        await self._check_has_history(at)
        path = f"{_HISTORY if at else '/api'}/tasks/{path_part(task_id)}"
        return await self._read.get(TaskDetail, path, at=at)

    async def inbox(
        self, *, project_id: str | None = None, cursor: str | None = None, limit: int = PAGE, context: bool = False
    ) -> Page[InboxItem]:
        """Return a page of the open requests, oldest first, with their context where that is asked for."""
        if hosted := await self._hosted_reads():
            return await hosted.inbox(project_id=project_id, cursor=cursor, limit=limit, context=context)
        asked = "true" if context else None
        return await self._read.get(
            Page[InboxItem], "/api/open-requests", projectId=project_id, cursor=cursor, limit=limit, context=asked
        )

    async def request(self, request_id: str) -> RequestDetail:
        """Return all that a reviewer sees of a request."""
        if hosted := await self._hosted_reads():
            return await hosted.request(request_id)
        return await self._read.get(RequestDetail, f"/api/requests/{path_part(request_id)}")

    async def events(
        self,
        *,
        project_id: str | None = None,
        task_id: str | None = None,
        types: Sequence[str] = (),
        order: Order = "asc",
        cursor: str | None = None,
        limit: int = PAGE,
        only: EventFilter = NO_FILTER,
    ) -> Page[Event]:
        """Return a page of a task's, a project's or all timelines."""
        if hosted := await self._hosted_reads():
            return await hosted.events(
                project_id=project_id, task_id=task_id, types=types, order=order, cursor=cursor, limit=limit, only=only
            )
        if only.deed and not await self._has("deeds"):
            raise InvalidRequest("This server can't say which approvals were followed by an action.")
        cursor = await self._resolved(cursor)
        if task_id and not project_id and not types and order == "asc" and only == NO_FILTER:
            # The call of part 1, whose cursors agents have.
            path = f"/api/tasks/{path_part(task_id)}/events"
            return await self._read.get(Page[Event], path, cursor=cursor, limit=limit)
        page = await self._read.get(
            Page[Event],
            "/api/events",
            projectId=project_id,
            taskId=task_id,
            types=",".join(types) or None,
            order=order,
            since=wire_time(only.since) if only.since else None,
            until=wire_time(only.until) if only.until else None,
            decidedBy=only.decided_by or None,
            outcome=only.outcome or None,
            deed=only.deed or None,
            cursor=cursor,
            limit=limit,
        )
        return page if only == NO_FILTER or await self._has("history") else passing(page, only, limit)

    async def settled(self, query: SettledQuery) -> Page[SettledRequest]:
        """Return a page of the requests that were settled."""
        # With the first figures: the first rows wait for none.
        from api_client.settled import SettledRequest

        if hosted := await self._hosted_reads():
            return await hosted.settled(query)
        return await self._read.get(
            Page[SettledRequest],
            "/api/settled-requests",
            projectId=query.project_id,
            since=wire_time(query.since) if query.since else None,
            until=wire_time(query.until) if query.until else None,
            order=query.order,
            cursor=query.cursor,
            limit=query.limit,
        )

    async def policy(self, project_id: str) -> PolicyInForce:
        """Return a project's policy and its hash."""
        return await (await self._authority_calls()).policy(project_id)

    async def grants(self, project_id: str | None = None) -> Sequence[Grant]:
        """Return the grants of a project, or all."""
        return await (await self._authority_calls()).grants(project_id)

    async def grant_trial(self, terms: GrantTerms) -> Trial:
        """Return what a grant would have decided."""
        return await (await self._authority_calls()).trial(terms)

    async def authority(self) -> AuthorityStatus:
        """Return what is paused and what is escalated now."""
        return await (await self._authority_calls()).status()

    async def _authority_calls(self) -> AuthorityCalls | NoAuthority:
        # With the first of them: the first rows wait for none.
        from api_client.http_authority import AuthorityCalls, NoAuthority

        return AuthorityCalls(self._connection, self._read) if await self._has("authority") else NoAuthority()

    async def approval_result(self, request_id: str, *, wait: float = 0) -> ApprovalResult | None:
        """Return the decision on an approval, None while it is pending."""
        path = f"/api/approval-requests/{path_part(request_id)}/result"
        return await self._read.get_settled(ApprovalResult, path, wait=wait)

    async def elicitation_result(self, request_id: str, *, wait: float = 0) -> ElicitationResult | None:
        """Return the answers to an elicitation, None while it is pending."""
        path = f"/api/elicitation-requests/{path_part(request_id)}/result"
        return await self._read.get_settled(ElicitationResult, path, wait=wait)

    async def upload(self, upload_id: str) -> Upload:
        """Return the description of an upload."""
        return await self._read.get(Upload, f"/api/uploads/{path_part(upload_id)}")

    async def download(self, upload_id: str) -> AsyncIterator[bytes]:
        """Yield an upload's content in pieces: exactly as many bytes as its description says."""
        path = f"/api/uploads/{path_part(upload_id)}/content"
        is_hosted = await self._hosted_reads()
        upload = await self.upload(upload_id)
        if is_hosted:
            # Without the reviewer part the description names the address of the content.
            path = content_url(upload.url, self._connection.url)
        count = 0
        async with self._connection.open(Call("GET", path, limit=BodyLimit(upload.size))) as response:
            async for piece in response.aiter_bytes():
                count += len(piece)
                yield piece
        if count < upload.size:
            raise UnexpectedAnswer(
                f"The content ends after {count:,} of the upload's {upload.size:,} bytes. Try again."
            )

    async def changes(self, cursor: str | None = None) -> AsyncIterator[Change]:
        """Yield new events, each once and in order: first the existing ones, then those of the server's stream.

        A server without a stream is polled every `poll` seconds.
        """
        if hosted := await self._hosted_reads():
            async with aclosing(hosted.changes(cursor)) as changes:
                async for change in changes:
                    yield change
        if cursor is None:
            cursor = (await self.events(order="desc", limit=1)).next_cursor
        at = await self._resolved(cursor)
        has_stream = self._me is not None and "stream" in self._me.capabilities
        while True:
            page = await self._read.get(Page[Event], "/api/events", cursor=at, limit=PAGE, patience=SHORT_PATIENCE)
            for count, event in enumerate(page.items, start=1):
                is_last = count == len(page.items) and page.next_cursor is not None
                yield Change(event=event, cursor=str(page.next_cursor) if is_last else f"{_WITHIN}{count}:{at or ''}")
            at = page.next_cursor or at
            if page.items:
                continue
            if has_stream and at is not None:
                break
            await self._connection.sleep(self._poll)
        pulse = Pulse()
        source = self._streamed(at, pulse)
        async with aclosing(while_there(source, self._still_there, pulse=pulse, every=ASK)) as streamed:
            async for change in streamed:
                yield change
        raise Unreachable(f"{self._connection.url} ended its stream of events.")

    async def _still_there(self) -> None:
        await self.me()
        if self._hosted:
            raise Unreachable(f"{self._connection.url} does not answer as it did: its reviewer part is gone.")

    async def _streamed(self, cursor: str, pulse: Pulse) -> AsyncGenerator[Change, None]:
        headers = {"Accept": "text/event-stream"}
        call = Call("GET", STREAM, {"cursor": cursor}, headers, patience=HEARTBEAT_PATIENCE, limit=EventLimit())
        async with self._connection.open(call) as response, aclosing(changes_in(response, pulse)) as changes:
            async for change in changes:
                yield change

    async def submit(self, command: Command, *, key: str, content: AsyncIterable[bytes] | None = None) -> Receipt:
        """Write by one call under `key`, sent again under the same key if its response was lost."""
        return await self._writes.submit(command, key, content)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._connection.aclose()

    async def _resolved(self, cursor: str | None) -> str | None:
        """Return the server's own cursor for one that `changes` has made within a page."""
        if cursor is None or not (parts := re.fullmatch(rf"{_WITHIN}([0-9]{{1,3}}):(.*)", cursor, re.DOTALL)):
            return cursor
        return (await self.events(cursor=parts[2] or None, limit=int(parts[1]))).next_cursor
