"""The configuration as it holds: out of the user's file and the environment, checked.

What was checked once is cached with a mark of what it was read from, so that only the start after a change pays for
loading pydantic and checking; `settings` does both. Without a file and without a variable nothing is loaded.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from pumpup_tui.commands.config_sources import FILE_VARIABLE, FROM_ENVIRONMENT, NO_FILE, PLAIN, file_of, read, variables
from pumpup_tui.local_state.user_folders import own_folder

OURS = ("pumpup_tui", "styles", "api_client")
"""The packages whose modules check a configuration."""


def chosen(environment: Mapping[str, str]) -> Mapping[str, Any]:
    """Return the settings that file or environment give, each as JSON, by name; those of neither are left out.

    Raises:
        Failed: something in them can't be used; the message names place, fault and remedy.
    """
    file = file_of(environment)
    content = read(file, must_be_there=bool(environment.get(FILE_VARIABLE))) if file else b""
    given = variables(environment)
    if not content and given.keys() <= PLAIN.keys():
        plain = {PLAIN[name]: value for name, value in given.items()}
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
