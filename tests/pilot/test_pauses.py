"""A pause is on every screen, and is made and ended from the palette by two keys, with its reason on the record."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from api_client.commands import Pause, Resume
from api_client.errors import NotAllowed
from tests.pilot.stage import ALL_FIELDS, Stage
from tests.support.actors import BOB


async def asked(stage: Stage) -> None:
    """A form to be answered, in a project of its own."""
    await stage.project()
    await stage.elicitation("Details of the incident", ALL_FIELDS, "claims")


async def palette(stage: Stage, pilot: Pilot[None], typed: str, *words: str) -> None:
    """Type a command, and take it once it is listed."""
    await pilot.press(":")
    await stage.sees(pilot, "Search for commands")
    pilot.app.screen.query_one(Input).value = typed
    await stage.found(pilot, *words)
    await pilot.press("enter")


async def test_a_pause_takes_a_reason_and_two_keys(tmp_path: Path) -> None:
    """It is armed with its reason; escape and other keys send nothing; y pauses, and agents get 403 with the reason."""
    stage = Stage(tmp_path)
    stage.before.append(asked)
    async with stage.run() as pilot:
        await stage.ready(pilot, "Details of the incident")
        await palette(stage, pilot, "pause all", "Pause all projects")
        await stage.sees(pilot, "nothing is sent while you type", "PAUSE")
        await pilot.press("escape")
        await stage.sees(pilot, "cancelled: nothing was sent", gone=("PAUSE ",))
        await palette(stage, pilot, "pause all", "Pause all projects")
        await pilot.press(*"runaway", "enter")
        await stage.sees(pilot, "■ PAUSE  as alice", "all projects", "reason: runaway", gone=("■ PAUSED",))
        await pilot.press("y")
        await stage.sees(pilot, "■ PAUSED  all projects · by alice since 12:00 · runaway", "RECORDED")
        with pytest.raises(NotAllowed, match="runaway"):
            await stage.task("C-2")
        for key, words in (("2", "Board"), ("4", "Requests"), ("1", "Inbox")):
            await pilot.press(key)
            await stage.sees(pilot, "■ PAUSED  all projects", words)
        await palette(stage, pilot, "resume", "Resume all projects: paused by alice")
        await stage.sees(pilot, "▶ RESUME  as alice", "y send")
        await pilot.press("y")
        await stage.sees(pilot, "RECORDED", gone=("PAUSED",))
        await stage.task("C-2")


async def test_a_pause_by_another_stands_over_forms_and_tasks_too(tmp_path: Path) -> None:
    """Each project has its own line; foreign words can do nothing on it; it goes when it is over."""
    stage = Stage(tmp_path)
    stage.before.append(asked)
    async with stage.run(80, 24) as pilot:
        await stage.ready(pilot, "Details of the incident")
        project = stage.app.context.status.projects[-1]
        await stage.write(Pause(project_id=project.id, reason="[red]stop[/x]\x1b[2J" + "very long " * 40), BOB)
        stage.app.context.authority_poll.look()
        await stage.sees(pilot, "■ PAUSED  Claims · by bob since 12:00 · [red]stop[/x]␛[2J", "…")
        await pilot.press("a")
        await stage.sees(pilot, "■ PAUSED  Claims", "field 1/10")
        await stage.write(Pause(reason="an audit"), BOB)
        stage.app.context.authority_poll.look()
        await stage.sees(pilot, "■ PAUSED  all projects · by bob since 12:00 · an audit", "■ PAUSED  Claims")
        await pilot.press("escape")
        for key, words in (("question_mark", "Keys   esc closes"), (":", "Search for commands")):
            await pilot.press(key)
            await stage.sees(pilot, "■ PAUSED  all projects", "■ PAUSED  Claims", words)
            await pilot.press("escape")
        for project_id in (project.id, None):
            await stage.write(Resume(project_id=project_id), BOB)
        stage.app.context.authority_poll.look()
        await stage.sees(pilot, "Details of the incident", gone=("PAUSED",))
