"""A file that the user names is made for them alone, through no symlink, and over nothing unasked."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pumpup_tui.local_state.new_file import NotOverwritable, open_new


def test_a_new_file_is_its_owners_alone(tmp_path: Path) -> None:
    """Mode 600, whatever the umask; also where a file that others could read is written over."""
    with open_new(tmp_path / "a") as file:
        file.write(b"new")
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o600
    (tmp_path / "b").write_text("longer than before")
    (tmp_path / "b").chmod(0o644)
    with open_new(tmp_path / "b", overwrite=True) as file:
        file.write(b"new")
    assert ((tmp_path / "b").read_bytes(), (tmp_path / "b").stat().st_mode & 0o777) == (b"new", 0o600)


def test_what_is_there_stays_unless_it_may_go(tmp_path: Path) -> None:
    """Without `overwrite` a file that is there is left as it was."""
    (tmp_path / "a").write_text("mine")
    with pytest.raises(FileExistsError):
        open_new(tmp_path / "a")
    assert (tmp_path / "a").read_text() == "mine"


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("target", ["there", "not there"])
def test_no_symlink_is_written_through(tmp_path: Path, overwrite: bool, target: str) -> None:
    """What a symlink points to is neither changed nor made."""
    if target == "there":
        (tmp_path / "target").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    with pytest.raises(NotOverwritable, match="symlink"):
        open_new(tmp_path / "link", overwrite=overwrite)
    assert (tmp_path / "target").exists() is (target == "there")
    assert target == "not there" or (tmp_path / "target").read_text() == "mine"


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """A named pipe that nobody reads is refused at once."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError):
        open_new(tmp_path / "pipe", overwrite=True)
