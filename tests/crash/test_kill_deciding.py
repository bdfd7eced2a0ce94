"""The terminal is killed between `y` and the answer: one decision at the most, and the next start tells of it."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from tests.crash.place import Place, armed, kill, rest
from tests.crash.scale import pick
from tests.waiting import HANG_SECONDS


async def test_killed_while_held(place: Place) -> None:
    """Nothing was sent: the next start says so, once, and sends nothing itself."""
    with place.app(grace=60) as shown:
        armed(shown)
        shown.press("y")
        shown.wait_for("HELD")
        kill(shown)
    with place.app() as shown:
        shown.wait_for("NOT SENT")
        shown.wait_for("it was still held")
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
        left = list(place.state.glob("on-way*.json"))
        decided = await place.decided()
        assert decided in ([], ["APPROVE"])
        if left:
            with place.app() as shown:
                shown.wait_for(" RECORDED" if decided else "NOT RECORDED")
        assert await place.decided() == decided


async def _until_decided(place: Place) -> None:
    end = time.monotonic() + HANG_SECONDS
    while not await place.decided():
        assert time.monotonic() < end
        rest(0.05)
