"""Writes the documents of a table to a file, as a layer: what has not changed is copied as it stands."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping

import orjson

from store.folder.columns import NumberColumn
from store.folder.document_table import DocumentTable, Entry, Layer, id_digest, texts

Row = tuple[int, bytes | Entry]
"""A row and its entry, as JSON or to be made into it."""


class LayerWriter:
    """The entries of one table in the making, and the columns over them."""

    def __init__(self, table: DocumentTable, start: int) -> None:
        """Begin at the byte `start` of the file or column that takes the entries."""
        self._table = table
        self.place = start
        """The byte behind the entries."""
        self._rows, self._starts, self._sizes = array("I"), array("Q"), array("I")
        self._dead: set[int] = set()
        """The rows of removed documents that are not written."""
        self._layers: list[Layer] = []
        """Those that the entries take the place of."""

    def all(self) -> Iterator[bytes]:
        """Yield the bytes of all documents as they are now, with commas between."""
        self._layers = self._table.layers
        later = [self._table.later] if self._table.later is not None else []
        old = _Old(self._table.base)
        for row, one in texts(later, self._table.changed):
            yield from self._copied(old, old.until(row))
            old.skip(row)
            if _is_removed(one):
                self._dead.add(row)
            else:
                yield self._entry(row, one)
        yield from self._copied(old, old.until(None))

    def changes(self) -> Iterator[bytes]:
        """Yield the bytes of the documents that were changed since the table's base, removed ones as null."""
        base = self._table.base
        self._layers = [self._table.later] if self._table.later is not None else []
        for row, one in texts(self._layers, self._table.changed):
            if _is_removed(one) and (base is None or base.place(row) < 0):
                self._dead.add(row)
            else:
                yield self._entry(row, one)

    def _entry(self, row: int, one: bytes | Entry) -> bytes:
        text = one if isinstance(one, bytes) else orjson.dumps({one[0]: one[1]})[1:-1]
        comma = b"," if self._rows else b""
        self._rows.append(row)
        self._starts.append(self.place + len(comma))
        self._sizes.append(len(text))
        self.place += len(comma) + len(text)
        return comma + text

    def _copied(self, old: _Old, some: slice) -> Iterator[bytes]:
        """Yield the bytes of some old entries, which stand one behind the other."""
        starts, sizes = old.starts[some], old.sizes[some]
        if not starts:
            return
        if self._rows:
            self.place += 1
            yield b","
        shift = self.place - starts[0]
        self._rows += old.rows[some]
        self._starts.extend([start + shift for start in starts])
        self._sizes += sizes
        end = starts[-1] + sizes[-1]
        self.place += end - starts[0]
        assert old.data is not None  # noqa: S101 - it has entries
        yield from old.data.range(starts[0], end)

    def columns(self) -> list[array[int]]:
        """Return the columns over what was written, in the order of `Layer`'s."""
        digests, owners = _digests(self._layers, self._table.changed, self._dead)
        return [self._rows, self._starts, self._sizes, digests, owners]


class _Old:
    """The entries of a table's base, and how far they were gone through."""

    def __init__(self, base: Layer | None) -> None:
        self.rows, self.starts, self.sizes = array("I"), array("Q"), array("I")
        self.data: NumberColumn | None = None
        if base is not None:
            self.rows, self.starts, self.sizes = (column.array() for column in (base.rows, base.starts, base.sizes))
            self.data = base.data
        self._done = 0

    def until(self, row: int | None) -> slice:
        """Go on to before a row, or to the end; return what was passed."""
        begin = self._done
        self._done = len(self.rows) if row is None else bisect_left(self.rows, row, begin)
        return slice(begin, self._done)

    def skip(self, row: int) -> None:
        """Pass a row, if it is the next."""
        self._done += self._done < len(self.rows) and self.rows[self._done] == row


def _is_removed(one: bytes | Entry) -> bool:
    return one.endswith(b":null") if isinstance(one, bytes) else one[1] is None


def _digests(
    newest_first: list[Layer], changed: Mapping[int, Entry], dead: Collection[int]
) -> tuple[array[int], array[int]]:
    """Return the digests of all these documents but the `dead` ones, in order, and the row of each."""
    oldest = newest_first[-1] if newest_first else None
    digests, owners = array("Q"), array("I")
    if oldest is not None:
        digests, owners = oldest.digests.array(), oldest.owners.array()
        if any(oldest.place(row) >= 0 for row in dead):
            alive = [at for at, row in enumerate(owners) if row not in dead]
            digests, owners = array("Q", [digests[at] for at in alive]), array("I", [owners[at] for at in alive])
    more = {row: id_digest(doc_id) for row, (doc_id, _) in changed.items()}
    for layer in newest_first[:-1]:
        more.update(zip(layer.owners.array(), layer.digests.array(), strict=True))
    new = [
        (digest, row) for row, digest in more.items() if row not in dead and (oldest is None or oldest.place(row) < 0)
    ]
    return _merged(digests, owners, sorted(new))


def _merged(digests: array[int], owners: array[int], more: list[tuple[int, int]]) -> tuple[array[int], array[int]]:
    """Return sorted digests with `more` of them, and the row of each."""
    all_digests, all_owners, done = array("Q"), array("I"), 0
    for digest, row in more:
        at = bisect_left(digests, digest, done)
        all_digests += digests[done:at]
        all_owners += owners[done:at]
        all_digests.append(digest)
        all_owners.append(row)
        done = at
    return all_digests + digests[done:], all_owners + owners[done:]
