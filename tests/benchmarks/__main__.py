"""Run the benchmarks: a table on stdout, the same as JSON in bench.json.

python -m tests.benchmarks [--only store|proofs|screens|commands|deciding|hostile|server|postgres|simulation|authority]
    [--sizes 1000,100000,1000000] [--folder DIR] [--made DIR] [--json FILE]
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks import (
    authority_bench,
    commands_bench,
    deciding_bench,
    hostile_bench,
    postgres_bench,
    postgres_simulation,
    proof_bench,
    screens_bench,
    server_bench,
    store_bench,
)
from tests.benchmarks.rows import Table

Part = Callable[[Table, Path, tuple[int, ...]], None]
"""Measures something in a folder, at each of some sizes in events."""


def _unsized(part: Callable[[Table, Path], None]) -> Part:
    return lambda table, folder, _: part(table, folder)


PARTS: dict[str, Part] = {
    "store": store_bench.run,
    "proofs": proof_bench.run,
    "authority": _unsized(authority_bench.run),
    "server": _unsized(server_bench.run),
    "postgres": postgres_bench.run,
    "simulation": _unsized(postgres_simulation.run),
    "screens": screens_bench.run,
    "deciding": _unsized(deciding_bench.run),
    "hostile": _unsized(hostile_bench.run),
    "commands": commands_bench.run,
}
"""The parts in the order in which they run: the folders that the store is measured over stay for those after it."""


def main() -> None:
    """Parse the arguments and run every part."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--only", choices=PARTS, help="one part of them")
    parser.add_argument("--sizes", default="1000,100000,1000000", help="events in the folders that are measured")
    parser.add_argument("--folder", default=None, help="where the folders are made: on the disk that is to be measured")
    parser.add_argument("--made", default=None, help="where folders that were made before are: used again, and written")
    parser.add_argument("--json", default="bench.json", help="where the figures are written")
    chosen = parser.parse_args()
    sizes = tuple(int(size) for size in chosen.sizes.split(","))
    table = Table()
    with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
        for made in Path(chosen.made).glob("events-*") if chosen.made else ():
            (Path(folder) / made.name).symlink_to(made)
        for name, part in PARTS.items():
            if chosen.only in (None, name):
                part(table, Path(folder), sizes)
    table.write(Path(chosen.json))


if __name__ == "__main__":
    main()
