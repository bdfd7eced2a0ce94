"""The archive of a whole record: all that a move takes along, in one folder. API keys are in none.

    record.jsonl        the full export (CONTRACT.md, Chain)
    idempotency.jsonl   {"seq":<the last event of the commit>,"record":<JSON>} for each idempotency record, by seq
    uploads/<sha256>    the content of each upload that is there
    archive.json        what belongs together, written last: without it the archive is not complete

Contents are copied first, each under a temporary name until it is whole, so that a second run copies what is missing.
The two files of lines are written anew each time and replaced at the end.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Literal, NamedTuple

import msgspec
import orjson

from api_client.errors import InvalidRequest, NotFound, TooLarge
from api_client.wire import read_json
from store.core.idempotency import is_record
from store.core.ruling import Content
from store.core.state_view import Doc
from store.folder.files import Files, open_regular, read_regular
from store.folder.uploads import Receiver, content_path
from store.transfer.exporter import Filter, RecordSource, jsonl

Progress = Callable[[int, int], None]
"""Called with how much is done, and how much there is to do."""

RECORD = "record.jsonl"
ANSWERS = "idempotency.jsonl"
UPLOADS = "uploads"
MANIFEST = "archive.json"

_MANIFEST_MOST = 1 << 16
_LINE_MOST = 1 << 24
"""Bytes of a line with an idempotency record at the most; an answer holds a task at the most."""
_SEQ, _TEXT = b'{"seq":', b',"record":'


class Manifest(msgspec.Struct, frozen=True, rename="camel"):
    """The summary of an archive, by which its parts are known to belong together."""

    events: int
    head: str
    """The hash of the last event."""
    answers: int
    """Idempotency records."""
    answers_hash: str
    """The SHA-256 of the file that holds them."""
    uploads: int
    """Contents of uploads."""
    missing: int = 0
    """Attachments whose content was not there to be copied."""
    format: Literal[1] = 1


class StoredAnswer(NamedTuple):
    """An idempotency record, and where it belongs."""

    seq: int
    """The last event of its commit."""
    record: Doc
    text: bytes
    """Its JSON as it is stored."""


# -- writing


class ArchiveWriter:
    """Writes the archive of one record into a folder."""

    def __init__(self, folder: Path, files: Files | None = None) -> None:
        """Set up, without writing anything."""
        self._folder, self._files = folder, files or Files()

    def write_contents(self, record: RecordSource, progress: Progress = lambda *_: None) -> tuple[int, int]:
        """Copy the contents of uploads that the archive does not have yet; return how many it has, and lacks.

        Raises:
            StoreError: a content can't be read.
            InvalidRequest: it is not what arrived.
            OSError: the disk refused.
        """
        folder = self._folder / UPLOADS
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        docs: dict[str, Doc] = {}
        for doc in record.uploads():
            if doc.get("attached") or doc["sha256"] not in docs:
                docs[doc["sha256"]] = doc
        total, done, missing = sum(doc["size"] for doc in docs.values()), 0, 0
        for doc in docs.values():
            if not self._is_there(folder, doc) and not self._copy(record, folder, doc):
                missing += bool(doc.get("attached"))
            done += doc["size"]
            progress(done, total)
        there = sum(self._is_there(folder, doc) for doc in docs.values())
        return there, missing

    def write_lines(
        self, record: RecordSource, contents: tuple[int, int], progress: Progress = lambda *_: None
    ) -> Manifest:
        """Write events and idempotency records, and at last the manifest; `contents` are what was copied.

        Raises:
            StoreError: the record can't be read.
            OSError: the disk refused.
        """
        self._write_all(RECORD, jsonl(record, Filter(), progress))
        count, digest = 0, hashlib.sha256()
        lines = self._opened(ANSWERS)
        with lines:
            for seq, text in record.answers():
                line = b"%b%d%b%b}\n" % (_SEQ, seq, _TEXT, text)
                lines.write(line)
                digest.update(line)
                count += 1
            self._settle(lines)
        # The old manifest must not vouch for new files.
        with suppress(FileNotFoundError):
            (self._folder / MANIFEST).unlink()
        for name in (RECORD, ANSWERS):
            self._files.rename(self._part(name), self._folder / name)
        manifest = Manifest(record.seq, record.head, count, digest.hexdigest(), *contents)
        self._files.replace(self._folder / MANIFEST, msgspec.json.encode(manifest) + b"\n")
        return manifest

    def _is_there(self, folder: Path, doc: Doc) -> bool:
        try:
            seen = content_path(folder, doc["sha256"]).lstat()
        except FileNotFoundError:
            return False
        return stat.S_ISREG(seen.st_mode) and seen.st_size == doc["size"]

    def _copy(self, record: RecordSource, folder: Path, doc: Doc) -> bool:
        """Copy a content; return whether there was any."""
        with suppress(NotFound):
            pieces = record.content(doc)
            if pieces is not None:
                receive_content(folder, self._files, doc, pieces)
                return True
        return False

    def _write_all(self, name: str, lines: Iterable[bytes]) -> None:
        with self._opened(name) as file:
            file.writelines(lines)
            self._settle(file)

    def _opened(self, name: str) -> BinaryIO:
        return os.fdopen(open_regular(self._part(name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "wb")

    def _settle(self, file: BinaryIO) -> None:
        file.flush()
        self._files.sync(file.fileno())

    def _part(self, name: str) -> Path:
        return self._folder / f"{name}.part"


def receive_content(folder: Path, files: Files, doc: Doc, pieces: Iterable[bytes]) -> None:
    """Write an upload's content into a folder under its hash, once all of it has come and is what arrived.

    Raises:
        InvalidRequest: it is not.
        StoreFault: it can't be read, or the disk took only a part.
        OSError: the disk refused.
    """
    receiver = Receiver(folder, files, "copy", doc["size"])
    try:
        for piece in pieces:
            receiver.take(piece)
        is_same = receiver.received == Content(doc["sha256"], doc["size"])
        if is_same:
            receiver.finish()
    except TooLarge:
        is_same = False
    finally:
        receiver.close()
    if not is_same:
        raise InvalidRequest(f"The attachment {doc['sha256']} is not what arrived: it has changed.")


# -- reading


class Archive:
    """A complete archive, to be read."""

    def __init__(self, folder: Path) -> None:
        """Read the manifest.

        Raises:
            InvalidRequest: the folder holds no complete archive.
            OSError: it can't be read.
        """
        self.folder = folder
        self.uploads = folder / UPLOADS
        try:
            data = read_regular(folder / MANIFEST, _MANIFEST_MOST)
        except FileNotFoundError:
            raise InvalidRequest(
                f"{folder} is no complete archive: it has no {MANIFEST}. Run 'pumpup-tui export --archive {folder}' "
                "once more: it goes on where it was interrupted."
            ) from None
        try:
            self.manifest = read_json(Manifest, data)
        except ValueError as fault:
            raise InvalidRequest(f"{folder / MANIFEST} is no archive's that this version can read: {fault}.") from None

    def answers(self) -> Iterator[StoredAnswer]:
        """Yield the idempotency records by seq, checked; at the end also that all of them were there.

        Raises:
            InvalidRequest: a line is none, or the file is not the one that was written.
        """
        digest, last, number = hashlib.sha256(), 0, 0
        path = self.folder / ANSWERS
        with os.fdopen(open_regular(path, os.O_RDONLY), "rb") as file:
            for number, line in enumerate(iter(lambda: file.readline(_LINE_MOST + 1), b""), start=1):
                digest.update(line)
                answer = _answer_in(line)
                if answer is None or not last < answer.seq <= self.manifest.events:
                    raise InvalidRequest(f"Line {number} of {ANSWERS} is no idempotency record of this record.")
                last = answer.seq
                yield answer
        if digest.hexdigest() != self.manifest.answers_hash:
            raise InvalidRequest(f"{ANSWERS} is not the file that was exported: it was cut or changed.")


def _answer_in(line: bytes) -> StoredAnswer | None:
    head, comma, text = line.removesuffix(b"}\n").partition(_TEXT)
    number = head.removeprefix(_SEQ)
    if not (comma and line.startswith(_SEQ) and line.endswith(b"}\n") and number.isdigit() and len(number) < 20):
        return None
    try:
        record = orjson.loads(text)
    except ValueError:
        return None
    return StoredAnswer(int(number), record, text) if is_record(record) else None


class AnswerQueue:
    """Idempotency records by the event behind which each belongs."""

    def __init__(self, answers: Iterable[StoredAnswer]) -> None:
        self._answers = iter(answers)
        self._next = next(self._answers, None)

    def behind(self, seq: int) -> StoredAnswer | None:
        """Return the record of the commit that ends with the event `seq`: ask for each event in its turn."""
        found = self._next
        if found is None or found.seq != seq:
            return None
        self._next = next(self._answers, None)
        return found

    def check_all_taken(self) -> None:
        """Check, behind the last event, that every record had its place.

        Raises:
            InvalidRequest: one names an event that the record does not have.
        """
        if self._next is not None:
            raise InvalidRequest(f"An idempotency record belongs to the event {self._next.seq}, which is not there.")
