"""Small JSON documents that outlive the process: drafts, what is on its way, what was shown last.

They are the user's own and no part of the record. Each is a file in one folder, replaced as a whole, readable by
the user alone; the loop never waits for the disk.
"""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
from pathlib import Path
from typing import Any


class Kept:
    """Documents by name. Without a folder nothing is kept."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._turns: dict[str, asyncio.Lock] = {}

    async def read(self, name: str) -> dict[str, Any]:
        """Return a document; an empty one where there is none, or none that can be read."""
        return await asyncio.to_thread(self._read, name)

    @property
    def lasts(self) -> bool:
        """Whether anything is kept at all."""
        return self._folder is not None

    def read_now(self, name: str) -> dict[str, Any]:
        """Return a document at once: for before the first frame, when no loop waits yet."""
        return self._read(name)

    async def write(self, name: str, document: dict[str, Any]) -> None:
        """Keep a document in place of the one before it; when this returns it is on the disk.

        Raises:
            OSError: it could not be written; the one before it is still there.
        """
        if self._folder is None:
            return
        text = json.dumps(document)
        async with self._turns.setdefault(name, asyncio.Lock()):
            await asyncio.to_thread(self._write, self._folder, name, text)

    def _read(self, name: str) -> dict[str, Any]:
        if self._folder is None:
            return {}
        try:
            found = json.loads((self._folder / f"{name}.json").read_bytes())
        except (OSError, ValueError):
            return {}  # a courtesy to the user, not the record: one that is lost is begun anew
        return found if isinstance(found, dict) else {}

    @staticmethod
    def _write(folder: Path, name: str, text: str) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, temporary = tempfile.mkstemp(dir=folder, prefix=f".{name}-")
        try:
            with os.fdopen(handle, "w") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(folder / f"{name}.json")
        except OSError:
            Path(temporary).unlink(missing_ok=True)
            raise
