"""What is said of a folder whose file system can't be trusted."""

from __future__ import annotations

from pathlib import Path

import pytest

from store.folder import trust

MOUNTS = """/dev/sda1 / ext4 rw 0 0
tmpfs /tmp tmpfs rw 0 0
server:/export /mnt/our\\040share nfs4 rw 0 0
/dev/sdb1 /mnt/our\\040share/local ext4 rw 0 0
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/home/a", "ext4"),
        ("/tmp/x", "tmpfs"),
        ("/tmpx", "ext4"),
        ("/mnt/our share/data", "nfs4"),
        ("/mnt/our share/local/data", "ext4"),
        ("/", "ext4"),
    ],
)
def test_the_longest_mount_tells_the_file_system(folder: str, kind: str) -> None:
    """The file system of a folder is that of the nearest place where one is mounted."""
    assert trust.file_system(Path(folder), MOUNTS) == kind


def test_a_network_folder_is_told_with_the_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a network file system the warning names it and says to serve the folder instead; on a disk there is none."""
    mounts = tmp_path / "mounts"
    monkeypatch.setattr(trust, "MOUNTS", mounts)
    mounts.write_text(f"server:/x {tmp_path.resolve()} nfs rw 0 0\n")
    (words,) = trust.placement_warnings(tmp_path)
    assert "nfs" in words
    assert "pumpup-tui serve" in words
    mounts.write_text("/dev/sda1 / ext4 rw 0 0\n")
    assert trust.placement_warnings(tmp_path) == []
    mounts.unlink()
    assert trust.placement_warnings(tmp_path) == []
