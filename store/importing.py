"""A data folder out of a full export: each event byte for byte as it was, so that the chain is the same.

All of it is written beside the folder, checked, and put in its place at the end: where anything is wrong nothing
is made. Idempotency records and keys are in no export; the commits' bounds aren't either, so each event is one.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import orjson

from api_client.errors import InvalidRequest, StoreFault
from store import checkpoint, lines
from store.files import Files
from store.fold import Doc
from store.head import START, Position
from store.journal import Journal
from store.state import State

Progress = Callable[[int], None]
"""Told how many events were taken in; how many there are no one knows before the end."""

_START = b'{"event":'
_HASH = b',"hash":"'
_BATCH = 2_000
"""Lines that share one sync."""


class Imported(NamedTuple):
    """What was made."""

    position: Position
    missing: int
    """Attachments whose content is not there."""


class Import:
    """One import into one folder."""

    def __init__(
        self, folder: Path, *, uploads: Path | None = None, expect: str | None = None, files: Files | None = None
    ) -> None:
        """Look at nothing yet.

        Args:
            folder: where it is to be: an empty folder, or none.
            uploads: where the attachments' content is, by its SHA-256.
            expect: the hash that the record must end with.
            files: what writes.
        """
        self._folder = folder
        self._uploads = uploads
        self._expect = expect
        self._files = files or Files()
        self._state = State()
        self._position = START

    def run(self, exported: Iterable[bytes], progress: Progress = lambda _: None) -> Imported:
        """Make the folder of a full export's lines; `progress` hears how many events were taken in.

        Raises:
            InvalidRequest: the lines are no full export, or the folder is not empty; the message names the line.
            StoreFault: the disk refused.
        """
        if self._folder.exists() and any(self._folder.iterdir()):
            raise InvalidRequest(f"{self._folder} is not empty: name a new folder with --data DIR.")
        making = self._folder.with_name(f".{self._folder.name}.{os.getpid()}.importing")
        try:
            (making / "uploads").mkdir(parents=True, mode=0o700)
            making.chmod(0o700)
            self._write(making, exported, progress)
            missing = sum(not self._bring(making / "uploads", doc["sha256"]) for doc in self._upload_docs())
            checkpoint.save(making, self._files, self._state, self._position)
            self._files.rename(making, self._folder)
            self._files.sync_folder(self._folder.parent)
        except OSError as fault:
            raise StoreFault(f"{self._folder} can't be made: {fault.strerror or fault}. Nothing was made.") from fault
        finally:
            with suppress(OSError):
                shutil.rmtree(making)
        return Imported(self._position, missing)

    def _write(self, making: Path, exported: Iterable[bytes], progress: Progress) -> None:
        journal = Journal(making, self._files)
        try:
            journal.create()
            with checkpoint.paused_collector():
                for data, after in self._batches(exported):
                    journal.append(self._position, data, after)
                    self._position = after
                    progress(after.events)
        finally:
            journal.close()
        if self._expect is not None and self._expect.lower() != self._position.hash:
            raise InvalidRequest(f"The record ends with {self._position.hash}, not with the expected {self._expect}.")
        if not self._position.events:
            raise InvalidRequest("It holds no events.")

    def _batches(self, exported: Iterable[bytes]) -> Iterator[tuple[bytes, Position]]:
        data, after = bytearray(), self._position
        for number, line in enumerate(exported, start=1):
            piece, commit = self._commit(line, number, after)
            data += piece
            after = after.after(commit)
            if number % _BATCH == 0:
                yield bytes(data), after
                data.clear()
        if data:
            yield bytes(data), after

    def _commit(self, line: bytes, number: int, at: Position) -> tuple[bytes, lines.Commit]:
        """Return the journal's line of an event, checked against the one before it and folded into the state."""
        text, hash_ = _parted(line, number)
        if lines.link(at.hash, text) != hash_:
            raise InvalidRequest(f"Line {number} breaks the hash chain: it was changed, or one before it is missing.")
        try:
            event = orjson.loads(text)
            piece, commit = lines.encode([text], [{**event, "hash": hash_}], None, at.size)
            self._state.replay(commit)
        except (ValueError, KeyError, TypeError, AttributeError, IndexError) as fault:
            raise InvalidRequest(f"Line {number} holds an event that makes no sense here ({fault!r:.200}).") from None
        return piece, commit

    def _upload_docs(self) -> list[Doc]:
        return list(self._state.documents("uploads"))

    def _bring(self, folder: Path, sha256: str) -> bool:
        """Copy an attachment's content where there is one; return whether it is there now.

        Raises:
            InvalidRequest: the content is another one.
        """
        if self._uploads is None:
            return False
        try:
            content = (self._uploads / sha256).read_bytes()
        except FileNotFoundError:
            return False
        if hashlib.sha256(content).hexdigest() != sha256:
            raise InvalidRequest(f"The attachment {sha256} in {self._uploads} is not what arrived: it has changed.")
        self._files.replace(folder / sha256, content)
        return True


def _parted(line: bytes, number: int) -> tuple[bytes, str]:
    """Return the bytes of an event and its hash, out of a line of a full export (CONTRACT.md, Chain)."""
    line = line.removesuffix(b"\n").removesuffix(b"\r")
    tail = line[-lines.HASH_TAIL :]
    text = line[len(_START) : -lines.HASH_TAIL]
    if not (line.startswith(_START) and tail.startswith(_HASH) and tail.endswith(b'"}') and text):
        raise InvalidRequest(f"Line {number} is no line of a full export as JSON lines.")
    return text, tail[len(_HASH) : -2].decode("ascii", "replace")
