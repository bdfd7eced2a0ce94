"""A decision with forged evidence: `verify` says of the rule that held and of the attachments opened what is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from api_client.commands import Decide, ReceiveUpload, RecordAction, RequestApproval
from api_client.models import Attachment
from store.core.event_shapes import shape_fault
from store.core.ruling import Content
from store.core.state_view import Doc
from tests.store.authority_world import ALICE, APPROVE, BOB, BOT, SLUG, World
from tests.store.test_forged_authority import last, read_all

Forge = Callable[[dict[str, Any], list[str]], Any]
"""Changes the evidence in a decision, or in an agreement, of a request with these attachments."""


def asked(*, policy: bool) -> tuple[World, str, list[str]]:
    """Return a world with a request, under a policy or under none; the request's id, and those of its attachments."""
    world = World()
    if policy:
        world.policy({"name": "all", "when": {}, "people": 2})
    content = Content("0" * 64, 5)
    names = [str(world.done(ReceiveUpload(file_name=name), BOT, content)["id"]) for name in ("front", "back")]
    added = tuple(Attachment(upload_id=name, label="p") for name in names)
    world.done(RecordAction(project_name=SLUG, task_id=world.task, description="d", add_attachments=added), BOT)
    ask = RequestApproval(project_name=SLUG, task_id=world.task, summary="Refund", attachments=tuple(names))
    return world, world.done(ask, BOT)["eventId"], names


def decided(world: World, request_id: str, names: list[str], *, people: int) -> Doc:
    """Let so many people approve, each of whom had opened all; return the last event, as it would be written again."""
    for actor in (ALICE, BOB)[:people]:
        world.done(Decide(request_id=request_id, outcome=APPROVE, attachments_opened=tuple(names)), actor)
    return last(world, world.record.events[-1]["eventType"])


def forged(forge: Forge, *, people: int, policy: bool = True) -> tuple[str, Doc]:
    """Return the breach that `verify` finds in a decision whose evidence was forged, and the forged event."""
    event = decided(*asked(policy=policy), people=people)
    world, request_id, names = asked(policy=policy)
    if people > 1:
        decided(world, request_id, names, people=people - 1)
    payload = event["payload"]
    is_agreement = "detail" in payload
    evidence = dict(payload["detail"]["agreement"] if is_agreement else payload)
    forge(evidence, names)
    event = {**event, "payload": {**payload, "detail": {"agreement": evidence}} if is_agreement else evidence}
    return read_all(world, event)[0], event


@pytest.mark.parametrize("people", [1, 2])
@pytest.mark.parametrize(
    ("forge", "words"),
    [
        (lambda one, _: one["rule"].update(name="laxer"), 'rule.name is "laxer"; the rules make it "all"'),
        (lambda one, _: one["rule"].update(policy="f" * 64), "rule.policy is"),
        (lambda one, _: one["rule"].update(also=["other"]), "rule.also, which no rule writes here"),
        (lambda one, _: one["rule"].pop("name"), "lacks payload.*rule.name"),
        (lambda one, _: one.update(rule=7), "rule is 7"),
        (lambda one, names: one.update(attachmentsOpened=[*names, "upl_f"]), "no attachment 'upl_f'"),
        (lambda one, names: one.update(attachmentsOpened=names[::-1]), "attachmentsOpened"),
        (lambda one, names: one.update(attachmentsOpened=names[:1] * 2), "stands in it twice"),
        (lambda one, _: one.update(attachmentsOpened=[["x"]]), "attachmentsOpened"),
        (lambda one, _: one.update(attachmentsOpened="\x1b]52;c;x"), "attachmentsOpened"),
    ],
)
def test_what_did_not_hold_is_named(forge: Forge, words: str, people: int) -> None:
    """Of a decision, and of an agreement to one."""
    breach, _ = forged(forge, people=people)
    assert re.search(words, breach), breach


@pytest.mark.parametrize("people", [1, 2])
@pytest.mark.parametrize("key", ["rule", "attachmentsOpened"])
def test_a_record_of_before(key: str, people: int) -> None:
    """What an older version did not write yet is not missed."""
    assert not forged(lambda one, _: one.pop(key), people=people)[0]


def test_no_rule_holds_where_there_is_no_policy() -> None:
    """A decision in such a project names none."""
    breach, _ = forged(lambda one, _: one.update(rule={"policy": "f" * 64}), people=1, policy=False)
    assert "payload.rule, which no rule writes here" in breach


@pytest.mark.parametrize("people", [1, 2])
@pytest.mark.parametrize("evidence", [{"rule": 7}, {"rule": {"name": "all"}}, {"attachmentsOpened": [7]}])
def test_evidence_of_no_shape_is_not_shown_as_such(evidence: dict[str, Any], people: int) -> None:
    """An event that holds it is one of a form that is not known, and all screens show it so."""
    _, event = forged(lambda one, _: one.update(evidence), people=people)
    assert re.search("Expected|missing", shape_fault({**event, "id": "evt_00000001", "seq": 1}, 1))
