"""The call that writes a timeline to a file, and the messages of its progress."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
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


@dataclass(eq=False)
class ExportState(Message):
    """The progress of an export, or its end."""

    path: str
    looked: int
    """Events that were looked at so far."""
    written: int
    _: KW_ONLY
    done: bool = False
    failed: str = ""
    """The reason why it stopped; empty where it did not."""
    file_exists: bool = False
    """Whether nothing was written because a file of this name is there."""

    @override
    def can_replace(self, message: Message) -> bool:
        return isinstance(message, ExportState) and not message.done


def export(calls: BackendCalls, to: MessagePump, query: Query, path: str, saving: Saving, *, overwrite: bool) -> None:
    """Write a query's events to the file that was typed, and report the progress."""

    async def call(backend: Backend) -> ExportState:
        from pumpup_tui.backend.timeline_scan import Timeline
        from pumpup_tui.timeline.export import Export

        last = ExportState(path, 0, 0)

        def progressed(looked: int, written: int) -> None:
            nonlocal last
            last = ExportState(path, looked, written)
            to.post_message(last)

        def failed(words: str, *, file_exists: bool = False) -> ExportState:
            return ExportState(path, last.looked, last.written, done=True, failed=words, file_exists=file_exists)

        try:
            await Export(Timeline(backend, query), path, saving, overwrite=overwrite).write(progressed)
        except FileExistsError:
            return failed("", file_exists=True)
        except OSError as error:
            return failed(error.strerror or type(error).__name__)
        except ApiError as error:
            return failed(str(error))
        return ExportState(path, last.looked, last.written, done=True)

    calls.ask(to, WHAT, call, group=EXPORT)


def stop_export(calls: BackendCalls) -> None:
    """Stop writing; what is written stays."""
    calls.cancel(EXPORT)
