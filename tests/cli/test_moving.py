"""`export`, `import` and `verify` over a database: a whole record is moved there and back."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from api_client.actor import Actor
from api_client.commands import CreateTask, ReceiveUpload, RecordAction, read_command
from store.demo.workspace import generate
from store.folder.local_backend import open_local
from store.transfer.verifier import verify
from tests.cli.conftest import Run, command, environment, run_in
from tests.support.backends import DatabasePlace
from tests.waiting import HANG_SECONDS, wait_until


async def _attach(folder: Path) -> None:
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


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a few hundred events, an attachment and two answered keys."""
    folder = tmp_path_factory.mktemp("moving") / "data"
    generate(folder, tasks=20, events=300)
    asyncio.run(_attach(folder))
    return folder


@pytest.fixture(scope="module")
def archive(data: Path) -> Path:
    """Its archive."""
    target = data.parent / "archive"
    done = run_in(data.parent, "export", "--archive", target, "--data", data)
    assert done.returncode == 0, done.stderr
    assert "2 idempotency records and the content of 1 upload" in done.stderr
    return target


@pytest.fixture
def owner(database: str, workspace: str) -> tuple[str, ...]:
    """The test's workspace, named as the owner of the tables names it."""
    return ("--database", database, "--workspace", workspace)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_record_moves_into_a_database_and_back(
    run: Run, data: Path, archive: Path, owner: tuple[str, ...], tmp_path: Path
) -> None:
    """The head, every byte of the archive, the lists and the attachment are the same; agents go on with it."""
    head = verify(data).position.hash
    done = run("import", "--archive", archive, "--expect", head, *owner)
    assert (done.returncode, done.stdout) == (0, f"{head}\n"), done.stderr
    assert f"Imported {verify(data).position.events} events." in done.stderr
    assert "Warning" not in done.stderr
    done = run("verify", "--json", "--expect", head, *owner)
    found = json.loads(done.stdout)
    assert (done.returncode, found["head"], found["wrong"], found["notes"]) == (0, head, [], [])
    assert run("verify", *owner).stdout.endswith("OK: chain intact\n")
    for call in (("inbox", "--json"), ("tasks", "--json"), ("projects", "list", "--json"), ("export",)):
        assert run(*call, *owner).stdout == run(*call, "--data", data).stdout
    assert run("export", "--archive", tmp_path / "back", *owner).returncode == 0
    assert contents(tmp_path / "back") == contents(archive)
    assert run("import", "--archive", tmp_path / "back", "--data", tmp_path / "again").returncode == 0
    assert run("verify", "--data", tmp_path / "again", "--expect", head).returncode == 0
    task = json.loads(run("inbox", "--json", *owner).stdout)["items"][0]["taskId"]
    assert run("note", task, "goes on", *owner).returncode == 0
    assert run("verify", *owner).returncode == 0


@pytest.mark.parametrize("filters", [("--types", "NOTE"), ("--project", "general"), ("--format", "csv"), ()])
def test_filters_choose_the_same_in_a_database(
    run: Run, data: Path, archive: Path, database: str, workspace: str, owner: tuple[str, ...], filters: tuple[str, ...]
) -> None:
    """Types, project, task, times and CSV: the same rows as of the folder; the append-only role may read them."""
    assert run("import", "--archive", archive, *owner).returncode == 0
    server = DatabasePlace(database, workspace).words
    task = json.loads(run("tasks", "--json", "--data", data).stdout)["items"][0]["id"]
    since = json.loads(run("timeline", "--json", "--data", data).stdout.splitlines()[99])["timestamp"]
    for more in ((), ("--task", task), ("--since", since), ("--until", since)):
        here, there = (run("export", *filters, *more, *place) for place in (("--data", data), server))
        assert (here.returncode, here.stdout) == (there.returncode, there.stdout)
    missing = run("export", "--task", "tsk_none", *server)
    assert (missing.returncode, missing.stderr) == (3, run("export", "--task", "tsk_none", "--data", data).stderr)


def test_a_killed_import_goes_on(
    run: Run, database: str, workspace: str, owner: tuple[str, ...], tmp_path: Path
) -> None:
    """Killed in the middle, the workspace is closed to all others; the same command again writes what is missing."""
    generate(tmp_path / "data", tasks=300, events=20_000)
    assert run("export", "-o", tmp_path / "x.jsonl", "--data", tmp_path / "data").returncode == 0
    calls = command("import", tmp_path / "x.jsonl", *owner)
    look = "select seq, importing from pumpup.workspace where name = %s"
    with psycopg.connect(database, autocommit=True) as connection:
        with subprocess.Popen(calls, env=environment(tmp_path), stderr=subprocess.DEVNULL) as process:

            def begun() -> bool:
                assert process.poll() is None, "it was over before it was killed"
                row = connection.execute(look, (workspace,)).fetchone()
                return row is not None and row[0] > 0

            wait_until(begun, "the import has written a batch")
            process.kill()
            process.wait(HANG_SECONDS)
        written, importing = connection.execute(look, (workspace,)).fetchone() or (0, False)
        assert importing
        assert 0 < written < 20_000
    for call in (("inbox",), ("verify",), ("export",), ("note", "tsk_1", "x")):
        done = run(*call, *owner)
        assert done.returncode == 5
        assert "is not finished: run it again, and it goes on" in done.stderr
    done = run("import", tmp_path / "x.jsonl", *owner)
    assert (done.returncode, done.stdout) == (0, f"{verify(tmp_path / 'data').position.hash}\n"), done.stderr
    assert run("verify", *owner).returncode == 0


def test_what_is_wrong_with_a_file_makes_no_workspace(
    run: Run, archive: Path, owner: tuple[str, ...], tmp_path: Path
) -> None:
    """The line is named as for a folder, from a file and from stdin, and nothing is made."""
    lines = (archive / "record.jsonl").read_bytes().splitlines(keepends=True)
    broken = b"".join((*lines[:41], lines[41].replace(b'"owner"', b'"0wner"'), *lines[42:]))
    (tmp_path / "x.jsonl").write_bytes(broken)
    for done in (run("import", tmp_path / "x.jsonl", *owner), run("import", "-", *owner, given=broken.decode())):
        assert done.returncode == 1
        assert "Line 42 breaks the hash chain" in done.stderr
        assert "Nothing was made" in done.stderr
    assert run("verify", *owner).returncode == 3
    done = run("import", "-", *owner, given=b"".join(lines).decode())
    assert done.returncode == 0, done.stderr
    assert "content of 1 attachments is not there: bring it with --uploads DIR" in done.stderr
    done = run("import", archive / "record.jsonl", *owner)
    assert done.returncode == 1
    assert "is not empty" in done.stderr


def test_a_database_that_was_changed_is_called_wrong(
    run: Run, database: str, workspace: str, archive: Path, owner: tuple[str, ...]
) -> None:
    """`verify` names the event and exits with 1."""
    assert run("import", "--archive", archive, *owner).returncode == 0
    with psycopg.connect(database) as connection:
        connection.execute("set session_replication_role = replica")
        where = "ws = (select id from pumpup.workspace where name = %s) and seq = 12"
        connection.execute(f"update pumpup.event set body = body || ' '::bytea where {where}".encode(), (workspace,))
    done = run("verify", *owner)
    assert done.returncode == 1
    assert "WRONG    Event 12 breaks the hash chain" in done.stdout


def test_compact_has_nothing_to_do_in_a_database(run: Run, archive: Path, owner: tuple[str, ...]) -> None:
    """A database has no checkpoint: that is said, and is no failure."""
    assert run("import", "--archive", archive, *owner).returncode == 0
    done = run("compact", *owner)
    assert done.returncode == 0
    assert "no checkpoint" in done.stderr


# -- archives, wherever they come from


def lose_manifest(archive: Path) -> None:
    (archive / "archive.json").unlink()


def change_manifest(archive: Path) -> None:
    (archive / "archive.json").write_text('{"format":9}')


def cut_answers(archive: Path) -> None:
    file = archive / "idempotency.jsonl"
    file.write_bytes(file.read_bytes().splitlines(keepends=True)[0])


def break_answers(archive: Path) -> None:
    file = archive / "idempotency.jsonl"
    file.write_bytes(file.read_bytes().replace(b'"path"', b'"part"'))


def cut_record(archive: Path) -> None:
    file = archive / "record.jsonl"
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:-1]))


def change_upload(archive: Path) -> None:
    (content,) = (archive / "uploads").iterdir()
    content.write_bytes(b"a phot0")


HARM: dict[str, tuple[Callable[[Path], None], str]] = {
    "not complete": (lose_manifest, "is no complete archive"),
    "of another version": (change_manifest, "no archive's that this version can read"),
    "answers that were cut": (cut_answers, "idempotency.jsonl is not the file that was exported"),
    "an answer that is none": (break_answers, "Line 1 of idempotency.jsonl is no idempotency record"),
    "a record that was cut": (cut_record, "not with the expected"),
    "a content that has changed": (change_upload, "it has changed"),
}


@pytest.mark.parametrize("into", ["a folder", "a database"])
@pytest.mark.parametrize("what", HARM)
def test_an_archive_that_is_not_as_it_was_is_refused(
    run: Run, archive: Path, owner: tuple[str, ...], tmp_path: Path, what: str, into: str
) -> None:
    """What is wrong with it is said; no folder is made, and no workspace that anybody could open."""
    harm, words = HARM[what]
    shutil.copytree(archive, tmp_path / "bad")
    harm(tmp_path / "bad")
    place: tuple[Any, ...] = owner if into == "a database" else ("--data", tmp_path / "made")
    done = run("import", "--archive", tmp_path / "bad", *place)
    assert done.returncode == 1
    assert words in done.stderr
    assert not (tmp_path / "made").exists()
    assert run("inbox", *place).returncode in (3, 5)


def test_an_interrupted_archive_goes_on(run: Run, data: Path, archive: Path, tmp_path: Path) -> None:
    """Without its manifest it is no archive yet; the same command again copies only what is missing."""
    shutil.copytree(archive, tmp_path / "half")
    (tmp_path / "half" / "archive.json").unlink()
    (tmp_path / "half" / "record.jsonl").rename(tmp_path / "half" / "record.jsonl.part")
    (content,) = (tmp_path / "half" / "uploads").iterdir()
    before = content.stat()
    assert run("export", "--archive", tmp_path / "half", "--data", data).returncode == 0
    assert contents(tmp_path / "half") == contents(archive)
    assert content.stat().st_mtime_ns == before.st_mtime_ns
    content.write_bytes(b"half")
    (tmp_path / "half" / "archive.json").unlink()
    assert run("export", "--archive", tmp_path / "half", "--data", data).returncode == 0
    assert contents(tmp_path / "half") == contents(archive)


def test_an_archive_is_written_over_only_where_that_is_agreed(
    run: Run, data: Path, archive: Path, tmp_path: Path
) -> None:
    """A complete archive is left as it is without --yes; a data folder never takes one in; all is for its owner."""
    before = contents(archive)
    done = run("export", "--archive", archive, "--data", data)
    assert (done.returncode, contents(archive)) == (1, before)
    assert "pass --yes" in done.stderr
    assert run("export", "--archive", archive, "--yes", "--data", data).returncode == 0
    assert contents(archive) == before
    assert all(path.stat().st_mode & 0o077 == 0 for path in (archive, *archive.rglob("*")))
    for inside in (data, data / "archive", data / "uploads"):
        done = run("export", "--archive", inside, "--data", data)
        assert done.returncode == 1
        assert "data folder" in done.stderr
    assert not (data / "archive").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("import",),
        ("import", "--archive", "x", "--uploads", "y"),
        ("export", "--archive", "x", "-o", "y"),
        ("export", "--archive", "x", "--types", "NOTE"),
        ("export", "--archive", "x", "--format", "csv"),
    ],
)
def test_options_that_contradict_each_other_are_refused(run: Run, data: Path, arguments: tuple[str, ...]) -> None:
    """An archive is a whole record with uploads of its own."""
    assert run(*arguments, "--data", data).returncode == 2
