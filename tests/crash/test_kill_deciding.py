"""The terminal is killed between `y` and the answer: one decision at the most, and the next start tells of it."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from api_client.commands import Actor, CreateTask, Decide, RequestApproval, read_command
from api_client.models import Outcome
from store.local import open_local
from tests.cli.conftest import environment
from tests.cli.terminal import Terminal, terminal
from tests.crash.scale import pick
from tests.sdk.serving import serving

ALICE, BOB, AGENT = Actor("alice", "reviewer"), Actor("bob", "reviewer"), Actor("agent-1", "agent")


class Place:
    """A folder with one approval that waits, and a terminal's state beside it."""

    def __init__(self, root: Path) -> None:
        self.root, self.folder, self.state = root, root / "data", root / "state"
        self.request = ""
        self.url, self.key = "", ""

    async def seed(self) -> None:
        """Have an agent ask."""
        backend = await open_local(self.folder, AGENT)
        task = read_command(CreateTask, {"projectName": "general", "name": "Claim 1"})
        task_id = (await backend.submit(task, key="task")).answer["id"]
        raw = {"projectName": "general", "taskId": task_id, "summary": "Refund $240"}
        self.request = (await backend.submit(read_command(RequestApproval, raw), key="ask")).event_id
        await backend.aclose()

    @contextmanager
    def app(self, moment: str = "none", grace: float = 0.0) -> Iterator[Terminal]:
        """Run the app in a terminal."""
        words = [sys.executable, "-m", "tests.crash.late", self.url or self.folder, self.state, grace, moment]
        home = environment(self.root / "home", PUMPUP_KEY=self.key, PYTHONPATH=str(Path(__file__).parents[2]))
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
        await backend.submit(Decide(request_id=self.request, outcome=Outcome(type="REJECT")), key="bob")
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


@pytest.fixture
async def place(tmp_path: Path) -> Place:
    """A place of a folder on this machine."""
    found = Place(tmp_path)
    await found.seed()
    return found


@pytest.fixture
def remote(tmp_path: Path) -> Iterator[Place]:
    """The same, through a server."""
    with serving(tmp_path / "data") as served:
        found = Place(tmp_path)
        found.url, found.key = served.url, served.reviewer_key
        yield found


async def test_killed_while_held(place: Place) -> None:
    """Nothing was sent: the next start says so, once, and sends nothing itself."""
    with place.app(grace=60) as shown:
        armed(shown)
        shown.press("y")
        shown.wait_for("HELD")
        kill(shown)
    with place.app() as shown:
        shown.wait_for("NOT SENT")
        shown.wait_for("it was held")
        rest(0.3)
        shown.press("\x1b")
        rest(0.3)
        shown.press("q")
        shown.end()
    assert await place.decided() == []
    with place.app() as shown:
        shown.wait_for("approval requested")
        rest(0.3)
        assert "NOT SENT" not in shown.text()


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_killed_while_sending(place: Place, moment: str) -> None:
    """Sent or not, the next start has looked it up: exactly what is on the record is said."""
    await _killed_while_sending(place, moment)


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_killed_while_sending_to_a_server(remote: Place, moment: str) -> None:
    """The same, where the folder is a server's."""
    await remote.seed()
    await _killed_while_sending(remote, moment)


async def _killed_while_sending(place: Place, moment: str) -> None:
    with place.app(moment) as shown:
        armed(shown)
        shown.press("y")
        shown.wait_for("SENDING")
        if moment == "after":
            await _until_decided(place)
        kill(shown)
    with place.app() as shown:
        shown.wait_for("RECORDED" if moment == "after" else "NOT RECORDED")
        if moment == "before":
            shown.wait_for("decide again")
    assert await place.decided() == (["APPROVE"] if moment == "after" else [])


async def test_killed_and_someone_else_decides(place: Place) -> None:
    """What was never written and then settled by another is told as lost to them."""
    with place.app("before") as shown:
        armed(shown)
        shown.press("y")
        shown.wait_for("SENDING")
        kill(shown)
    await place.decide_as_bob()
    with place.app() as shown:
        shown.wait_for("LOST")
        shown.wait_for("bob was first")
    assert await place.decided() == ["REJECT"]


async def test_a_running_terminal_keeps_its_own(place: Place) -> None:
    """A second terminal of the same user tells nothing of what the first still has in hand."""
    with place.app(grace=60) as first:
        armed(first)
        first.press("y")
        first.wait_for("HELD")
        with place.app() as second:
            second.wait_for("approval requested")
            rest(0.3)
            assert "NOT SENT" not in second.text()
        first.press("u")
        first.wait_for("taken back")


async def test_killed_at_any_moment(tmp_path: Path) -> None:
    """However soon after `y`: at most one decision, and where one was on its way a word that fits the record."""
    rng = random.Random(7)
    for number in range(pick(6, 60)):
        place = Place(tmp_path / str(number))
        place.root.mkdir()
        await place.seed()
        with place.app() as shown:
            armed(shown)
            shown.press("y")
            rest(rng.uniform(0, 0.03))
            kill(shown)
        left = list(place.state.glob("*.json"))
        decided = await place.decided()
        assert decided in ([], ["APPROVE"])
        if left:
            with place.app() as shown:
                shown.wait_for(" RECORDED" if decided else "NOT RECORDED")
        assert await place.decided() == decided


async def _until_decided(place: Place) -> None:
    end = time.monotonic() + 10
    while not await place.decided():
        assert time.monotonic() < end
        rest(0.05)
