"""The configuration as it holds: out of the user's file and the environment, checked.

What was checked once is cached with a mark of what it was read from, so that only the start after a change pays for
loading pydantic and checking; `settings` does both. Without a file and without a variable nothing is loaded.
"""

from __future__ import annotations

import json
import os
import sys
from codecs import BOM_UTF8
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from pumpup_tui.commands.failure import Failed, reason
from pumpup_tui.local_state.user_folders import expanded, own_folder

PREFIX = "PUMPUP_"
FILE_VARIABLE = "PUMPUP_CONFIG"
FROM_ENVIRONMENT = "fromEnvironment"
"""The key under which `chosen` tells the names of the settings that the environment gave."""
MOST_BYTES = 256_000
NO_FILE = Path("config.toml")
"""What stands for the file where there is none: all settings come from elsewhere then."""
NO_HOME = f"This login has no home folder, so it has no configuration file: set HOME, or name one with {FILE_VARIABLE}."
_NO_SETTINGS = frozenset(("PUMPUP_API_KEY", "PUMPUP_BASE_URL", FILE_VARIABLE))
_PLAIN = {"PUMPUP_REVIEWER": "reviewer", "PUMPUP_PROFILE": "profile"}
"""Variables whose text is the setting."""
OURS = ("pumpup_tui", "styles", "api_client")
"""The packages whose modules check a configuration."""


def file_of(environment: Mapping[str, str]) -> Path | None:
    """Return where the configuration is, or would be; None where this login has no home for one.

    Raises:
        Failed: the environment names one below a home that there is not.
    """
    if named := environment.get(FILE_VARIABLE):
        try:
            return expanded(named)
        except OSError as fault:
            raise Failed(f"The configuration {named} can't be read: {reason(fault)}.", 2) from None
    folder = own_folder("config")
    return folder / "config.toml" if folder else None


def variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that give settings."""
    return {
        name: value
        for name, value in sorted(environment.items())
        if name.startswith(PREFIX) and name not in _NO_SETTINGS and value
    }


def chosen(environment: Mapping[str, str]) -> Mapping[str, Any]:
    """Return the settings that file or environment give, each as JSON, by name; those of neither are left out.

    Raises:
        Failed: something in them can't be used; the message names place, fault and remedy.
    """
    file = file_of(environment)
    content = read(file, must_be_there=bool(environment.get(FILE_VARIABLE))) if file else b""
    given = variables(environment)
    if not content and given.keys() <= _PLAIN.keys():
        plain = {_PLAIN[name]: value for name, value in given.items()}
        return {**plain, FROM_ENVIRONMENT: list(plain)} if plain else {}
    mark = _mark(content, given)
    path = _cache_file()
    with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        cached = json.loads(path.read_bytes()) if path else {}
        if cached["of"] == mark and all(_changed_at(name) == at for name, at in cached["checkedBy"].items()):
            cached_settings: Mapping[str, Any] = cached["settings"]
            return cached_settings
    from pumpup_tui.commands import settings

    checked = settings.checked(file or NO_FILE, content, environment)
    if path:
        _write_cache(path, {"of": mark, "checkedBy": _program(), "settings": checked})
    return checked


def read(file: Path, *, must_be_there: bool = False) -> bytes:
    """Return what the file holds; nothing where there is none.

    Raises:
        Failed: it can't be read, or is too long to be one.
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


def _mark(content: bytes, given: Mapping[str, str]) -> str:
    """Return a mark that changes with the file and with the environment."""
    import hashlib

    return hashlib.sha256(b"\0".join((content, json.dumps(given).encode()))).hexdigest()


def _program() -> dict[str, int]:
    """Return the modules of ours that are loaded, each with the time of its last change in nanoseconds.

    Taken right after a check: what checked is among them, so another version of this program checks again.
    """
    files = {module.__file__ for name, module in list(sys.modules.items()) if name.partition(".")[0] in OURS}
    return {file: _changed_at(file) for file in sorted(filter(None, files))}


def _changed_at(file: str) -> int:
    return Path(file).stat().st_mtime_ns


def _cache_file() -> Path | None:
    folder = own_folder("cache")
    return folder / "configuration.json" if folder else None


def _write_cache(path: Path, document: Mapping[str, Any]) -> None:
    # A courtesy to the next start: where it can't be written, that one checks again.
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary.touch(mode=0o600)
        temporary.write_text(json.dumps(document), encoding="utf-8")
        temporary.replace(path)
