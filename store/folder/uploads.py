"""The bytes of uploads, by the SHA-256 of their content. Names are in documents only: no path comes from one.

A hash comes out of the record, which may have been imported: here alone a path is made of one, and a file opened.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from api_client.errors import StoreFault, StoreFull, TooLarge
from store.core.event_shapes import is_hash
from store.core.upload_limits import PIECE
from store.folder.files import Files, open_regular

if TYPE_CHECKING:
    from store.core.ruling import Content

LEFT_OVER_SECONDS = 3_600.0
"""A part that nothing was added to for so long is a killed process's: a slow upload adds to its own all the while."""


PART = re.compile(r"[0-9a-z]+\.[0-9]+\.part")
"""What a `Receiver` calls what it takes in: other files of that ending are not ours to remove."""


def sweep_left_over(folder: Path, name: re.Pattern[str], now: float) -> int:
    """Remove the incomplete files of killed processes; return their number."""
    removed = 0
    if folder.is_symlink():
        return 0
    for path in folder.iterdir() if folder.is_dir() else ():
        with contextlib.suppress(OSError):  # another process's sweep may be first
            if name.fullmatch(path.name) and path.lstat().st_mtime < now - LEFT_OVER_SECONDS:
                path.unlink()
                removed += 1
    return removed


class Receiver:
    """Receives one upload, piece by piece, and names the file by its content when all of it is on the disk."""

    def __init__(self, folder: Path, files: Files, token: str, max_bytes: int, keep_free: int = 0) -> None:
        """Create the file, where there is room.

        Raises:
            StoreFull: the disk has less than `keep_free` bytes left, which are the journal's.
            StoreFault: the folder is a symbolic link.
            OSError: the disk refused.
        """
        self._folder = own_folder(folder)
        self._files = files
        self._max_bytes = max_bytes
        folder.mkdir(exist_ok=True, mode=0o700)
        self._keep_free = keep_free
        self._check_room(0)
        self._path = folder / f"{token}.{os.getpid()}.part"
        self._fd = files.open(self._path)
        self._hash = hashlib.sha256()
        self._size = 0

    def take(self, piece: bytes) -> None:
        """Write the next piece.

        Raises:
            TooLarge: the upload is over the cap.
            StoreFull: the disk has no more room for uploads.
            StoreFault: the disk took only a part.
            OSError: the disk refused.
        """
        if self._size + len(piece) > self._max_bytes:
            raise TooLarge(f"The upload is over {self._max_bytes:,} bytes.")
        self._check_room(len(piece))
        self._files.write_all(self._fd, piece, self._size)
        self._hash.update(piece)
        self._size += len(piece)

    def _check_room(self, size: int) -> None:
        if self._keep_free and self._files.free(self._folder) - size < self._keep_free:
            raise StoreFull(f"The disk has less than {self._keep_free:,} bytes left: uploads are refused. Make room.")

    def finish(self) -> Content:
        """Make it durable and name it by its content.

        Raises:
            OSError: the disk refused.
        """
        self._files.sync(self._fd)
        received = self.received
        self._files.rename(self._path, content_path(self._folder, received.sha256))
        self._files.sync_folder(self._folder)
        return received

    @property
    def received(self) -> Content:
        """What has come so far."""
        from store.core.ruling import Content

        return Content(self._hash.hexdigest(), self._size)

    def close(self) -> None:
        """Close the file, and remove it where it was not finished."""
        os.close(self._fd)
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)


def own_folder(folder: Path) -> Path:
    """Return a data folder's folder of uploads, which is part of it.

    Raises:
        StoreFault: it is a symbolic link.
    """
    if folder.is_symlink():
        raise StoreFault(f"{folder} is a symbolic link: put the folder itself in the link's place.")
    return folder


def content_path(folder: Path, sha256: str) -> Path:
    """Return where the content of this hash is, in a folder of uploads.

    Raises:
        StoreFault: it is no SHA-256 of 64 lowercase hex digits, so no path is made of it.
    """
    if not is_hash(sha256):
        raise StoreFault("The upload's record holds no content hash (64 lowercase hex digits): nothing was opened.")
    return folder / sha256


def open_content(folder: Path, sha256: str) -> BinaryIO:
    """Open the content of this hash: a regular file of the folder itself, through no symlink, without waiting.

    Raises:
        StoreFault: it is no content hash, or what is there is no regular file.
        OSError: there is nothing of this name, or it can't be read.
    """
    return os.fdopen(open_regular(content_path(folder, sha256), os.O_RDONLY), "rb")


def pieces(folder: Path, sha256: str) -> Iterator[bytes]:
    """Yield an upload's content.

    Raises:
        StoreFault: the file is missing, is none of ours, or can't be read.
    """
    try:
        with open_content(own_folder(folder), sha256) as file:
            while piece := file.read(PIECE):
                yield piece
    except OSError as fault:
        raise StoreFault(f"The upload's content can't be read: {fault.strerror or fault}.") from fault
