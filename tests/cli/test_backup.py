"""The copy that the page on backups makes, while others write."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli.pages import Page
from tests.cli.walk import begun

WRITER = """
import asyncio, pathlib, sys
from api_client.actor import Actor
from api_client.commands import AddNote, ReceiveUpload
from store.folder.local_backend import open_local

async def main():
    backend = await open_local(pathlib.Path(sys.argv[1]), Actor("claims-bot", "agent"))
    for number in range(1_000_000):
        note = AddNote(project_name="claims", task_id="tsk_000000000027", message="x" * (1 + number % 3_000))
        await backend.submit(note, key=f"{sys.argv[2]}-{number}")
        if number == 5:
            print("writes", flush=True)

asyncio.run(main())
"""


@pytest.mark.skipif(shutil.which("flock") is None, reason="flock is not installed: apt-get install util-linux")
def test_a_copy_under_the_lock_is_whole(tmp_path: Path) -> None:
    """However fast two programs write meanwhile, each copy that the page's command makes verifies."""
    with begun(Page("docs/backup.md"), tmp_path) as walk:
        copy = walk.page.blocks[0].commands[0]
        (tmp_path / "writer.py").write_text(WRITER, encoding="utf-8")
        for number in range(2):
            process = walk.started(f"python writer.py ./work {number}", f"writer-{number}")
            walk.written(f"writer-{number}", "writes", process)
        assert copy.count("./backup") == 1
        for number in range(6):
            walk.run(copy.replace("./backup", f"./backup{number}"))
            walk.run(f"pumpup-tui verify --data ./backup{number}")
