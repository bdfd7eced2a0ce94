"""The sweep of a folder: files that killed processes left behind, and uploads that were never attached.

A process that has a folder open for long runs it now and then. That an upload arrived stays on the record; its content
is removed a while after the rules stop it from being attached (`CommandLimits.loose_seconds`), so that no attached
upload loses its own.
"""

from __future__ import annotations

import contextlib
import re
from datetime import datetime, timedelta

from api_client.times import wire_time
from store.core.command_limits import CommandLimits
from store.core.event_shapes import is_hash
from store.folder.engine import Store
from store.folder.state import State
from store.folder.uploads import PART, content_path, sweep_left_over

MARGIN_SECONDS = 3_600
"""Between the last moment at which an upload could be attached and the one at which it is dropped; also how long its
file must not have been written: the same content may be arriving again."""

_REPLACED = re.compile(
    r"(state\.json|index(-[ek][0-9a-f]+(-[0-9a-f]+)?)?\.bin|keys\.json|keys-used\.json|signing\.key|checkpoint\.note)\.[0-9]+\.tmp"
)
"""What `Files.replace` writes before it has its name."""


def sweep(store: Store, now: datetime) -> int:
    """Remove what nothing needs any more; return the number of uploads that were dropped.

    Raises:
        StoreBusy: another process holds the folder's lock.
        StoreDamaged, StoreFault: the record is not as it was written, was moved away, or can't be read.
        OSError: the system has no locks here.
    """
    if store.read_only:
        return 0
    store.check()
    seconds = (store.limits or CommandLimits()).loose_seconds
    folder = store.folder / "uploads"
    sweep_left_over(store.folder, _REPLACED, now.timestamp())
    sweep_left_over(folder, PART, now.timestamp())
    if folder.is_symlink() or not folder.is_dir():
        return 0
    names = {path.name for path in folder.iterdir() if is_hash(path.name)}
    if not store.read(lambda state: _loose(state, names, now, seconds)):
        return 0
    dropped = 0
    with store.lock.held():  # nothing is attached meanwhile
        for sha256 in store.read(lambda state: _loose(state, names, now, seconds)):
            path = content_path(folder, sha256)
            with contextlib.suppress(OSError):  # another process's sweep may be first
                if path.lstat().st_mtime < now.timestamp() - MARGIN_SECONDS:
                    path.unlink()
                    dropped += 1
    return dropped


def _loose(state: State, names: set[str], now: datetime, seconds: int | None) -> set[str]:
    """Return which of these contents no task has, and none can get any more."""
    if seconds is None:
        return set()
    before = wire_time(now - timedelta(seconds=seconds + MARGIN_SECONDS))
    loose: set[str] = set()
    needed: set[str] = set()
    for doc in state.documents("uploads"):
        (needed if doc.get("attached") or doc["receivedAt"] > before else loose).add(doc["sha256"])
    return (loose - needed) & names
