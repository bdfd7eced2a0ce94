"""The Merkle tree of a folder's record: its signed checkpoints, and proofs against them. All of it blocks.

Three files: `tree` (`tree_file`), `signing.key`, made with the first checkpoint, and `checkpoint.note`, the last one
that was signed. Only the making of a checkpoint writes; it never signs a record that no longer begins with the last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from api_client.errors import NotFound, StoreFault, StoreReadOnly
from api_client.proofs import EventProof
from store.core import merkle
from store.core.chain import NO_HASH
from store.core.merkle import Nodes
from store.core.record_proofs import (
    NO_CHECKPOINT,
    SignedHead,
    checked_seqs,
    checked_size,
    event_proof,
    holds,
    signed_head,
)
from store.core.signed_note import NOTE_MOST, NoteFault
from store.core.signing_key import KEY_MOST, SigningKey, check_name, new_signing_key, read_signing_key, record_name
from store.folder.engine import Store
from store.folder.files import read_regular
from store.folder.head import Position
from store.folder.memory_tree import MemoryTree
from store.folder.trust import SIGNING_KEY

Progress = Callable[[int, int], None]
"""Called with the events whose leaves were written, and all events."""
_SLICE = 2_000
"""Leaves that are written while writers are kept out."""
_NOTE = "checkpoint.note"


class RecordTree:
    """The tree of one open folder."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._tree = store.tree
        self._written = 0
        """The leaves that are known to be as the journal has them: this process wrote them, or they were signed."""
        self._memory = MemoryTree()

    # -- checkpoints

    def key(self) -> SigningKey | None:
        """Return the key of the record, None where it has none yet.

        Raises:
            StoreFault: the file is no key, or can't be read.
        """
        return stored_key(self._store.folder)

    def checkpoint(self, name: str = "", progress: Progress = lambda *_: None) -> str:
        """Return a signed checkpoint of the record as it is now; where it takes no writes, the last that was signed.

        `name` names the record with its first checkpoint.

        Raises:
            InvalidRequest: the name is none, or the record has another one.
            StoreReadOnly: the record takes no writes and has no checkpoint.
            StoreDamaged: it no longer begins with what was signed.
            StoreFault: a file of it can't be read or written.
        """
        with self._worded():
            position, key = self._position(), self.key()
            check_name(key, name)
            last = None if key is None else self._last(key)
            if last is not None and (last.head.size == position.events or self._store.read_only):
                if self._begins(last, position):
                    return last.note
                raise last.broken()
            if self._store.read_only:
                raise StoreReadOnly(NO_CHECKPOINT.format(why=self._store.read_only))
            return self._signed(name, progress)

    def _begins(self, last: SignedHead, position: Position) -> bool:
        """Return whether the record begins with what was signed; the journal is asked where its tree says no."""
        return last.begins(position.events, self._nodes(position)) or last.begins(
            position.events, self._in_memory(position)
        )

    def _signed(self, name: str, progress: Progress) -> str:
        self._store.check()
        is_anew = False
        while True:
            with self._store.lock.held() as journal:
                self._store.journal.check_is(journal)
                position, key = self._position(), self._made_key(name)
                last = self._last(key)
                if self._grow(position, last):
                    if last is None or last.begins(position.events, self._tree.node):
                        return self._sign(key, position)
                    if is_anew:
                        raise last.broken()
                    is_anew, self._written = True, 0  # before that is said, the tree is made from the journal alone
            progress(self._written, position.events)

    def _sign(self, key: SigningKey, position: Position) -> str:
        self._tree.end_at(position.events)
        note = key.checkpoint(position.events, merkle.root_of(position.events, self._tree.node)).written()
        # Nothing waits for the disk: of the nodes before it a root needs those alone that the last root shows to be
        # right, and a note that is lost leaves the one before, or none, of the same journal.
        self._store.files.put(self._store.folder / _NOTE, note.encode())
        return note

    def _grow(self, position: Position, last: SignedHead | None) -> bool:
        """Write some of the leaves that are not known to be right; return whether all are now.

        The folder's lock is held: between two slices others commit.
        """
        start = min(self._known(position, last), self._tree.size(position))
        end = min(start + _SLICE, position.events)
        if start < end:
            self._tree.write(start, self._hashes(start, end))
        self._written = end
        return end == position.events

    def _known(self, position: Position, last: SignedHead | None) -> int:
        """Return how many leaves need not be written again."""
        if 0 < self._written <= position.events:
            return self._written
        if last is None or not 0 < last.head.size <= self._tree.size(position):
            return 0
        try:
            is_same = merkle.root_of(last.head.size, self._tree.node) == last.head.root
        except StoreFault:
            return 0
        return last.head.size if is_same else 0

    def _hashes(self, start: int, end: int) -> Iterator[str]:
        """Yield the hashes of events from the place `start` to `end`, the store being held for a slice at a time."""
        raw = self._store.events.raw
        for first in range(start + 1, end + 1, _SLICE):
            seqs = range(first, min(first + _SLICE, end + 1))
            yield from self._store.read(lambda _: [raw(seq)[1] for seq in seqs])  # noqa: B023 - called at once

    def _made_key(self, name: str) -> SigningKey:
        key = self.key()
        if key is None:
            if (self._store.folder / _NOTE).exists():
                raise StoreFault(
                    f"{self._store.folder / SIGNING_KEY} is missing, and this record has signed a checkpoint: put it "
                    "back from a backup. Whoever has the public key of the record trusts no other one."
                )
            key = new_signing_key(name or record_name(self._store.tokens()))
            self._store.files.replace(self._store.folder / SIGNING_KEY, key.written().encode())
        check_name(key, name)
        return key

    def _last(self, key: SigningKey) -> SignedHead | None:
        try:
            return signed_head(self._read(_NOTE, NOTE_MOST), key.public)
        except FileNotFoundError:
            return None

    # -- proofs

    def of(self, seqs: Sequence[int], size: int) -> list[EventProof]:
        """Return proofs of events against the tree of the first `size`.

        Raises:
            InvalidRequest: too many are named.
            NotFound: one is not among them, or the record is shorter.
            StoreError: the record can't be read.
        """
        with self._worded():
            position = self._position()
            checked_seqs(seqs, size, position.events)
            return self._proved(seqs, size, position)

    def _proved(self, seqs: Sequence[int], size: int, position: Position) -> list[EventProof]:
        nodes = self._nodes(position)
        proofs = [self._proof(seq, size, nodes) for seq in seqs]
        if all(holds(proof, size, merkle.root_of(size, nodes)) for proof in proofs):
            return proofs
        self._written = 0  # the next checkpoint writes the file anew
        return [self._proof(seq, size, self._in_memory(position)) for seq in seqs]

    def consistency(self, old: int, size: int) -> list[str]:
        """Return the proof that the tree of the first `size` events begins with that of the first `old`.

        Raises:
            NotFound: the record is shorter, or `old` is over `size`.
            StoreError: the record can't be read.
        """
        with self._worded():
            position = self._position()
            checked_size(size, position.events)
            if not 0 <= old <= size:
                raise NotFound(f"{old} events are not the first of {size}.")
            return [node.hex() for node in self._grown(old, size, position)]

    def _grown(self, old: int, size: int, position: Position) -> list[bytes]:
        path = _growth(old, size, self._nodes(position))
        if path is None:
            self._written = 0  # the next checkpoint writes the file anew
            path = _growth(old, size, self._in_memory(position)) or []
        return path

    def _proof(self, seq: int, size: int, nodes: Nodes) -> EventProof:
        first, raw = max(seq - 1, 1), self._store.events.raw
        (_, previous), (text, hash_) = self._store.read(lambda _: (raw(first), raw(seq)))
        return event_proof(seq, size, text, (previous if seq > 1 else NO_HASH, hash_), nodes)

    def _nodes(self, position: Position) -> Nodes:
        """Return the nodes of the record's tree: of its file, or made in memory where that does not reach so far."""
        return self._tree.node if self._tree.size(position) == position.events else self._in_memory(position)

    def _in_memory(self, position: Position) -> Nodes:
        return self._memory.grown(position, lambda start: self._hashes(start, position.events))

    # -- files

    def _position(self) -> Position:
        return self._store.read(lambda _: self._store.position)

    def _read(self, name: str, most: int) -> bytes:
        return read_regular(self._store.folder / name, most)

    @contextmanager
    def _worded(self) -> Iterator[None]:
        try:
            yield
        except OSError as fault:
            raise StoreFault(f"The record's tree can't be read or written: {fault.strerror or fault}.") from fault


def stored_key(folder: Path) -> SigningKey | None:
    """Return the signing key of a folder, None where it has none yet.

    Raises:
        StoreFault: the file is no key, or can't be read.
    """
    path = folder / SIGNING_KEY
    try:
        return read_signing_key(read_regular(path, KEY_MOST).decode())
    except FileNotFoundError:
        return None
    except OSError as fault:
        raise StoreFault(f"{path} can't be read: {fault.strerror or fault}.") from fault
    except (NoteFault, UnicodeDecodeError) as fault:
        raise StoreFault(
            f"{path} can't be used: {fault}. Put it back from a backup: whoever has the public key of the record "
            "trusts no other one."
        ) from None


def _growth(old: int, size: int, nodes: Nodes) -> list[bytes] | None:
    """Return the proof that a tree grew, None where the nodes of it do not fit together."""
    try:
        path = merkle.consistency_proof(old, size, nodes)
        roots = merkle.root_of(old, nodes), merkle.root_of(size, nodes)
    except StoreFault:
        return None
    return path if merkle.is_consistent(old, roots[0], size, roots[1], path) else None
