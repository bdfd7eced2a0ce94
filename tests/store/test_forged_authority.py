"""A record whose authority somebody forged: it is opened and read, and `verify` says what is wrong with it."""

from __future__ import annotations

from typing import Any

import pytest

from api_client.times import parse_time
from store.core import authority_models
from store.core.authority_watch import AuthorityWatch
from store.core.chain import link_all
from store.core.event_ids import event_id
from store.core.grant_coverage import grants_of
from store.core.request_standing import standing_of
from store.core.state_view import Doc
from store.transfer.conformance import Conformance
from store.transfer.folded_record import FoldedRecord, Raw
from tests.store.authority_world import ALICE, PROJECT, World
from tests.store.memory_record import NoChecks

LAST = "9999-12-31T00:00:00.000000Z"


@pytest.fixture
def world() -> World:
    """A policy, a grant and an open request."""
    world = World()
    world.policy({"name": "all", "when": {}, "expire": {"afterSeconds": 10**8}}, escalate=["lead"])
    world.grant(sample=1)
    world.ask()
    return world


def last(world: World, kind: str) -> Doc:
    """Return the last event of a type, as it would be written once more."""
    (*_, event) = (event for event in world.record.events if event["eventType"] == kind)
    return {key: value for key, value in event.items() if key not in ("id", "seq", "hash")}


def read_all(world: World, forged: Doc) -> tuple[str, FoldedRecord]:
    """Append an event to the record, and read all that it adds up to; return the breach, and what was folded."""
    raw: list[Raw] = []
    view = FoldedRecord(lambda seq: raw[seq - 1])
    conformance = Conformance(view, NoChecks())  # type: ignore[arg-type]  # it asks no more of them
    place = len(world.record.raw) + 1
    forged = {"id": event_id(place, "f" * 12), "seq": place, **forged}
    commit = link_all(world.record.raw[-1][1], [forged])
    breach = ""
    texts = [*(text for text, _ in world.record.raw), *commit.texts]
    for event, text in zip([*world.record.events, *commit.events], texts, strict=True):
        breach = conformance.breach(event, text)
        raw.append((text, event["hash"]))
        view.take(dict(event), text)
    docs = dict(view.rows("authority"))
    authority_models.grants(list(docs.values()), None)
    authority_models.status(docs)
    watch = AuthorityWatch()
    watch.update(docs)
    watch.due(docs, world.record.now)
    for request_id, _ in view.rows("requests"):
        asked = view.event(request_id) or {}
        standing_of(view, asked, ALICE)
        for schedule in watch.schedules.values():
            schedule.is_old_enough(parse_time(asked["timestamp"]), world.record.now)
    return breach, view


@pytest.mark.parametrize(
    "until", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-01-30t00:00:00z", "tomorrow"]
)
def test_a_grant_until_no_time(world: World, until: str) -> None:
    """An end that is no time in the form that is recorded gives nothing, and is a breach."""
    given = last(world, "GRANT_GIVEN")
    forged = {**given, "payload": {**given["payload"], "grantId": "grt_f", "name": "other", "until": until}}
    breach, view = read_all(world, forged)
    assert "until" in breach
    assert view.get("authority", "grt_f") is None


@pytest.mark.parametrize("project_id", [["a"], {"a": 1}, 7, False, "prj_none"])
@pytest.mark.parametrize("kind", ["PAUSED", "RESUMED"])
def test_a_pause_of_no_project(world: World, kind: str, project_id: Any) -> None:
    """What names no project pauses none."""
    payload = {"type": kind.title(), "reason": "Look first"}
    forged = {**last(world, "POLICY_SET"), "eventType": kind, "projectId": project_id, "payload": payload}
    breach, view = read_all(world, forged)
    assert breach
    assert authority_models.status(dict(view.rows("authority"))).pauses == ()


def test_by_nobody(world: World) -> None:
    """A pause, an ending and an escalation that say of nobody that they were theirs are shown without a name."""
    entry = {**last(world, "POLICY_SET"), "subject": None}
    paused = {**entry, "eventType": "PAUSED", "payload": {"type": "Paused", "reason": "Look first"}}
    (grant,) = grants_of(world.record.view, PROJECT)
    ended = {"type": "GrantEnded", "grantId": grant["id"], "reason": "TIME"}
    request_id = world.record.events[-1]["id"]
    escalated = {"type": "ApprovalDecided", "outcome": {"type": "ESCALATE"}, "escalatedTo": ["lead"]}
    asked = {**last(world, "APPROVAL_REQUESTED"), "source": "HUMAN", "subject": None, "inResponseTo": request_id}
    for forged in (
        paused,
        {**entry, "eventType": "GRANT_ENDED", "payload": ended},
        {**asked, "eventType": "APPROVAL_DECIDED", "payload": escalated},
    ):
        assert "who acted" in read_all(world, forged)[0]


def test_a_grant_that_is_ended_elsewhere_goes_on(world: World) -> None:
    """An ending in another project is none, nor is one of a grant that has ended."""
    (grant,) = grants_of(world.record.view, PROJECT)
    ended = {"type": "GrantEnded", "grantId": grant["id"], "reason": "REVOKED"}
    forged = {**last(world, "GRANT_GIVEN"), "eventType": "GRANT_ENDED", "payload": ended}
    breach, view = read_all(world, {**forged, "projectId": "prj_general"})
    assert breach
    assert "ended" not in (view.get("authority", grant["id"]) or {})
    breach, view = read_all(world, forged)
    assert not breach
    assert list(grants_of(view, PROJECT)) == []


def test_at_the_end_of_the_calendar(world: World) -> None:
    """What is asked and given on the last day expires never, and is checked like anything."""
    read_all(world, {**last(world, "APPROVAL_REQUESTED"), "timestamp": LAST})
    given = last(world, "GRANT_GIVEN")
    payload = {**given["payload"], "grantId": "grt_f", "name": "other", "until": "9999-12-31T12:00:00.000000Z"}
    assert not read_all(world, {**given, "timestamp": LAST, "payload": payload})[0]
