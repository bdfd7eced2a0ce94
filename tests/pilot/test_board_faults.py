"""A board whose calls fail one by one: what failed is said, and the rest comes as if nothing had been."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from api_client.errors import NotAllowed
from tests.pilot.stage import Stage
from tests.pilot.test_board import three


class Held:
    """A backend whose columns wait until they are let through, and one of which is refused."""

    def __init__(self, backend: Any, refused: str = "") -> None:
        self._backend = backend
        self._refused = refused
        self.held = asyncio.Event()
        self.asked: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)

    async def cards(self, project_id: str, step: str, **page: Any) -> Any:
        self.asked.append(step)
        if step == self._refused:
            raise NotAllowed("this column is not for you")
        await self.held.wait()
        return await self._backend.cards(project_id, step, **page)


async def columns(stage: Stage) -> None:
    """Make tasks in two columns."""
    await three(stage)
    await stage.move(await stage.task("Claim in review", "claims"), "in_review")


async def test_a_task_that_cannot_be_read_gives_up_no_column(tmp_path: Path) -> None:
    """The board asks where a card went while its columns are in flight: that this failed is no word on them."""
    stage, backends = Stage(tmp_path), list[Held]()
    stage.before.append(columns)

    def hold(backend: Any) -> Any:
        backends.append(Held(backend))
        return backends[-1]

    stage.wrap = hold
    async with stage.run() as pilot:
        await stage.ready(pilot, "Nothing waits")
        await pilot.press("2")
        await stage.sees(pilot, "triage", "in_review")
        stage.app.context.reads.task(stage.app.screen, "task_nowhere")
        await stage.sees(pilot, "the task could not be read")
        backends[0].held.set()
        await stage.sees(pilot, "Claim 0", "Claim in review")
        assert len(backends[0].asked) == len(set(backends[0].asked))  # no page was passed over and asked for again


async def test_a_column_that_cannot_be_read_gives_up_no_other(tmp_path: Path) -> None:
    """One column is refused: it says so, and the cards of the others come."""
    stage, backends = Stage(tmp_path), list[Held]()
    stage.before.append(columns)

    def refuse(backend: Any) -> Any:
        backends.append(Held(backend, "triage"))
        return backends[-1]

    stage.wrap = refuse
    async with stage.run() as pilot:
        await stage.ready(pilot, "Nothing waits")
        await pilot.press("2")
        await stage.sees(pilot, "a column of the board could not be read")
        backends[0].held.set()
        await stage.sees(pilot, "Claim in review", gone=("Claim 0",))


class LateProjects:
    """A backend whose projects come late."""

    def __init__(self, backend: Any) -> None:
        self._backend = backend
        self.held = asyncio.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)

    async def projects(self) -> Any:
        await self.held.wait()
        return await self._backend.projects()


async def test_no_projects_are_denied_before_they_were_read(tmp_path: Path) -> None:
    """A board that is opened before the projects came says that it is reading, and then shows the only one."""
    stage, backends = Stage(tmp_path), list[LateProjects]()
    stage.before.append(three)

    def hold(backend: Any) -> Any:
        backends.append(LateProjects(backend))
        return backends[-1]

    stage.wrap = hold
    async with stage.run() as pilot:
        await stage.sees(pilot, "live")
        await pilot.press("2")
        await stage.sees(pilot, "reading the board…", gone=("no projects",))
        backends[0].held.set()
        await stage.sees(pilot, "Claim 0", gone=("All projects",))
