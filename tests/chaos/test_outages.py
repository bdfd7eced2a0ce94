"""An outage of any kind is told at once and passes by itself: nothing on the screen is lost, no key is needed."""

from __future__ import annotations

import pytest

from tests.chaos.proxy import LASTING, Fault
from tests.chaos.scene import Scene

KNOWN_WITHIN = 3.0
"""Seconds within which a person must know."""


@pytest.mark.parametrize(
    "fault", [fault for fault in Fault if fault not in (Fault.NONE, *LASTING)], ids=lambda fault: fault.name
)
async def test_an_outage_is_told_and_passes(scene: Scene, fault: Fault) -> None:
    """At rest, with no key pressed: the banner within 3 s, the list stays, and what came meanwhile is there after."""
    _, before = await scene.ask()
    async with scene.terminal() as terminal:
        await terminal.sees(before, "live", gone=("opening…", "reading the rest…"))
        scene.proxy.set(fault)
        assert await terminal.sees("offline since", "✗", before, within=KNOWN_WITHIN) < KNOWN_WITHIN
        _, meanwhile = await scene.ask()
        scene.proxy.set(Fault.NONE)
        await terminal.sees("live", before, meanwhile, gone=("✗", "offline", "not connected"))


@pytest.mark.parametrize("fault", LASTING, ids=lambda fault: fault.name)
async def test_an_outage_of_calls_is_told_with_the_first_that_fails(scene: Scene, fault: Fault) -> None:
    """Where the stream goes on and calls are refused, what it tells of can't be read: the banner, until it can."""
    _, before = await scene.ask()
    async with scene.terminal() as terminal:
        await terminal.sees(before, "live", gone=("opening…", "reading the rest…"))
        scene.proxy.set(fault)
        _, meanwhile = await scene.ask()
        assert await terminal.sees("✗", before, within=KNOWN_WITHIN) < KNOWN_WITHIN
        scene.proxy.set(Fault.NONE)
        await terminal.sees("live", before, meanwhile, gone=("✗", "offline", "not connected"))


@pytest.mark.parametrize("fault", [Fault.HANG, Fault.RESET, Fault.BROKEN, Fault.BAD_TLS], ids=lambda fault: fault.name)
async def test_a_start_in_an_outage_ends_in_the_list(scene: Scene, fault: Fault) -> None:
    """A terminal that is opened while nothing answers says so within 3 s, and connects by itself when it can."""
    _, summary = await scene.ask()
    scene.proxy.set(fault)
    async with scene.terminal() as terminal:
        assert await terminal.sees("not connected", "✗", "retrying", within=KNOWN_WITHIN) < KNOWN_WITHIN
        scene.proxy.set(Fault.NONE)
        await terminal.sees("live", summary, gone=("✗", "not connected"))


async def test_an_untrusted_certificate_is_told_with_what_to_do(scene: Scene) -> None:
    """Who does not name the server's own CA is told how, and the key never leaves."""
    scene.ca_file = None
    async with scene.terminal() as terminal:
        await terminal.sees("is not trusted", "--ca-file", "SSL_CERT_FILE")
    assert scene.proxy.requests == 0


async def test_what_was_not_read_in_an_outage_is_read_after_it(scene: Scene) -> None:
    """The cursor moves to a request that can't be read: its detail comes by itself, and it can be decided then."""
    (first, _), (second, summary) = await scene.ask(), await scene.ask()
    async with scene.terminal() as terminal:
        await terminal.reviewer.go_to(first)
        await terminal.reviewer.until("the first is read", lambda: terminal.reviewer.inbox.pane.is_read)
        scene.proxy.set(Fault.BROKEN)
        await terminal.reviewer.press("]")
        assert terminal.reviewer.shown == second
        await terminal.sees("reading the rest…", "✗")
        scene.proxy.set(Fault.NONE)
        await terminal.reviewer.until("the second is read", lambda: terminal.reviewer.inbox.pane.is_read)
        await terminal.sees(summary, "live", gone=("✗", "reading the rest…"))
