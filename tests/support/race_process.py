"""A process that takes part in a race for authority over a record that others have open too."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from api_client.actor import Actor
from api_client.authority import Policy
from api_client.backend import Backend
from api_client.commands import Decide, EndGrant, RequestApproval, SetPolicy
from api_client.errors import Conflict
from api_client.models import ApprovalRecommendation, Outcome
from api_client.wire import read
from tests.support.actors import AGENT
from tests.support.backends import DatabasePlace, FolderPlace, RecordPlace

REQUESTS = 12
_ASKED = 30


def place_of(place: RecordPlace) -> dict[str, str]:
    """Return a place as JSON."""
    if isinstance(place, FolderPlace):
        return {"kind": "folder", "path": str(place.path)}
    assert isinstance(place, DatabasePlace)
    return {"kind": "database", "url": place.url, "workspace": place.workspace}


def _read_place(spelt: dict[str, str]) -> RecordPlace:
    if spelt["kind"] == "folder":
        return FolderPlace(Path(spelt["path"]))
    return DatabasePlace(spelt["url"], spelt["workspace"])


def policy_of(people: int) -> Policy:
    """Return a policy by which large refunds take so many people."""
    big = {"name": "big", "when": {"context": {"Amount": {"atLeast": 1000}}}, "people": people, "tags": ["lead"]}
    return read(Policy, {"rules": [big]})


def refund(task: str, amount: str) -> RequestApproval:
    """Return the command by which an agent asks for a refund."""
    return RequestApproval(
        project_name="general",
        task_id=task,
        summary="Refund",
        key_value_context={"Amount": amount},
        recommendation=ApprovalRecommendation(outcome=Outcome(type="APPROVE")),
    )


async def _decide(backend: Backend, name: str, requests: list[str]) -> list[Any]:
    heard = []
    for request in requests:
        try:
            receipt = await backend.submit(Decide(request_id=request, outcome=Outcome(type="APPROVE")), key=request)
        except Conflict as fault:
            heard.append([request, fault.message])
            continue
        result = await backend.approval_result(request)
        mine = result is not None and result.decided_by == name
        events = (await backend.events(order="desc", limit=500)).items
        is_decision = any(one.id == receipt.event_id and one.event_type == "APPROVAL_DECIDED" for one in events)
        heard.append([request, "decided" if mine and is_decision else "agreed"])
    return heard


async def _flip(backend: Backend, times: int) -> list[Any]:
    heard = []
    for number in range(times):
        in_force = await backend.policy("prj_general")
        command = SetPolicy.of(project_id="prj_general", policy=policy_of(3 - number % 2), replaces=in_force.hash)
        heard.append((await backend.submit(command, key=f"flip-{number}")).answer["hash"])
    return heard


async def _ask(agent: Backend, reviewer: Backend, task: str, grant: str) -> list[Any]:
    """Ask many small things; in the middle of them somebody ends the grant."""
    heard: list[Any] = []

    async def one(number: int) -> None:
        asked = await agent.submit(refund(task, "$20"), key=f"small-{number}")
        heard.append(["asked", asked.event_id])

    await one(0)
    await asyncio.gather(*map(one, range(1, _ASKED)), reviewer.submit(EndGrant(grant_id=grant), key="end"))
    await one(_ASKED)
    (ended,) = (grant.ended for grant in await reviewer.grants() if grant.ended)
    assert ended is not None
    events = (await reviewer.events(order="desc", limit=500)).items
    before = [event.seq or 0 for event in events if event.timestamp <= ended.at]
    heard.append(["ended", max(before) + 1])
    return heard


async def main(place: RecordPlace, job: list[Any]) -> list[Any]:
    """Open the record, wait for the start, and take part."""
    kind, name, *rest = job
    actor = AGENT if kind == "ask" else Actor(name, "reviewer", ("lead",))
    backend = await place.backend(actor)
    try:
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        if kind == "decide":
            return await _decide(backend, name, rest[0])
        if kind == "flip":
            return await _flip(backend, rest[0])
        reviewer = backend.acting_as(Actor("rita", "reviewer", ("lead",)))
        return await _ask(backend, reviewer, name, rest[0])
    finally:
        await backend.aclose()


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(_read_place(json.loads(sys.argv[1])), json.loads(sys.argv[2])))))
