"""The timeline's calls: pages of it, and its export."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message
from typing_extensions import override

from api_client.errors import ApiError

if TYPE_CHECKING:
    from textual.message_pump import MessagePump

    from api_client.backend import Backend
    from api_client.models import Event
    from pumpup_tui.backend.calls import BackendCalls
    from pumpup_tui.backend.messages import CallId
    from pumpup_tui.backend.page_requests import PageRequest, PageResult
    from pumpup_tui.backend.timeline_query import Query
    from pumpup_tui.local_state.save_policy import Saving

WHAT = "the timeline"
EXPORT = "export"


class EventsPage(Message):
    """A page that a timeline wanted; none where it could not be read."""

    def __init__(self, want: PageRequest, answer: PageResult[Event] | None, *, looked: int = 0) -> None:
        super().__init__()
        self.want = want
        self.answer = answer
        self.looked = looked
        """How many events were looked at for it."""


class ExportState(Message):
    """How far an export is; `failed` says why it stopped."""

    is_there = False
    """Whether nothing was written because a file of this name is there."""

    def __init__(self, path: str, looked: int, written: int, *, done: bool = False, failed: str = "") -> None:
        super().__init__()
        self.path = path
        self.looked = looked
        self.written = written
        self.done = done
        self.failed = failed

    @override
    def can_replace(self, message: Message) -> bool:
        return isinstance(message, ExportState) and not message.done


def read_page(calls: BackendCalls, to: MessagePump, query: Query, want: PageRequest) -> CallId:
    """Read a page that a list wants; each is a worker of its own."""

    async def call(backend: Backend) -> EventsPage:
        # What reads a timeline is imported with the first one, behind the first paint.
        from pumpup_tui.backend.timeline_scan import Timeline

        try:
            found = await Timeline(backend, query).read(want)
        except ApiError:
            to.post_message(EventsPage(want, None))
            raise
        return EventsPage(want, found.answer, looked=found.looked)

    return calls.ask(to, WHAT, call, group=f"timeline {want.number}")


def export(calls: BackendCalls, to: MessagePump, query: Query, path: str, saving: Saving, *, overwrite: bool) -> CallId:
    """Write what a timeline shows to the file that was typed, telling how far it is."""

    async def call(backend: Backend) -> ExportState:
        from pumpup_tui.backend.timeline_scan import Timeline
        from pumpup_tui.timeline.export import Export

        last = ExportState(path, 0, 0)

        def told(looked: int, written: int) -> None:
            nonlocal last
            last = ExportState(path, looked, written)
            to.post_message(last)

        def failed(words: str) -> ExportState:
            return ExportState(path, last.looked, last.written, done=True, failed=words)

        try:
            await Export(Timeline(backend, query), path, saving, overwrite=overwrite).write(told)
        except FileExistsError:
            state = failed("")
            state.is_there = True
            return state
        except OSError as error:
            return failed(error.strerror or type(error).__name__)
        except ApiError as error:
            return failed(str(error))
        return ExportState(path, last.looked, last.written, done=True)

    return calls.ask(to, WHAT, call, group=EXPORT)


def stop_export(calls: BackendCalls) -> None:
    """Stop writing; what is written stays."""
    calls.cancel(EXPORT)
