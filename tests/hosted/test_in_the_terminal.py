"""The terminal on the hosted service: everything is shown, unknown things as they are, and no decision is offered."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest
import uvicorn
from textual.pilot import Pilot

from api_client.backend import Backend
from api_client.http import HttpBackend
from api_client.times import utc_now
from pumpup_tui.app import PumpUpApp
from pumpup_tui.context import Setup
from pumpup_tui.local_state.preferences import Preferences
from store.server.runner import bind, url_of
from tests.cli.conftest import command, environment
from tests.cli.terminal import terminal
from tests.hosted.service import KEY, Service, busy_service
from tests.in_process import InProcess
from tests.support.shown_screen import strips_of
from tests.waiting import HANG_SECONDS

os.environ["TEXTUAL_ANIMATIONS"] = "none"
WHY = "this server takes decisions only in its own workspace"


class Shown:
    """The app over the service, and what stands on its screen."""

    def __init__(self, app: PumpUpApp, pilot: Pilot[None]) -> None:
        self.app, self.pilot = app, pilot

    def text(self) -> str:
        strips = strips_of(self.app.screen)
        return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)

    async def sees(self, *words: str, gone: tuple[str, ...] = ()) -> None:
        """Wait until all `words` stand on the screen, and none of `gone`."""
        end = asyncio.get_running_loop().time() + HANG_SECONDS
        while not all(word in self.text() for word in words) or any(word in self.text() for word in gone):
            assert asyncio.get_running_loop().time() < end, f"waited for {words}, without {gone}:\n{self.text()}"
            await self.pilot.pause(0.02)


@asynccontextmanager
async def browsing(service: Service) -> AsyncIterator[Shown]:
    async def connect() -> Backend:
        return HttpBackend("https://hosted.example", KEY, transport=InProcess(service.app()))

    app = PumpUpApp(
        Setup(
            connect,
            source_label="hosted",
            clock=utc_now,
            new_key=lambda: "never",
            preferences=Preferences(grace_seconds=0.0),
        )
    )
    async with app.run_test(size=(140, 44)) as pilot:
        yield Shown(app, pilot)


@pytest.fixture
def service() -> Service:
    return busy_service()


async def test_the_inbox_is_browsed(service: Service) -> None:
    """Three requests, one of a kind that nobody here knows, each with all that the service tells."""
    async with browsing(service) as shown:
        await shown.sees("read-only", WHY, "Refund $240 on claim", "Need details", "Vote on the new tariff")
        await shown.sees("APPROVE", "91 %", "Amount", "the photo", "image/jpeg", "sentiment scored")
        await shown.pilot.press("]")
        await shown.sees("Asks for 2 fields", "Sign here", "Signature", "Mail")
        await shown.pilot.press("]")
        await shown.sees("Request · Claim C-1050", "vote requested")


async def test_nothing_can_be_decided(service: Service) -> None:
    """No key arms anything: each says why."""
    async with browsing(service) as shown:
        await shown.sees("Refund $240 on claim", "Amount")
        for key in ("a", "d", "e", "i", "exclamation_mark"):
            await shown.pilot.press(key)
            await shown.sees(WHY, gone=("y send",))
            await shown.pilot.press("y", "escape")
        await shown.pilot.press("c")
        await shown.sees("notes can't be written here")
        assert shown.app.context.outbox.desk.sent == ()
    assert service.calls["other"] <= 2  # GET /api/me, which it does not have


async def test_the_board_is_browsed(service: Service) -> None:
    """Columns of the graph and one for an unknown step; the task opens; no move is offered."""
    async with browsing(service) as shown:
        await shown.sees("Refund $240 on claim")
        await shown.pilot.press("2")
        await shown.sees("triage", "in_review", "paid", "quarantine", "Claim C-1029", "paused_by_legal")
        await shown.pilot.press("l", "l")
        await shown.sees("Claim C-1070")
        await shown.pilot.press("h", "h")
        await shown.pilot.press("L")
        await shown.sees("tasks can't be moved here")
        await shown.pilot.press("l", "enter")
        await shown.sees("Claim C-1029", "amount", "240", "sentiment scored", "approval requested")
        assert "assign" not in shown.text().splitlines()[-1]


async def test_the_timeline_is_browsed(service: Service) -> None:
    """All events of all tasks, newest first; an unknown type with its own word."""
    async with browsing(service) as shown:
        await shown.sees("Refund $240 on claim")
        await shown.pilot.press("3")
        await shown.sees("note 119", gone=("reading…",))
        await shown.pilot.press("G")
        await shown.sees("sentiment…", "customer is upset", "+ created")


async def test_what_happens_there_is_seen_here(service: Service) -> None:
    """A request that is settled in the service's own workspace leaves; a new one comes, without a key."""
    async with browsing(service) as shown:
        await shown.sees("Refund $240 on claim", "Vote on the new tariff")
        service.settle(service.open_on("task_1")[0]["requestId"])
        service.ask("task_5", summary="Reopen C-1070?")
        await shown.sees("Reopen C-1070?", gone=("Refund $240 on claim C-1029  ",))


@contextmanager
def listening(service: Service) -> Iterator[str]:
    """Serve on a real socket, in a thread."""
    listener = bind("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(service.app(), log_level="error", lifespan="off", ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield url_of(listener)
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_it_is_browsed_in_a_real_terminal(service: Service, tmp_path: Path) -> None:
    """The real command in a real terminal, over a real socket: inbox, board, task, timeline, and out."""
    with (
        listening(service) as url,
        terminal(command("--url", url), environment(tmp_path / "home", PUMPUP_API_KEY=KEY), columns=140) as screen,
    ):
        screen.wait_for("Refund $240 on claim")
        screen.wait_for(WHY)
        screen.press("a")
        screen.press("2")
        screen.wait_for("quarantine")
        screen.wait_for("paused_by_legal")
        screen.press("3")
        screen.wait_for("note 119")
        screen.press("q")
        assert screen.end() == 0
    assert "Traceback" not in screen.text()
    assert KEY not in screen.text()
    assert "y send" not in screen.text()
