"""The workers: every Backend call happens here, and what comes of it is posted as a message.

A call names the message pump that it answers to. Workers never touch widgets. A failure is a `CallFailed` to the
same pump, which bubbles to the app's banner; what a screen shows stays.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar, cast

from api_client.errors import ApiError, Conflict, InvalidAnswers, InvalidRequest, NotAllowed, NotFound
from pumpup_tui.backend import messages
from pumpup_tui.backend.retry import Pauses, is_passing, leaves_in_doubt, settles_doubt
from pumpup_tui.decisions.desk import Phase, Sent
from pumpup_tui.text.attachment_names import attachments_of

if TYPE_CHECKING:
    from textual.app import App
    from textual.message_pump import MessagePump
    from textual.worker import WorkType

    from api_client.backend import Backend
    from api_client.models import Attachment, Event, Me, Page, RequestDetail, Upload
    from api_client.times import Clock
    from pumpup_tui.backend.page_messages import Want
    from pumpup_tui.backend.timeline_query import Query
    from pumpup_tui.decisions.in_flight import OnWay
    from pumpup_tui.text.inspection import Inspection

T = TypeVar("T")

LATEST = 30
"""Events that a request's or task's detail shows."""
PAGE = 100
FLUSH_SECONDS = 0.25
"""Changes that come closer together than this are told together."""
CHANGES_KEPT = 500
"""More changes than this in one flush are not told one by one: the screens read again."""
SENT_AT_ONCE = 4
"""Writes under way at a time: more would only wait for each other, in the folder as over a link."""


class Feed:
    """All calls to one Backend, made in workers of `app`."""

    def __init__(self, app: App[None], connect: Callable[[], Awaitable[Backend]], clock: Clock) -> None:
        self._app = app
        self._connect = connect
        self._clock = clock
        self._backend: Backend | None = None
        self._listeners: list[MessagePump] = []
        self._pending: list[Event] = []
        self._too_many = False
        self._flush_timer: asyncio.TimerHandle | None = None
        self._next_flush = 0.0
        self._known: tuple[Me, tuple[str, ...]] | None = None
        self._is_lost = False
        self._is_mending = False
        self._pauses = Pauses()
        self._sending = asyncio.Semaphore(SENT_AT_ONCE)

    @property
    def is_open(self) -> bool:
        """Whether the backend is open."""
        return self._backend is not None

    def listen(self, screen: MessagePump) -> None:
        """Have `screen` told of changes."""
        self._listeners.append(screen)

    def stop_listening(self, screen: MessagePump) -> None:
        """Tell `screen` no more."""
        if screen in self._listeners:
            self._listeners.remove(screen)

    def open(self) -> None:
        """Open the backend, read who the caller is and start the live tail."""
        self._work(self._app, "open", self._open, group="connect")

    def request(self, to: MessagePump, request_id: str, *, ahead: bool = False) -> None:
        """Read all that is shown of a request; `ahead` of its being looked at, beside the one that is."""

        async def call(backend: Backend) -> messages.RequestLoaded:
            detail = await backend.request(request_id)
            events = await backend.events(task_id=detail.task.id, order="desc", limit=LATEST)
            uploads = await self._uploads(backend, attachments_of(detail))
            return messages.RequestLoaded(detail, _short(events).items, uploads, await _inspected(detail))

        self.ask(to, "the request", call, group="request ahead" if ahead else "request")

    def timeline(self, to: MessagePump, query: Query, want: Want, *, group: str = "") -> None:
        """Read a page of a query's timeline; without a `group` it takes no other one's place.

        A page that can't be read is posted too, without an answer, ahead of the `CallFailed`.
        """

        async def call(backend: Backend) -> messages.EventsPage:
            # What reads a timeline is imported with the first one, behind the first paint.
            from pumpup_tui.backend.timeline_scan import Timeline

            try:
                found = await Timeline(backend, query).read(want)
            except ApiError:
                to.post_message(messages.EventsPage(want, None))
                raise
            return messages.EventsPage(want, found.answer, looked=found.looked)

        self.ask(to, "the timeline", call, group=group or f"timeline {want.number}")

    def task(self, to: MessagePump, task_id: str) -> None:
        """Read a task with its open requests and its latest events."""

        async def call(backend: Backend) -> messages.TaskLoaded:
            detail = await backend.task(task_id)
            project = await backend.project(detail.task.project_id)
            events = await backend.events(task_id=task_id, order="desc", limit=PAGE)
            given = await backend.events(task_id=task_id, order="desc", types=("ASSIGNMENT",), limit=1)
            uploads = await self._uploads(backend, detail.task.attachments)
            assignee = str(given.items[0].payload.get("assigneeId") or "") if given.items else ""
            return messages.TaskLoaded(detail, project, _short(events), uploads, assignee)

        self.ask(to, "the task", call, group="task")

    def projects(self, to: MessagePump) -> None:
        """Read all projects."""

        async def call(backend: Backend) -> messages.ProjectsLoaded:
            return messages.ProjectsLoaded(await backend.projects())

        self.ask(to, "the projects", call, group="projects")

    def left_behind(self, to: MessagePump, on_way: OnWay) -> None:
        """Look up what ended terminals left, where they did; nothing is sent."""

        async def work() -> None:
            left = await on_way.left()
            if left and self._backend is not None:
                from pumpup_tui.decisions.recovery import became_of

                me = (await self._backend.me()).subject
                to.post_message(messages.LeftBehind([await became_of(self._backend, me, one) for one in left]))

        self.apart(to, "what is on its way", work, group="left behind")

    def begin_keeping(self, on_way: OnWay) -> None:
        """Have the document ready that the first decision is kept in."""
        self.apart(None, "what is on its way", on_way.begin, group="begin keeping")

    def submit(self, to: MessagePump, sent: Sent, *, before: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Write what was confirmed, under its key, until it is known what became of it; `before` it, keep it."""

        async def work() -> None:
            # It was confirmed, and the record is elsewhere: without a trace here only a crash would lose word of it.
            with suppress(OSError):
                await before()
            await self._submit(to, sent)

        self._work(to, "submit", work, group=f"submit {sent.key}")

    async def aclose(self) -> None:
        """Close the backend. No call may follow."""
        if self._flush_timer is not None:
            self._flush_timer.cancel()
        if self._backend is not None:
            backend, self._backend = self._backend, None
            await backend.aclose()

    def ask(
        self, to: MessagePump, what: str, call: Callable[[Backend], Coroutine[Any, Any, Any]], *, group: str
    ) -> None:
        """Make a call and post what it returns to `to`; a later one of the same group takes its place."""
        backend = self._backend
        if backend is None:
            return  # the first reads come with `Connected`

        async def work() -> None:
            to.post_message(await call(backend))

        self._work(to, what, work, group=group)

    def apart(
        self, to: MessagePump | None, what: str, work: Callable[[], Coroutine[Any, Any, None]], *, group: str
    ) -> None:
        """Do something that is no call of the backend: reading or writing what the user keeps on this machine.

        Without `to` the app is told where it can't be written.
        """
        told = to or self._app

        async def guarded() -> None:
            try:
                await work()
            except OSError as error:
                told.post_message(messages.NotKept(what, error.strerror or type(error).__name__))

        self._work(told, what, guarded, group=group)

    async def look(self, call: Callable[[Backend], Awaitable[T]]) -> T | None:
        """Return what a call returns, for whoever waits for it beside the screens; None where nothing came."""
        try:
            return await call(self._backend) if self._backend is not None else None
        except ApiError:
            return None  # the live tail tells of a backend that does not answer

    def stop(self, group: str) -> None:
        """Stop the call of a group, where one is on its way."""
        self._app.workers.cancel_group(self._app, group)

    def _work(self, to: MessagePump, what: str, work: Callable[[], Coroutine[Any, Any, None]], *, group: str) -> None:
        async def guarded() -> None:
            try:
                await work()
            except ApiError as error:
                to.post_message(messages.CallFailed(what, error))
                if is_passing(error):
                    self._mend(error)

        # The function, not its coroutine: one that is stopped before it begins is never made.
        self._app.run_worker(
            cast("WorkType[None]", guarded), name=what, group=group, exclusive=True, exit_on_error=False
        )

    async def _open(self) -> None:
        """Open the backend; where it can't be reached now, try until it can."""
        pauses = Pauses()
        while True:
            try:
                if self._backend is None:
                    self._backend = await self._connect()
                me = await self._backend.me()
                # Before any screen reads: what comes after this is told by the tail.
                cursor = await self._newest(self._backend, me)
                break
            except ApiError as error:
                if not is_passing(error):
                    raise
                self._app.post_message(messages.CallFailed("the server", error))
                await asyncio.sleep(pauses.after(error))
        self._is_lost = False
        self._tell_who(self._backend, me)
        self._app.run_worker(
            self._tail(self._backend, cursor), name="live tail", group="tail", exclusive=True, exit_on_error=False
        )

    @staticmethod
    async def _uploads(backend: Backend, attachments: Iterable[Attachment]) -> dict[str, Upload]:
        found: dict[str, Upload] = {}
        for attachment in attachments:
            try:
                found[attachment.upload_id] = await backend.upload(attachment.upload_id)
            except ApiError:
                continue  # size and type are a courtesy: the attachment is named without them
        return found

    def _tell_who(self, backend: Backend, me: Me) -> None:
        """Notify the app of who the caller is and of the place's notices, where either is new.

        A key may get other rights during an outage; the first write may have had something to put in order.
        """
        notices = tuple(backend.notices)
        if (me, notices) != self._known:
            self._known = me, notices
            self._app.post_message(messages.Connected(me, notices))

    async def _tail(self, backend: Backend, cursor: str | None) -> None:
        """Read new events for ever; after a lost connection, from where it was lost."""
        while True:
            try:
                if self._is_lost:
                    me = await backend.me()
                    cursor = cursor or await self._newest(backend, me)
                    self._tell_who(backend, me)
                self._app.post_message(messages.LiveState(live=True, again=self._is_lost))
                self._is_lost = False
                async for change in backend.changes(cursor):
                    cursor = change.cursor
                    self._collect(change.event)
            except (NotAllowed, NotFound):
                return  # this key or server has no list of changes: `r` reads again
            except ApiError as error:
                if not self._is_lost:
                    now = self._clock()
                    self._app.post_message(messages.LiveState(live=False, since=now, reason=str(error)))
                self._is_lost = True
                if isinstance(error, InvalidRequest):
                    cursor = None  # another folder behind the same address: all is read again
                await asyncio.sleep(self._pauses.after(error))

    def _mend(self, error: ApiError) -> None:
        """Have all read again once a backend answers that failed one call for a passing reason."""
        if self._backend is not None and not self._is_mending:
            self._is_mending = True
            self._app.run_worker(self._mended(self._backend, error), name="mend", group="mend", exit_on_error=False)

    async def _mended(self, backend: Backend, error: ApiError) -> None:
        try:
            while True:
                await asyncio.sleep(self._pauses.after(error))
                if self._is_lost:
                    return  # the tail knows too, and has all read again when it is back
                try:
                    self._tell_who(backend, await backend.me())
                    break
                except ApiError as fault:
                    error = fault
        finally:
            self._is_mending = False
        self._app.post_message(messages.LiveState(live=True, again=True))

    @staticmethod
    async def _newest(backend: Backend, me: Me) -> str | None:
        """Return the cursor of the newest event, so that nothing is missed between the first read and the tail."""
        if me.role == "agent":
            return None  # an agent's key has no list of all events: its changes begin now
        try:
            return (await backend.events(order="desc", limit=1)).next_cursor
        except ApiError as error:
            if is_passing(error):
                raise
            return None

    def read_again(self) -> None:
        """Tell all screens, hidden ones too, that what they show may be old."""
        for listener in self._listeners:
            listener.post_message(messages.Changed([], too_many=True))

    def _collect(self, event: Event) -> None:
        if len(self._pending) < CHANGES_KEPT:
            self._pending.append(event)
        else:
            self._too_many = True
        if self._flush_timer is None:
            loop = asyncio.get_running_loop()
            self._flush_timer = loop.call_at(max(loop.time(), self._next_flush), self._flush)

    def _flush(self) -> None:
        self._flush_timer = None
        self._next_flush = asyncio.get_running_loop().time() + FLUSH_SECONDS
        events, self._pending = self._pending, []
        too_many, self._too_many = self._too_many, False
        for listener in self._listeners:
            listener.post_message(messages.Changed(events, too_many=too_many))

    async def _submit(self, to: MessagePump, sent: Sent) -> None:
        # The commands are imported with the first of them, behind the first paint.
        from pumpup_tui.decisions.intent_commands import command_of

        backend = self._backend
        if backend is None:
            to.post_message(messages.Submitted(sent.key, Phase.REFUSED, "not sent: nothing is open to send it to"))
            return
        pauses, in_doubt = Pauses(), False
        while True:
            try:
                async with self._sending:
                    receipt = await backend.submit(command_of(sent.intent), key=sent.key)
            except ApiError as error:
                in_doubt = in_doubt or leaves_in_doubt(error)
                if in_doubt and not settles_doubt(error):
                    # It may have been written: only the same key can tell.
                    to.post_message(messages.Submitted(sent.key, Phase.UNKNOWN, str(error)))
                    await asyncio.sleep(pauses.after(error))
                    continue
                to.post_message(_refused(sent.key, error))
            else:
                to.post_message(messages.Submitted(sent.key, Phase.RECORDED, receipt.event_id))
                if self._known is not None:
                    self._tell_who(backend, self._known[0])
            return


def _short(page: Page[Event]) -> Page[Event]:
    # With the first page that is read behind the first paint.
    from pumpup_tui.text.truncation import short_event_page

    return short_event_page(page)


async def _inspected(detail: RequestDetail) -> Inspection:
    """Return what a request's inspection finds, made in a thread: a megabyte of mixed alphabets takes a while."""
    # With the first request that is read behind the first paint.
    from pumpup_tui.text.inspection import inspect_request

    return await asyncio.to_thread(inspect_request, detail)


def _refused(key: str, error: ApiError) -> messages.Submitted:
    """Return what is said of a write that is known not to have happened."""
    if isinstance(error, Conflict):
        return messages.Submitted(key, Phase.LOST, str(error))
    if isinstance(error, InvalidAnswers):
        return messages.Submitted(key, Phase.REFUSED, str(error), error.fields)
    return messages.Submitted(key, Phase.REFUSED, f"not sent: {error}" if is_passing(error) else str(error))
