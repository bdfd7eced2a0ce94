"""Checks of a folder's file system and permissions: whether locks and syncs can be relied on, and who may write.

The folder is its owner's: who else can write it can change the record and all keys, so a server does not start on it.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

# Over a network a lock may hold on one machine only, and a sync may end at the other side's memory.
_NETWORK = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ncpfs", "ceph", "glusterfs", "fuse.sshfs", "davfs")
_IN_MEMORY = ("tmpfs", "ramfs")
MOUNTS = Path("/proc/self/mounts")
RECORD = ("journal.jsonl", "head", "lock", "state.json", "index.bin", "keys.json")
"""The files of a data folder, by name."""
SIGNING_KEY = "signing.key"
"""The file of the key that signs checkpoints; others may not even read it."""
_OTHERS_WRITE, _OTHERS_READ = 0o022, 0o044


def file_system(folder: Path, mounts: str) -> str:
    """Return the type of the file system that `folder` is on, out of the system's table of mounts; empty if unknown."""
    found, longest = "", -1
    place = os.path.realpath(folder)
    for line in mounts.splitlines():
        _, _, rest = line.partition(" ")
        mounted, _, rest = rest.partition(" ")
        # The table writes a space in a path as \040, a backslash as \134.
        mounted = mounted.replace("\\040", " ").replace("\\134", "\\")
        if len(mounted) >= longest and (place == mounted or place.startswith(mounted.rstrip("/") + "/")):
            found, longest = rest.partition(" ")[0], len(mounted)
    return found


def writable_by_others(folder: Path) -> str:
    """Return a sentence that says what of a data folder others on this machine can write, and what to do; else ""."""
    names = ("", "uploads", *RECORD, "tree", "checkpoint.note", SIGNING_KEY)
    open_to_others = [folder / name for name in names if _mode(folder / name) & _OTHERS_WRITE]
    if not open_to_others:
        return ""
    paths = " ".join(str(path) for path in open_to_others)
    return f"Others on this machine can write the record: {paths}. Run 'chmod go-w {paths}'."


def signing_key_readable(folder: Path) -> str:
    """Return a sentence that says that others can read the folder's signing key, and what to do; else ""."""
    path = folder / SIGNING_KEY
    if not _mode(path) & _OTHERS_READ:
        return ""
    return f"Others on this machine can read {path}, and sign as this record. Run 'chmod 600 {path}'."


def unwritable(folder: Path) -> str:
    """Return a sentence that says why this process can't write to a data folder that is there; "" where it can."""
    for path in (folder, *(folder / name for name in RECORD)):
        try:
            path.lstat()
        except FileNotFoundError:
            continue
        if not os.access(path, os.W_OK):
            kind = "is on a read-only file system" if _is_read_only(path) else "can't be written by this login"
            return f"{path} {kind}."
    return ""


def _is_read_only(path: Path) -> bool:
    try:
        return bool(os.statvfs(path).f_flag & os.ST_RDONLY)
    except OSError:
        return False


def _mode(path: Path) -> int:
    try:
        return stat.S_IMODE(path.lstat().st_mode) if not path.is_symlink() else 0
    except OSError:
        return 0


def placement_warnings(folder: Path) -> list[str]:
    """Return warnings about where `folder` is, as sentences for the user: none where all is well, or not known."""
    others = writable_by_others(folder)
    return [*filter(None, (others, signing_key_readable(folder))), *file_system_warnings(folder)]


def file_system_warnings(folder: Path) -> list[str]:
    """Return warnings about the file system under `folder`, as sentences for the user: none where all is well."""
    try:
        kind = file_system(folder, MOUNTS.read_text(errors="replace"))
    except OSError:
        return []  # no such table on this system: nothing is known, so nothing is claimed
    if kind in _NETWORK:
        return [
            f"{folder} is on a network file system ({kind}): its locks and syncs can't be relied on. Keep the folder "
            "on a disk of one machine, and let the others in with 'pumpup-tui serve'."
        ]
    if kind in _IN_MEMORY:
        return [f"{folder} is in memory ({kind}): all of it is gone when this machine stops."]
    return []
