"""Whether a folder's file system keeps the promises that the store builds on: locks between processes, and syncs."""

from __future__ import annotations

import os
from pathlib import Path

# Over a network a lock may hold on one machine only, and a sync may end at the other side's memory.
_NETWORK = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ncpfs", "ceph", "glusterfs", "fuse.sshfs", "davfs")
_IN_MEMORY = ("tmpfs", "ramfs")
MOUNTS = Path("/proc/self/mounts")


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


def doubts(folder: Path) -> list[str]:
    """Return what the user should know about where `folder` is: sentences, none where all is well or not known."""
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
