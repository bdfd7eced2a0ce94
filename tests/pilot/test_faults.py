"""What goes wrong is told in a sentence, with what to do next; what was shown stays."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from api_client.errors import NotAllowed, NotAuthenticated, ServerFault, Unreachable
from tests.pilot.stage import Stage


async def test_a_folder_that_does_not_open_is_told_and_can_be_tried_again(tmp_path: Path) -> None:
    """A banner, no traceback; r tries again."""
    stage = Stage(tmp_path)
    faults = [NotAuthenticated("the server does not know this key: \x1b[31m[/x]")]

    async def refuse(_: Stage) -> None:
        if faults:
            raise faults.pop()

    stage.before.append(refuse)
    async with stage.run(80, 24) as pilot:
        await stage.sees(pilot, "does not know this key: ␛[31m[/x]", "r tries again", "not connected")
        assert stage.backend is not None
        await stage.backend.aclose()
        await pilot.press("r")
        await stage.ready(pilot, "Nothing waits for you")


class Flaky:
    """A backend that can be cut off."""

    def __init__(self, backend: Any) -> None:
        self.backend = backend
        self.fault: Exception | None = None

    def __getattr__(self, name: str) -> Any:
        real = getattr(self.backend, name)
        if name in ("aclose", "changes", "notices"):
            return real

        async def call(*args: Any, **kwargs: Any) -> Any:
            if self.fault is not None:
                raise self.fault
            return await real(*args, **kwargs)

        return call

    async def changes(self, cursor: str | None = None) -> AsyncIterator[Any]:
        import asyncio

        source = self.backend.changes(cursor)
        step = None
        try:
            while True:
                step = step or asyncio.ensure_future(anext(source))
                done, _ = await asyncio.wait([step], timeout=0.02)
                if self.fault is not None:
                    raise self.fault
                if done:
                    change, step = step.result(), None
                    yield change
        finally:
            if step is not None:
                step.cancel()
                await asyncio.gather(step, return_exceptions=True)
            await source.aclose()


async def test_a_lost_connection_keeps_what_was_shown_and_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Offline since when; the list stays; back again, what came meanwhile is there."""
    monkeypatch.setattr("pumpup_tui.backend.retry.WAIT_FIRST", 0.05)
    stage = Stage(tmp_path)
    flaky: list[Flaky] = []

    def wrap(backend: Any) -> Any:
        flaky.append(Flaky(backend))
        return flaky[-1]

    stage.wrap = wrap
    async with stage.run() as pilot:
        await stage.sees(pilot, "live")
        await stage.approval("Refund $240")
        await stage.ready(pilot, "Refund $240")
        flaky[0].fault = Unreachable("the server can't be reached")
        await stage.sees(pilot, "offline since 12:00", "can't be reached", "Refund $240")
        await stage.approval("Refund $99", "Claim 99")
        await pilot.press("a", "y")
        await stage.sees(pilot, "REFUSED", "not sent")
        flaky[0].fault = None
        await stage.sees(pilot, "live", "Refund $99", gone=("offline", "retrying"))
        assert await stage.decisions() == 0


async def test_a_failed_read_is_a_banner(tmp_path: Path) -> None:
    """One call that fails takes nothing off the screen; r reads again and clears the banner."""
    stage = Stage(tmp_path)
    flaky: list[Flaky] = []

    def wrap(backend: Any) -> Any:
        flaky.append(Flaky(backend))
        return flaky[-1]

    stage.wrap = wrap
    async with stage.run() as pilot:
        await stage.ready(pilot, "Nothing waits for you")
        flaky[0].__dict__["events"] = None

        async def broken(**_: Any) -> Any:
            raise ServerFault("the server failed")

        flaky[0].__dict__["events"] = broken
        await pilot.press("3")
        await stage.sees(pilot, "the timeline could not be read: the server failed", "r tries again")
        del flaky[0].__dict__["events"]
        await pilot.press("r")
        await stage.sees(pilot, "Nothing has happened yet", gone=("could not be read",))


async def test_a_fault_of_our_own_does_not_end_the_app(tmp_path: Path) -> None:
    """An unexpected error in a worker is told, and the screens stay."""
    stage = Stage(tmp_path)

    class Broken(Flaky):
        async def projects(self) -> Any:
            raise RuntimeError("[/x] \x1b boom")

    stage.wrap = Broken  # type: ignore[assignment]
    async with stage.run() as pilot:
        await stage.sees(pilot, "the projects stopped: RuntimeError: [/x] ␛ boom", "Nothing waits for you")


async def test_a_server_without_the_reviewer_part_says_why(tmp_path: Path) -> None:
    """Keys that it does not take are explained, not hidden."""
    stage = Stage(tmp_path)

    class ReadOnly(Flaky):
        async def me(self) -> Any:
            me = await self.backend.me()
            return replace(me, capabilities=(), role="agent")

    stage.wrap = ReadOnly
    async with stage.run() as pilot:
        await stage.sees(pilot, "read-only")
        await stage.approval("Refund $240")
        await stage.sees(pilot, "Refund $240")
        await pilot.press("a")
        await stage.sees(pilot, "this server takes decisions only in its own workspace", gone=("y send",))
        await pilot.press("c")
        await stage.sees(pilot, "notes can't be written here")
        await pilot.press("2")
        await stage.sees(pilot, "this server has no board")


async def test_what_is_wrong_with_the_place_is_told(tmp_path: Path) -> None:
    """The backend's notices stand over the screens until they are put away."""
    stage = Stage(tmp_path)

    class Doubtful(Flaky):
        @property
        def notices(self) -> tuple[str, ...]:
            return ("This folder is on a network disk: [/x] \x1b two machines may both think they hold its lock.",)

    stage.wrap = Doubtful
    async with stage.run(80, 24) as pilot:
        await stage.ready(pilot, "! This folder is on a network disk: [/x] ␛ two machines", "lock.", "r dismisses this")
        await pilot.press("r")
        await stage.sees(pilot, "Nothing waits for you", gone=("network disk",))


async def test_a_list_that_did_not_come_does_not_say_opening(tmp_path: Path) -> None:
    """Under the banner of a failed first connect the list says what to do."""
    stage = Stage(tmp_path)

    async def refuse(_: Stage) -> None:
        raise NotAuthenticated("the server does not know this key")

    stage.before.append(refuse)
    async with stage.run(80, 24) as pilot:
        for key in "123":
            await pilot.press(key)
            await stage.sees(pilot, "does not know this key", "Not connected", gone=("opening…",))
    assert stage.backend is not None
    await stage.backend.aclose()


async def test_a_key_without_the_list_of_changes_is_read_only_not_offline(tmp_path: Path) -> None:
    """An agent's key may look at little: the header says read-only, the banner why."""
    stage = Stage(tmp_path)

    class Agents(Flaky):
        async def me(self) -> Any:
            return replace(await self.backend.me(), capabilities=(), role="agent")

        async def changes(self, cursor: str | None = None) -> AsyncIterator[Any]:
            for refused in (True,):
                if refused:
                    raise NotAllowed("an agent's key may not read this")
                yield

        async def inbox(self, **_: Any) -> Any:
            raise NotAllowed("an agent's key may not read this")

    stage.wrap = Agents
    async with stage.run(80, 24) as pilot:
        words = "read-only: this server takes decisions only"
        await stage.sees(pilot, words, "· read-only", gone=("offline", "opening…"))
