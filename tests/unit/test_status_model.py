"""The status model: what each message changes of the status that all screens show."""

from __future__ import annotations

from datetime import UTC
from typing import Literal

from api_client.errors import NotFound, Unreachable
from api_client.models import Me
from pumpup_tui.backend.messages import CallFailed, CallId, Connected, InboxCount, LiveState
from pumpup_tui.backend.status import Status, StatusModel
from pumpup_tui.keys.key_names import KeyNames
from pumpup_tui.local_state.background_writes import StorageFailed
from tests.conftest import FixedClock


class Watched:
    """A model, and what it published."""

    def __init__(self) -> None:
        self.clock = FixedClock()
        self.published: list[Status] = []
        self.model = StatusModel(self.published.append, key=KeyNames(), clock=self.clock, zone=UTC)

    def connect(self, *capabilities: str, role: Literal["agent", "reviewer"] = "reviewer") -> None:
        me = Me(subject="alice", role=role, tags=(), capabilities=capabilities)
        self.model.connected(Connected(me), None)


def test_a_change_is_published_once() -> None:
    """A message that changes nothing is no news to any screen."""
    watched = Watched()
    watched.model.receive(InboxCount("3"))
    watched.model.receive(InboxCount("3"))
    assert [status.inbox for status in watched.published] == ["3"]


def test_who_can_not_decide_reads_why() -> None:
    """The banner and the header say that the place is read-only, and why."""
    watched = Watched()
    watched.connect()
    status = watched.model.status
    assert (status.live, status.banner) == ("read-only", "read-only: no decisions can be recorded here")


def test_a_call_that_fails_before_anything_is_open() -> None:
    """The header says so, and the banner which key tries again and which one quits."""
    watched = Watched()
    watched.model.receive(CallFailed(CallId(1), "the server", Unreachable("the server can't be reached")))
    status = watched.model.status
    assert status.live == "not connected"
    assert "r tries again" in status.next_step
    assert "q quits" in status.next_step


def test_a_read_only_place_is_not_blamed_for_what_it_has_not() -> None:
    """What a server without a reviewer's part answers with 404 raises no banner."""
    watched = Watched()
    watched.connect(role="agent")
    before = watched.model.status
    watched.model.receive(CallFailed(CallId(1), "the board", NotFound("no such list")))
    assert watched.model.status == before


def test_an_outage_and_its_end() -> None:
    """The banner holds the reason until the backend answers again."""
    watched = Watched()
    watched.connect("decide")
    watched.model.receive(LiveState(live=False, since=watched.clock(), reason="it is gone"))
    assert watched.model.status.live.startswith("offline since")
    assert watched.model.status.banner == "it is gone"
    watched.model.receive(LiveState(live=True, again=True))
    assert (watched.model.status.live, watched.model.status.banner) == ("live", "")


def test_a_full_disk_is_shown() -> None:
    """What could not be stored on this machine, and that the record is safe."""
    watched = Watched()
    watched.connect("decide")
    watched.model.receive(StorageFailed("the filters", "No space left on device"))
    assert watched.model.status.banner == "the filters could not be saved on this machine: No space left on device"
    assert watched.model.status.next_step == "recorded decisions are safe"
