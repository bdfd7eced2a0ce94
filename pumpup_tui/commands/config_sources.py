"""The sources of the configuration: its file and the variables of the environment."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Mapping
from pathlib import Path

from pumpup_tui.commands.failure import Failed, reason
from pumpup_tui.local_state.user_folders import expanded, own_folder

PREFIX = "PUMPUP_"
FILE_VARIABLE = "PUMPUP_CONFIG"
FROM_ENVIRONMENT = "fromEnvironment"
"""The key of the checked settings that lists those set by the environment."""
MOST_BYTES = 256_000
NO_FILE = Path("config.toml")
"""Stands for the file where there is none."""
NO_HOME = f"This login has no home folder, so it has no configuration file: set HOME, or name one with {FILE_VARIABLE}."
_NO_SETTINGS = frozenset(
    ("PUMPUP_API_KEY", "PUMPUP_BASE_URL", "PUMPUP_DATABASE_URL", "PUMPUP_WORKSPACE", FILE_VARIABLE)
)
PLAIN = {"PUMPUP_REVIEWER": "reviewer", "PUMPUP_PROFILE": "profile"}
"""Variables whose text is the setting's value, without parsing."""


def file_of(environment: Mapping[str, str]) -> Path | None:
    """Return the path of the configuration, whether it exists or not; None where this login has no home folder.

    Raises:
        Failed: the environment names one below a home folder that does not exist.
    """
    if named := environment.get(FILE_VARIABLE):
        try:
            return expanded(named)
        except OSError as fault:
            raise Failed(f"The configuration {named} can't be read: {reason(fault)}.", 2) from None
    folder = own_folder("config")
    return folder / "config.toml" if folder else None


def variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that set settings."""
    return {
        name: value
        for name, value in sorted(environment.items())
        if name.startswith(PREFIX) and name not in _NO_SETTINGS and value
    }


def read(file: Path, *, must_be_there: bool = False) -> bytes:
    """Return the file's content; empty where there is no file.

    Raises:
        Failed: it can't be read, or is too long for a configuration.
    """
    try:
        with file.open("rb") as opened:
            content = opened.read(MOST_BYTES + 1)
    except FileNotFoundError:
        if must_be_there:
            raise Failed(
                f"The configuration {file} is not there: {FILE_VARIABLE} names it. Make it, or unset that.", 2
            ) from None
        return b""
    except OSError as fault:
        words = (fault.strerror or str(fault)).lower()
        raise Failed(
            f"The configuration {file} can't be read: {words}. Make it readable, or name another with {FILE_VARIABLE}.",
            2,
        ) from None
    if len(content) > MOST_BYTES:
        raise Failed(f"The configuration {file} is over {MOST_BYTES:,} bytes: is it the right file?", 2)
    return content.removeprefix(BOM_UTF8)
