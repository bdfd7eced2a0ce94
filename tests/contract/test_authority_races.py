"""Races for authority: two second signatures, a grant that ends while it fires, a policy that changes meanwhile.

Each process has the record open for itself. Whatever the order, each request has one outcome, and `verify` holds every
decision to the policy, the grants and the pauses of its moment.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from api_client.commands import CreateTask, GiveGrant, SetPolicy
from api_client.models import Event
from api_client.times import utc_now, wire_time
from tests.support.actors import AGENT, ALICE
from tests.support.backends import RecordPlace
from tests.support.race_process import REQUESTS, place_of, policy_of, refund
from tests.waiting import HANG_SECONDS

GENERAL = "prj_general"


async def prepared(place: RecordPlace) -> tuple[str, list[str], str]:
    """Make a record with a policy, a grant, and requests that take two people; return task, requests and grant."""
    place.create()
    backend = await place.backend(ALICE)
    agent = backend.acting_as(AGENT)
    await backend.submit(SetPolicy.of(project_id=GENERAL, policy=policy_of(2)), key="policy")
    made = await agent.submit(CreateTask(project_name="general", name="Refunds"), key="task")
    task = str(made.answer["id"])
    requests = [
        (await agent.submit(refund(task, "$2,000"), key=f"big-{number}")).event_id for number in range(REQUESTS)
    ]
    terms = GiveGrant(
        project_id=GENERAL, name="small", filter="context.Amount<100", until=until_of(), most=1_000, sample=0.05
    )
    grant = await backend.submit(terms, key="grant")
    await backend.aclose()
    return task, requests, str(grant.answer["id"])


def until_of() -> str:
    """Return a time that a grant may last to, by the clock of this machine, which the processes use."""
    return wire_time(utc_now() + timedelta(days=1))


def race(place: RecordPlace, *jobs: Sequence[Any]) -> list[list[Any]]:
    """Let a process for each job begin at the same time; return what each of them heard."""
    command = [sys.executable, "-m", "tests.support.race_process", json.dumps(place_of(place))]
    pipe = subprocess.PIPE
    processes = [
        subprocess.Popen([*command, json.dumps(job)], stdin=pipe, stdout=pipe, stderr=pipe, text=True) for job in jobs
    ]
    for process in processes:
        assert process.stdout
        assert process.stdout.readline() == "ready\n", process.communicate()[1]
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = [process.communicate(timeout=HANG_SECONDS) for process in processes]
    for _, errors in answers:
        assert not errors
    return [json.loads(said) for said, _ in answers]


async def recorded(place: RecordPlace) -> list[Event]:
    """Return all events of the record, having verified it."""
    words = [sys.executable, "-m", "pumpup_tui", "verify", *place.words]
    verified = await asyncio.to_thread(subprocess.run, words, capture_output=True, text=True, check=False)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    backend = await place.backend(ALICE)
    events: list[Event] = []
    cursor, more = None, True
    while more:
        page = await backend.events(cursor=cursor, limit=500)
        events += page.items
        cursor, more = page.next_cursor, not page.is_last(500)
    await backend.aclose()
    return events


async def test_each_request_has_one_outcome_whatever_comes_at_once(place: RecordPlace) -> None:
    """Four people sign, a policy flips between two and three people, and a grant is ended while an agent asks."""
    task, requests, grant = await prepared(place)
    heard = await asyncio.to_thread(
        race,
        place,
        *(["decide", name, requests] for name in ("ann", "ben", "cleo", "dora")),
        ["flip", "alice", 12],
        ["ask", task, grant],
    )
    events = await recorded(place)
    settled = Counter(event.in_response_to for event in events if event.event_type == "APPROVAL_DECIDED")
    assert all(count == 1 for count in settled.values())
    decided = {event.in_response_to: event for event in events if event.event_type == "APPROVAL_DECIDED"}
    won = Counter(request for said in heard[:4] for request, words in said if words == "decided")
    assert won == Counter(request for request in requests if request in decided)
    for request in requests:
        agreed = [event for event in events if event.event_type == "ACTION" and event.in_response_to == request]
        who = [event.subject for event in agreed]
        assert len(set(who)) == len(who)
        if request in decided:
            counted = decided[request].payload["agreements"]
            assert set(counted) <= {event.id for event in agreed}
            assert decided[request].subject not in {event.subject for event in agreed if event.id in counted}
    check_grant(events, heard[5])


def check_grant(events: list[Event], asked: list[Any]) -> None:
    """Nothing that came after the grant's end was decided by it, and all that it decided came before."""
    by_grant = [event.seq or 0 for event in events if (event.payload.get("authority") or {}).get("grant")]
    (ended_at,) = (at for kind, at in asked if kind == "ended")
    place_of_end = int(ended_at)
    assert by_grant
    assert max(by_grant) <= place_of_end
