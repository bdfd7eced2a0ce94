"""Import: a data folder made from a full export, each event byte for byte as it was, so the chain is the same.

All of it is written beside the folder, checked, and put in its place at the end: where anything is wrong nothing
is made. Each event is checked against the rules, as if it were written now. Idempotency records and contents of uploads
come out of an archive; keys are in none. The commits' bounds aren't either, so each event is one.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from api_client.errors import InvalidRequest, StoreFault
from store.core.chain import Commit
from store.core.command_limits import CommandLimits
from store.core.state_view import Doc
from store.core.upload_limits import PIECE
from store.folder import checkpoint, checkpoint_writer, journal_line
from store.folder.event_log import Events
from store.folder.files import Files
from store.folder.folder_view import FolderView
from store.folder.head import START, Position
from store.folder.journal import Journal
from store.folder.journal_follower import Relief
from store.folder.state import State
from store.folder.uploads import open_content
from store.schemas.checks import Checks
from store.transfer.archive import AnswerQueue, StoredAnswer, receive_content
from store.transfer.conformance import Conformance
from store.transfer.record_lines import linked_events

Progress = Callable[[int], None]
"""Called with the number of events that were read; the number of all is not known before the end."""

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
        self,
        folder: Path,
        *,
        uploads: Path | None = None,
        answers: Iterable[StoredAnswer] = (),
        expect: str | None = None,
        files: Files | None = None,
    ) -> None:
        """Set up an import, without reading any event yet.

        Args:
            folder: where it is to be: an empty folder, or none.
            uploads: where the attachments' content is, by its SHA-256.
            answers: the idempotency records.
            expect: the hash that the record must end with.
            files: what writes.
        """
        self._folder = folder
        self._uploads = uploads
        self._answers = AnswerQueue(answers)
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
        check_head(self._position.hash, self._expect)
        self._answers.check_all_taken()

    def _batches(self, exported: Iterable[bytes], pending: _Pending) -> Iterator[Position]:
        """Gather lines that share one sync in `pending`, and yield the position after each such batch."""
        rules = Conformance(FolderView(self._state, Events(pending, lambda: self._state.index)), self._checks)
        after = self._position
        for number, (event, text) in enumerate(linked_events(exported, rules), start=1):
            answer = self._answers.behind(number)
            answered = (answer.record, answer.text) if answer else (None, b"null")
            line, commit = journal_line.encode(Commit([event], [text], *answered), after.size)
            pending.data += line
            self._state.replay(commit)
            after = after.after(commit)
            if number % _BATCH == 0:
                yield after
        if pending.data:
            yield after

    def _upload_docs(self) -> list[Doc]:
        return list(self._state.documents("uploads"))

    def _bring(self, folder: Path, doc: Doc) -> bool:
        """Copy an attachment's content where it is to be had; return whether it was.

        Raises:
            InvalidRequest: the content differs.
            StoreFault: it is no regular file.
        """
        pieces = None if self._uploads is None else content_in(self._uploads, doc)
        if pieces is None:
            return False
        receive_content(folder, self._files, doc, pieces)
        return True


def content_in(folder: Path, doc: Doc) -> Iterator[bytes] | None:
    """Return an upload's content out of a folder that the user named, None where it is not there.

    Raises:
        StoreFault: it is no regular file.
        OSError: it can't be read.
    """
    try:
        file = open_content(folder, doc["sha256"])
    except FileNotFoundError:
        return None

    def pieces() -> Iterator[bytes]:
        with file:
            yield from iter(lambda: file.read(PIECE), b"")

    return pieces()


def check_head(found: str, expected: str | None) -> None:
    """Check the hash that a record ends with.

    Raises:
        InvalidRequest: it is another one than was expected.
    """
    if expected is not None and expected.lower() != found:
        raise InvalidRequest(f"The record ends with {found}, not with the expected {expected}.")


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
