"""The call that writes a timeline to a file, and the messages of its progress."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message
from typing_extensions import override

from api_client.errors import ApiError

if TYPE_CHECKING:
    from textual.message_pump import MessagePump

    from api_client.backend import Backend
    from pumpup_tui.backend.calls import BackendCalls
    from pumpup_tui.backend.timeline_query import Query
    from pumpup_tui.local_state.save_policy import Saving

WHAT = "the timeline"
EXPORT = "export"


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


def export(calls: BackendCalls, to: MessagePump, query: Query, path: str, saving: Saving, *, overwrite: bool) -> None:
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

    calls.ask(to, WHAT, call, group=EXPORT)


def stop_export(calls: BackendCalls) -> None:
    """Stop writing; what is written stays."""
    calls.cancel(EXPORT)
