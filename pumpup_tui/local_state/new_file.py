"""Opening of files that a user names: for their owner alone, through no symlink, overwritten only on request.

Nothing is written into a data folder, whose files are the record and its keys.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
# Without O_NONBLOCK, opening a FIFO would wait; for a regular file it makes no difference.
_OVER = os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
# O_PATH needs no right to list a folder; on a system without it, the folders on the way must be readable.
_FOLDER = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC

_RECORD, _HEAD = "journal.jsonl", "head"
_BESIDE_THEM = ("keys.json", "state.json", "lock", "uploads")


class NotOverwritable(OSError):
    """The existing file can't be overwritten: a symlink, a device, a pipe, a hard link."""


class RefusedPlace(OSError):
    """Writing there is not allowed; `strerror` is the reason, in words."""

    def __init__(self, why: str) -> None:
        super().__init__(0, why)


def open_new(path: Path, *, overwrite: bool = False) -> BinaryIO:
    """Open `path` for writing, with mode 600; `overwrite` empties an existing file.

    Symlinks among the folders are resolved once, before anything is checked: after that none of the folders may be
    one.

    Raises:
        FileExistsError: it exists, and `overwrite` is not set.
        NotOverwritable: it is a symlink or no regular file, or has another name too.
        RefusedPlace: it is in a data folder, or in a folder of one.
        OSError: it can't be made or written.
    """
    with _folder(path.parent.resolve(strict=True)) as folder:
        try:
            return os.fdopen(os.open(path.name, _NEW, 0o600, dir_fd=folder), "wb")
        except FileExistsError:
            if stat.S_ISLNK(os.stat(path.name, dir_fd=folder, follow_symlinks=False).st_mode):
                raise NotOverwritable(0, "it is a symlink: name the file itself") from None
            if not overwrite:
                raise
        return _open_over(path.name, folder)


def refuse_data_folder(folder: Path) -> None:
    """Check that files may be written into an existing folder.

    Raises:
        RefusedPlace: it is a data folder, or in one.
        OSError: it can't be opened.
    """
    with _folder(folder.resolve(strict=True)):
        pass


def _open_over(name: str, folder: int) -> BinaryIO:
    fd = os.open(name, _OVER, dir_fd=folder)
    status = os.fstat(fd)
    is_regular = stat.S_ISREG(status.st_mode)
    if not is_regular or status.st_nlink != 1:
        os.close(fd)
        raise NotOverwritable(0, "it has another name too, as a hard link" if is_regular else "it is no regular file")
    os.fchmod(fd, 0o600)
    os.ftruncate(fd, 0)
    return os.fdopen(fd, "wb")


@contextmanager
def _folder(resolved: Path) -> Iterator[int]:
    """Open a folder one name after the other, so that none can be replaced by a symlink meanwhile.

    Raises:
        RefusedPlace: it or one above it is a data folder.
        OSError: one of them has become a symlink, or can't be opened.
    """
    at = os.open(resolved.anchor, _FOLDER)
    try:
        for name in resolved.parts[1:]:
            _refuse_data_folder(at, is_last=False)
            at, above = os.open(name, _FOLDER, dir_fd=at), at
            os.close(above)
        _refuse_data_folder(at, is_last=True)
        yield at
    finally:
        os.close(at)


def _refuse_data_folder(folder: int, *, is_last: bool) -> None:
    # One file may have such a name anywhere: further up it takes two to recognise a data folder.
    present = [name for name in (_RECORD, _HEAD, *_BESIDE_THEM) if _is_there(folder, name)]
    if _RECORD in present and (is_last or len(present) > 1):
        raise RefusedPlace("that is a data folder: nothing else is written into one")
    if _HEAD in present and len(present) > 1:
        raise RefusedPlace("that is a data folder, though its journal is gone: nothing else is written into one")


def _is_there(folder: int, name: str) -> bool:
    with suppress(OSError):
        os.stat(name, dir_fd=folder, follow_symlinks=False)
        return True
    return False
