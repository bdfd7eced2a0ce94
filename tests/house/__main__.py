"""Prints the figures; ends with 1 where a limit is broken, unless it is only to report."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.house.figures import Figure, measure

ROOT = Path(__file__).resolve().parents[2]
FEW = 3
"""Places that are printed of a figure."""
WIDTH = 160


def table(figures: Sequence[Figure], *, whole: bool = False) -> Iterator[str]:
    """Yield a line a figure, and under it where it comes from: the first places, or the whole of them."""
    width = max(len(figure.name) for figure in figures)
    yield f"{'figure':{width}}   now  limit"
    for figure in figures:
        limit = "-" if figure.limit is None else str(figure.limit)
        yield f"{figure.name:{width}} {figure.now:5g} {limit:>6}{'  broken' if figure.is_broken else ''}"
        if whole:
            yield from (f"    {place}" for place in figure.places)
        elif figure.is_broken or figure.limit is None:
            yield from (f"    {_cut(place)}" for place in figure.places[:FEW])
            if len(figure.places) > FEW:
                yield f"    and {len(figure.places) - FEW} more (--all)"


def _cut(text: str) -> str:
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 1]}…"


def main(arguments: Sequence[str], root: Path = ROOT) -> int:
    """Return 1 where a figure is over its limit and that is not only reported, else 0."""
    parser = argparse.ArgumentParser("python -m tests.house", description=__doc__)
    parser.add_argument("--report", action="store_true", help="print and end with 0 whatever is broken")
    parser.add_argument("--all", action="store_true", help="print every place")
    chosen = parser.parse_args(arguments)
    figures = measure(root)
    print("\n".join(table(figures, whole=chosen.all)))
    broken = [figure.name for figure in figures if figure.is_broken]
    if broken and not chosen.report:
        print(f"\n{len(broken)} limits are broken: {'; '.join(broken)}.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
