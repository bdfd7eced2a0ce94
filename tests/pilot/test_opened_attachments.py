"""The attachments that a reviewer opened, recorded with the decision: opened or not, by them and in this session."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from tests.pilot.stage import Stage
from tests.support.actors import BOB

NOTES, PHOTO = ("notes.txt", "text/plain", b"It was torn."), ("parcel.zip", "application/zip", b"PK\x03\x04")
CHECK = {"type": "Switch", "id": "ok", "label": "Is it torn", "required": True}


async def ask(stage: Stage, pilot: Any) -> list[str]:
    """Ask for two approvals and a form, on one task and with the same two attachments; return those."""
    await stage.sees(pilot, "live")
    task = await stage.task("Claim 7")
    uploads = [await stage.make.upload(data, name, kind) for name, kind, data in (NOTES, PHOTO)]
    added = [{"uploadId": one, "label": label} for one, label in zip(uploads, ("the notes", "the parcel"), strict=True)]
    await stage.act(task, "attached", "general", addAttachments=added)
    for summary in ("Refund $240", "Refund $7"):
        await stage.ask(task, summary, attachments=uploads)
    await stage.make.elicitation(task, [CHECK], "Look at it", attachments=uploads)
    await stage.ready(pilot, "Refund $240", "Refund $7", "Look at it")
    return uploads


async def open_notes(stage: Stage, pilot: Any) -> None:
    """Look at the first attachment of the request under the cursor; the second one is only listed."""
    await pilot.press("o")
    await stage.sees(pilot, "s saves", "the notes", "the parcel")
    await pilot.press("enter")
    await stage.sees(pilot, "It was torn.", "opened")
    await pilot.press("j", "enter")
    await stage.sees(pilot, "This can't be shown here.")
    await pilot.press("escape")
    await stage.sees(pilot, "Inbox", gone=("s saves",))


async def recorded(stage: Stage) -> list[Any]:
    """Return what each decision and each set of answers says was opened, oldest first."""
    assert stage.backend is not None
    page = await stage.backend.events(types=("APPROVAL_DECIDED", "ELICITATION_PROVIDED"))
    return [event.payload.get("attachmentsOpened", "not known") for event in page.items]


async def test_what_was_opened_goes_with_the_decision(tmp_path: Path) -> None:
    """The bar says how many, also those that are opened while it is armed; a next request's are others."""
    stage = Stage(tmp_path / "data")
    async with stage.run() as pilot:
        notes, _ = await ask(stage, pilot)
        await pilot.press("a")
        await stage.sees(pilot, "APPROVE", "0 of 2 attachments opened")
        await open_notes(stage, pilot)
        await stage.sees(pilot, "1 of 2 attachments opened")
        stage.rest_hands()
        await pilot.press("y")
        await stage.sees(pilot, "RECORDED")
        await stage.ready(pilot, "Refund $7")
        await pilot.press("d")
        await stage.sees(pilot, "DENY", "0 of 2 attachments opened")
        stage.rest_hands()
        await pilot.press("y")
        await stage.sees(pilot, "✓ RECORDED", "deny")
        assert await recorded(stage) == [[notes], []]
        await pilot.press("3")
        await stage.sees(pilot, "▼ denied  by alice", "attached    the notes: not opened")
        await pilot.press("j")
        await stage.sees(pilot, "attached    the notes: opened", "attached    the parcel: not opened")


async def test_answers_and_a_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A form's attachments are opened from the inbox; each decision of a batch has its own request's."""
    monkeypatch.setenv("HOME", str(tmp_path))
    stage = Stage(tmp_path / "data")
    async with stage.run() as pilot:
        notes, parcel = await ask(stage, pilot)
        await pilot.press("j")
        await stage.ready(pilot)
        await open_notes(stage, pilot)
        await pilot.press("asterisk", "a")
        await stage.sees(pilot, "2 requests")
        stage.rest_hands()
        await pilot.press("y")
        await stage.sees(pilot, "2 recorded")
        assert await recorded(stage) == [[], [notes]]
        await pilot.press("escape")
        await stage.ready(pilot, "Look at it")
        await pilot.press("o")
        await stage.sees(pilot, "s saves", "the parcel")
        await pilot.press("j", "s", "enter")
        await stage.sees(pilot, "✓ saved as", "opened")
        await pilot.press("escape")
        await stage.ready(pilot, "Look at it")
        await pilot.press("a")
        await stage.sees(pilot, "ctrl+r reviews")
        await pilot.press("space", "ctrl+r")
        await stage.sees(pilot, "1 of 2 attachments opened", "y sends")
        stage.rest_hands()
        await pilot.press("y")
        await stage.sees(pilot, "RECORDED")
        assert (await recorded(stage))[-1] == [parcel]


async def test_only_the_deciders_own_session_counts(tmp_path: Path) -> None:
    """What another reviewer opened, or what was opened before a restart, was not opened for this decision."""
    stage = Stage(tmp_path / "data")
    stage.wrap = lambda backend: backend.acting_as(BOB)  # type: ignore[attr-defined]  # it is the folder's
    async with stage.run() as pilot:
        await ask(stage, pilot)
        await open_notes(stage, pilot)
    stage = Stage(tmp_path / "data")
    async with stage.run() as pilot:
        await stage.ready(pilot, "Refund $240")
        await pilot.press("a")
        await stage.sees(pilot, "0 of 2 attachments opened")
        stage.rest_hands()
        await pilot.press("y")
        await stage.sees(pilot, "RECORDED")
        assert await recorded(stage) == [[]]


class Older:
    """A server whose decisions take no such key."""

    def __init__(self, backend: Any) -> None:
        self.backend = backend

    def __getattr__(self, name: str) -> Any:
        return getattr(self.backend, name)

    async def me(self) -> Any:
        me = await self.backend.me()
        return replace(me, capabilities=tuple(one for one in me.capabilities if one != "attachments_opened"))


async def test_a_server_that_takes_none(tmp_path: Path) -> None:
    """It is told nothing that it would refuse, and the bar does not speak of it."""
    stage = Stage(tmp_path / "data")
    stage.wrap = Older
    async with stage.run() as pilot:
        await ask(stage, pilot)
        await open_notes(stage, pilot)
        await pilot.press("a")
        await stage.sees(pilot, "APPROVE", gone=("attachments opened",))
        stage.rest_hands()
        await pilot.press("y")
        await stage.sees(pilot, "RECORDED")
        assert await recorded(stage) == ["not known"]
