"""The file `tree`: the hashes of all complete subtrees of the chain's Merkle tree, in the order of their completion.

It holds nothing that the journal does not, and is made again where it is missing or is another record's. Each commit
adds its leaves, without a sync: a power cut may leave it short or with gaps, so whoever signs a root writes all that
was added since the last signed one anew from the journal (`record_tree`), and each proof is checked before it is given.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from api_client.errors import StoreFault
from store.core import merkle
from store.folder.files import Files, RecordFile
from store.folder.head import Position

_HASH = 32


class TreeFile:
    """The file `tree` of one folder. Only the holder of the folder's lock may write; reading needs no lock."""

    def __init__(self, folder: Path, files: Files) -> None:
        self._path, self._files = folder / "tree", files
        self._opened: RecordFile | None = None
        self._size = -1
        """The leaves behind which this process can append, -1 where it has to look."""
        self._edge: list[bytes] = []
        """The complete subtrees at the right edge, the largest first."""

    def close(self) -> None:
        """Close the file."""
        if self._opened is not None:
            self._opened.close()

    @property
    def _file(self) -> RecordFile:
        """The file, opened when it is first needed: a folder opens whatever stands in its place."""
        if self._opened is None:
            self._opened = RecordFile(self._path, self._files)
        return self._opened

    def renew(self) -> None:
        """Open the file anew where another one has taken its place; nobody else may be using this one now."""
        if self._opened is not None and not self._opened.is_in_place():
            self._opened.close()
            self._opened, self._size = None, -1

    def node(self, level: int, place: int) -> bytes:
        """Return the hash of a complete subtree.

        Raises:
            StoreFault: the file does not have it.
        """
        node = self._file.read(merkle.stored_at(level, place) * _HASH, _HASH)
        if len(node) != _HASH:
            raise StoreFault("The file tree is shorter than the record.")
        return node

    def size(self, position: Position) -> int:
        """Return how many leaves it has of the record that ends at a position; 0 where it is another record's."""
        if position.events == 0:
            return 0
        size = merkle.size_of(self._file.size() // _HASH)
        if size < position.events:
            return size
        # The chain's last hash stands for all before it.
        is_same = self.node(0, position.events - 1) == merkle.leaf_hash(position.hash)
        return position.events if is_same else 0

    def append(self, before: Position, hashes: Iterable[str]) -> None:
        """Append the leaves of events that were committed at a position; nothing where the file does not reach so far.

        Raises:
            StoreFault: the disk took only a part.
            OSError: the disk refused.
        """
        if self._size != before.events:
            if self.size(before) != before.events:
                return
            self._go_to(before.events)
        self._write(before.events, hashes)

    def write(self, size: int, hashes: Iterable[str]) -> None:
        """Write the leaves behind the first `size`, which are known to be right, in place of all that stands there.

        Raises:
            StoreFault: the disk took only a part.
            OSError: the disk refused.
        """
        self._go_to(size)
        self.end_at(size)
        self._write(size, hashes)

    def end_at(self, size: int) -> None:
        """Cut off what is behind the first `size` leaves.

        Raises:
            OSError: the disk refused.
        """
        end = merkle.stored_count(size) * _HASH
        if self._file.size() > end:
            self._files.truncate(self._file.for_writing(), end)

    def _go_to(self, size: int) -> None:
        self._edge = [self.node(*key) for key in merkle.edge(size)]
        self._size = size

    def _write(self, size: int, hashes: Iterable[str]) -> None:
        edge, pieces, start = self._edge, list[bytes](), merkle.stored_count(size) * _HASH
        self._size = -1
        for event_hash in hashes:
            pieces += merkle.grow(edge, size, merkle.leaf_hash(event_hash))
            size += 1
        fd = self._file.for_writing(create=True)
        try:
            self._files.write_all(fd, b"".join(pieces), start)
        except (OSError, StoreFault):
            with suppress(OSError):
                self._files.truncate(fd, start)
            raise
        self._size = size
