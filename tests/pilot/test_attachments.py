"""Attachments: chosen, looked at and saved by keys; nothing is fetched or opened by itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from api_client.commands import ReceiveUpload
from pumpup_tui.attachments.screen import AttachmentsScreen
from tests.pilot.stage import Stage
from tests.support.actors import AGENT
from tests.unit.test_previews import png

FILES = (
    ("notes.txt", "text/plain", b"first\nsecond \x1b[31m[/x]"),
    ("photo.png", "image/png", png(40, 20)),
    ("../../evil.zip", "application/zip", b"PK\x03\x04"),
)


async def open_attachments(stage: Stage, pilot: Any) -> None:
    await stage.sees(pilot, "live")
    backend = stage.backend
    assert backend is not None
    task = await stage.task("Claim C-1029")
    added = []
    for name, kind, data in FILES:

        async def pieces(data: bytes = data) -> AsyncIterator[bytes]:
            yield data

        made = ReceiveUpload(file_name=name, content_type=kind)
        answer = await backend.acting_as(AGENT).submit(made, key=name, content=pieces())
        added.append({"uploadId": answer.answer["id"], "label": f"{name} [/x]"})
    await stage.act(task, "attached", "general", addAttachments=added)
    attachments = (await backend.task(task)).task.attachments
    uploads = {one.upload_id: await backend.upload(one.upload_id) for one in attachments}
    stage.app.push_screen(AttachmentsScreen(stage.app.context, attachments, uploads))
    await stage.sees(pilot, "notes.txt [/x]", "photo.png", "evil.zip")


async def test_looking_and_saving(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Text and image in the terminal, others only saved; under a name without a path, never over another."""
    stage = Stage(tmp_path / "data")
    home = tmp_path / "home"
    home.mkdir()
    (home / "evil.zip").write_bytes(b"mine")
    monkeypatch.setenv("HOME", str(home))
    async with stage.run(100, 30) as pilot:
        await open_attachments(stage, pilot)
        assert "first" not in stage.shown()
        await pilot.press("enter")
        await stage.sees(pilot, "first", "second ␛[31m[/x]")
        await pilot.press("j", "enter")
        await stage.sees(pilot, "▀" * 20, gone=("first",))
        await pilot.press("j", "enter")
        await stage.sees(pilot, "This can't be shown here. s saves it.", gone=("▀",))
        await pilot.press("s")
        await stage.sees(pilot, "save to the folder")
        await pilot.press("enter")
        await stage.sees(pilot, "✓ saved as", "(2).zip")
        await pilot.press("escape")
        await stage.sees(pilot, "Inbox")
    assert (home / "evil (2).zip").read_bytes() == b"PK\x03\x04"
    assert (home / "evil.zip").read_bytes() == b"mine"


async def test_a_folder_that_is_none_is_said(tmp_path: Path) -> None:
    """Nothing is written, and the words say so."""
    stage = Stage(tmp_path / "data")
    async with stage.run(100, 30) as pilot:
        await open_attachments(stage, pilot)
        await pilot.press("s", "ctrl+u", *"/nowhere/at/all", "enter")
        await stage.sees(pilot, "is not a folder: nothing was saved")
