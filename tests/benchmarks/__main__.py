"""Run the benchmarks: a table on stdout, the same as JSON in bench.json.

python -m tests.benchmarks [--only store|screens|commands|deciding|hostile|server|postgres|simulation]
    [--sizes 1000,100000,1000000] [--folder DIR] [--made DIR] [--json FILE]
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from tests.benchmarks import (
    commands_bench,
    deciding_bench,
    hostile_bench,
    postgres_bench,
    postgres_simulation,
    screens_bench,
    server_bench,
    store_bench,
)
from tests.benchmarks.rows import Table


def main() -> None:
    """Parse the arguments and run every part."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parts = ["store", "screens", "deciding", "hostile", "server", "commands", "postgres", "simulation"]
    parser.add_argument("--only", choices=parts, help="one part of them")
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
        if chosen.only in (None, "store"):
            store_bench.run(table, Path(folder), sizes)
        if chosen.only in (None, "server"):
            server_bench.run(table, Path(folder))
        if chosen.only in (None, "postgres"):
            postgres_bench.run(table, Path(folder), sizes)
        if chosen.only in (None, "simulation"):
            postgres_simulation.run(table, Path(folder))
        if chosen.only in (None, "screens"):
            screens_bench.run(table, Path(folder), sizes)
        if chosen.only in (None, "deciding"):
            deciding_bench.run(table, Path(folder))
        if chosen.only in (None, "hostile"):
            hostile_bench.run(table, Path(folder))
        if chosen.only in (None, "commands"):
            commands_bench.run(table, Path(folder), sizes)
    table.write(Path(chosen.json))


if __name__ == "__main__":
    main()
