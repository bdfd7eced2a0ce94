"""Files that hold a secret: read where their owner alone can."""

from __future__ import annotations

import os
import stat
from codecs import BOM_UTF8
from pathlib import Path

from pumpup_tui.commands.failure import Failed, reason

_MOST_BYTES = 4096


def read_secret(file: Path, kind: str) -> str:
    """Return the text of a file that others can't read, without the space around it; empty where it holds none.

    Args:
        file: The file: a pipe too, as of a shell's process substitution.
        kind: A word for it in messages, which hold nothing of its content: "key", "database".

    Raises:
        Failed: it can't be read, or can be read or changed by others.
    """
    try:
        with file.open("rb") as opened:
            # The mode of the open file: the path may name another file by now.
            mode = os.fstat(opened.fileno()).st_mode
            content = opened.read(_MOST_BYTES + 1)
    except OSError as fault:
        raise Failed(f"The {kind} file {file} can't be read: {reason(fault)}.", 2) from None
    if os.name == "posix" and stat.S_ISREG(mode) and stat.S_IMODE(mode) & 0o077:
        raise Failed(f"The {kind} file {file} can be read or changed by others: run 'chmod 600 {file}' first.", 2)
    try:
        text = content.removeprefix(BOM_UTF8).decode("utf-8").strip()
    except UnicodeDecodeError:
        return ""
    return text if len(content) <= _MOST_BYTES else ""
