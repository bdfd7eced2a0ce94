"""`keys revoke` ends what its owner's grants decide (CONTRACT.md part 4, Grants)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from api_client.authority import Grant
from api_client.commands import CreateProject, GiveGrant, read_command
from api_client.models import Steps
from api_client.times import utc_now, wire_time
from api_client.wire import read
from pumpup_tui.commands.api_key_commands import keys_of, revoke_keys
from pumpup_tui.commands.database_places import Database
from pumpup_tui.commands.failure import Failed
from pumpup_tui.commands.places import Folder, StorePlace
from tests.support.actors import ALICE, BOB
from tests.support.backends import DatabasePlace, FolderPlace, RecordPlace
from tests.support.world_builder import STEPS


@pytest.fixture(params=["folder", "database"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> RecordPlace:
    """A place of each kind for a record."""
    made: RecordPlace = FolderPlace(tmp_path / "data")
    if request.param == "database":
        made = DatabasePlace(request.getfixturevalue("database"), request.getfixturevalue("workspace"))
    made.create()
    return made


def named(place: RecordPlace) -> StorePlace:
    """Return a place as a command line names it."""
    if isinstance(place, DatabasePlace):
        return Database(place.address, place.workspace, "carol")
    assert isinstance(place, FolderPlace)
    return Folder(place.path, "carol")


async def _give(place: RecordPlace) -> None:
    backend = await place.backend(ALICE)
    until = wire_time(utc_now() + timedelta(days=1))
    try:
        claims = await backend.submit(CreateProject(name="Claims", steps=read(Steps, STEPS)), key="claims")
        for project, name, giver in (
            ("prj_general", "a", ALICE),
            (claims.answer["id"], "b", ALICE),
            ("prj_general", "c", BOB),
        ):
            terms = {"projectId": project, "name": name, "filter": "x", "until": until, "most": 1, "sample": 1}
            await backend.acting_as(giver).submit(read_command(GiveGrant, terms), key=name)
    finally:
        await backend.aclose()


async def _grants(place: RecordPlace) -> dict[str, Grant]:
    backend = await place.backend(ALICE)
    try:
        return {grant.name: grant for grant in await backend.grants()}
    finally:
        await backend.aclose()


def reasons(place: RecordPlace) -> dict[str, str | None]:
    """Return why each grant has ended, None while it is in force."""
    grants = asyncio.run(_grants(place))
    return {name: grant.ended.reason if grant.ended else None for name, grant in sorted(grants.items())}


def test_a_revoked_reviewers_grants_end(place: RecordPlace, capsys: pytest.CaptureFixture[str]) -> None:
    """Once the last key of their giver is gone, and before it is; those of others stay."""
    asyncio.run(_give(place))
    for actor in (ALICE, ALICE, BOB):
        place.add_key(actor)
    first = next(key.id for key in keys_of(named(place)).listing() if key.name == "alice")
    revoke_keys(named(place), "alice", first)
    assert reasons(place) == {"a": None, "b": None, "c": None}
    assert "Revoked 1 key of alice" in capsys.readouterr().err
    revoke_keys(named(place), "alice", None)
    assert reasons(place) == {"a": "KEY_REVOKED", "b": "KEY_REVOKED", "c": None}
    said = capsys.readouterr().err
    assert "Revoked 1 key of alice" in said
    assert "Ended 2 grants of alice" in said
    ended = asyncio.run(_grants(place))["a"].ended
    assert ended is not None
    assert ended.by == "platform"
    assert place.verified() == []


def test_a_folder_with_keys_alone_stays_so(tmp_path: Path) -> None:
    """A reviewer's key is revoked where nothing was recorded yet, and no record is made for it."""
    place = FolderPlace(tmp_path)
    place.add_key(ALICE)
    revoke_keys(named(place), "alice", None)
    assert keys_of(named(place)).listing() == []
    assert not (tmp_path / "journal.jsonl").exists()


def test_a_key_is_revoked_whatever_the_record_is_like(tmp_path: Path) -> None:
    """Where the record takes no writes the key is gone all the same, and it is said that the grants are not."""
    place = FolderPlace(tmp_path)
    asyncio.run(_give(place))
    place.add_key(ALICE)
    (tmp_path / "head").unlink()
    with pytest.raises(Failed, match=r"Grants that alice gave could not be ended: .*takes no writes"):
        revoke_keys(named(place), "alice", None)
    assert keys_of(named(place)).listing() == []
