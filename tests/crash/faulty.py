"""File operations that fail on purpose, or that are written down so that they can be played again."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from typing_extensions import override

from store.folder.files import Files


class FaultyFiles(Files):
    """Fails one operation, the `at`-th of those that change something, with an error or by a short write."""

    def __init__(self, at: int, error: int | None, *, lasting: bool = False) -> None:
        self.at = at
        self.error = error
        """An errno; None for a short write, which comes without one."""
        self.lasting = lasting
        """Whether all operations after it fail as well, until `mended`."""
        self.count = 0
        self.hit = ""

    def mended(self) -> None:
        """Fail no more."""
        self.at, self.lasting = -1, False

    def _fails(self, operation: str) -> bool:
        self.count += 1
        if self.count == self.at or (self.lasting and 0 < self.at < self.count):
            self.hit = self.hit or operation
            return True
        return False

    def _step(self, operation: str) -> None:
        if self.error is not None and self._fails(operation):
            raise OSError(self.error, os.strerror(self.error))

    @override
    def pwrite(self, fd: int, data: bytes, offset: int) -> int:
        if self._fails("write"):
            if self.error is not None:
                raise OSError(self.error, os.strerror(self.error))
            return super().pwrite(fd, data[: len(data) // 2], offset)
        return super().pwrite(fd, data, offset)

    @override
    def sync(self, fd: int) -> None:
        self._step("sync")
        super().sync(fd)

    @override
    def truncate(self, fd: int, size: int) -> None:
        self._step("truncate")
        super().truncate(fd, size)

    @override
    def rename(self, source: Path, target: Path) -> None:
        self._step("rename")
        super().rename(source, target)

    @override
    def sync_folder(self, folder: Path) -> None:
        self._step("sync folder")
        super().sync_folder(folder)


Operation = Callable[[Path], None]


class RecordingFiles(Files):
    """Carries operations out and writes each down as something that can be done again to another folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.operations: list[tuple[str, Operation]] = []
        self._paths: dict[int, Path] = {}

    def _note(self, name: str, again: Operation) -> None:
        self.operations.append((name, again))

    def torn(self, number: int, size: int) -> Operation | None:
        """Return the operation `number` with only `size` of its bytes, None where it is no write of more."""
        name, again = self.operations[number]
        written: tuple[Path, bytes, int] | None = getattr(again, "written", None)
        if name != "write" or written is None or size >= len(written[1]):
            return None
        path, data, offset = written
        return lambda folder: _write(folder / path, data[:size], offset)

    @override
    def open(self, path: Path, *, create: bool = True) -> int:
        fd = super().open(path, create=create)
        relative = self._paths[fd] = path.relative_to(self.folder)
        self._note("open", lambda folder: (folder / relative).touch())
        return fd

    @override
    def pwrite(self, fd: int, data: bytes, offset: int) -> int:
        relative, kept = self._paths[fd], bytes(data)

        def again(folder: Path) -> None:
            _write(folder / relative, kept, offset)

        again.written = (relative, kept, offset)  # type: ignore[attr-defined]
        self._note("write", again)
        return super().pwrite(fd, data, offset)

    @override
    def truncate(self, fd: int, size: int) -> None:
        relative = self._paths[fd]
        self._note("truncate", lambda folder: os.truncate(folder / relative, size))
        super().truncate(fd, size)

    @override
    def rename(self, source: Path, target: Path) -> None:
        old, new = source.relative_to(self.folder), target.relative_to(self.folder)

        def again(folder: Path) -> None:
            (folder / old).replace(folder / new)

        self._note("rename", again)
        super().rename(source, target)


def _write(path: Path, data: bytes, offset: int) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(data)
