"""Compares a fixed run with the golden files, or stores its bytes as the new ones."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.server.fixed_run.golden import FILES, GOLDEN, difference, results


def main(arguments: Sequence[str]) -> int:
    """Print the differences; return 1 where there is one, or write the golden files and return 0."""
    parser = argparse.ArgumentParser("python -m tests.server.fixed_run", description=__doc__)
    parser.add_argument("--write", nargs="*", choices=FILES, metavar="FILE", help="store these, or all, anew")
    chosen = parser.parse_args(arguments).write
    with tempfile.TemporaryDirectory() as folder:
        made = asyncio.run(results(Path(folder)))
    differences = [difference(name, content) for name, content in made.items()]
    print("\n".join(filter(None, differences)) or "The bytes are the stored ones.")
    if chosen is None:
        return int(any(differences))
    for name in chosen or FILES:
        (GOLDEN / name).write_bytes(made[name])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
