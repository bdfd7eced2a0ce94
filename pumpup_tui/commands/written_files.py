"""Files that a command writes for its user: a new one, or an old one that the user lets it overwrite."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from pumpup_tui.commands.failure import Failed, reason
from pumpup_tui.commands.output import can_prompt, is_confirmed, stop_without_reader
from pumpup_tui.text.firewall import line


def write_output(text: str, path: Path | None, what: str, *, overwrite: bool) -> None:
    """Write a text to a file that the user named; None and `-` are stdout.

    Args:
        text: The text; what others wrote in it is escaped, as in JSON, or clean.
        path: The file.
        what: A word for it, for messages.
        overwrite: Whether an existing file is overwritten without asking.

    Raises:
        Failed: it can't be written, or exists and may not be overwritten.
    """
    path = None if path is None or str(path) == "-" else path
    try:
        with opened_output(path, overwrite=overwrite) as file:
            file.write(text.encode())
    except OSError as fault:
        raise Failed(f"The {what} can't be written to {line(path or 'stdout', 300)}: {reason(fault)}.") from None


@contextmanager
def opened_output(path: Path | None, *, overwrite: bool) -> Iterator[BinaryIO]:
    """Open a file that a command writes for its user, or stdout where it is None.

    Raises:
        Failed: it exists, and may not be overwritten.
        OSError: it can't be made or written.
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
    """Ask whether a file may be overwritten.

    Raises:
        Failed: it may not, or nobody can be asked.
    """
    if not can_prompt():
        raise Failed(f"{line(path, 300)} already exists: pass --yes to overwrite it. Nothing was written.")
    if not is_confirmed(f"{line(path, 300)} already exists. Overwrite it?"):
        raise Failed("Nothing was written.")
