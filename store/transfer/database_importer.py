"""Import into a database: a workspace made from a full export, each event byte for byte as it was.

The export is read twice. At first all of it is checked, against the chain and the rules; where anything is wrong
nothing is made, for events that a database took are never removed. Then it is written, batch by batch. An import that
was interrupted is run again: the export is checked again, and what is missing is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from api_client.errors import InvalidRequest
from store.core.command_limits import CommandLimits
from store.core.state_view import Doc
from store.folder.checkpoint import paused_collector
from store.folder.head import Position
from store.postgres.commit_rows import CommitRows
from store.postgres.importing import ImportingWorkspace, unstorable
from store.schemas.checks import Checks
from store.transfer.archive import AnswerQueue, StoredAnswer
from store.transfer.conformance import Conformance
from store.transfer.folded_record import FoldedRecord, Taken
from store.transfer.importer import check_head, content_in
from store.transfer.line_file import LineFile
from store.transfer.record_lines import event_at, linked_events

Progress = Callable[[int, int], None]
"""Called with how many bytes are done, and how many there are to do."""

BATCH = 2_000
"""Events that share a transaction at the most."""
BATCH_BYTES = 4_000_000
_OF_UPLOADS = ("id", "sha256", "size", "attached")
"""What of an upload's document its content is asked for by: there may be many."""


class CheckedExport(NamedTuple):
    """The content of a whole export that was checked."""

    events: int
    head: str
    uploads: list[Doc]

    @property
    def position(self) -> Position:
        """Where the record ends; each event is a commit."""
        return Position(self.events, self.events, 0, self.head)


class DatabaseImport:
    """One import into a workspace."""

    def __init__(
        self,
        exported: LineFile,
        *,
        uploads: Path | None = None,
        answers: Callable[[], Iterable[StoredAnswer]] = lambda: (),
        expect: str | None = None,
    ) -> None:
        """Set up an import, without reading anything yet.

        Args:
            exported: the full export.
            uploads: where the attachments' content is, by its SHA-256.
            answers: returns the idempotency records.
            expect: the hash that the record must end with.
        """
        self._exported, self._uploads, self._answers, self._expect = exported, uploads, answers, expect

    def check(self, progress: Progress = lambda *_: None) -> CheckedExport:
        """Check all of the export.

        Raises:
            InvalidRequest: the lines are no full export; the message names the line.
        """
        record, answers = self._folded(), AnswerQueue(self._answers())
        checks, hash_ = Checks(CommandLimits()), ""
        try:
            with paused_collector():
                lines = self._exported.lines(progress)
                for event, text in linked_events(lines, Conformance(record, checks)):
                    taken = record.take(event, text)
                    if why := unstorable(taken.event):
                        raise InvalidRequest(f"Line {record.seq} can't be taken: {why}.")
                    answers.behind(record.seq)
                    hash_ = event["hash"]
        finally:
            checks.close()
        check_head(hash_, self._expect)
        answers.check_all_taken()
        uploads: list[Doc] = [{key: doc.get(key) for key in _OF_UPLOADS} for doc in record.documents("uploads")]
        return CheckedExport(record.seq, hash_, uploads)

    def write(
        self, workspace: ImportingWorkspace, checked: CheckedExport, progress: Progress = lambda *_: None
    ) -> None:
        """Write the events that the workspace does not have yet, and open it.

        Raises:
            InvalidRequest: it holds the beginning of another record, or the export has changed since it was checked.
            StoreError: the database refuses.
        """
        with paused_collector():
            self._write_events(workspace, progress)
        if (workspace.seq, workspace.hash) != (checked.events, checked.head):
            raise InvalidRequest("It has changed while it was read.")
        workspace.open()

    def write_contents(
        self, workspace: ImportingWorkspace, checked: CheckedExport, progress: Progress = lambda *_: None
    ) -> int:
        """Write the contents of uploads that the workspace does not have yet; return how many attachments lack theirs.

        Raises:
            InvalidRequest: one is not what arrived.
            StoreError: one can't be read, or the database refuses.
            OSError: one can't be read.
        """
        there = workspace.contents()
        total, done, missing = sum(doc["size"] for doc in checked.uploads), 0, 0
        for doc in checked.uploads:
            if there.get(doc["sha256"]) != doc["size"]:
                pieces = None if self._uploads is None else content_in(self._uploads, doc)
                if pieces is not None:
                    workspace.add_content(doc, pieces)
                    there[doc["sha256"]] = doc["size"]
                else:
                    missing += bool(doc.get("attached"))
            done += doc["size"]
            progress(done, total)
        return missing

    def _folded(self) -> FoldedRecord:
        return FoldedRecord(lambda seq: event_at(self._exported.lines(), seq))

    def _write_events(self, workspace: ImportingWorkspace, progress: Progress) -> None:
        record, answers = self._folded(), AnswerQueue(self._answers())
        there, batch = workspace.seq, _EventBatch(workspace, record)
        if not there:
            record.track_changes()
        for event, text in linked_events(self._exported.lines(progress)):
            taken = record.take(event, text)
            answer = answers.behind(record.seq)
            if record.seq > there:
                batch.add(taken, text, answer)
            elif record.seq == there:
                if event["hash"] != workspace.hash:
                    raise _other_record()
                record.track_changes()
        if record.seq < there:
            raise _other_record()
        batch.store()


class _EventBatch:
    """Events that are about to be stored together, with all that they change."""

    def __init__(self, workspace: ImportingWorkspace, record: FoldedRecord) -> None:
        self._workspace, self._record = workspace, record
        self._rows = CommitRows(record)
        self._count, self._size, self._head = 0, 0, ""

    def add(self, taken: Taken, text: bytes, answer: StoredAnswer | None) -> None:
        """Add the event that the record has just taken, and store the batch where it is large."""
        self._rows.add_event(taken.event, text, settles=taken.counts)
        if answer is not None:
            self._rows.add_record(answer.record, answer.text, answer.seq)
        self._count, self._size, self._head = self._count + 1, self._size + len(text), taken.event["hash"]
        if self._count >= BATCH or self._size >= BATCH_BYTES:
            self.store()

    def store(self) -> None:
        """Store what was added."""
        if not self._count:
            return
        for change in self._record.changes():
            self._rows.add_document(*change)
        self._workspace.store(self._rows, self._count, self._head)
        self._rows, self._count, self._size = CommitRows(self._record), 0, 0


def _other_record() -> InvalidRequest:
    return InvalidRequest(
        "The workspace holds the beginning of another record, of an import that was interrupted: go on with that "
        "one's export, or name a new workspace with --workspace NAME."
    )
