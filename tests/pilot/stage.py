"""The app over a real folder, with an agent beside it: what pilot and snapshot tests play on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.pilot import Pilot

from api_client.actor import Actor
from api_client.commands import Command
from pumpup_tui.app import PumpUpApp
from pumpup_tui.context import Setup
from pumpup_tui.inbox.screen import InboxScreen
from pumpup_tui.local_state.document_store import DocumentStore
from pumpup_tui.local_state.preferences import Preferences
from store.folder.local_backend import open_local
from tests.conftest import FixedClock, counting_tokens
from tests.support.actors import AGENT, ALICE
from tests.support.world_builder import WorldBuilder
from tests.waiting import HANG_SECONDS

if TYPE_CHECKING:
    from api_client.backend import Backend
from pumpup_tui.gallery.samples import FIELDS
from store.folder.local_backend import LocalBackend
from tests.support.shown_screen import strips_of

STEPS = {
    "initialStep": "triage",
    "steps": [
        {"name": "triage", "owner": "AGENT", "exits": ["in_review", "rejected"]},
        {"name": "in_review", "owner": "HUMAN", "exits": ["triage", "paid", "rejected"], "timeoutSeconds": 600},
        {"name": "paid", "owner": "PLATFORM", "exits": []},
        {"name": "rejected", "owner": "PLATFORM", "exits": []},
    ],
}

ALL_FIELDS: list[dict[str, Any]] = [dict(field) for field in FIELDS]
ALL_FIELDS[-1]["description"] = "Was it reported?"
PRESSES_MOST = 200


class Stage:
    """A folder, a clock, an app over the folder, and others who write into it."""

    def __init__(
        self,
        folder: Path,
        *,
        grace: float = 0.0,
        clock: FixedClock | None = None,
        documents: DocumentStore | None = None,
    ) -> None:
        self.folder = folder
        self.clock = clock or FixedClock()
        self.tokens = counting_tokens()
        self.keys = (f"key-{number}" for number in count(1))
        self.backend: LocalBackend | None = None
        self.wrap: Callable[[Backend], Backend] = lambda backend: backend
        self.app = PumpUpApp(
            Setup(
                self.connect,
                source_label="local",
                clock=self.clock,
                new_key=lambda: next(self.keys),
                zone=UTC,
                preferences=Preferences(grace_seconds=grace),
                documents=documents or DocumentStore(None),
            )
        )
        self.before: list[Callable[[Stage], Any]] = []

    async def connect(self) -> Backend:
        """Open the folder, as the app asks, after what came before."""
        self.backend = await open_local(self.folder, ALICE, clock=self.clock, tokens=self.tokens)
        for act in self.before:
            await act(self)
        return self.wrap(self.backend)

    def run(self, width: int = 120, height: int = 40) -> AbstractAsyncContextManager[Pilot[None]]:
        """Run the app without a terminal."""
        return self.app.run_test(size=(width, height))

    async def write(self, command: Command, actor: Actor = AGENT) -> dict[str, Any]:
        """Write as someone else, over the app's own open folder."""
        assert self.backend is not None
        receipt = await self.backend.acting_as(actor).submit(command, key=next(self.keys))
        return receipt.answer

    @property
    def make(self) -> WorldBuilder:
        """Creates what a test needs, over the app's own open folder."""
        assert self.backend is not None
        return WorldBuilder(self.backend.acting_as(AGENT), self.backend.acting_as(ALICE), self.keys)

    async def project(self, name: str = "Claims") -> None:
        """Create a project with four steps."""
        await self.make.project(name, STEPS)

    async def task(self, name: str, project: str = "general", **more: Any) -> str:
        """Create a task; return its id."""
        return await self.make.task(name, project, **more)

    async def move(self, task_id: str, to: str, project: str = "claims", description: str = "moved on") -> None:
        """Have the agent move a task."""
        await self.act(task_id, description, project, transitionsTo=to)

    async def act(self, task_id: str, description: str, project: str = "claims", **more: Any) -> None:
        """Have the agent record an action."""
        await self.make.action(task_id, description, project, **more)

    async def approval(self, summary: str, task: str = "Claim C-1029", project: str = "general", **more: Any) -> str:
        """Create a task and ask for an approval on it; return the request's id."""
        return await self.ask(await self.task(task, project), summary, project, **more)

    async def ask(self, task_id: str, summary: str, project: str = "general", **more: Any) -> str:
        """Ask for an approval on a task; return the request's id."""
        return await self.make.approval(task_id, summary, project, **more)

    async def elicitation(
        self, summary: str, fields: list[dict[str, Any]], project: str = "general", **more: Any
    ) -> str:
        """Create a task and ask for fields on it; return the request's id."""
        task_id = await self.task("Claim C-1044", project)
        return await self.make.elicitation(task_id, fields, summary, project, **more)

    async def outcome(self, request_id: str) -> str | None:
        """Return the recorded outcome of an approval, None while it is pending."""
        assert self.backend is not None
        result = await self.backend.approval_result(request_id)
        return result.outcome.type if result else None

    async def decisions(self) -> int:
        """Return how many decisions and answers are on the record."""
        assert self.backend is not None
        page = await self.backend.events(types=("APPROVAL_DECIDED", "ELICITATION_PROVIDED"))
        return len(page.items)

    def shown(self) -> str:
        """Return what stands on the screen."""
        strips = strips_of(self.app.screen)
        return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)

    def rest_hands(self) -> None:
        """Let the next key be that of somebody who took their time: neither pasted nor held down."""
        self.app.context.outbox.guard.saw("", 0.0)

    async def sees(self, pilot: Pilot[None], *words: str, gone: tuple[str, ...] = ()) -> None:
        """Wait until all `words` stand on the screen, and none of `gone`."""
        loop = asyncio.get_running_loop()
        end = loop.time() + HANG_SECONDS
        while True:
            shown = self.shown()
            if all(word in shown for word in words) and not any(word in shown for word in gone):
                return
            if loop.time() > end:
                raise AssertionError(f"waited for {words}, without {gone}:\n{shown}")
            await pilot.pause(0.02)

    async def press_until(self, pilot: Pilot[None], key: str, words: str) -> None:
        """Press a key again and again until `words` stand on the screen."""
        for _ in range(PRESSES_MOST):
            if words in self.shown():
                return
            await pilot.press(key)
        raise AssertionError(f"{key} never came to {words}:\n{self.shown()}")

    async def found(self, pilot: Pilot[None], *words: str) -> None:
        """Wait until the palette's search for all that was typed is over, and shows `words`.

        Until then its hits are those of fewer letters: enter would take one of these.
        """
        await self.sees(pilot, *words)
        while any(worker.node is self.app.screen and not worker.is_finished for worker in self.app.workers):
            await pilot.pause(0.01)
        await self.sees(pilot, *words)

    async def ready(self, pilot: Pilot[None], *words: str) -> None:
        """Wait until the backend is open, `words` are shown and the request under the cursor can be decided."""
        await self.sees(pilot, "live", *words, gone=("opening…", "reading the rest…"))
        screen = self.app.screen
        while isinstance(screen, InboxScreen) and screen.requests.row is not None and not screen.pane.is_read:
            await pilot.pause(0.01)
