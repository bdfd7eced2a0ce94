"""Uploads that nothing holds: how long they can still be attached (CONTRACT.md part 3, CommandLimits)."""

from __future__ import annotations

from typing import Any

import pytest

from api_client.commands import ReceiveUpload, RecordAction
from api_client.errors import InvalidRequest
from api_client.models import Attachment
from store.core.command_limits import NO_LIMITS, CommandLimits
from store.core.ruling import Content
from tests.support.rules_world import World

DAY = CommandLimits(loose_seconds=86_400)


@pytest.fixture
def world() -> World:
    return World()


def upload(world: World) -> str:
    """Take a file in; return its id."""
    return str(world.give(ReceiveUpload(file_name="a"), content=Content("ab" * 32, 1))[0]["payload"]["id"])


def attaching(task: str, *uploads: str) -> RecordAction:
    added = tuple(Attachment(upload_id=one, label="A") for one in uploads)
    return RecordAction(project_name="general", task_id=task, description="d", add_attachments=added)


def test_an_upload_can_be_attached_within_its_time(world: World) -> None:
    """To the very second that it has; a moment later it is refused with its id and what to do."""
    task, file, late = world.task(), upload(world), upload(world)
    world.clock.advance(seconds=86_400)
    world.give(attaching(task, file), limits=DAY)
    world.clock.advance(microseconds=1)
    before = len(world.log)
    with pytest.raises(InvalidRequest) as fault:
        world.give(attaching(task, file, late), limits=DAY)
    assert fault.value.code == "UNKNOWN_UPLOAD"
    told = f"The upload {late} was attached to nothing for too long, and was dropped: send it again."
    assert str(fault.value) == told
    assert len(world.log) == before


def test_what_a_task_holds_can_be_attached_for_ever(world: World) -> None:
    """An upload that was attached once is nobody's to drop, whichever task takes it later."""
    file = upload(world)
    world.give(attaching(world.task(), file), limits=DAY)
    world.clock.advance(days=400)
    world.give(attaching(world.task(), file), limits=DAY)


def test_without_a_limit_nothing_is_dropped(world: World) -> None:
    """What is on the record already is held to no limit that came later."""
    file = upload(world)
    world.clock.advance(days=400)
    world.give(attaching(world.task(), file), limits=NO_LIMITS)


def test_an_upload_whose_time_is_not_known_is_not_dropped(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Documents of older versions do not say when an upload came."""
    file, task = upload(world), world.task()
    get = world.state.get

    def older(table: str, doc_id: str) -> Any:
        doc = get(table, doc_id)
        return doc and {key: value for key, value in doc.items() if key != "receivedAt"}

    monkeypatch.setattr(world.state, "get", older)
    world.clock.advance(days=400)
    world.give(attaching(task, file), limits=DAY)
