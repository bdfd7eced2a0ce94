"""Columns of a batch: the context values in which its requests differ, with a total where one is certain. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from api_client.quantities import quantity_of, total_of
from pumpup_tui.text.firewall import line
from pumpup_tui.text.layout import crop, fit

COLUMNS = 3
"""Columns of context that are shown."""
WIDEST, LEAST = 18, 6
"""Cells of a column."""
LONG = 60
"""Characters of a value that is a text to read, and no column."""
GAP = 2


@dataclass(frozen=True, slots=True)
class BatchColumn:
    """A key of the requests' context as a column."""

    name: str
    """The key, raw."""
    cells: int
    is_quantity: bool
    raw_total: str
    """The sum of all values, raw; empty where it is not certain."""

    @property
    def header(self) -> str:
        """The column's name in its cells, clean."""
        return self._padded(line(self.name, WIDEST))

    @property
    def total_cell(self) -> str:
        """The total in its cells, clean."""
        return self._padded(line(self.raw_total))

    def cell(self, context: Mapping[str, str]) -> str:
        """Return a request's value in its cells, clean."""
        return self._padded(line(context.get(self.name, "—"), LONG))

    def _padded(self, cleaned: str) -> str:
        """Return a clean text in the column's cells: quantities to the right, under each other."""
        shown = crop(cleaned, self.cells)
        return f"{' ' * (self.cells - cell_len(shown))}{shown}" if self.is_quantity else fit(shown, self.cells)


def columns_of(contexts: Sequence[Mapping[str, str] | None], room: int) -> Sequence[BatchColumn]:
    """Return the columns that have room: quantities first, then what differs in few cells.

    Args:
        contexts: The context of each request; None where it is not read.
        room: Cells for all columns, with a gap before each.
    """
    known = [context for context in contexts if context is not None]
    keys = dict.fromkeys(key for context in known for key in context)
    all_known = len(known) == len(contexts)
    made = [column for key in keys if (column := _column(key, known, all_known=all_known)) is not None]
    chosen: list[BatchColumn] = []
    for column in sorted(made, key=lambda column: (not column.raw_total, not column.is_quantity, column.cells)):
        if len(chosen) < COLUMNS and sum(one.cells + GAP for one in (*chosen, column)) <= room:
            chosen.append(column)
    return chosen


def _column(key: str, contexts: Sequence[Mapping[str, str]], *, all_known: bool) -> BatchColumn | None:
    values = [context[key] for context in contexts if key in context]
    if 2 * len(values) < len(contexts) or any(len(value) > LONG for value in values):
        return None
    is_quantity = all(quantity_of(value) is not None for value in values)
    if len(contexts) > 1 and len(set(values)) == 1 and not is_quantity:
        return None
    total = total_of(values) if all_known and len(values) == len(contexts) else ""
    widest = max(cell_len(line(text, LONG)) for text in (*values, key, total))
    return BatchColumn(key, min(WIDEST, max(LEAST, widest)), is_quantity, total)
