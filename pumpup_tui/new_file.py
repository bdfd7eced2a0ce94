"""Opens the files that a user names to be written: for their owner alone, through no symlink, over nothing unasked."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
# A FIFO would be waited for without O_NONBLOCK, and a regular file knows no difference.
_OVER = os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


class NotOverwritable(OSError):
    """What is there is no file of its own that could be written over: a symlink, a device, a pipe."""


def open_new(path: Path, *, overwrite: bool = False) -> BinaryIO:
    """Open `path` for writing, with mode 600; with `overwrite` an empty one in the place of a file that is there.

    Raises:
        FileExistsError: it is there, and is not to be overwritten.
        NotOverwritable: it is there, and is a symlink or no regular file.
        OSError: it can't be made or written.
    """
    try:
        return os.fdopen(os.open(path, _NEW, 0o600), "wb")
    except FileExistsError:
        if path.is_symlink():
            raise NotOverwritable(0, "it is a symlink: name the file itself") from None
        if not overwrite:
            raise
    fd = os.open(path, _OVER)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise NotOverwritable(0, "it is no regular file")
    os.fchmod(fd, 0o600)
    os.ftruncate(fd, 0)
    return os.fdopen(fd, "wb")
