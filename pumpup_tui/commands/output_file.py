"""The file that a command writes its result to, or stdout: never over another one unasked."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from pumpup_tui.commands.failure import Failed
from pumpup_tui.commands.output import can_prompt, is_confirmed, stop_without_reader
from pumpup_tui.text.firewall import line


@contextmanager
def opened_output(path: Path | None, *, overwrite: bool) -> Iterator[BinaryIO]:
    """Open a new file, or stdout where none is named; whether an existing one is overwritten, the user is asked.

    Raises:
        Failed: it exists, and the user does not want it overwritten, or can't be asked.
        OSError: it can't be written.
    """
    if path is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        stop_without_reader()
        return
    from pumpup_tui.local_state.new_file import open_new

    try:
        file = open_new(path, overwrite=overwrite)
    except FileExistsError:
        ask_to_overwrite(path)
        file = open_new(path, overwrite=True)
    with file:
        yield file


def ask_to_overwrite(path: Path) -> None:
    """Ask whether something that exists is to be overwritten.

    Raises:
        Failed: it is not, or nobody can be asked.
    """
    if not can_prompt():
        raise Failed(f"{path} already exists: pass --yes to overwrite it. Nothing was written.")
    if not is_confirmed(f"{line(path, 300)} already exists. Overwrite it?"):
        raise Failed("Nothing was written.")
