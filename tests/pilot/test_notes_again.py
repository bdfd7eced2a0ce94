"""Notes that were typed and not sent are offered again, in view, when their request is armed again."""

from __future__ import annotations

from pathlib import Path

from pumpup_tui.app import PumpUpApp
from pumpup_tui.context import Setup
from pumpup_tui.decisions.desk import Intent
from pumpup_tui.local_state.document_store import DocumentStore
from pumpup_tui.local_state.preferences import Preferences
from tests.pilot.stage import Stage


def begin_again(stage: Stage, kept: Path) -> None:
    """Give the stage another start of the app, over the same files."""
    setup = Setup(
        stage.connect,
        source_label="local",
        clock=stage.clock,
        new_key=lambda: next(stage.keys),
        preferences=Preferences(grace_seconds=30.0),
        documents=DocumentStore(kept),
    )
    stage.app = PumpUpApp(setup)


def armed(stage: Stage) -> Intent | None:
    return stage.app.context.outbox.desk.armed


async def test_what_was_taken_back_is_there_again(tmp_path: Path) -> None:
    """Undo, escape and a restart keep note and code; another outcome gets the note; what is recorded is not kept."""
    stage = Stage(tmp_path / "data")
    begin_again(stage, tmp_path / "kept")
    async with stage.run() as pilot:
        await stage.sees(pilot, "live")
        request = await stage.approval("Refund $240")
        await stage.approval("Refund $250")
        await stage.ready(pilot, "Refund $240")
        await pilot.press("d", "w", *"price", "enter", "n", *"usual price", "enter", "y")
        await stage.sees(pilot, "HELD")
        await pilot.press("u", "d")
        await stage.sees(pilot, "note: usual price", "reason code: price", "your note from before is there again")
        await pilot.press("escape", "a")
        await stage.sees(pilot, "▲ APPROVE", "note: usual price", gone=("reason code: price",))
    begin_again(stage, tmp_path / "kept")
    async with stage.run() as pilot:
        await stage.ready(pilot, "Refund $240")
        assert armed(stage) is None
        await pilot.press("d")
        await stage.sees(pilot, "note: usual price", "reason code: price")
        await pilot.press("y")
        await stage.sees(pilot, "HELD")
        stage.app.context.outbox.send_now(stage.app)
        await stage.sees(pilot, "RECORDED")
        assert await stage.outcome(request) == "REJECT"
        assert stage.app.context.outbox.kept_notes.find(request) is None
