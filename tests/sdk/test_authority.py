"""Agents under a policy: what part 4 of the contract puts on a timeline or answers, as the official SDK reads it."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from pumpup import AsyncPumpUp
from pumpup.core.api_error import ApiError
from pumpup.errors import NotFoundError
from pumpup.types.payload import Payload_Action, Payload_ApprovalDecided, Payload_Note

from api_client.commands import PLATFORM, Answer, Decide, EndGrant, Expire, Pause, Resume, Withdraw
from api_client.models import Outcome
from tests.contract.given import ANSWERS
from tests.contract.given_authority import BIG, GivenAuthority
from tests.sdk.clients import CallOperation, Half, calling
from tests.support.backends import DatabasePlace, FolderPlace, RecordPlace, StepClock, World, open_world
from tests.waiting import HANG_SECONDS

AGENT = Path(__file__).with_name("typescript_agent.cjs")
RULES: list[dict[str, Any]] = [
    {**BIG, "people": 2},
    {"name": "unsure", "when": {"kind": "approval", "confidenceBelow": 0.5}, "expire": {"afterSeconds": 60}},
    {"name": "forms", "when": {"kind": "elicitation"}, "tags": ["claims-lead"], "expire": {"afterSeconds": 60}},
]
UNSURE = {"outcome": {"type": "APPROVE"}, "confidence": 0.2}


@pytest.fixture(params=["folder", "database"])
async def world(request: pytest.FixtureRequest, tmp_path: Path, tokens: Callable[[], str]) -> AsyncIterator[World]:
    """A record of each kind behind a server on a socket."""
    place: RecordPlace = FolderPlace(tmp_path / "data")
    if request.param == "database":
        place = DatabasePlace(request.getfixturevalue("database"), request.getfixturevalue("workspace"))
    async with open_world("socket", place, StepClock(), tokens) as world:
        yield world


@pytest.fixture
async def given(world: World) -> GivenAuthority:
    """A policy that is in force, with all that a policy may hold."""
    given = await GivenAuthority(world).begin()
    await given.policy(*RULES, blind=1, escalate=["claims-lead"])
    return given


@pytest.fixture(params=["sync", "async"])
async def call(request: pytest.FixtureRequest, world: World) -> AsyncIterator[CallOperation]:
    """An agent with either half of the SDK."""
    async with calling(cast("Half", request.param), world.url, world.agent_key) as call:
        yield call


async def _ask(call: CallOperation, given: GivenAuthority, amount: str = "$240", **keys: Any) -> str:
    """Ask by the SDK; return the request's id."""
    asked: dict[str, Any] = {
        "project_name": given.project_of.project_name,
        "task_id": given.task_of.id,
        "summary": "Refund?",
        "key_value_context": {"Amount": amount},
        "recommendation": {"outcome": {"type": "APPROVE"}, "confidence": 0.91},
        **keys,
    }
    answer = await call(lambda client: client.approvals.create(idempotency_key=given.key(), **asked))
    return str(answer.event_id)


async def _timeline(call: CallOperation, given: GivenAuthority) -> list[Any]:
    """Read the whole timeline by small pages, so that no page with an odd event is skipped."""
    events: list[Any] = []
    cursor = None
    while (page := await call(partial(_page, given.task_of.id, cursor))).items:
        events += page.items
        cursor = page.next_cursor
    return events


def _page(task_id: str, cursor: str | None, client: Any) -> Any:
    return client.tasks.events(task_id, cursor=cursor, limit=3)


def _result(request_id: str, client: Any) -> Any:
    return client.approvals.get_result(request_id)


async def _decide(by: Any, given: GivenAuthority, request_id: str, outcome: str, **keys: Any) -> None:
    await by.submit(Decide(request_id=request_id, outcome=Outcome(type=outcome), **keys), key=given.key())  # type: ignore[arg-type]


async def test_agreements_and_what_a_policy_adds_are_read(
    call: CallOperation, given: GivenAuthority, world: World
) -> None:
    """The first of two approvals is an action, and leaves the request pending; the last one decides."""
    photo = await given.attached(given.task_of)
    large = await _ask(call, given, "$4,100.00", attachments=[photo])
    await _decide(world.other_reviewer, given, large, "APPROVE", attachments_opened=())
    assert await call(partial(_result, large)) is None
    await _decide(world.reviewer, given, large, "APPROVE", blind=True, attachments_opened=(photo,))
    escalated = await _ask(call, given)
    await _decide(world.reviewer, given, escalated, "ESCALATE")
    form = await given.elicitation(given.task_of)
    await world.reviewer.submit(Answer(request_id=form.id, answers=ANSWERS), key=given.key())
    *_, agreed, decided, _, other, _, answered = await _timeline(call, given)
    assert (agreed.event_type, agreed.source, agreed.in_response_to) == ("ACTION", "HUMAN", large)
    assert isinstance(agreed.payload, Payload_Action)
    agreement = dict(agreed.payload.detail or {})["agreement"]
    assert (agreement["outcome"], agreement["authority"]["subject"]) == ("APPROVE", "bob")
    rule = {"name": "big", "policy": given.hash}
    assert (agreement["attachmentsOpened"], agreement["rule"]) == ([], rule)
    assert isinstance(decided.payload, Payload_ApprovalDecided)
    opened = {"attachmentsOpened": [photo], "rule": rule}
    assert decided.payload.model_extra == {"agreements": [agreed.id], "blind": True, **opened}
    assert other.payload.model_extra == {"escalatedTo": ["claims-lead"], "rule": {"policy": given.hash}}
    assert answered.payload.answers == ANSWERS
    result = await call(partial(_result, large))
    assert (result.outcome.type, result.decided_by) == ("APPROVE", "alice")
    assert result.authority_snapshot.tags == ["claims-lead", "eu"]
    assert result.model_extra == {"eventId": decided.id, "hash": decided.model_extra["hash"]}


async def test_a_grant_answers_at_once_and_its_samples_wait(
    call: CallOperation, given: GivenAuthority, world: World
) -> None:
    """The first result call after the request has the decision; a sample is decided by a person, and says whose."""
    grant = await given.grant()
    result, granted = None, ""
    while result is None:  # one in twenty is a sample
        granted = await _ask(call, given)
        result = await call(partial(_result, granted))
    assert (result.outcome.type, result.decided_by, result.recommendation_snapshot.confidence) == (
        "APPROVE", "alice", 0.91,
    )  # fmt: skip
    assert result.authority_snapshot.model_extra == {"grant": grant.id}
    decided = (await _timeline(call, given))[-1]
    assert (decided.event_type, decided.source, decided.in_response_to) == ("APPROVAL_DECIDED", "PLATFORM", granted)
    assert decided.payload.authority.model_extra == {"grant": grant.id}
    await world.reviewer.submit(EndGrant(grant_id=grant.id), key=given.key())
    sampling = await given.grant(name="sampling", sample=1)
    sample = await _ask(call, given)
    assert await call(partial(_result, sample)) is None
    await _decide(world.reviewer, given, sample, "REJECT")
    assert (await _timeline(call, given))[-1].payload.model_extra["sampleOf"] == sampling.id


async def test_what_nobody_decides_or_wants_is_read(call: CallOperation, given: GivenAuthority, world: World) -> None:
    """An expired approval has a result, the platform's; an expired form and a withdrawn request are 404 that say so."""
    unsure, form = await _ask(call, given, recommendation=UNSURE), await given.elicitation(given.task_of)
    wrong = await _ask(call, given)
    await world.agent.submit(Withdraw(request_id=wrong, reason="Not needed any more"), key=given.key())
    world.clock.now += timedelta(seconds=61)
    for request_id in (unsure, form.id):
        await world.local.acting_as(PLATFORM).submit(Expire(request_id=request_id), key=given.key())
    expired = await call(partial(_result, unsure))
    assert (expired.outcome.type, expired.outcome.reason_code, expired.decided_by) == (
        "ESCALATE",
        "EXPIRED",
        "platform",
    )
    for operation, reason in (
        (lambda client: client.elicitations.get_result(form.id), "Expired"),
        (partial(_result, wrong), "Not needed any more"),
    ):
        with pytest.raises(NotFoundError) as gone:
            await call(operation)
        assert reason in gone.value.body.error
    *_, withdrawn, decided, ended = await _timeline(call, given)
    assert (withdrawn.event_type, withdrawn.source) == ("REQUEST_WITHDRAWN", "AGENT")
    assert (decided.source, decided.payload.outcome.reason_code) == ("PLATFORM", "EXPIRED")
    assert (ended.event_type, ended.source, type(ended.payload)) == ("REQUEST_WITHDRAWN", "PLATFORM", Payload_Note)
    assert not (await call(lambda client: client.tasks.get(given.task_of.id))).open_requests


async def test_a_pause_is_a_403_that_is_not_retried(given: GivenAuthority, world: World) -> None:
    """The agent reads why, once; what it only reads goes on, and the same key is good once it is over."""
    sent: list[str] = []

    async def count(request: httpx.Request) -> None:
        sent.append(request.method)

    await world.reviewer.submit(Pause(project_id=given.project_of.id, reason="The price list is wrong"), key="pause")
    async with httpx.AsyncClient(timeout=60, event_hooks={"request": [count]}) as connections:
        client = AsyncPumpUp(base_url=world.url, api_key=world.agent_key, httpx_client=connections)
        note: Any = {"project_name": given.project_of.project_name, "task_id": given.task_of.id, "message": "x"}
        with pytest.raises(ApiError) as refused:
            await client.events.note(idempotency_key="note", **note)
        assert (refused.value.status_code, sent) == (403, ["POST"])
        assert "The price list is wrong" in refused.value.body["error"]
        assert (await client.tasks.get(given.task_of.id)).task.id == given.task_of.id
        await world.reviewer.submit(Resume(project_id=given.project_of.id), key="resume")
        await client.events.note(idempotency_key="note", **note)


def _needs_typescript() -> None:
    """Skip where node or the package is missing; NODE_PATH says where it is looked for beside the usual places."""
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    look = ["node", "-e", "require.resolve('@pumpupai/pumpup-sdk')"]
    if subprocess.run(look, capture_output=True, check=False, timeout=HANG_SECONDS, cwd=AGENT.parent).returncode:
        pytest.skip("node finds no @pumpupai/pumpup-sdk; NODE_PATH=…/node_modules says where one is")


async def test_the_typescript_sdk_reads_the_same(given: GivenAuthority, world: World) -> None:
    """A grant's decision at once, every event key by key as it is on the wire, and a pause with its reason."""
    await asyncio.to_thread(_needs_typescript)
    large = await given.ask("$4,100")
    await _decide(world.other_reviewer, given, large.id, "APPROVE")
    await _decide(world.reviewer, given, large.id, "APPROVE", blind=True)
    dropped = await given.elicitation(given.task_of)
    await world.agent.submit(Withdraw(request_id=dropped.id, reason="Not needed any more"), key=given.key())
    grant = await given.grant()
    await world.reviewer.submit(Pause(project_id="prj_general", reason="The price list is wrong"), key="pause")
    project = given.project_of.project_name
    words = ("node", AGENT, world.url, world.agent_key, project, given.task_of.id, "general")
    agent = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
    out, err = await asyncio.wait_for(agent.communicate(), HANG_SECONDS)
    assert agent.returncode == 0, err.decode()
    read = json.loads(out)
    assert read["result"]["authoritySnapshot"] == {"subject": "alice", "tags": ["claims-lead", "eu"], "grant": grant.id}
    headers = {"Authorization": f"Bearer {world.agent_key}"}
    async with httpx.AsyncClient(base_url=world.url, headers=headers, timeout=60) as connections:
        wire = (await connections.get(f"/api/tasks/{given.task_of.id}/events")).json()
    assert read["events"] == wire["items"]
    assert (read["refused"]["known"], read["refused"]["status"]) == (True, 403)
    assert "The price list is wrong" in read["refused"]["body"]["error"]
