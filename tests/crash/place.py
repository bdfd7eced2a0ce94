"""A folder with one approval that waits, and reviewers' terminals over it, on this machine or through a server."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from store.folder.local_backend import open_local
from tests.cli.conftest import environment
from tests.cli.terminal import Terminal, terminal
from tests.support.actors import AGENT, ALICE, BOB
from tests.support.world_builder import WorldBuilder


class Place:
    """A folder with one approval that waits, and a terminal's state beside it."""

    def __init__(self, root: Path) -> None:
        self.root, self.folder, self.state = root, root / "data", root / "state"
        self.request = ""
        self.url, self.keys = "", dict[str, str]()

    async def seed(self) -> None:
        """Have an agent ask."""
        backend = await open_local(self.folder, AGENT)
        make = WorldBuilder(backend, backend.acting_as(ALICE))
        self.request = await make.approval(await make.task("Claim 1"), "Refund $240")
        await backend.aclose()

    @contextmanager
    def app(self, moment: str = "none", grace: float = 0.0, reviewer: str = "alice", **more: str) -> Iterator[Terminal]:
        """Run a reviewer's app in a terminal."""
        state = self.state if reviewer == "alice" else self.root / f"state-{reviewer}"
        words = [sys.executable, "-m", "tests.crash.late", self.url or self.folder, state, grace, moment]
        more = {"PUMPUP_KEY": self.keys.get(reviewer, ""), "REVIEWER": reviewer, **more}
        home = environment(self.root / "home", PYTHONPATH=str(Path(__file__).parents[2]), **more)
        with terminal([str(word) for word in words], home, columns=120, rows=30) as shown:
            yield shown

    async def decided(self) -> list[str]:
        """Return the outcomes on the record."""
        backend = await open_local(self.folder, ALICE)
        page = await backend.events(types=("APPROVAL_DECIDED",))
        await backend.aclose()
        return [event.payload["outcome"]["type"] for event in page.items]

    async def decide_as_bob(self) -> None:
        """Let someone else settle it."""
        backend = await open_local(self.folder, BOB)
        await WorldBuilder(backend, backend).decision(self.request, "REJECT")
        await backend.aclose()


def kill(shown: Terminal) -> None:
    """End the terminal's process as the system does it: without a word."""
    shown.process.kill()
    shown.process.wait()


def rest(seconds: float) -> None:
    """Do nothing, as a hand does between two keys."""
    time.sleep(seconds)


def armed(shown: Terminal) -> None:
    """Arm an approval of what is shown, once all of it is."""
    shown.wait_for("approval requested")
    rest(0.1)
    shown.press("a")
    shown.wait_for("esc cancel")
    rest(0.1)
