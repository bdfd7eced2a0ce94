"""The user's own folders: configuration, state, cache and data, by the system's conventions.

A login may have no home: a service's account, or a user id in a container that has no name. The program runs without.
"""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path
from typing import Literal

Kind = Literal["cache", "config", "data", "log", "state"]


def own_folder(kind: Kind) -> Path | None:
    """Return the folder of this kind; None where it would be in a home that does not exist."""
    import platformdirs

    try:
        return Path(getattr(platformdirs, f"user_{kind}_dir")("pumpup-tui", appauthor=False))
    except RuntimeError:  # platformdirs finds no home, neither in HOME nor in the system's list of users
        return None


def home() -> Path | None:
    """Return the home: an absolute HOME, else that of the system's list of users; None without either."""
    if os.name != "posix":
        return Path.home()
    folder = os.environ.get("HOME", "")
    if not os.path.isabs(folder):  # noqa: PTH117 - a text that may be empty
        with suppress(ImportError, KeyError):
            import pwd

            folder = pwd.getpwuid(os.getuid()).pw_dir
    return Path(folder) if os.path.isabs(folder) else None  # noqa: PTH117


def expanded(text: str) -> Path:
    """Return the path that `text` names, with `~` as the home; it may be relative to the current folder.

    Raises:
        FileNotFoundError: it begins with an unknown home.
    """
    path = Path(text)
    try:
        if path.parts[:1] != ("~",):
            return path.expanduser()
        if (folder := home()) is not None:
            return folder.joinpath(*path.parts[1:])
    except RuntimeError:  # the home of an unknown user
        pass
    raise FileNotFoundError(errno.ENOENT, f"there is no home folder for {path.parts[0]}", text)
