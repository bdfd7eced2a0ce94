"""Policy for saving from the screens: exports, attachments, and files of an external editor.

The person at the screens may have fewer rights on this machine than the login that runs them, as over SSH. Light to
import: the first frame waits for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from os.path import normpath
from pathlib import Path
from typing import BinaryIO

SAVES = frozenset(("timeline.export", "insights.export", "attachment.save"))
"""The bindings that write a file."""
EDITS = frozenset(("typing.edit", "form.edit"))
"""The bindings that start an editor, which can write any file."""


@dataclass(frozen=True)
class Saving:
    """The options for saving that the screens were started with."""

    below: Path | None = None
    """A resolved folder for all saved files; None for any folder."""
    home: Path | None = None
    """The user's own folder, as a path without symlinks."""
    is_off: bool = False
    data: Path | None = None
    """The data folder that is shown, which may be too new to be recognised by its files."""

    @property
    def taken_away(self) -> frozenset[str]:
        """The ids of the bindings that are disabled."""
        if self.is_off:
            return SAVES | EDITS
        return EDITS if self.below is not None else frozenset()

    @property
    def folder(self) -> Path:
        """The folder to suggest."""
        return self.below or self.home or Path.home()

    def place(self, typed: str) -> Path:
        """Return the file or folder that was typed, as an absolute path without a symlink among its folders.

        A relative path is in `below`, else in the working directory. Reads the disk.

        Raises:
            RefusedPlace: saving there is not allowed.
        """
        from pumpup_tui.local_state.new_file import RefusedPlace

        if self.is_off:
            raise RefusedPlace("saving is off")
        try:
            path = (self.below or Path.cwd()) / Path(typed).expanduser()
            resolved = path.parent.resolve() / path.name if path.name != ".." else path.resolve()
        except (RuntimeError, ValueError):  # no such user's home; a loop of symlinks; a NUL
            raise RefusedPlace("that is not a path") from None
        if self.below is not None and not resolved.is_relative_to(self.below):
            raise RefusedPlace(f"files can only be saved in {self.below}: name a place in it")
        if any(part.startswith(".") for part in resolved.parts[1:]):
            raise RefusedPlace("nothing is saved into a folder or file whose name begins with a dot")
        if self.data is not None and resolved.is_relative_to(self.data.resolve()):
            raise RefusedPlace("that is the data folder: nothing else is written into it")
        if resolved != Path(normpath(path)):
            # not foreign: cleaned where the reason is shown
            raise RefusedPlace(f"a symlink leads there: name the place itself, {resolved}")
        return resolved

    def open(self, typed: str, *, overwrite: bool = False) -> BinaryIO:
        """Open the file that was typed for writing.

        Raises:
            FileExistsError: it exists, and `overwrite` is not set.
            NotOverwritable: it exists, and can't be overwritten.
            RefusedPlace: saving there is not allowed.
            OSError: it can't be made or written.
        """
        from pumpup_tui.local_state.new_file import open_new

        return open_new(self.place(typed), overwrite=overwrite)
