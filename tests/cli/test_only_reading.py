"""Looking at a folder changes nothing in it, whatever is wrong with its files; and read-only evidence can be read."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner, Result

from pumpup_tui.cli import pumpup
from tests.cli.conftest import Run, command, environment, run_in, serving
from tests.cli.made import make
from tests.cli.terminal import terminal

READING = (
    ("inbox",),
    ("tasks",),
    ("timeline",),
    ("stats",),
    ("projects", "list"),
    ("verify",),
    ("export",),
    ("keys", "list"),
    ("doctor",),
)
FOREIGN = b"Dear diary,\n\nthis is not a journal.\nIt is dear to someone.\n"


def crlf(data: Path) -> None:
    """Change the line ends, as a transfer in text mode does."""
    journal = data / "journal.jsonl"
    journal.write_bytes(journal.read_bytes().replace(b"\n", b"\r\n"))


def crlf_without_head(data: Path) -> None:
    """Change the line ends, and lose the head."""
    crlf(data)
    (data / "head").unlink()


def foreign(data: Path) -> None:
    """Have a stranger's file stand in the journal's place, in a folder that is otherwise new."""
    for path in data.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    (data / "journal.jsonl").write_bytes(FOREIGN)


def altered(data: Path) -> None:
    """Alter the last acknowledged line, and lose the head."""
    journal = data / "journal.jsonl"
    *before, last = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(before) + last.replace(b"agent-1", b"agent-2"))
    (data / "head").unlink()


def without_head(data: Path) -> None:
    """Lose the head."""
    (data / "head").unlink()


def linked(data: Path) -> None:
    """Have a symbolic link stand in the journal's place."""
    outside = data.parent / "outside.jsonl"
    outside.write_bytes(FOREIGN)
    (data / "journal.jsonl").unlink()
    (data / "journal.jsonl").symlink_to(outside)


def linked_head(data: Path) -> None:
    """Have a symbolic link stand in the head's place."""
    outside = data.parent / "outside-head"
    (data / "head").rename(outside)
    (data / "head").symlink_to(outside)


def piped(data: Path) -> None:
    """Have a named pipe stand in the journal's place: to open one waits for whoever writes to it."""
    (data / "journal.jsonl").unlink()
    os.mkfifo(data / "journal.jsonl")


def gone(data: Path) -> None:
    """Lose the journal alone."""
    (data / "journal.jsonl").unlink()


HARM: list[tuple[Callable[[Path], None], str]] = [
    (crlf, "CR LF"),
    (crlf_without_head, "CR LF"),
    (foreign, "not a journal of this program"),
    (altered, "head"),
    (without_head, "head"),
    (linked, "symbolic link"),
    (linked_head, "symbolic link"),
    (piped, "not a regular file"),
    (gone, "journal.jsonl is missing"),
]


def content(root: Path) -> dict[str, bytes | str]:
    """Return every file under a folder, with its bytes, or where a link leads."""
    found: dict[str, bytes | str] = {}
    for path in sorted(root.rglob("*")):
        if path.is_symlink():
            found[str(path)] = str(path.readlink())
        elif path.is_file():
            found[str(path)] = path.read_bytes()
        else:
            found[str(path)] = "no file"
    return found


def call(home: Path, *words: str) -> Result:
    """Run a command in this process, with a home of its own."""
    result = CliRunner().invoke(pumpup, [*words], env=environment(home, XDG_CONFIG_HOME=str(home), COLUMNS="400"))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with some requests."""
    data = tmp_path_factory.mktemp("sound") / "data"
    (data.parent / "task").write_text(make(data, approvals=2, elicitations=1).tasks[0])
    return data


@pytest.fixture
def data(sound: Path, tmp_path: Path) -> Path:
    """A copy of it that a test may harm."""
    shutil.copytree(sound, tmp_path / "place" / "data")
    return tmp_path / "place" / "data"


@pytest.fixture
def task(sound: Path) -> str:
    """A task in it."""
    return (sound.parent / "task").read_text()


@pytest.mark.parametrize(("harm", "words"), HARM, ids=lambda case: getattr(case, "__name__", ""))
def test_no_reading_command_changes_a_folder(
    data: Path, tmp_path: Path, harm: Callable[[Path], None], words: str
) -> None:
    """Whatever stands under the names of the record's files, reading leaves every byte, and the doctor says it too."""
    harm(data)
    before = content(data.parent)
    told = {command: call(tmp_path / "home", *command, "--data", str(data)) for command in READING}
    assert content(data.parent) == before
    assert words in told["inbox",].stderr
    assert words in told["doctor",].stdout
    assert told["doctor",].exit_code == 1
    assert told["verify",].exit_code != 0


@pytest.mark.parametrize("name", ["keys.json", "lock", "state.json", "index.bin"])
def test_a_link_in_a_files_place_is_never_followed(data: Path, tmp_path: Path, name: str, task: str) -> None:
    """A link under any of the folder's own names leaves what it leads to as it is, for writers too."""
    outside = tmp_path / "outside"
    outside.write_bytes(FOREIGN)
    (data / name).unlink(missing_ok=True)
    (data / name).symlink_to(outside)
    home = tmp_path / "home"
    for words in (*READING, ("keys", "add", "eve", "--role", "agent"), ("note", task, "seen"), ("compact",)):
        call(home, *words, "--data", str(data))
    assert outside.read_bytes() == FOREIGN


@pytest.mark.parametrize("harm", [without_head, altered, foreign], ids=lambda case: case.__name__)
def test_a_damaged_record_takes_no_write(data: Path, tmp_path: Path, steps: Path, harm: Callable[[Path], None]) -> None:
    """A command that writes is refused with the reason, and the record stays as it was."""
    harm(data)
    before = content(data)
    result = call(tmp_path / "home", "projects", "create", "New", "--steps", str(steps), "--data", str(data))
    assert result.exit_code != 0
    assert "journal.jsonl" in result.stderr or "head" in result.stderr
    assert content(data) == before


def test_what_can_be_read_of_a_damaged_record_can_be_taken_to_a_new_folder(data: Path, tmp_path: Path) -> None:
    """The remedy that the sentence names works: export, then import."""
    without_head(data)
    record, new = str(tmp_path / "record.jsonl"), str(tmp_path / "new")
    assert call(tmp_path / "home", "export", "-o", record, "--data", str(data)).exit_code == 0
    assert call(tmp_path / "home", "import", record, "--data", new).exit_code == 0
    assert call(tmp_path / "home", "tasks", "--data", new).stdout == call(
        tmp_path / "home", "tasks", "--data", str(data)
    ).stdout.replace(str(data), new)


def test_a_writer_stores_an_unfinished_line_before_it_cuts_it_off(data: Path, run: Run, task: str) -> None:
    """The one thing that is ever cut: a last line without its newline, its bytes beside the journal, and it is said."""
    journal = data / "journal.jsonl"
    whole, torn = journal.read_bytes(), b'{"n":[211],"events":[{"event":{"id":"evt_'
    journal.write_bytes(whole + torn)
    before = content(data)
    assert run("inbox", "--data", data).returncode == 0
    assert content(data) == before
    result = run("note", task, "goes on", "--data", data)
    assert result.returncode == 0, result.stderr
    (aside,) = data.glob("journal.jsonl.torn-*")
    assert aside.read_bytes() == torn
    assert aside.name in result.stderr
    assert journal.read_bytes().startswith(whole)
    assert run("verify", "--data", data).returncode == 0


def test_serve_and_the_screens_leave_a_damaged_record_alone(data: Path, tmp_path: Path) -> None:
    """Both open it for reading, say why, and change nothing; the server's health says that it can't record."""
    altered(data)
    before = content(data)
    home = tmp_path / "home"
    with serving(home, data) as url:
        health = httpx.get(f"{url}/healthz")
        assert health.status_code == 503
        assert str(data) not in health.text
    with terminal(command("--data", data, "--reviewer", "alice"), environment(home), columns=120) as screen:
        screen.wait_for("read-only")
        screen.press("q")
        screen.end()
    assert content(data) == before


def test_the_screens_say_that_the_record_was_moved_away(data: Path, tmp_path: Path) -> None:
    """Moved away under the screens, the record is named in a banner; put back, the banner goes and work goes on."""
    line = command("--data", data, "--reviewer", "alice")
    with terminal(line, environment(tmp_path / "home"), columns=120) as screen:
        screen.wait_for("Refund $1")
        (data / "journal.jsonl").rename(data / "journal.jsonl.1")
        screen.wait_for("journal.jsonl is no longer the file that was opened")
        screen.raw = b""
        (data / "journal.jsonl.1").rename(data / "journal.jsonl")
        screen.wait_for("live")
        screen.press("q")
        assert screen.end() == 0


def test_a_folder_that_others_can_write_is_not_served(data: Path, run: Run) -> None:
    """The server does not start, with the remedy; every other command goes on with a warning."""
    (data / "journal.jsonl").chmod(0o666)
    refused = run("serve", "--port", "0", "--data", data)
    assert refused.returncode != 0
    assert "chmod go-w" in refused.stderr
    warned = run("inbox", "--data", data)
    assert warned.returncode == 0
    assert "chmod go-w" in warned.stderr


def read_only(folder: Path, *words: str | Path) -> list[str]:
    """Return a command line under which `folder` is mounted read-only."""
    script = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" "$0" && exec "$@"'
    return ["unshare", "-rm", "sh", "-c", script, str(folder), *map(str, words)]


@pytest.fixture
def mounted(data: Path) -> Path:
    """A folder that can be mounted read-only here."""
    tried = subprocess.run(read_only(data, "true"), capture_output=True, check=False) if shutil.which("unshare") else 1
    if tried == 1 or (isinstance(tried, subprocess.CompletedProcess) and tried.returncode):
        pytest.skip("this system lets no test mount a folder read-only (unshare -rm)")
    return data


def on_mount(home: Path, data: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command over the folder, mounted read-only."""
    line = read_only(data, *command(*words, "--data", data))
    return subprocess.run(line, env=environment(home), capture_output=True, encoding="utf-8", check=False)


def test_read_only_evidence_can_be_read(mounted: Path, tmp_path: Path, task: str) -> None:
    """On a read-only file system all reading works, writing says why it does not, and the doctor calls it no fault."""
    (mounted / "lock").unlink()
    home = tmp_path / "home"
    for words in READING:
        result = on_mount(home, mounted, *words)
        assert result.returncode == 0 or words == ("doctor",), (words, result.stderr)
    assert "read-only file system" in result.stdout
    assert "[WRONG]" not in result.stdout
    written = on_mount(home, mounted, "note", task, "x", "--reviewer", "alice")
    assert written.returncode != 0
    assert "read-only file system" in written.stderr


def test_the_screens_open_read_only_evidence_and_say_why(mounted: Path, tmp_path: Path) -> None:
    """The inbox is shown, with the reason why nothing can be decided."""
    line = read_only(mounted, *command("--data", mounted, "--reviewer", "alice"))
    with terminal(line, environment(tmp_path / "home"), columns=120) as screen:
        screen.wait_for("Refund $1")
        screen.wait_for("read-only file system")
        screen.press("q")
        assert screen.end() == 0


def test_a_folder_is_not_made_by_looking_for_keys(tmp_path: Path) -> None:
    """`keys list` and `keys revoke` of a folder that is not there leave it so."""
    home, data = tmp_path / "home", tmp_path / "nowhere"
    assert run_in(home, "keys", "list", "--data", data).returncode == 0
    assert run_in(home, "keys", "revoke", "bob", "--data", data).returncode != 0
    assert not data.exists()
