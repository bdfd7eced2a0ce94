"""A witness's own folder: its key, of each record the last checkpoint that it signed, and what it refused.

All of it blocks. A witness is worth what this folder is: it is never put back from a backup, for an older state has
forgotten what was signed since, and two copies of it sign two histories.
"""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import orjson

from api_client.errors import StoreFault
from store.core.signed_note import (
    COSIGNATURE,
    NOTE_MOST,
    LogHead,
    NoteFault,
    SignedNote,
    VerifierKey,
    read_head,
    read_note,
)
from store.core.signing_key import KEY_MOST, SigningKey, new_signing_key, read_signing_key
from store.folder.files import Files, read_regular
from store.folder.folder_lock import FolderLock

EVIDENCE_MOST = 100
"""Refusals of one record that are kept: a server could make any number of them."""
_KEY = "witness.key"
_OTHERS, _OTHERS_WRITE = 0o077, 0o022
_NAME_DIGITS = 32
_LOST_KEY = (
    "{folder} has checkpoints that a witness signed, but not its key {key}. Put the key back; a new witness begins in "
    "another folder, and knows nothing of what this one signed."
)
_BROKEN = (
    "{path} is not what this witness stored: {fault}. It signs nothing more of this record. Keep the folder as it is; "
    "a new witness begins in another one, and knows nothing of what this one signed."
)
_OTHER_KEY = (
    "This witness knows {name} by a public key other than {key}. If the record has a new one, ask its owners over a "
    "channel that you trust, and begin a new witness in another folder; keep this one, which shows what was signed."
)


class StoredCheckpoint(NamedTuple):
    """The last checkpoint of a record that a witness signed."""

    data: bytes
    note: SignedNote
    head: LogHead
    at: int
    """When, in seconds since 1970."""


class WitnessState:
    """The folder of one witness."""

    def __init__(self, folder: Path, files: Files | None = None) -> None:
        """Make the folder, where it is missing.

        Raises:
            StoreFault: others can write to it, or it can't be made.
        """
        self.folder = folder
        self._files = files or Files()
        self._lock = FolderLock(folder)
        with self._worded():
            if not folder.is_dir():
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._files.sync_folder(folder.parent)
            self._refuse_others(folder, _OTHERS_WRITE, "written", "700")

    def close(self) -> None:
        """Close the lock's file."""
        self._lock.close()

    def key(self, name: str | None, new_name: str) -> SigningKey:
        """Return the witness's key, made on first use: under `name`, or else `new_name`.

        Raises:
            StoreFault: it has another name, is lost, or can't be read or written; or others can read it.
            StoreBusy: another run holds the lock.
        """
        with self._worded():
            key = self._stored_key()
            if key is None:
                with self._lock.held():
                    key = self._stored_key() or self._new_key(name or new_name)
        if name not in (None, key.name):
            raise StoreFault(f"This witness is named {key.name} already: its public key was made with that name.")
        return key

    def last(self, witness: VerifierKey, log: VerifierKey) -> StoredCheckpoint | None:
        """Return the last checkpoint of a record that was signed here, None before the first.

        Raises:
            StoreFault: it was changed, can't be read, or the record's key is another one.
        """
        path = self._note(log)
        data = self._stored(path)
        if data is None:
            return None
        try:
            note = read_note(data)
            at, head = witness.signed_at(note), read_head(note.text)
        except NoteFault as fault:
            raise StoreFault(_BROKEN.format(path=path, fault=fault)) from None
        if at is None or head.origin != log.name:
            raise StoreFault(_BROKEN.format(path=path, fault="it is not signed by this witness"))
        if not _is_signed(note, log):
            raise StoreFault(_OTHER_KEY.format(name=log.name, key=log.written()))
        return StoredCheckpoint(data, note, head, at)

    def advance(self, log: VerifierKey, before: StoredCheckpoint | None, note: SignedNote) -> bool:
        """Store what was signed; return False, with nothing stored, where it follows on something else by now.

        Raises:
            StoreFault: it can't be stored: then it must not be given out.
            StoreBusy: another run holds the lock.
        """
        path = self._note(log)
        with self._worded(), self._lock.held():
            is_next = self._stored(path) == (None if before is None else before.data)
            if is_next:
                self._files.replace(path, note.written().encode())
            return is_next

    def keep_evidence(self, log: VerifierKey, evidence: dict[str, object]) -> Path:
        """Return the file in which a refusal is kept: the same one, where the same was refused before.

        Raises:
            StoreFault: it can't be written.
            StoreBusy: another run holds the lock.
        """
        data = orjson.dumps(evidence, option=orjson.OPT_INDENT_2)
        prefix = self._stem(log)
        path = self.folder / f"{prefix}.refused-{hashlib.sha256(data).hexdigest()[:16]}.json"
        with self._worded(), self._lock.held():
            kept = sorted(self.folder.glob(f"{prefix}.refused-*.json"))
            if path not in kept:  # else its file keeps the time at which it was first refused
                path = path if len(kept) < EVIDENCE_MOST else self.folder / f"{prefix}.refused-last.json"
                self._files.replace(path, data + b"\n")
        return path

    def _stored(self, path: Path) -> bytes | None:
        with self._worded():
            try:
                return read_regular(path, NOTE_MOST)
            except FileNotFoundError:
                return None

    def _note(self, log: VerifierKey) -> Path:
        return self.folder / f"{self._stem(log)}.note"

    @staticmethod
    def _stem(log: VerifierKey) -> str:
        return hashlib.sha256(log.name.encode()).hexdigest()[:_NAME_DIGITS]

    def _stored_key(self) -> SigningKey | None:
        path = self.folder / _KEY
        try:
            text = read_regular(path, KEY_MOST)
        except FileNotFoundError:
            return None
        self._refuse_others(path, _OTHERS, "read", "600")
        try:
            return read_signing_key(text.decode(), COSIGNATURE)
        except (NoteFault, UnicodeDecodeError) as fault:
            words = fault if isinstance(fault, NoteFault) else "it is no text"
            raise StoreFault(f"{path} can't be used as the key of a witness: {words}. Put it back.") from None

    def _new_key(self, name: str) -> SigningKey:
        if any(self.folder.glob("*.note")):
            raise StoreFault(_LOST_KEY.format(folder=self.folder, key=_KEY))
        key = new_signing_key(name, COSIGNATURE)
        self._files.replace(self.folder / _KEY, key.written().encode())
        return key

    def _refuse_others(self, path: Path, bits: int, done: str, mode: str) -> None:
        if stat.S_IMODE(path.stat().st_mode) & bits:
            raise StoreFault(f"{path} can be {done} by others on this machine. Run 'chmod {mode} {path}' first.")

    @contextmanager
    def _worded(self) -> Iterator[None]:
        try:
            yield
        except OSError as fault:
            raise StoreFault(
                f"The witness's folder {self.folder} can't be used: {fault.strerror or fault}. Nothing was signed."
            ) from fault


def _is_signed(note: SignedNote, log: VerifierKey) -> bool:
    try:
        return log.signed_at(note) is not None
    except NoteFault:
        return False
