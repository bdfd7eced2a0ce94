"""Import: a data folder made from a full export, each event byte for byte as it was, so the chain is the same.

All of it is written beside the folder, checked, and put in its place at the end: where anything is wrong nothing
is made. Each event is checked against the rules, as if it were written now. Idempotency records and keys are in no
export; the commits' bounds aren't either, so each event is one.
"""

from __future__ import annotations

import os
import shutil
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import orjson

from api_client.errors import InvalidRequest, StoreFault, TooLarge
from store.core import chain
from store.core.chain import Commit
from store.core.command_limits import CommandLimits
from store.core.ruling import Content
from store.core.state_view import Doc
from store.core.upload_limits import PIECE
from store.folder import checkpoint, checkpoint_writer, journal_line
from store.folder.event_log import Events
from store.folder.files import Files
from store.folder.folder_view import FolderView
from store.folder.head import START, Position
from store.folder.journal import Journal
from store.folder.journal_follower import Relief
from store.folder.journal_line import StoredCommit
from store.folder.state import State
from store.folder.uploads import Receiver, open_content
from store.schemas.checks import Checks
from store.transfer.conformance import Conformance

Progress = Callable[[int], None]
"""Called with the number of events that were read; the number of all is not known before the end."""

_START = b'{"event":'
_HASH = b',"hash":"'
LINE_MOST = 1 << 24
"""Bytes of a line at the most: far over the largest body that any version took."""
_BATCH = 2_000
"""Lines that share one sync."""


class Imported(NamedTuple):
    """The result of an import."""

    position: Position
    missing: int
    """Attachments whose content is not there."""


class Import:
    """One import into one folder."""

    def __init__(
        self, folder: Path, *, uploads: Path | None = None, expect: str | None = None, files: Files | None = None
    ) -> None:
        """Set up an import, without reading anything yet.

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
        self._checks = Checks(CommandLimits())

    def run(self, exported: Iterable[bytes], progress: Progress = lambda _: None) -> Imported:
        """Make the folder of a full export's lines; `progress` is called with the number of events that were read.

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
            absent = [doc for doc in self._upload_docs() if not self._bring(making / "uploads", doc)]
            missing = sum(bool(doc.get("attached")) for doc in absent)
            checkpoint_writer.save(making, self._files, self._state, self._position)
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
            relief = Relief()
            with checkpoint.paused_collector():
                pending = _Pending(journal)
                for after in self._batches(exported, pending):
                    journal.append(self._position, bytes(pending.data), after)
                    pending.written()
                    self._position = after
                    relief.give(self._state, after)
                    progress(after.events)
        finally:
            journal.close()
            self._checks.close()
        if self._expect is not None and self._expect.lower() != self._position.hash:
            raise InvalidRequest(f"The record ends with {self._position.hash}, not with the expected {self._expect}.")
        if not self._position.events:
            raise InvalidRequest("It holds no events.")

    def _batches(self, exported: Iterable[bytes], pending: _Pending) -> Iterator[Position]:
        """Gather lines that share one sync in `pending`, and yield the position after each such batch."""
        rules = Conformance(FolderView(self._state, Events(pending, lambda: self._state.index)), self._checks)
        after, number = self._position, 0
        for number, line in enumerate(_whole(exported), start=1):
            piece, commit = self._commit(line, number, after, rules)
            pending.data += piece
            self._state.replay(commit)
            after = after.after(commit)
            if number % _BATCH == 0:
                yield after
        if missing := rules.unfinished():
            raise InvalidRequest(f"Line {number} breaks the rules: {missing}.")
        if pending.data:
            yield after

    def _commit(self, line: bytes, number: int, at: Position, rules: Conformance) -> tuple[bytes, StoredCommit]:
        """Return the journal's line of an event, checked against the chain and the rules."""
        text, hash_ = _parted(line, number)
        if chain.link(at.hash, text) != hash_:
            raise InvalidRequest(f"Line {number} breaks the hash chain: it was changed, or one before it is missing.")
        try:
            event = orjson.loads(text)
        except ValueError as fault:
            raise InvalidRequest(f"Line {number} holds no JSON: {fault}.") from None
        if not isinstance(event, dict):
            raise InvalidRequest(f"Line {number} holds an event that is no object.")
        if breach := rules.breach(event, text):
            raise InvalidRequest(f"Line {number} breaks the rules: {breach.rstrip('.')}.")
        return journal_line.encode(Commit([{**event, "hash": hash_}], [text]), at.size)

    def _upload_docs(self) -> list[Doc]:
        return list(self._state.documents("uploads"))

    def _bring(self, folder: Path, doc: Doc) -> bool:
        """Copy an attachment's content where it is to be had; return whether it was.

        Raises:
            InvalidRequest: the content differs.
            StoreFault: it is no regular file.
        """
        if self._uploads is None:
            return False
        sha256: str = doc["sha256"]
        try:
            content = open_content(self._uploads, sha256)
        except FileNotFoundError:
            return False
        with content:
            receiver = Receiver(folder, self._files, "import", doc["size"])
            try:
                while piece := content.read(PIECE):
                    receiver.take(piece)
                same = receiver.finish() == Content(sha256, doc["size"])
            except TooLarge:
                same = False
            finally:
                receiver.close()
        if not same:
            raise InvalidRequest(f"The attachment {sha256} in {self._uploads} is not what arrived: it has changed.")
        return True


class _Pending:
    """The journal as far as it is written, and behind it the lines that are about to be."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._start = 0
        self.data = bytearray()

    def read(self, offset: int, size: int) -> bytes:
        """Return `size` bytes at `offset`; an event's stand either here or there."""
        begin = offset - self._start
        return self._journal.read(offset, size) if begin < 0 else bytes(self.data[begin : begin + size])

    def written(self) -> None:
        """Drop the lines that are in the journal now."""
        self._start += len(self.data)
        self.data.clear()


def _whole(exported: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the lines without an empty one at the end."""
    empty = 0
    for number, given in enumerate(exported):
        # A byte order mark, as some editors and shells put it before what they write, is none of the export.
        line = given if number else given.removeprefix(BOM_UTF8)
        if not line.strip():
            empty += 1
            continue
        yield from [b"\n"] * empty
        empty = 0
        yield line


def _parted(line: bytes, number: int) -> tuple[bytes, str]:
    """Return the bytes of an event and its hash, out of a line of a full export (CONTRACT.md, Chain)."""
    if len(line) > LINE_MOST:
        raise InvalidRequest(f"Line {number} is over {LINE_MOST:,} bytes: it is no line of a full export.")
    line = line.removesuffix(b"\n").removesuffix(b"\r")
    tail = line[-journal_line.HASH_TAIL :]
    text = line[len(_START) : -journal_line.HASH_TAIL]
    if not (line.startswith(_START) and tail.startswith(_HASH) and tail.endswith(b'"}') and text):
        raise InvalidRequest(f"Line {number} is no line of a full export as JSON lines.")
    return text, tail[len(_HASH) : -2].decode("ascii", "replace")
