"""The effective configuration, from the user's file and the environment, checked once and then cached.

The cache holds a hash of the sources, so that only the first start after a change loads pydantic and checks them (in
`settings`). Without a file and without a variable nothing is loaded.
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
"""Packages with modules that check a configuration."""


def chosen(environment: Mapping[str, str]) -> Mapping[str, Any]:
    """Return the settings that the file or the environment sets, each as JSON, by name.

    Raises:
        Failed: the configuration is invalid; the message names place, fault and remedy.
    """
    file = file_of(environment)
    content = read(file, must_be_there=bool(environment.get(FILE_VARIABLE))) if file else b""
    from_environment = variables(environment)
    if not content and from_environment.keys() <= PLAIN.keys():
        plain = {PLAIN[name]: value for name, value in from_environment.items()}
        return {**plain, FROM_ENVIRONMENT: list(plain)} if plain else {}
    sources = _hash(content, from_environment)
    path = _cache_file()
    with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        cached = json.loads(path.read_bytes()) if path else {}
        if cached["of"] == sources and all(_modified_at(name) == at for name, at in cached["checkedBy"].items()):
            cached_settings: Mapping[str, Any] = cached["settings"]
            return cached_settings
    from pumpup_tui.commands import settings

    checked = settings.checked(file or NO_FILE, content, environment)
    if path:
        _write_cache(path, {"of": sources, "checkedBy": _loaded_modules(), "settings": checked})
    return checked


def _hash(content: bytes, from_environment: Mapping[str, str]) -> str:
    """Return a hash of the file and the environment."""
    import hashlib

    return hashlib.sha256(b"\0".join((content, json.dumps(from_environment).encode()))).hexdigest()


def _loaded_modules() -> dict[str, int]:
    """Return the loaded modules of this program, each with the time of its last change in nanoseconds.

    Called right after a check, it lists the modules that checked: another version of this program checks again.
    """
    files = {module.__file__ for name, module in list(sys.modules.items()) if name.partition(".")[0] in OURS}
    return {file: _modified_at(file) for file in sorted(filter(None, files))}


def _modified_at(file: str) -> int:
    return Path(file).stat().st_mtime_ns


def _cache_file() -> Path | None:
    folder = own_folder("cache")
    return folder / "configuration.json" if folder else None


def _write_cache(path: Path, document: Mapping[str, Any]) -> None:
    # Only an optimisation: where the cache can't be written, the next start checks again.
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary.touch(mode=0o600)
        temporary.write_text(json.dumps(document), encoding="utf-8")
        temporary.replace(path)
