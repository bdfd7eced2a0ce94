"""Where the screens may save: exports, attachments and what an editor would write. Light: the first frame waits for it.

Whoever sits at the screens may have less right to this machine than the login that runs them, as over SSH.
"""

from __future__ import annotations

from dataclasses import dataclass
from os.path import normpath
from pathlib import Path
from typing import BinaryIO

SAVES = frozenset(("timeline.export", "attachment.save"))
"""The bindings that write a file."""
EDITS = frozenset(("typing.edit", "form.edit"))
"""The bindings that start an editor, which writes what and where it likes."""


@dataclass(frozen=True)
class Saving:
    """What was said of saving when the screens were started."""

    below: Path | None = None
    """A resolved folder that holds all that is saved; None where it may be any."""
    home: Path | None = None
    """The user's own folder, by a name without a symlink in it."""
    is_off: bool = False
    data: Path | None = None
    """The data folder that is shown, which may be too new to be known by its files."""

    @property
    def taken_away(self) -> frozenset[str]:
        """The ids of bindings that there are not."""
        if self.is_off:
            return SAVES | EDITS
        return EDITS if self.below is not None else frozenset()

    @property
    def folder(self) -> Path:
        """The folder to offer."""
        return self.below or self.home or Path.home()

    def place(self, typed: str) -> Path:
        """Return the file or folder that was typed, as an absolute path without a symlink among its folders.

        What is not absolute is in `below`, else in the working directory. Asks the disk.

        Raises:
            RefusedPlace: nothing may be saved there.
        """
        from pumpup_tui.local_state.new_file import RefusedPlace

        if self.is_off:
            raise RefusedPlace("saving is off")
        try:
            named = Path(typed).expanduser()
            named = (self.below or Path.cwd()) / named
            resolved = named.parent.resolve() / named.name if named.name != ".." else named.resolve()
        except (RuntimeError, ValueError):  # no such user's home; a loop of symlinks; a NUL
            raise RefusedPlace("that is no path") from None
        if self.below is not None and not resolved.is_relative_to(self.below):
            raise RefusedPlace(f"all is saved in {self.below}: name a place in it")
        if any(part.startswith(".") for part in resolved.parts[1:]):
            raise RefusedPlace("nothing is saved into a folder or file whose name begins with a dot")
        if self.data is not None and resolved.is_relative_to(self.data.resolve()):
            raise RefusedPlace("that is the data folder: nothing else is written into it")
        if resolved != Path(normpath(named)):
            # not foreign: cleaned where it is said why nothing was saved
            raise RefusedPlace(f"a symlink leads there: name the place itself, {resolved}")
        return resolved

    def open(self, typed: str, *, overwrite: bool = False) -> BinaryIO:
        """Open the file that was typed for writing. Asks the disk.

        Raises:
            FileExistsError: it is there, and is not to be overwritten.
            NotOverwritable: it is there, and can't be.
            RefusedPlace: nothing may be saved there.
            OSError: it can't be made or written.
        """
        from pumpup_tui.local_state.new_file import open_new

        return open_new(self.place(typed), overwrite=overwrite)
