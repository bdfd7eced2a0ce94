"""Honest callers: an agent that writes and asks, a reviewer who decides, each waiting for one answer at a time."""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

import httpx

from tests.attacks.place import Place


@dataclass
class Seen:
    """What honest callers saw: the statuses that they were answered, and how long each answer took."""

    statuses: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    @property
    def p95(self) -> float:
        """The seconds within which 95 of 100 were answered."""
        return statistics.quantiles(self.seconds, n=20)[-1]

    def take(self, response: httpx.Response) -> httpx.Response:
        """Note an answer."""
        self.statuses.append(response.status_code)
        self.seconds.append(response.elapsed.total_seconds())
        return response


_numbers = count()


async def work(place: Place, task_id: str, until: Callable[[int], bool]) -> Seen:
    """Work, in rounds of five calls, until `until` says so of the rounds done; a new connection now and then."""
    seen, rounds = Seen(), 0
    while not until(rounds):
        async with httpx.AsyncClient(base_url=place.url, timeout=60) as client:
            for _ in range(5):
                await _round(client, place, task_id, seen)
                rounds += 1
                if until(rounds):
                    break
    return seen


async def _round(client: httpx.AsyncClient, place: Place, task_id: str, seen: Seen) -> None:
    agent, reviewer = ({"Authorization": f"Bearer {key}"} for key in (place.agent, place.reviewer))

    async def post(path: str, body: object, who: dict[str, str]) -> httpx.Response:
        headers = {**who, "Idempotency-Key": f"honest {next(_numbers)}"}
        return seen.take(await client.post(path, json=body, headers=headers))

    on_task = {"projectName": "general", "taskId": task_id}
    await post("/api/notes", {**on_task, "message": "n"}, agent)
    asked = await post("/api/approval-requests", {**on_task, "summary": "Refund?"}, agent)
    request_id = asked.json()["eventId"]
    seen.take(await client.get(f"/api/approval-requests/{request_id}/result", headers=agent))
    await post(f"/api/approval-requests/{request_id}/decision", {"outcome": {"type": "APPROVE"}}, reviewer)
    seen.take(await client.get(f"/api/approval-requests/{request_id}/result", headers=agent))


async def together(place: Place, task_ids: list[str], until: Callable[[int], bool]) -> Seen:
    """Let several work beside each other, one on each task."""
    all_seen = Seen()
    for seen in await asyncio.gather(*(work(place, task_id, until) for task_id in task_ids)):
        all_seen.statuses += seen.statuses
        all_seen.seconds += seen.seconds
    return all_seen
