"""A host that says nothing is called unreachable within three seconds, by the real command in a real terminal."""

from __future__ import annotations

import asyncio
import select
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from api_client.errors import Unreachable
from api_client.http import HttpBackend
from tests.chaos.scene import LOOK_SECONDS
from tests.cli.conftest import command, environment
from tests.cli.terminal import terminal
from tests.waiting import HANG_SECONDS, wait_until

KNOWN_WITHIN = 3.0


@contextmanager
def takes_and_says_nothing() -> Iterator[int]:
    """Give a port on which connections are taken and nothing is ever read."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@contextmanager
def takes_no_connection() -> Iterator[int]:
    """Give a port whose queue is full: what asks for a connection hears nothing, as from a host that is gone."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        wait_until(lambda: select.select([listener], [], [], 0)[0], "the system has taken the first of them")
        yield listener.getsockname()[1]


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("silent", [takes_and_says_nothing, takes_no_connection], ids=lambda host: host.__name__)
def test_a_silent_host_is_a_banner(silent: Callable[[], Iterator[int]], scheme: str, tmp_path: Path) -> None:
    """The banner is there once the client's patience is over, and the program goes on."""
    with (
        silent() as port,  # type: ignore[attr-defined]  # a context manager's own type is not named
        terminal(
            command("--url", f"{scheme}://127.0.0.1:{port}"), environment(tmp_path / "home", PUMPUP_API_KEY="pk_secret")
        ) as screen,
    ):
        screen.wait_for("opening…")
        screen.wait_for("can't be reached: no answer in time")
        screen.wait_for("retrying")
        screen.press("q")
        assert screen.end() == 0
    assert "pk_secret" not in screen.text()


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("silent", [takes_and_says_nothing, takes_no_connection], ids=lambda host: host.__name__)
async def test_a_silent_host_is_known_within_three_seconds(silent: Callable[[], Iterator[int]], scheme: str) -> None:
    """The call that the screens begin with gives up in time: in the seconds of its own event loop, each look a rest."""
    looks = 0
    with silent() as port:  # type: ignore[attr-defined]  # a context manager's own type is not named
        backend = HttpBackend(f"{scheme}://127.0.0.1:{port}", "pk_secret")
        asked = asyncio.ensure_future(backend.me())
        while not asked.done():
            await asyncio.sleep(LOOK_SECONDS)
            looks += 1
        with pytest.raises(Unreachable, match="no answer in time"):
            await asked
        await backend.aclose()
    assert looks * LOOK_SECONDS < KNOWN_WITHIN


async def test_a_call_that_is_cancelled_in_the_handshake_leaves_nothing_open() -> None:
    """Who leaves a screen while TLS is being agreed closes the connection, at once."""
    greeted, ended = asyncio.Event(), asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(1000):
            greeted.set()
        ended.set()
        writer.close()

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
        backend = HttpBackend(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}", "pk_secret")
        call = asyncio.ensure_future(backend.projects())
        await asyncio.wait_for(greeted.wait(), HANG_SECONDS)
        call.cancel()
        await asyncio.wait_for(ended.wait(), HANG_SECONDS)
        await backend.aclose()
    assert call.cancelled()
