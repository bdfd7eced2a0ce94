"""The document store: small JSON documents that outlive the process (drafts, decisions in flight, the last view).

They belong to one reviewer at one place, a data folder or a server: several may share a login. They are no part of
the record. Each is a file in the reviewer's folder, replaced as a whole, readable by the user alone; the loop never
waits for the disk.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from filelock import FileLock


REVIEWERS = "reviewers"
"""The document of a place that says whose a key is, by the key's hash: known before the server has answered."""


class DocumentStore:
    """Documents by name. Without a folder nothing is stored."""

    def __init__(self, place: Path | None, reviewer: str = "", *, key_hash: str = "") -> None:
        """Take a place's folder, and whose documents these are.

        Args:
            place: The folder of a data folder or server; None stores nothing.
            reviewer: The reviewer's name; without one, and without `key_hash`, the documents are the place's own.
            key_hash: Where the reviewer is only learnt from a server: the hash of the key that says so. Nothing is
                read or written before `switch_reviewer`, unless the key was used here before.
        """
        self._place, self._key_hash = place, key_hash
        self._folder = place
        if key_hash:
            self._folder = None
            reviewer = str(self._reviewers().get(key_hash) or "")
        if reviewer and place is not None:
            self._folder = self._folder_of(place, reviewer)
            _adopt(place, self._folder, reviewer)
        self._writing: dict[str, asyncio.Lock] = {}
        self._locks: dict[str, FileLock] = {}

    async def read(self, name: str) -> dict[str, Any]:
        """Return a document; an empty one where there is none, or none that can be read."""
        return await asyncio.to_thread(self._read, name)

    @property
    def is_persistent(self) -> bool:
        """Whether anything is stored at all."""
        return self._folder is not None

    def read_now(self, name: str) -> dict[str, Any]:
        """Return a document at once: for before the first frame, when no loop waits yet."""
        return self._read(name)

    async def switch_reviewer(self, reviewer: str) -> bool:
        """Go on with the documents of the reviewer that a server named; return whether they are others than before.

        Raises:
            OSError: whose the key is could not be stored; it is asked again at the next start.
        """
        if self._place is None or not self._key_hash:
            return False
        before, self._folder = self._folder, self._folder_of(self._place, reviewer)
        if before == self._folder:
            return False
        await asyncio.to_thread(self._switch_to, self._place, self._folder, reviewer)
        return True

    async def names(self, kind: str) -> Sequence[str]:
        """Return the names of the documents that begin with `kind` and a hyphen."""
        folder = self._folder
        if folder is None:
            return ()
        return await asyncio.to_thread(lambda: [path.stem for path in sorted(folder.glob(f"{kind}-*.json"))])

    async def write(self, name: str, document: dict[str, Any]) -> None:
        """Store a document in place of the one before it; when this returns it is on the disk.

        Raises:
            OSError: it could not be written; the one before it is still there.
        """
        if self._folder is None:
            return
        text = json.dumps(document)
        async with self._writing.setdefault(name, asyncio.Lock()):
            await asyncio.to_thread(self._write, self._folder, name, text)

    async def delete(self, name: str) -> None:
        """Delete a document.

        Raises:
            OSError: it could not be removed.
        """
        if self._folder is not None:
            async with self._writing.setdefault(name, asyncio.Lock()):
                await asyncio.to_thread((self._folder / f"{name}.json").unlink, missing_ok=True)

    async def claim(self, kind: str) -> str:
        """Return a name that is this process's alone until it ends, however it ends: `kind`, a dot, and letters.

        Raises:
            OSError: the folder takes no file.
        """
        if self._folder is None:
            return kind
        return await asyncio.to_thread(self._claim, self._folder, kind)

    async def abandoned(self, kind: str) -> Sequence[str]:
        """Return the names of this kind that ended processes left; they are this process's from now on."""
        return [] if self._folder is None else await asyncio.to_thread(self._abandoned, self._folder, kind)

    async def aclose(self) -> None:
        """Release the names that are this process's; those without a document leave nothing behind."""
        if self._folder is not None and self._locks:
            await asyncio.to_thread(self._close, self._folder)

    def _switch_to(self, place: Path, folder: Path, reviewer: str) -> None:
        _adopt(place, folder, reviewer)
        self._write(place, REVIEWERS, json.dumps({**self._reviewers(), self._key_hash: reviewer}))

    def _reviewers(self) -> dict[str, Any]:
        return _read_from(self._place, REVIEWERS)

    @staticmethod
    def _folder_of(place: Path, reviewer: str) -> Path:
        return place / f"reviewer-{hashlib.sha256(reviewer.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"

    def _claim(self, folder: Path, kind: str) -> str:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        while True:
            handle, path = tempfile.mkstemp(dir=folder, prefix=f"{kind}.", suffix=".lock")
            os.close(handle)
            if self._take(folder, name := Path(path).stem):
                return name

    def _abandoned(self, folder: Path, kind: str) -> Sequence[str]:
        locks = [path.stem for path in sorted(folder.glob(f"{kind}.*.lock"))]
        ours = [name for name in locks if name in self._locks or self._take(folder, name)]
        return [name for name in ours if (folder / f"{name}.json").exists()]

    def _close(self, folder: Path) -> None:
        for name, lock in self._locks.items():
            if not (folder / f"{name}.json").exists():
                (folder / f"{name}.lock").unlink(missing_ok=True)
            lock.release()
        self._locks.clear()

    def _take(self, folder: Path, name: str) -> bool:
        """Lock a name; the system releases it with the process, also where that is killed."""
        from filelock import FileLock, Timeout

        lock = FileLock(folder / f"{name}.lock", thread_local=False)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return False
        self._locks[name] = lock
        return True

    def _read(self, name: str) -> dict[str, Any]:
        return _read_from(self._folder, name)

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


def _read_from(folder: Path | None, name: str) -> dict[str, Any]:
    if folder is None:
        return {}
    try:
        document = json.loads((folder / f"{name}.json").read_bytes())
    except (OSError, ValueError):
        return {}  # a convenience, not the record: a lost one is begun anew
    return document if isinstance(document, dict) else {}


def _adopt(place: Path, folder: Path, reviewer: str) -> None:
    """Move what earlier versions stored for a place, with no word of whose it is, to the first reviewer who comes.

    What says whose it is waits for that reviewer. What a process has locked is its own until it ends.
    """
    for path in sorted(place.glob("*.json")):
        if path.stem == REVIEWERS:
            continue
        if path.stem != "filters" and _read_from(place, path.stem).get("reviewer", reviewer) != reviewer:
            continue
        with suppress(OSError):  # another terminal was first, or nothing can be written: begun anew
            _move(path, folder)


def _move(path: Path, folder: Path) -> None:
    from filelock import FileLock, Timeout

    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = path.with_suffix(".lock")
    if not beside.exists():
        path.rename(folder / path.name)
        return
    lock = FileLock(beside, thread_local=False)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return
    (folder / beside.name).touch(mode=0o600)  # so that it is found among what ended processes left
    path.rename(folder / path.name)
    beside.unlink(missing_ok=True)
    lock.release()
