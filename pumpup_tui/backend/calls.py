"""Calls to the backend, off the event loop: each in a worker, its result posted as a message.

A call names the message pump that its result goes to. Workers never touch widgets. A failure is a `CallFailed` to the
same pump, which bubbles to the app's banner; what a screen shows stays.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from itertools import count
from typing import TYPE_CHECKING, Any, TypeVar, cast

from api_client.errors import ApiError
from pumpup_tui.backend.messages import CallFailed, CallId
from pumpup_tui.backend.retry import is_passing

if TYPE_CHECKING:
    from textual.app import App
    from textual.message import Message
    from textual.message_pump import MessagePump
    from textual.worker import WorkType

    from api_client.backend import Backend
    from pumpup_tui.backend.backend_connection import BackendConnection

T = TypeVar("T")


class BackendCalls:
    """Calls to one backend, made in workers of `app`."""

    def __init__(self, app: App[None], connection: BackendConnection) -> None:
        self._app = app
        self._connection = connection
        self._ids = count(1)

    @property
    def is_open(self) -> bool:
        """Whether the backend is open."""
        return self._connection.backend is not None

    def ask(
        self, to: MessagePump, what: str, call: Callable[[Backend], Coroutine[Any, Any, Message]], *, group: str
    ) -> CallId:
        """Make a call and post the message that it returns; a later call of the same group cancels it.

        Args:
            to: Gets the message, or a `CallFailed`. Nothing comes while no backend is open, or where it is cancelled.
            what: What is read, in words for the banner.
            call: Makes the call.
            group: Names those calls of which only the latest counts.

        Returns:
            The call's id, which its `CallFailed` carries.
        """
        backend = self._connection.backend
        if backend is None:
            return self.new_id()  # the first reads come with `Connected`

        async def work() -> None:
            to.post_message(await call(backend))

        return self.run(to, what, work, group=group)

    async def fetch(self, call: Callable[[Backend], Awaitable[T]]) -> T | None:
        """Return what a call returns, for whoever awaits it beside the screens; None where nothing came."""
        backend = self._connection.backend
        try:
            return await call(backend) if backend is not None else None
        except ApiError:
            return None  # the live tail reports a backend that does not answer

    def run(self, to: MessagePump, what: str, work: Callable[[], Coroutine[Any, Any, None]], *, group: str) -> CallId:
        """Run work that calls the backend and posts its own messages; an `ApiError` is posted as a `CallFailed`."""
        call_id = self.new_id()

        async def guarded() -> None:
            try:
                await work()
            except ApiError as error:
                to.post_message(CallFailed(call_id, what, error))
                if is_passing(error):
                    self._connection.recover(error)

        # The function, not its coroutine: one that is cancelled before it begins is never made.
        self._app.run_worker(
            cast("WorkType[None]", guarded), name=what, group=group, exclusive=True, exit_on_error=False
        )
        return call_id

    def cancel(self, group: str) -> None:
        """Cancel the call of a group, where one is in flight."""
        self._app.workers.cancel_group(self._app, group)

    def new_id(self) -> CallId:
        """Return an id that no other call has."""
        return CallId(next(self._ids))
