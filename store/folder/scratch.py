"""A folder for a while: where a long replay puts what it has made, so that little of it is held in memory."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from contextlib import suppress
from pathlib import Path

from typing_extensions import override

from api_client.errors import StoreFault
from store.folder import checkpoint_writer
from store.folder.files import Files
from store.folder.head import Position
from store.folder.state import State


class _PassingFiles(Files):
    """Files that need not outlive a crash."""

    @override
    def sync(self, fd: int) -> None:
        """Do nothing."""

    @override
    def sync_folder(self, folder: Path) -> None:
        """Do nothing."""


class Scratch:
    """A folder in the system's place for temporary files, removed with this object; made when it is first needed."""

    def __init__(self) -> None:
        self._folder: Path | None = None

    def relieve(self, state: State, position: Position) -> None:
        """Write what the state has in memory to files; where there is no room for them, it stays."""
        with suppress(OSError, StoreFault):
            if self._folder is None:
                self._folder = Path(tempfile.mkdtemp(prefix="pumpup-"))
                weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
            checkpoint_writer.save(self._folder, _PassingFiles(), state, position)
