"""The reading back of an approval that was just recorded, through every backend."""

from __future__ import annotations

import pytest

from api_client import recorded_approval as module
from api_client.recorded_approval import RecordedApproval, recorded_approval
from tests.contract.given import APPROVAL
from tests.contract.given_authority import BIG, GivenAuthority
from tests.support.backends import World

pytestmark = pytest.mark.parametrize("world", ["local", "socket"], indirect=True)


async def test_an_approval_is_read_back_as_what_it_is(
    world: World, authority: GivenAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A decision or an agreement, also once the request is decided and many other decisions have come since."""
    monkeypatch.setattr(module, "LATEST", 2)
    await authority.policy({**BIG, "people": 2})
    large, task = await authority.ask("$4,100"), authority.task_of.id

    async def read(event_id: str) -> RecordedApproval:
        return await recorded_approval(world.reviewer, task, large.id, event_id)

    agreement = (await authority.decide(world.reviewer, large)).event_id
    recorded = await read(agreement)
    assert (recorded.is_agreement, recorded.recommendation) == (True, APPROVAL["recommendation"])
    assert recorded.needs is not None
    assert recorded.needs.missing_for("APPROVE") == 1
    decision = (await authority.decide(world.other_reviewer, large)).event_id
    for _ in range(2):
        assert await read(decision) == RecordedApproval(APPROVAL["recommendation"])
        assert await read(agreement) == RecordedApproval(APPROVAL["recommendation"], is_agreement=True)
        for _ in range(3):
            await authority.decide(world.reviewer, await authority.ask("$4"))
