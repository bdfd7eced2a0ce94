"""Each error that the API documents, as the SDK's own classes; and what its retries do: nothing twice."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import pytest
from pumpup.core.api_error import ApiError
from pumpup.errors import BadRequestError, ConflictError, InternalServerError, NotFoundError

from tests.chaos.proxy import Fault, Proxy, certificates
from tests.sdk.clients import CallOperation, Half, calling
from tests.sdk.serving import ServedRecord

ONCE = {"max_retries": 0}


@pytest.fixture(params=["sync", "async"])
def half(request: pytest.FixtureRequest) -> Half:
    return cast("Half", request.param)


@pytest.fixture
async def call(half: Half, served: ServedRecord) -> AsyncIterator[CallOperation]:
    """One half of the SDK, pointed at the server."""
    async with calling(half, served.url, served.agent_key) as call:
        yield call


@pytest.fixture
async def proxy(served: ServedRecord, tmp_path: Path) -> AsyncIterator[Proxy]:
    """A way to the server that fails as it is told."""
    with certificates(tmp_path) as (good, bad, _):
        async with Proxy(served.url, good, bad).running() as proxy:
            yield proxy


@pytest.fixture
async def call_through(half: Half, served: ServedRecord, proxy: Proxy, tmp_path: Path) -> AsyncIterator[CallOperation]:
    """The same, behind the failing way."""
    tls = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
    async with calling(half, proxy.url, served.agent_key, tls=tls) as call:
        yield call


async def _task(call: CallOperation, key: str = "") -> Any:
    key = key or uuid4().hex
    return await call(lambda client: client.tasks.create(idempotency_key=key, project_name="claims", name="Claim"))


async def _events(call: CallOperation, task: Any) -> list[str]:
    return [event.event_type for event in (await call(lambda client: client.tasks.events(task.id))).items]


async def test_a_bad_request_names_its_code(call: CallOperation) -> None:
    """400, with code and message; the same for a step that is no exit and a key that is too long."""
    task = await _task(call)
    with pytest.raises(BadRequestError) as bad:
        await call(
            lambda client: client.events.agent_action(
                idempotency_key=uuid4().hex,
                project_name="claims",
                task_id=task.id,
                description="x",
                transitions_to="refused",
            )
        )
    assert (bad.value.status_code, bad.value.body.code) == (400, "INVALID_TRANSITION")
    with pytest.raises(BadRequestError) as long:
        await _task(call, "k" * 256)
    assert long.value.body.code == "INVALID_REQUEST"


async def test_an_unknown_id_is_not_found(call: CallOperation) -> None:
    """404, for each thing that has an id."""
    for operation in (
        lambda client: client.projects.get("prj_x"),
        lambda client: client.tasks.get("tsk_x"),
        lambda client: client.tasks.events("tsk_x"),
        lambda client: client.approvals.get_result("evt_x"),
        lambda client: client.elicitations.get_result("evt_x"),
        lambda client: client.uploads.get("upl_x"),
    ):
        with pytest.raises(NotFoundError) as missing:
            await call(operation)
        assert missing.value.body.error


async def test_an_unknown_key_is_a_401(half: Half, served: ServedRecord) -> None:
    """A key that nobody made."""
    async with calling(half, served.url, "pk_wrong") as call:
        with pytest.raises(ApiError) as fault:
            await call(lambda client: client.projects.list())
    assert fault.value.status_code == 401


async def test_a_foreign_host_is_a_403(half: Half, served: ServedRecord) -> None:
    """A call for a name that is not this server's."""
    async with calling(half, served.url, served.agent_key, headers={"Host": "evil.example"}) as call:
        with pytest.raises(ApiError) as fault:
            await call(lambda client: client.projects.list())
    assert fault.value.status_code == 403


async def test_too_large_a_body_is_a_413(call: CallOperation) -> None:
    """JSON over a megabyte is refused, and nothing is written."""
    task = await _task(call)
    with pytest.raises(ApiError) as fault:
        await call(
            lambda client: client.events.note(
                idempotency_key=uuid4().hex, project_name="claims", task_id=task.id, message="x" * 1_100_000
            )
        )
    assert fault.value.status_code == 413
    assert await _events(call, task) == ["TASK_CREATED"]


async def test_its_own_retry_of_a_conflict_writes_nothing(
    call: CallOperation, call_through: CallOperation, proxy: Proxy
) -> None:
    """The SDK sends a 409 three times; the timeline stays as it was, and the caller hears the conflict."""
    task = await _task(call)
    on_task = {"project_name": "claims", "task_id": task.id}
    await call(lambda client: client.approvals.create(idempotency_key=uuid4().hex, summary="x", **on_task))
    closing = {"description": "x", "transitions_to": "paid", **on_task}
    before = await _events(call, task)
    key = uuid4().hex
    with pytest.raises(ConflictError) as conflict:
        await call_through(lambda client: client.events.agent_action(idempotency_key=key, **closing))
    assert "open request" in conflict.value.body.error
    assert len(proxy.writes) == 3
    assert await _events(call, task) == before


@pytest.mark.parametrize(
    "fault", [Fault.BUSY, Fault.BROKEN, Fault.CUT_BEFORE_THE_ANSWER, Fault.CUT_AFTER_THE_REQUEST],
    ids=lambda fault: fault.name,
)  # fmt: skip
async def test_its_own_retry_after_a_fault_writes_once(
    call: CallOperation, call_through: CallOperation, proxy: Proxy, fault: Fault
) -> None:
    """429, 500 or a cut, before or after it was written: the second try is the same write."""
    task = await _task(call)
    proxy.of_writes.append(fault)
    note = {"project_name": "claims", "task_id": task.id, "message": "once"}
    key = uuid4().hex
    answer = await call_through(lambda client: client.events.note(idempotency_key=key, **note))
    assert proxy.writes == [fault, Fault.NONE]
    events = (await call(lambda client: client.tasks.events(task.id))).items
    assert [event.id for event in events if event.event_type == "NOTE"] == [answer.event_id]


@pytest.mark.parametrize(("fault", "status"), [(Fault.BUSY, 429), (Fault.BROKEN, 500)])
async def test_without_retries_the_fault_is_told(
    call_through: CallOperation, proxy: Proxy, fault: Fault, status: int
) -> None:
    """429 and 500 are told as what they are."""
    proxy.set(fault)
    with pytest.raises(ApiError) as told:
        await call_through(lambda client: client.projects.list(request_options=ONCE))
    assert told.value.status_code == status
    assert isinstance(told.value, InternalServerError) == (status == 500)
