"""`import`: an export back into a folder, the chain the same."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from api_client.actor import Actor
from api_client.commands import CreateTask, ReceiveUpload, RecordAction, read_command
from store.demo.workspace import generate
from store.folder.local_backend import open_local
from store.transfer.verifier import verify
from tests.cli.conftest import Run, run_in
from tests.cli.made import conforms
from tests.store.nonsense import export_lines, nonsense, sound_start, write_journal

FINDINGS = {
    "type": "object",
    "required": ["events", "commits", "head", "wrong", "notes"],
    "additionalProperties": False,
    "properties": {
        "events": {"type": "integer"},
        "commits": {"type": "integer"},
        "head": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
        "wrong": {"type": "array", "items": {"type": "string"}},
        "notes": {"type": "array", "items": {"type": "string"}},
    },
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a few hundred events."""
    folder = tmp_path_factory.mktemp("import") / "data"
    generate(folder, tasks=20, events=300)
    return folder


@pytest.fixture(scope="module")
def exported(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its full export."""
    file = tmp_path_factory.mktemp("exported") / "all.jsonl"
    assert run_in(file.parent, "export", "-o", file, "--data", data).returncode == 0
    return file


def test_what_was_exported_comes_back(run: Run, data: Path, exported: Path, tmp_path: Path) -> None:
    """The same head, sound, the same lines exported again, the same inbox and tasks; agents go on with it."""
    head = verify(data).position.hash
    result = run("import", exported, "--expect", head, "--data", tmp_path / "back")
    assert (result.returncode, result.stdout) == (0, f"{head}\n")
    assert "Imported 300 events." in result.stderr
    told = conforms(run("verify", "--json", "--data", tmp_path / "back").stdout, FINDINGS)
    assert (told["head"], told["events"], told["wrong"]) == (head, 300, [])
    assert run("export", "--data", tmp_path / "back").stdout.encode() == exported.read_bytes()
    for call in (("inbox", "--json"), ("tasks", "--json"), ("projects", "list", "--json")):
        assert run(*call, "--data", tmp_path / "back").stdout == run(*call, "--data", data).stdout
    request = json.loads(run("inbox", "--json", "--data", tmp_path / "back").stdout)["items"][0]
    assert run("show", request["requestId"], "--data", tmp_path / "back").returncode == 0
    assert run("note", request["taskId"], "goes on", "--data", tmp_path / "back").returncode == 0
    assert run("verify", "--data", tmp_path / "back").returncode == 0
    assert (tmp_path / "back").stat().st_mode & 0o077 == 0


def changed(lines: list[bytes], how: str) -> list[bytes]:
    if how == "an event changed":
        return [*lines[:41], lines[41].replace(b'"owner"', b'"0wner"'), *lines[42:]]
    if how == "a line gone":
        return [*lines[:41], *lines[42:]]
    if how == "two exchanged":
        return [*lines[:40], lines[41], lines[40], *lines[42:]]
    if how == "not from the start":
        return lines[1:]
    if how == "no export":
        return [b'{"a": 1}\n']
    return [*lines[:41], lines[41][:50]] if how == "torn" else []


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("an event changed", "Line 42 breaks the hash chain"),
        ("a line gone", "Line 42 breaks the hash chain"),
        ("two exchanged", "Line 41 breaks the hash chain"),
        ("not from the start", "Line 1 breaks the hash chain"),
        ("no export", "Line 1 is no line of a full export"),
        ("torn", "Line 42 is no line of a full export"),
        ("empty", "It holds no events"),
    ],
)
def test_what_is_not_whole_is_not_taken(run: Run, exported: Path, tmp_path: Path, how: str, words: str) -> None:
    """The line is named, and nothing is made or left behind."""
    file = tmp_path / "x.jsonl"
    file.write_bytes(b"".join(changed(exported.read_bytes().splitlines(keepends=True), how)))
    result = run("import", file, "--data", tmp_path / "back")
    assert result.returncode == 1
    assert words in result.stderr
    assert "Nothing was made" in result.stderr
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.jsonl"]


def test_an_export_that_was_cut_is_found_by_its_head(run: Run, data: Path, exported: Path, tmp_path: Path) -> None:
    """Lines missing at the end leave a sound chain: the head that was noted tells."""
    file = tmp_path / "x.jsonl"
    file.write_bytes(b"".join(exported.read_bytes().splitlines(keepends=True)[:-1]))
    result = run("import", file, "--expect", verify(data).position.hash, "--data", tmp_path / "back")
    assert result.returncode == 1
    assert "not with the expected" in result.stderr
    assert not (tmp_path / "back").exists()


def test_a_folder_that_holds_something_is_left_alone(run: Run, exported: Path, tmp_path: Path) -> None:
    """Nothing in it is touched; an empty one is taken."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear", encoding="utf-8")
    result = run("import", exported, "--data", tmp_path / "mine")
    assert result.returncode == 1
    assert "is not empty" in result.stderr
    assert [entry.name for entry in (tmp_path / "mine").iterdir()] == ["letter.txt"]
    (tmp_path / "empty").mkdir()
    assert run("import", exported, "--data", tmp_path / "empty").returncode == 0
    assert run("import", tmp_path / "none.jsonl", "--data", tmp_path / "new").returncode == 1


async def _with_an_upload(folder: Path) -> str:
    """Make a folder with an attachment; return the SHA-256 of its content."""

    async def content() -> AsyncIterator[bytes]:
        yield b"a photo"

    backend = await open_local(folder, Actor("agent-1", "agent"))
    try:
        made = await backend.submit(ReceiveUpload(file_name="p.jpg"), key="", content=content())
        task = await backend.submit(read_command(CreateTask, {"projectName": "general", "name": "C-1"}), key="task")
        added = [{"uploadId": made.answer["id"], "label": "a photo"}]
        action = {"projectName": "general", "taskId": task.answer["id"], "description": "x", "addAttachments": added}
        await backend.submit(read_command(RecordAction, action), key="attach")
    finally:
        await backend.aclose()
    return hashlib.sha256(b"a photo").hexdigest()


def test_attachments_come_along(run: Run, tmp_path: Path) -> None:
    """Their content is checked by its hash; without it, it is told how many are missing."""
    sha256 = asyncio.run(_with_an_upload(tmp_path / "data"))
    file, uploads = tmp_path / "all.jsonl", tmp_path / "data" / "uploads"
    assert run("export", "-o", file, "--data", tmp_path / "data").returncode == 0
    assert "content of 1 attachment" in run("import", file, "--data", tmp_path / "without").stderr
    assert run("import", file, "--uploads", uploads, "--data", tmp_path / "with").returncode == 0
    assert (tmp_path / "with" / "uploads" / sha256).read_bytes() == b"a photo"
    assert run("verify", "--data", tmp_path / "with").returncode == 0
    (uploads / sha256).write_bytes(b"another")
    result = run("import", file, "--uploads", uploads, "--data", tmp_path / "again")
    assert result.returncode == 1
    assert "it has changed" in result.stderr
    assert not (tmp_path / "again").exists()


@pytest.mark.parametrize("way", ["-", "/dev/stdin", "a blank last line", "a pipe"])
def test_a_record_is_taken_from_wherever_it_comes(run: Run, exported: Path, tmp_path: Path, way: str) -> None:
    """Stdin, a named pipe and a file that ends in a blank line are as good as the export itself."""
    text = exported.read_text(encoding="utf-8")
    if way == "a pipe":
        os.mkfifo(tmp_path / "pipe")
        feeding = threading.Thread(target=(tmp_path / "pipe").write_text, args=(text,), daemon=True)
        feeding.start()
        result = run("import", tmp_path / "pipe", "--data", tmp_path / "back")
        feeding.join()
    elif way == "a blank last line":
        (tmp_path / "x.jsonl").write_text(f"{text}\n\r\n", encoding="utf-8")
        result = run("import", tmp_path / "x.jsonl", "--data", tmp_path / "back")
    else:
        result = run("import", way, "--data", tmp_path / "back", given=text)
    assert result.returncode == 0, result.stderr
    assert "Imported 300 events." in result.stderr


def test_a_blank_line_in_the_middle_is_named(run: Run, exported: Path, tmp_path: Path) -> None:
    """Only behind the last event a blank line means nothing."""
    lines = exported.read_bytes().splitlines(keepends=True)
    (tmp_path / "x.jsonl").write_bytes(b"".join([*lines[:10], b"\n", *lines[10:]]))
    result = run("import", tmp_path / "x.jsonl", "--data", tmp_path / "back")
    assert result.returncode == 1
    assert "Line 11 is no line of a full export" in result.stderr


def test_what_no_rule_makes_is_refused_with_its_line(run: Run, tmp_path: Path) -> None:
    """The chain is sound and the content's hash a path: refused, nothing made; `verify` says the same."""
    events = sound_start()
    events[2]["payload"]["sha256"] = "/etc/passwd"
    (tmp_path / "x.jsonl").write_bytes(b"".join(export_lines(events)))
    result = run("import", tmp_path / "x.jsonl", "--data", tmp_path / "back")
    assert result.returncode == 1
    assert "Line 3 breaks the rules" in result.stderr
    assert not (tmp_path / "back").exists()
    write_journal(tmp_path / "data", events)
    result = run("verify", "--data", tmp_path / "data")
    assert result.returncode == 1
    assert "Line 3 of the journal breaks the rules" in result.stdout


@pytest.mark.parametrize("kind", ["a symlink", "a pipe", "a larger file"])
def test_uploads_are_read_as_regular_files_alone(run: Run, tmp_path: Path, kind: str) -> None:
    """What stands in the place of an attachment's content and is not it is named, and never waited for or followed."""
    sha256 = asyncio.run(_with_an_upload(tmp_path / "data"))
    file, uploads = tmp_path / "all.jsonl", tmp_path / "uploads"
    assert run("export", "-o", file, "--data", tmp_path / "data").returncode == 0
    uploads.mkdir()
    if kind == "a symlink":
        (uploads / sha256).symlink_to(tmp_path / "data" / "uploads" / sha256)
    elif kind == "a pipe":
        os.mkfifo(uploads / sha256)
    else:
        (uploads / sha256).write_bytes(b"a photo" * 99)
    result = run("import", file, "--uploads", uploads, "--data", tmp_path / "back")
    assert result.returncode == 1
    assert "Error: " in result.stderr
    assert not (tmp_path / "back").exists()


COMMANDS = (
    ("inbox",),
    ("inbox", "--json"),
    ("tasks",),
    ("tasks", "--json"),
    ("projects", "list"),
    ("timeline",),
    ("timeline", "--json"),
    ("stats",),
    ("export",),
    ("export", "--format", "csv"),
    ("export", "--since", "2026-01-01", "--project", "claims"),
    ("show", sound_start()[3]["id"]),
    ("note", "tsk_1", "still here"),
    ("doctor",),
    ("compact",),
)


def test_every_command_works_on_what_makes_no_sense(run: Run, tmp_path: Path) -> None:
    """A folder of events that no rule has seen: each command does its work, and `verify` names what is wrong."""
    write_journal(tmp_path / "data", nonsense(), key=[1])
    for call in COMMANDS:
        result = run(*call, "--data", tmp_path / "data")
        assert result.returncode == 0, (call, result.stderr)
    result = run("verify", "--json", "--data", tmp_path / "data")
    assert result.returncode == 1
    assert len(json.loads(result.stdout)["wrong"]) > 10
