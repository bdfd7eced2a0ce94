"""The folders that are the user's own: configuration, state, cache and data, by the system's conventions.

A login may have no home: a service's account, a container's number without a name. What needs none goes on without.
"""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path
from typing import Literal

Kind = Literal["cache", "config", "data", "log", "state"]


def own_folder(kind: Kind) -> Path | None:
    """Return the folder of this kind; None where it would be below a home that there is not."""
    import platformdirs

    try:
        return Path(getattr(platformdirs, f"user_{kind}_dir")("pumpup-tui", appauthor=False))
    except RuntimeError:  # platformdirs' word for a home that is neither in HOME nor in the system's list of users
        return None


def home() -> Path | None:
    """Return the home: an absolute HOME, else the one that the system's list of users names; None without either."""
    if os.name != "posix":
        return Path.home()
    named = os.environ.get("HOME", "")
    if not os.path.isabs(named):  # noqa: PTH117 - a text that may be empty
        with suppress(ImportError, KeyError):
            import pwd

            named = pwd.getpwuid(os.getuid()).pw_dir
    return Path(named) if os.path.isabs(named) else None  # noqa: PTH117


def expanded(text: str) -> Path:
    """Return the path that `text` names, with `~` as the home; it may be relative to the current folder.

    Raises:
        FileNotFoundError: it begins with a home that nobody knows of.
    """
    path = Path(text)
    try:
        if path.parts[:1] != ("~",):
            return path.expanduser()
        if (found := home()) is not None:
            return found.joinpath(*path.parts[1:])
    except RuntimeError:  # of a user that there is not
        pass
    raise FileNotFoundError(errno.ENOENT, f"there is no home folder for {path.parts[0]}", text)
