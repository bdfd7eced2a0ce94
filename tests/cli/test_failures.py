"""What a command says when what it needs is not there: one sentence, a next step, no traceback."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from tests.cli.conftest import Run


def said(result: object) -> str:
    """Return the one sentence on stderr, after checking that it is one and that the command failed."""
    code, out, err = (getattr(result, name) for name in ("returncode", "stdout", "stderr"))
    assert code not in (0, -1)
    assert out == ""
    assert "Traceback" not in err
    lines = [line for line in err.splitlines() if line.startswith("Error: ")]
    assert len(lines) == 1, err
    return str(lines[0])


@pytest.fixture
def not_a_folder(tmp_path: Path) -> Path:
    """A place where no folder can be made, for root either."""
    file = tmp_path / "file"
    file.write_text("", encoding="utf-8")
    return file / "data"


def test_a_folder_that_cannot_be_made(run: Run, not_a_folder: Path, steps: Path) -> None:
    """Each command that needs the data folder names it, says why it can't be used, and what to do."""
    for arguments in (
        ("serve", "--data", not_a_folder),
        ("keys", "add", "bot", "--role", "agent", "--data", not_a_folder),
        ("projects", "create", "Claims", "--steps", steps, "--data", not_a_folder),
    ):
        words = said(run(*arguments))
        assert str(not_a_folder) in words
        assert "--data DIR" in words


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written(run: Run, tmp_path: Path) -> None:
    """A folder without write permission is told of before anything starts."""
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o500)
    assert "permission denied" in said(run("serve", "--data", folder))


def test_a_data_folder_that_is_a_file(run: Run, steps: Path) -> None:
    """A file named as the data folder is a mistake in the call."""
    result = run("serve", "--data", steps)
    assert result.returncode == 2
    assert "is a file" in said(result)


def test_a_port_in_use(run: Run, tmp_path: Path) -> None:
    """`serve` on a port that is taken says so and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        words = said(run("serve", "--data", tmp_path / "data", "--port", str(port)))
    assert f"port {port}" in words
    assert "in use" in words
    assert "--port" in words


def test_an_address_of_another_machine(run: Run, tmp_path: Path) -> None:
    """`serve` on an address that is not this machine's says so."""
    words = said(run("serve", "--data", tmp_path / "data", "--host", "192.0.2.1"))
    assert "192.0.2.1" in words
    assert "--host" in words


def test_a_name_that_is_no_address(run: Run, tmp_path: Path) -> None:
    """`serve` on a name that can't be looked up says so."""
    assert "Can't listen on no.such.invalid" in said(
        run("serve", "--data", tmp_path / "data", "--host", "no.such.invalid")
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{", "is no JSON"),
        (b"\xff\xfe", "is no JSON"),
        (b"[" * 100_000, "is no JSON"),
        (b"[]", "steps"),
        (b"{}", "steps.initialStep: is missing"),
        (b'{"initialStep": "a", "steps": []}', "INVALID|no step|empty|steps"),
        (b'{"initialStep": "a", "steps": [{"name": "a", "owner": "ROBOT"}]}', "owner"),
        (b'{"initialStep": "a", "steps": [{"name": "a", "owner": "AGENT", "exit": []}]}', "exit: unknown key"),
        (b'{"initialStep": "a", "steps": [{"name": "a", "owner": "AGENT", "exits": ["b"]}]}', "b"),
        (b" " * 1_000_001, "over 1,000,000 bytes"),
    ],
    ids=["cut", "bytes", "deep", "list", "empty", "none", "owner", "misspelt", "no such exit", "too long"],
)
def test_steps_that_cannot_be_used(run: Run, tmp_path: Path, content: bytes, words: str) -> None:
    """A steps file that is wrong is named with what is wrong, and no project is made."""
    file = tmp_path / "steps.json"
    file.write_bytes(content)
    sentence = said(run("projects", "create", "Claims", "--steps", file, "--data", tmp_path / "data"))
    assert any(one in sentence for one in words.split("|"))
    assert (
        not (tmp_path / "data" / "journal.jsonl").exists()
        or b"Claims" not in (tmp_path / "data" / "journal.jsonl").read_bytes()
    )


def test_steps_that_are_not_there(run: Run, tmp_path: Path) -> None:
    """A missing steps file is named."""
    assert "none.json" in said(run("projects", "create", "Claims", "--steps", "none.json", "--data", tmp_path / "data"))


def test_a_project_that_is_there_already(run: Run, tmp_path: Path, steps: Path) -> None:
    """A second project of the same name is refused in the contract's words."""
    again = ("projects", "create", "Claims", "--steps", steps, "--data", tmp_path / "data")
    assert run(*again).returncode == 0
    assert "claims" in said(run(*again)).lower()


def test_a_key_without_a_usable_name(run: Run, tmp_path: Path) -> None:
    """A key needs a printable name."""
    assert "name" in said(run("keys", "add", " ", "--role", "agent", "--data", tmp_path))


def test_a_key_without_a_role(run: Run, tmp_path: Path) -> None:
    """A key's role is never guessed."""
    result = run("keys", "add", "bot", "--data", tmp_path / "data")
    assert result.returncode == 2
    assert "--role" in said(result)


@pytest.mark.parametrize("name", ["", " ", "a\x1b]0;b", "x" * 81, "platform", "a\u202eb"])
def test_a_name_that_cannot_go_on_record(run: Run, tmp_path: Path, steps: Path, name: str) -> None:
    """Whoever decides is told before anything is recorded that a name can't be used."""
    create = ("projects", "create", "Claims", "--steps", steps, "--data", tmp_path / "data")
    assert "--reviewer" in said(run(*create, "--reviewer", name))
    assert "--tag" in said(run("--data", tmp_path / "data", "--tag", name))
    assert not (tmp_path / "data").exists()


def test_no_terminal(run: Run, tmp_path: Path) -> None:
    """The screens in a pipe or a cron job end with a sentence, and make no folder."""
    assert "need a terminal" in said(run("--data", tmp_path / "data"))
    assert "need a terminal" in said(run("demo"))
    assert not (tmp_path / "data").exists()


def test_a_server_without_a_key(run: Run) -> None:
    """The key's two places are named."""
    words = said(run("--url", "http://127.0.0.1:1"))
    assert "PUMPUP_API_KEY" in words
    assert "--api-key-file" in words


@pytest.mark.parametrize("url", ["nonsense", "ftp://host", "http://", "http://[::1", "http://host:port", "file:///etc"])
def test_an_address_that_is_none(run: Run, url: str) -> None:
    """A URL that names no server is refused before the screens open."""
    assert "--url" in said(run("--url", url, PUMPUP_API_KEY="k"))


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620])
def test_a_key_file_that_others_can_read(run: Run, tmp_path: Path, mode: int) -> None:
    """A key that others can read or change is not used; the way to mend it is told, the key is not."""
    file = tmp_path / "key"
    file.write_text("pk_secret\n", encoding="utf-8")
    file.chmod(mode)
    words = said(run("--url", "http://127.0.0.1:1", "--api-key-file", file))
    assert f"chmod 600 {file}" in words
    assert "pk_secret" not in words


@pytest.mark.parametrize("content", [b"", b"\n", b"two words", b"two\nlines", "schlüssel".encode(), b"x" * 5000])
def test_a_key_file_without_a_key(run: Run, tmp_path: Path, content: bytes) -> None:
    """A file that holds no key is told of, without what it holds."""
    file = tmp_path / "key"
    file.write_bytes(content)
    file.chmod(0o600)
    assert "holds no key" in said(run("--url", "http://127.0.0.1:1", "--api-key-file", file))


def test_a_key_file_that_is_not_there(run: Run) -> None:
    """A missing key file is named."""
    assert "none.key" in said(run("--url", "http://127.0.0.1:1", "--api-key-file", "none.key"))


def test_a_key_is_never_an_argument(run: Run) -> None:
    """There is no option for the key itself: other users of the machine can read command lines."""
    assert run("--api-key", "pk_secret").returncode == 2
    assert "--api-key " not in run("--help").stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("--url", "http://127.0.0.1:1", "--data", "d"),
        ("--url", "http://127.0.0.1:1", "--reviewer", "bob"),
        ("--url", "http://127.0.0.1:1", "--tag", "lead"),
        ("--api-key-file", "f"),
        ("--ca-file", "f"),
        ("--insecure-http",),
        ("serve", "--port", "70000"),
        ("fly",),
    ],
)
def test_options_that_do_not_go_together(run: Run, arguments: tuple[str, ...]) -> None:
    """What can't be meant is a mistake in the call, exit code 2."""
    result = run(*arguments)
    assert result.returncode == 2
    assert said(result)


def test_a_key_travels_in_the_open_only_when_told(run: Run, tmp_path: Path) -> None:
    """Plain http to another machine is refused with what to do, and taken where one says so."""
    key = {"PUMPUP_API_KEY": "pk_secret"}
    words = said(run("--url", "http://192.0.2.1:7867", **key))
    assert "Use https" in words
    assert "--insecure-http" in words
    assert "terminal" in said(run("--url", "http://192.0.2.1:7867", "--insecure-http", **key))


def test_certificates_that_are_none(run: Run, tmp_path: Path, steps: Path) -> None:
    """A CA file that is missing or holds no certificate is named, before any screen."""
    for file in (tmp_path / "none.pem", steps):
        words = said(run("--url", "https://127.0.0.1:1", "--ca-file", file, PUMPUP_API_KEY="pk_secret"))
        assert str(file) in words
        assert "PEM" in words
    words = said(run("--url", "https://127.0.0.1:1", PUMPUP_API_KEY="pk_secret", SSL_CERT_FILE=str(steps)))
    assert "SSL_CERT_FILE" in words
