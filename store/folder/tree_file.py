"""The file `tree`: the hashes of all complete subtrees of the chain's Merkle tree, in the order of their completion.

It holds nothing that the journal does not, and is made again where it is missing or is another record's. Whoever has
the folder's lock brings it up to date with each commit; what it has of acknowledged events is never changed.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from api_client.errors import StoreFault
from store.core import merkle
from store.folder.files import Files, RecordFile

_HASH = 32


class TreeFile:
    """The file `tree` of one folder."""

    def __init__(self, folder: Path, files: Files) -> None:
        self._files = files
        self._file = RecordFile(folder / "tree", files)
        self._size = -1
        """The leaves that this process has written or found, -1 before it looked."""
        self._edge: dict[tuple[int, int], bytes] = {}
        """The complete subtrees at the right edge, which the next leaf may complete."""

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def node(self, level: int, place: int) -> bytes:
        """Return the hash of a complete subtree.

        Raises:
            StoreFault: the file does not have it.
        """
        if (known := self._edge.get((level, place))) is not None:
            return known
        found = self._file.read(merkle.stored_at(level, place) * _HASH, _HASH)
        if len(found) != _HASH:
            raise StoreFault("The file tree is shorter than the record.")
        return found

    def size(self, last_hash: str, events: int) -> int:
        """Return how many leaves it has of a record of so many events, the last of which has this hash.

        0 where it is another record's: one that was cut, or put back from a backup.
        """
        size = merkle.size_of(self._file.size() // _HASH)
        if size >= events > 0:
            return events if self.node(0, events - 1) == merkle.leaf_hash(last_hash) else 0
        return size

    def append(self, events: int, hashes: Iterable[str], last_hash: str) -> bool:
        """Append the leaves of new events, behind those of `events` others; return whether it has those.

        The caller has the folder's lock.

        Raises:
            StoreFault: the disk took only a part.
            OSError: the disk refused.
        """
        if self._size != events or self._file.size() != merkle.stored_count(events) * _HASH:
            if not self._is_whole(events, last_hash):
                return False
            self._read_edge(events)
        pieces = []
        size = events
        for event_hash in hashes:
            for level, place, node in merkle.completed(size, merkle.leaf_hash(event_hash), self._at_edge):
                pieces.append(node)
                self._edge[level, place] = node
            size += 1
            self._edge = {key: self._edge[key] for key in merkle.edge(size)}
        fd = self._file.for_writing(create=True)
        try:
            self._files.write_all(fd, b"".join(pieces), merkle.stored_count(events) * _HASH)
        except (OSError, StoreFault):
            self._size = -1
            with suppress(OSError):
                self._files.truncate(fd, merkle.stored_count(events) * _HASH)
            raise
        self._size = size
        return True

    def _at_edge(self, level: int, place: int) -> bytes:
        return self._edge[level, place]

    def _is_whole(self, events: int, last_hash: str) -> bool:
        """Return whether the file is that of the record up to there; what is behind it is cut off."""
        if events == 0 or self.size(last_hash, events) == events:
            wanted = merkle.stored_count(events) * _HASH
            if self._file.size() > wanted:
                self._files.truncate(self._file.for_writing(), wanted)
            return True
        return False

    def _read_edge(self, events: int) -> None:
        self._edge = {}
        self._edge = {key: self.node(*key) for key in merkle.edge(events)}
