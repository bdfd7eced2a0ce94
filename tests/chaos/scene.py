"""What the tests play: an agent beside the server, a reviewer behind the failing way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from uuid import uuid4

from api_client.backend import Backend
from api_client.commands import Decide
from api_client.http import HttpBackend
from api_client.models import Event, Outcome
from tests.chaos.proxy import Proxy
from tests.sdk.reviewer import Reviewer, at_the_terminal
from tests.sdk.serving import ServedRecord
from tests.support.shown_screen import strips_of
from tests.support.world_builder import WorldBuilder
from tests.waiting import HANG_SECONDS

LOOK_SECONDS = 0.02
"""Seconds between two looks at the screen."""

_numbers = count(1)


@dataclass
class Scene:
    """Who is there."""

    proxy: Proxy
    ca_file: Path | None
    reviewer_key: str
    agent: HttpBackend
    """Calls the server itself."""
    auditor: HttpBackend
    """Reads what is on the record, past the proxy."""

    @classmethod
    @asynccontextmanager
    async def over(cls, folder: ServedRecord, proxy: Proxy, ca_file: Path) -> AsyncIterator[Scene]:
        """Give a scene; what it left open is settled at its end, for other tests use the folder too."""
        agent = HttpBackend(folder.url, folder.agent_key)
        auditor = HttpBackend(folder.url, folder.reviewer_key)
        yield cls(proxy, ca_file, folder.reviewer_key, agent, auditor)
        for item in (await auditor.inbox()).items:
            decide = Decide(request_id=item.request_id, outcome=Outcome(type="REJECT"))
            await auditor.submit(decide, key=uuid4().hex)
        await agent.aclose()
        await auditor.aclose()

    async def ask(self) -> tuple[str, str]:
        """Let the agent ask for an approval; return the request's id and its summary."""
        summary = f"Refund ${next(_numbers)}.00 please"
        make = WorldBuilder(self.agent, self.auditor, (uuid4().hex for _ in count()))
        return await make.approval(await make.task("Claim", "claims"), summary, "claims"), summary

    async def decisions(self, request_id: str) -> list[Event]:
        """Return all decisions on a request that are on the record."""
        task_id = (await self.auditor.request(request_id)).task.id
        events = await self.auditor.events(task_id=task_id)
        return [event for event in events.items if event.in_response_to == request_id]

    async def connect(self) -> Backend:
        """Return the reviewer's backend: through the proxy, trusting its CA."""
        return HttpBackend(self.proxy.url, self.reviewer_key, ca_file=self.ca_file)

    @asynccontextmanager
    async def terminal(self) -> AsyncIterator[Terminal]:
        """Give the reviewer's terminal."""
        async with at_the_terminal(self.connect) as reviewer:
            yield Terminal(reviewer)


@dataclass
class Terminal:
    """The real app, and what stands on its screen."""

    reviewer: Reviewer

    def shown(self) -> str:
        """Return what stands on the screen."""
        strips = strips_of(self.reviewer.inbox)
        return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)

    async def sees(self, *words: str, gone: tuple[str, ...] = (), within: float = HANG_SECONDS) -> float:
        """Wait until all `words` stand on the screen and none of `gone`; return the seconds that it took."""
        return await self.until(
            lambda shown: all(word in shown for word in words) and not any(word in shown for word in gone),
            f"{words} without {gone}",
            within,
        )

    async def until(self, condition: Callable[[str], bool], what: str, within: float) -> float:
        """Wait for a condition of what is shown; return the seconds that it took.

        The seconds are those of the event loop, which the app shares: each look counts for the rest before it, however
        long a busy machine took for it.
        """
        looks = 0
        while not condition(self.shown()):
            assert looks * LOOK_SECONDS < within, f"never {what}:\n{self.shown()}"
            await asyncio.sleep(LOOK_SECONDS)
            looks += 1
        return looks * LOOK_SECONDS
