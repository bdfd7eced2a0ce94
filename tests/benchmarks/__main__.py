"""Run the benchmarks: a table on stdout, the same as JSON in bench.json.

python -m tests.benchmarks [--only store|screens|commands] [--sizes 1000,100000,1000000] [--folder DIR] [--json FILE]
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from tests.benchmarks import commands_bench, screens_bench, store_bench
from tests.benchmarks.rows import Table


def main() -> None:
    """Parse the arguments and run every part."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--only", choices=["store", "screens", "commands"], help="one part of them")
    parser.add_argument("--sizes", default="1000,100000,1000000", help="events in the folders that are measured")
    parser.add_argument("--folder", default=None, help="where the folders are made: on the disk that is to be measured")
    parser.add_argument("--json", default="bench.json", help="where the figures are written")
    chosen = parser.parse_args()
    sizes = tuple(int(size) for size in chosen.sizes.split(","))
    table = Table()
    with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
        for name, part in (("store", store_bench), ("screens", screens_bench), ("commands", commands_bench)):
            if chosen.only in (None, name):
                part.run(table, Path(folder), sizes)
    table.write(Path(chosen.json))


if __name__ == "__main__":
    main()
