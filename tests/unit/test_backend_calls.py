"""Calls to the backend: each result and each failure reaches who asked, and names its call."""

from __future__ import annotations

from typing import Any, cast

from textual.app import App
from textual.message import Message

from api_client.backend import Backend
from api_client.errors import Unreachable
from pumpup_tui.backend.backend_connection import BackendConnection
from pumpup_tui.backend.calls import BackendCalls
from pumpup_tui.backend.messages import CallFailed, CallId, InboxCount
from tests.waiting import until


class Asking(App[None]):
    """An app that asks, and notes what comes of it."""

    def __init__(self, backend: object | None) -> None:
        super().__init__()
        self.received: list[Message] = []
        self.connection = BackendConnection(self, self.unused)
        self.connection.backend = cast("Backend | None", backend)
        self.connection.is_lost = True  # nothing is tried again
        self.calls = BackendCalls(self, self.connection)

    async def unused(self) -> Backend:
        raise AssertionError("nothing is opened")

    def on_call_failed(self, event: CallFailed) -> None:
        self.received.append(event)

    def on_inbox_count(self, event: InboxCount) -> None:
        self.received.append(event)


async def fails(_: Any) -> InboxCount:
    raise Unreachable("the server can't be reached")


async def succeeds(_: Any) -> InboxCount:
    return InboxCount("3")


async def test_a_failure_names_its_call() -> None:
    """Of two calls that read the same thing, each failure carries the id that `ask` returned for it."""
    app = Asking(object())
    async with app.run_test():
        ids = [app.calls.ask(app, "a column", fails, group=f"column {number}") for number in range(2)]
        await until(lambda: len(app.received) == 2, "both have failed")
        assert {cast("CallFailed", event).call_id for event in app.received} == set(ids)
        assert len(set(ids)) == 2


async def test_a_result_is_no_failure() -> None:
    """What a call returns is posted as it is."""
    app = Asking(object())
    async with app.run_test():
        app.calls.ask(app, "the count", succeeds, group="count")
        await until(lambda: bool(app.received), "the result came")
        assert [type(event) for event in app.received] == [InboxCount]


async def test_before_a_backend_is_open_nothing_comes() -> None:
    """A call that could not be made has an id all the same, which no failure carries."""
    app = Asking(None)
    async with app.run_test() as pilot:
        first = app.calls.ask(app, "the count", succeeds, group="count")
        app.connection.backend = cast("Backend", object())
        second: CallId = app.calls.ask(app, "the count", fails, group="other")
        await until(lambda: bool(app.received), "the second call failed")
        await pilot.pause()
        assert [cast("CallFailed", event).call_id for event in app.received] == [second]
        assert first != second
