"""Reads and writes of the user's own files in workers: the event loop never waits for the disk."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from textual.message import Message

if TYPE_CHECKING:
    from textual.app import App
    from textual.message_pump import MessagePump
    from textual.worker import WorkType


@dataclass(eq=False, repr=False)
class StorageFailed(Message):
    """Something that should outlive the process could not be written to the disk."""

    what: str
    reason: str


class BackgroundWrites:
    """Runs work on files in workers of `app`."""

    def __init__(self, app: App[None]) -> None:
        self._app = app

    def run(
        self, to: MessagePump | None, what: str, work: Callable[[], Coroutine[Any, Any, None]], *, group: str
    ) -> None:
        """Run `work`; a later one of the same group cancels it.

        Args:
            to: Gets a `StorageFailed` where the files can't be read or written; None is the app.
            what: What is stored, in words for the banner.
            work: Reads or writes; it may raise `OSError`.
            group: Names the work of which only the latest counts.
        """
        listener = to or self._app

        async def guarded() -> None:
            try:
                await work()
            except OSError as error:
                listener.post_message(StorageFailed(what, error.strerror or type(error).__name__))

        self._app.run_worker(
            cast("WorkType[None]", guarded), name=what, group=group, exclusive=True, exit_on_error=False
        )

    def start(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Run `work` beside all others of its name; an error is its own to handle."""
        self._app.run_worker(cast("WorkType[None]", work), name=name, group=name, exit_on_error=False)
