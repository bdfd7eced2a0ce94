"""Rows of figures: what was measured, beside what, and what was asked."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. `limit` is on the ratio where there is a baseline, else on the figure itself."""

    what: str
    ours: float
    unit: str
    baseline: float | None = None
    beside: str = ""
    limit: float | None = None
    at_least: bool = False

    @property
    def ratio(self) -> float | None:
        """Ours over the baseline."""
        return None if not self.baseline else self.ours / self.baseline

    @property
    def met(self) -> bool | None:
        """Whether the limit is kept; None where there is none."""
        if self.limit is None:
            return None
        value = self.ours if self.ratio is None else self.ratio
        return value >= self.limit if self.at_least else value <= self.limit


@dataclass(slots=True)
class Table:
    """All rows of a run, printed as they come."""

    rows: list[Row] = field(default_factory=list)

    def add(self, row: Row) -> None:
        """Take a row and print it."""
        self.rows.append(row)
        beside = f"{row.baseline:10.3f} {row.unit}  {row.beside}" if row.baseline is not None else ""
        ratio = f"{row.ratio:6.2f} x" if row.ratio is not None else " " * 8
        sign = {True: "<=", False: ">="}[not row.at_least]
        limit = f"{sign} {row.limit:g}" if row.limit is not None else ""
        word = {True: "met", False: "NOT MET", None: ""}[row.met]
        print(f"{row.what:58} {row.ours:10.3f} {row.unit:5} {ratio} {limit:>8} {word:8} {beside}", flush=True)

    def write(self, path: Path) -> None:
        """Write the rows as JSON."""
        rows = [{**asdict(row), "ratio": row.ratio, "met": row.met} for row in self.rows]
        path.write_text(json.dumps(rows, indent=2) + "\n")


def timed(call: Callable[[], object], count: int) -> list[float]:
    """Return how long each of `count` calls took, in milliseconds."""
    times = []
    for _ in range(count):
        start = time.perf_counter()
        call()
        times.append((time.perf_counter() - start) * 1e3)
    return times


def median(times: Sequence[float]) -> float:
    """Return the middle of some times."""
    return statistics.median(times)


def p95(times: Sequence[float]) -> float:
    """Return what 95 of 100 stay under."""
    return statistics.quantiles(times, n=20)[-1] if len(times) > 1 else times[0]
