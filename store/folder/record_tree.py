"""The Merkle tree of a folder's record: its signed checkpoints, and proofs against them. All of it blocks.

Three files: `tree` (`tree_file`), `signing.key`, made with the first checkpoint, and `checkpoint.note`, the last one
that was signed. Only the making of a checkpoint writes; it never signs a record that no longer begins with the last.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from api_client.errors import NotFound, StoreDamaged, StoreFault, StoreReadOnly
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
    first_fitting,
    holds,
    signed_head,
)
from store.core.signed_note import NOTE_MOST, LogHead, NoteFault
from store.core.signing_key import KEY_MOST, SigningKey, check_name, new_signing_key, read_signing_key, record_name
from store.folder.engine import Store
from store.folder.files import read_regular
from store.folder.head import Position
from store.folder.memory_tree import MemoryTree
from store.folder.trust import SIGNING_KEY

T = TypeVar("T")
Progress = Callable[[int, int], None]
"""Called with the events whose leaves were written, and all events."""
_SLICE = 2_000
"""Leaves that are written while writers are kept out."""
_AT_ONCE = 500
"""Events that are read while the store is held."""
_PAUSE = 0.005
"""Seconds between two slices: other processes ask for the lock every thousandth of a second."""
_NOTE = "checkpoint.note"
_SWAPPED = (
    "{note} and {key} do not belong together ({why}): one of them is another record's, or was changed. No other "
    "checkpoint is signed. Put both back from a backup: whoever has the public key of the record trusts no other one."
)


class RecordTree:
    """The tree of one open folder."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._tree = store.tree
        self._is_doubted = False
        """Whether the file was found to be wrong: the next checkpoint writes all of it anew."""
        self._broken = ""
        """The checkpoint with which the record was found not to begin: it is not made anew for each caller."""
        self._memory = MemoryTree()
        self._signing = threading.Lock()
        """Held by who makes a checkpoint: of the threads that want one, one alone asks for the folder's lock."""
        self._is_closing = threading.Event()
        store.before_close.append(self._close)

    def _close(self) -> None:
        """End what is under way before the folder's files are closed."""
        self._is_closing.set()
        with self._signing:
            pass

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
            last = self._last(name)
            if last is not None and (self._store.read_only or (self._is_of_all(last) and not self._is_doubted)):
                self._check_begins(last)
                return last.note
            if self._store.read_only:
                raise StoreReadOnly(NO_CHECKPOINT.format(why=self._store.read_only))
            with self._signing:
                return self._signed(name, progress)

    def _is_of_all(self, last: SignedHead) -> bool:
        return last.head.size == self._position().events

    def _check_begins(self, last: SignedHead) -> None:
        """Check that the record begins with what was signed; the journal is asked where its tree says no."""
        position = self._position()
        if not self._begins(last, position, self._nodes(position)):
            self._is_doubted = True
            if not self._begins(last, position, self._in_memory(position)):
                raise last.broken()

    def _begins(self, last: SignedHead, position: Position, nodes: Nodes) -> bool:
        try:
            return last.begins(position.events, nodes)
        except StoreFault:
            return False

    def _signed(self, name: str, progress: Progress) -> str:
        self._store.check()
        last, position = self._last_and_position()
        if last is not None and (last.head.size > position.events or last.note == self._broken):
            raise last.broken()
        with self._store.lock.held():
            self._tree.renew()
        known: int | None = 0 if self._is_doubted else None
        while True:
            is_anew = known == 0
            known = self._grow(known, progress)
            with self._store.lock.held() as journal:
                self._store.settle(journal)
                position, key = self._position(), self._made_key(name)
                last, gap = self._last(name), self._gap(known, position)
                if position.events - gap.start > _SLICE:
                    continue  # so many were committed since, or somebody cut the file
                if gap:
                    self._tree.write(gap.start, self._hashes(gap))
                if last is None or self._begins(last, position, self._tree.node):
                    return self._sign(key, position)
                if is_anew:
                    self._broken = last.note
                    raise last.broken()
                known = 0  # before that is said, the tree is made from the journal alone

    def _grow(self, known: int | None, progress: Progress) -> int | None:
        """Write leaves until few are missing; return how many are known to be right, None where nothing was written.

        The hashes are read before the folder's lock is asked for, and between two slices others commit.
        """
        while True:
            position = self._position()
            gap = self._gap(known, position)
            if position.events - gap.start <= _SLICE:
                return known
            hashes = list(self._hashes(gap))
            with self._store.lock.held() as journal:
                self._store.journal.check_is(journal)
                if self._gap(known, position) != gap:
                    continue  # somebody else wrote it meanwhile, or cut it
                self._tree.write(gap.start, hashes)
            known = gap.stop
            progress(known, position.events)
            self._is_closing.wait(_PAUSE)

    def _sign(self, key: SigningKey, position: Position) -> str:
        self._tree.end_at(position.events)
        note = key.checkpoint(position.events, merkle.root_of(position.events, self._tree.node)).written()
        # Nothing waits for the disk: of the nodes before it a root needs those alone that the last root shows to be
        # right, and a note that is lost leaves the one before, or none, of the same journal.
        self._store.files.put(self._store.folder / _NOTE, note.encode())
        self._is_doubted, self._memory = False, MemoryTree()
        return note

    def _gap(self, known: int | None, position: Position) -> range:
        """Return the places of the next leaves to be written.

        Args:
            known: how many are known to be as the journal has them; None: as many as were signed.
            position: the record's end.
        """
        size = self._tree.size(position)
        start = min(self._shown(size) if known is None else known, size)
        return range(start, min(start + _SLICE, position.events))

    def _shown(self, size: int) -> int:
        """Return how many of so many leaves the last checkpoint shows to be right."""
        last = self._last()
        is_right = last is not None and 0 < last.head.size <= size and self._is_root(last.head)
        return last.head.size if last is not None and is_right else 0

    def _is_root(self, head: LogHead) -> bool:
        try:
            return merkle.root_of(head.size, self._tree.node) == head.root
        except StoreFault:
            return False

    def _hashes(self, places: range) -> Iterator[str]:
        """Yield the hashes of the events at some places, the store being held for a few at a time.

        Raises:
            StoreFault: the folder is being closed.
        """
        raw = self._store.events.raw
        for start in range(places.start, places.stop, _AT_ONCE):
            if self._is_closing.is_set():
                raise StoreFault("The data folder was closed.")
            seqs = range(start + 1, min(start + _AT_ONCE, places.stop) + 1)
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
        return key

    def _last(self, name: str = "") -> SignedHead | None:
        """Return the last checkpoint, None where nothing was signed yet; `name` is one that the record must have."""
        key = self.key()
        check_name(key, name)
        return None if key is None else last_signed(self._store.folder, key)

    # -- proofs

    def of(self, seqs: Sequence[int], size: int) -> list[EventProof]:
        """Return proofs of events against the tree of the first `size`.

        Raises:
            InvalidRequest: too many are named.
            NotFound: one is not among them, or the record is shorter.
            StoreError: the record can't be read.
        """
        with self._worded():
            last, position = self._last_and_position()
            checked_seqs(seqs, size, position.events)
            return self._proved(seqs, size, last, position)

    def _proved(self, seqs: Sequence[int], size: int, last: SignedHead | None, position: Position) -> list[EventProof]:
        def proofs(nodes: Nodes) -> list[EventProof]:
            return first_fitting(self._proof(seq, size, nodes) for seq in seqs)

        def are_sound(found: list[EventProof], nodes: Nodes) -> bool:
            root = merkle.root_of(size, nodes)
            return all(holds(proof, size, root) for proof in found)

        return self._sound(proofs, are_sound, (size,), last, position)

    def _sound(
        self,
        compute: Callable[[Nodes], T],
        is_sound: Callable[[T, Nodes], bool],
        sizes: Iterable[int],
        last: SignedHead | None,
        position: Position,
    ) -> T:
        """Return what is computed over the tree as its file has it where that is sound, else as the journal has it.

        Trees of these sizes must be those over which the last checkpoint was signed: of wrong nodes, too, a proof can
        be made that holds by itself.

        Raises:
            StoreDamaged: the record does not begin with what was signed.
        """
        if last is not None and last.head.size > position.events:
            raise last.broken()
        nodes = self._nodes(position)
        try:
            found = compute(nodes)
            if is_sound(found, nodes) and all(last is None or _fits(last, size, nodes) for size in sizes):
                return found
        except (OSError, StoreFault):
            if nodes != self._tree.node:
                raise
        self._is_doubted = True
        nodes = self._in_memory(position)
        if last is not None and not last.begins(position.events, nodes):
            raise last.broken()
        return compute(nodes)

    def consistency(self, old: int, size: int) -> list[str]:
        """Return the proof that the tree of the first `size` events begins with that of the first `old`.

        Raises:
            NotFound: the record is shorter, or `old` is over `size`.
            StoreError: the record can't be read.
        """
        with self._worded():
            last, position = self._last_and_position()
            checked_size(size, position.events)
            if not 0 <= old <= size:
                raise NotFound(f"{old} events are not the first of {size}.")
            path = self._sound(
                lambda nodes: merkle.consistency_proof(old, size, nodes),
                lambda path, nodes: _shows_growth(old, size, path, nodes),
                (old, size),
                last,
                position,
            )
            return [node.hex() for node in path]

    def _proof(self, seq: int, size: int, nodes: Nodes) -> EventProof:
        first, raw = max(seq - 1, 1), self._store.events.raw
        (_, previous), (text, hash_) = self._store.read(lambda _: (raw(first), raw(seq)))
        return event_proof(seq, size, text, (previous if seq > 1 else NO_HASH, hash_), nodes)

    def _nodes(self, position: Position) -> Nodes:
        """Return the nodes of the record's tree: of its file, or made in memory where that does not reach so far."""
        with suppress(OSError, StoreFault):
            if self._tree.size(position) == position.events:
                return self._tree.node
        return self._in_memory(position)

    def _in_memory(self, position: Position) -> Nodes:
        return self._memory.grown(position, lambda start: self._hashes(range(start, position.events)))

    # -- files

    def _last_and_position(self) -> tuple[SignedHead | None, Position]:
        """Return the last checkpoint and the record's end, which another process may not have moved before it."""
        last = self._last()
        return last, self._position()

    def _position(self) -> Position:
        return self._store.read(lambda _: self._store.position)

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


def last_signed(folder: Path, key: SigningKey) -> SignedHead | None:
    """Return the last checkpoint that a folder holds of itself, None where nothing was signed yet.

    Raises:
        StoreDamaged: it was signed with another key, or changed.
        StoreFault: it is no regular file.
        OSError: it can't be read.
    """
    path = folder / _NOTE
    try:
        return signed_head(read_regular(path, NOTE_MOST), key.public)
    except FileNotFoundError:
        return None
    except NoteFault as fault:
        raise StoreDamaged(_SWAPPED.format(note=path, key=SIGNING_KEY, why=fault)) from None


def _fits(last: SignedHead, size: int, nodes: Nodes) -> bool:
    """Return whether the root of the first `size` events is that of the signed tree; True where that is smaller."""
    return size > last.head.size or last.holds(size, nodes)


def _shows_growth(old: int, size: int, path: list[bytes], nodes: Nodes) -> bool:
    return merkle.is_consistent(old, merkle.root_of(old, nodes), size, merkle.root_of(size, nodes), path)
