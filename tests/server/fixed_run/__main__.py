"""Compares a fixed run with the golden files, or with `--write` stores its bytes as the new ones."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from tests.server.fixed_run.golden import GOLDEN, difference, results


def main(arguments: list[str]) -> int:
    """Print the differences and return 1, or write the golden files."""
    with tempfile.TemporaryDirectory() as folder:
        made = asyncio.run(results(Path(folder)))
    differences = [difference(name, content) for name, content in made.items()]
    print("\n".join(filter(None, differences)) or "The bytes are the stored ones.")
    if arguments == ["--write"]:
        for name, content in made.items():
            (GOLDEN / name).write_bytes(content)
        return 0
    return int(any(differences))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
