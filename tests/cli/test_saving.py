"""Saving from the screens and the command line, in real processes: into no data folder, no dot-folder, no symlink."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.cli.conftest import Run, command, environment
from tests.cli.terminal import Terminal, terminal
from tests.cli.watched import Watched
from tests.support.world_builder import world_in

KEY = b"ssh-ed25519 AAAA mallory\n"
Opens = Callable[..., tuple[Terminal, Watched]]


async def _fill(data: Path) -> None:
    """Make a folder with a request that has an attachment."""
    async with world_in(data) as world:
        upload = await world.upload(KEY, "authorized_keys", "text/plain")
        task = await world.task("Claim C-1")
        await world.action(task, "attached", addAttachments=[{"uploadId": upload, "label": "the file"}])
        await world.approval(task, "Refund $240", attachments=[upload])


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The data folder."""
    folder = tmp_path / "work"
    asyncio.run(_fill(folder))
    return folder


@pytest.fixture
def opens(tmp_path: Path, data: Path) -> Iterator[Opens]:
    """Open the screens with some options; the home has a folder of keys for SSH."""
    home = tmp_path / "home"
    (home / ".ssh").mkdir(parents=True)
    with ExitStack() as stack:

        def open_(*options: str | Path, **more: str) -> tuple[Terminal, Watched]:
            words = command("--data", data, "--reviewer", "alice", *options)
            shell = stack.enter_context(terminal(words, environment(home, **more), columns=160, rows=40))
            watched = Watched(shell, 160, 40)
            watched.sees("Refund $240", "live")
            watched.settled()
            return shell, watched

        yield open_


def export_to(shell: Terminal, watched: Watched, path: str | Path) -> None:
    """Have the timeline written to a file."""
    shell.press("E")
    watched.sees("write to")
    shell.press(f"\x15{path}\r")


def timeline(shell: Terminal, watched: Watched) -> None:
    """Go to the timeline."""
    shell.press("3")
    watched.sees("task created")
    watched.settled()


def attachments(shell: Terminal, watched: Watched) -> None:
    """Open the request's attachments."""
    shell.press("o")
    watched.sees("the file", "shows,")
    watched.settled()


def contents(folder: Path) -> dict[str, bytes]:
    """Return all files below a folder."""
    return {str(one.relative_to(folder)): one.read_bytes() for one in folder.rglob("*") if one.is_file()}


@pytest.mark.parametrize("name", ["journal.jsonl", "keys.json", "new.jsonl", "uploads/new.jsonl"])
def test_the_record_is_not_written_over(opens: Opens, data: Path, name: str) -> None:
    """`E` with the path of a file in the data folder changes and makes nothing there, whatever is typed."""
    (data / "keys.json").touch()
    shell, watched = opens()
    timeline(shell, watched)
    before = contents(data)
    export_to(shell, watched, data / name)
    watched.sees("nothing was written:", "the data folder")
    shell.press("over\r")
    watched.settled()
    assert contents(data) == before


def test_another_data_folder_is_known_by_its_files(opens: Opens, tmp_path: Path, run: Run) -> None:
    """Also one that is not open here, also through a symlink, also where its journal is gone."""
    other = tmp_path / "other"
    assert run("projects", "create", "Claims", "--data", other).returncode in (0, 2)
    asyncio.run(_fill(other))
    (tmp_path / "link").symlink_to(other)
    shell, watched = opens()
    timeline(shell, watched)
    for path in (other / "journal.jsonl", tmp_path / "link" / "new.jsonl", other / "uploads" / "new.jsonl"):
        before = contents(other)
        export_to(shell, watched, path)
        watched.sees("nothing was written: that is a data folder" if path.parent.name != "link" else "a symlink leads")
        watched.settled()
        assert contents(other) == before
    (other / "journal.jsonl").unlink()
    export_to(shell, watched, other / "journal.jsonl")
    watched.sees("that is a data folder, though its journal is gone")
    assert not (other / "journal.jsonl").exists()


@pytest.mark.parametrize("place", ["~/.ssh", "~/.ssh/../.ssh", "~/link", "~/.bashrc"])
def test_nothing_is_saved_into_a_dot_folder(opens: Opens, tmp_path: Path, place: str) -> None:
    """`s` puts an agent's file into no folder of keys or settings, and `E` writes no file of them."""
    shell, watched = opens()
    home = tmp_path / "home"
    (home / "link").symlink_to(home / ".ssh")
    attachments(shell, watched)
    shell.press("s")
    watched.sees("save to the folder")
    shell.press(f"\x15{place}\r")
    watched.sees("✗ not saved: nothing is saved into a folder or file whose name begins with a dot")
    shell.press("\x1b")
    watched.settled()
    timeline(shell, watched)
    export_to(shell, watched, place if place.endswith("rc") else f"{place}/authorized_keys")
    watched.sees("nothing was written:", "begins with a dot")
    assert not list((home / ".ssh").iterdir())
    assert not (home / ".bashrc").exists()


def test_an_attachment_is_saved_where_it_may_be(opens: Opens, tmp_path: Path) -> None:
    """The user's home is offered; what is there is not replaced, and a symlink is not written through."""
    shell, watched = opens()
    home = tmp_path / "home"
    (home / "authorized_keys").symlink_to(home / ".ssh" / "authorized_keys")
    attachments(shell, watched)
    shell.press("s")
    watched.sees(f"save to the folder: {home}")
    shell.press("\r")
    watched.sees("✓ saved as", "authorized_keys (2)")
    assert (home / "authorized_keys (2)").read_bytes() == KEY
    assert not list((home / ".ssh").iterdir())


def test_save_dir_holds_all_that_is_saved(opens: Opens, tmp_path: Path) -> None:
    """`--save-dir` is offered, takes what is saved below it, and refuses every other place; no editor is started."""
    out = tmp_path / "out"
    (out / "in").mkdir(parents=True)
    (out / "away").symlink_to(tmp_path)
    shell, watched = opens("--save-dir", out, EDITOR="touch")
    for place in (tmp_path, out / "..", out / "away", Path("../")):
        attachments(shell, watched)
        shell.press("s")
        watched.sees(f"save to the folder: {out}")
        shell.press(f"\x15{place}\r")
        watched.sees("✗ not saved: files can only be saved in")
        shell.press("\x1b")
        watched.settled()
    attachments(shell, watched)
    shell.press("s")
    watched.sees("save to the folder")
    shell.press("\x15in\r")
    watched.sees("✓ saved as")
    shell.press("\x1b")
    watched.settled()
    assert (out / "in" / "authorized_keys").read_bytes() == KEY
    shell.press("c")
    watched.sees("enter done  esc leave")
    shell.press("\x1b")
    watched.settled()
    timeline(shell, watched)
    export_to(shell, watched, "all.jsonl")
    watched.sees(" events written to")
    assert (out / "all.jsonl").read_bytes()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["home", "out", "work"]


def test_no_save_takes_the_keys_away(opens: Opens, tmp_path: Path) -> None:
    """No hint, no line of the help and no command of the palette names them, and they do nothing."""
    shell, watched = opens("--no-save", EDITOR="touch")
    attachments(shell, watched)
    assert not any("saves" in line for line in watched.settled())
    shell.press("s")
    watched.sees("s does nothing here")
    shell.press("\x1b")
    watched.settled()
    timeline(shell, watched)
    assert "export" not in "".join(watched.settled()[-2:])
    shell.press("E")
    watched.sees("E does nothing here")
    shell.press(":export")
    assert not any("export what is shown" in line for line in watched.settled())
    shell.press("\x1b\x1b")
    watched.settled()
    shell.press("?G")
    lines = watched.settled()
    assert any(line.rstrip().endswith("stay") or " stay " in line for line in lines)
    shell.press("\x15\x15")
    lines += watched.settled()
    assert not any("save the attachment" in line or "$EDITOR" in line or "own editor" in line for line in lines)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["home", "work"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--save-dir", "{tmp}/nowhere"), "is no folder: make it first"),
        (("--save-dir", "{tmp}/.dot"), "begins with a dot"),
        (("--save-dir", "{tmp}/work"), "that is a data folder"),
        (("--save-dir", "{tmp}", "--no-save"), "exclude each other"),
        (("--no-save", "inbox"), "--no-save only applies to the screens"),
    ],
)
def test_what_can_not_be_meant_is_said_at_once(
    run: Run, data: Path, tmp_path: Path, options: tuple[str, ...], says: str
) -> None:
    """A folder that could never be saved into, and options that don't go together, end the command with usage."""
    (tmp_path / ".dot").mkdir()
    ended = run("--data", data, *(one.format(tmp=tmp_path) for one in options))
    assert ended.returncode == 2
    assert says in ended.stderr


def test_an_export_on_the_command_line_leaves_the_record_alone(run: Run, data: Path, tmp_path: Path) -> None:
    """`export -o` writes into no data folder even with --yes, follows no symlink and replaces no hard link."""
    os.link(data / "journal.jsonl", tmp_path / "hard")
    (tmp_path / "soft").symlink_to(data / "journal.jsonl")
    (tmp_path / "folder").symlink_to(data)
    before = contents(data)
    for path in (data / "journal.jsonl", data / "new", tmp_path / "hard", tmp_path / "soft", tmp_path / "folder" / "x"):
        ended = run("export", "-o", path, "--yes", "--data", data)
        assert ended.returncode == 1
        assert "can't be written" in ended.stderr
    assert contents(data) == before
    assert run("export", "-o", tmp_path / "out.jsonl", "--data", data).returncode == 0
    assert run("verify", "--data", data).returncode == 0
