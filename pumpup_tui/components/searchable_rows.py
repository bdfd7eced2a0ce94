"""Rows in memory: those that match the search, and the one that the cursor is on. Knows nothing of drawing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


class SearchableRows(Generic[T]):
    """A list in memory with a search, its cursor pinned to an id.

    Rows may come and go around the cursor. Where its own row goes, the cursor moves to the row that took its place,
    and `lost` is the id that went until it is read.
    """

    def __init__(self, id_of: Callable[[T], str], text_of: Callable[[T], str]) -> None:
        self._id_of = id_of
        self._text_of = text_of
        self._all: list[T] = []
        self._shown: list[T] = []
        self._needle = ""
        self.cursor = 0
        self.cursor_id: str | None = None
        self.lost: str | None = None

    @property
    def count(self) -> int:
        """How many rows are shown."""
        return len(self._shown)

    @property
    def total(self) -> int:
        """How many rows there are."""
        return len(self._all)

    @property
    def shown(self) -> Sequence[T]:
        """The rows that match the search, in order."""
        return self._shown

    def row(self, index: int) -> T | None:
        """Return a row, None where there is none."""
        return self._shown[index] if 0 <= index < len(self._shown) else None

    def where(self, row_id: str) -> int | None:
        """Return a row's index, None where it is not shown."""
        return next((index for index, row in enumerate(self._shown) if self._id_of(row) == row_id), None)

    def mark(self, index: int) -> object:
        """Return what finds the row at `index` again after others have come and gone."""
        row = self.row(index)
        return None if row is None else self._id_of(row)

    def find(self, mark: object) -> int | None:
        """Return where a marked row is now, None where it went."""
        return self.where(mark) if isinstance(mark, str) else None

    def go(self, index: int) -> None:
        """Put the cursor on a row, the nearest where there is none."""
        self.cursor = max(0, min(index, len(self._shown) - 1))
        self.cursor_id = self._id_of(self._shown[self.cursor]) if self._shown else None

    def show(self, rows: Iterable[T]) -> None:
        """Take other rows in place of all."""
        self._all = list(rows)
        self._refilter()

    def add(self, rows: Iterable[T]) -> None:
        """Add rows at the end; those that are there already are replaced in their place."""
        place = {self._id_of(row): index for index, row in enumerate(self._all)}
        for row in rows:
            index = place.setdefault(self._id_of(row), len(self._all))
            if index == len(self._all):
                self._all.append(row)
            else:
                self._all[index] = row
        self._refilter()

    def take_away(self, ids: Iterable[str]) -> None:
        """Take rows away."""
        gone = set(ids)
        self._all = [row for row in self._all if self._id_of(row) not in gone]
        self._refilter()

    def search(self, needle: str) -> None:
        """Show only rows that contain `needle`, case-insensitively; all where it is empty."""
        self._needle = needle.casefold()
        self._refilter()

    def _refilter(self) -> None:
        before, needle = self.cursor_id, self._needle
        self._shown = [row for row in self._all if needle in self._text_of(row).casefold()] if needle else self._all[:]
        index = self.where(before) if before is not None else None
        if before is not None and index is None and all(self._id_of(row) != before for row in self._all):
            self.lost = before
        self.go(self.cursor if index is None else index)
