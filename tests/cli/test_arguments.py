"""What stands on a command line, and in the files that it names, as other programs write it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import httpx
import pytest

from pumpup_tui.cli import pumpup
from tests.cli.conftest import CLAIMS_STEPS, Run, command, environment, run_in, serving
from tests.cli.made import Made
from tests.waiting import HANG_SECONDS

BOM = "\ufeff"
LATIN = b"M\xfcller"
"""A name as a terminal of Latin-1 sends it."""


def bytes_in(
    home: Path, *words: str | Path | bytes, environ: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command with words of any bytes."""
    return subprocess.run(
        [*command(), *words],
        env={**environment(home), **(environ or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=HANG_SECONDS,
        check=False,
    )


NO_UTF8: list[tuple[str | bytes, ...]] = [
    ("show", LATIN),
    ("note", LATIN, "x"),
    ("note", "tsk_1", LATIN),
    ("inbox", "--project", LATIN),
    ("--reviewer", LATIN, "inbox"),
    ("tasks", "--reviewer", LATIN),
    ("approve", "evt_0000001a", "--yes", "--note", LATIN),
    ("answer", "evt_0000001a", "--yes", b"place=" + LATIN),
    ("projects", "create", LATIN, "--steps", "steps.json"),
    ("keys", "add", LATIN, "--role", "agent"),
    ("keys", "add", "x", "--role", "agent", "--tag", LATIN),
    ("serve", "--host", LATIN),
    (LATIN,),
]


@pytest.mark.parametrize("words", NO_UTF8, ids=str)
def test_an_argument_that_is_no_utf8_is_named(tmp_path: Path, made: Made, words: tuple[str | bytes, ...]) -> None:
    """It could not be stored or sent: the words say which it is, with its bytes, and nothing is done."""
    result = bytes_in(tmp_path, *words)
    assert result.returncode == 2
    assert "M\\xfcller" in result.stderr or "M\\udcfcller" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_terminal_of_another_coding_sends_utf8_all_the_same(tmp_path: Path, made: Made, on: Run) -> None:
    """In a locale without UTF-8 what is typed as UTF-8 is recorded as it was typed."""
    plain = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    words = ("note", made.tasks[0], "Grüße von Müller", "--data", made.data)
    assert bytes_in(tmp_path, *words, environ=plain).returncode == 0
    told = on("timeline", made.tasks[0], "--types", "NOTE", "--json").stdout.splitlines()[-1]
    assert json.loads(told)["payload"]["message"] == "Grüße von Müller"


def test_paths_may_be_any_bytes(tmp_path: Path, made: Made) -> None:
    """A folder or a file is called as the system calls it."""
    folder = os.fsencode(tmp_path) + b"/" + LATIN
    shutil.copytree(made.data, os.fsdecode(folder))
    assert bytes_in(tmp_path, "inbox", "--data", folder).returncode == 0
    assert bytes_in(tmp_path, "export", "-o", folder + b".jsonl", "--data", folder).returncode == 0
    assert bytes_in(tmp_path, "import", folder + b".jsonl", "--data", folder + b"2").returncode == 0
    assert bytes_in(tmp_path, "verify", "--data", folder + b"2").returncode == 0


def _commands(one: click.Command, context: click.Context) -> Iterator[click.Command]:
    yield one
    if isinstance(one, click.Group):
        for name in one.list_commands(context):
            below = one.get_command(context, name)
            assert below is not None
            yield from _commands(below, context)


def test_every_text_of_every_command_is_looked_at() -> None:
    """No option and no argument takes bytes that can't be stored, also of a command that comes later."""
    context = click.Context(pumpup)
    pumpup.parse_args(context, ["inbox"])
    found = list(_commands(pumpup, context))
    assert len(found) > 25
    assert [one.name for one in found if any(param.type is click.STRING for param in one.params)] == []


def test_a_byte_order_mark_before_a_key_is_skipped(tmp_path: Path, made: Made) -> None:
    """A key file as an editor of another system writes it, and a variable that was read from one."""
    key = tmp_path / "bob.key"
    key.write_text(f"{BOM}{made.reviewer_key}\r\n", encoding="utf-8")
    key.chmod(0o600)
    with serving(tmp_path / "home", made.data, "--quiet") as url:
        words = ("inbox", "--url", url, "--json")
        from_file = run_in(tmp_path / "home", *words, "--api-key-file", key)
        from_variable = run_in(tmp_path / "home", *words, PUMPUP_API_KEY=f"{BOM}{made.reviewer_key}")
    assert (from_file.returncode, from_variable.returncode) == (0, 0), from_file.stderr + from_variable.stderr


def test_a_byte_order_mark_before_an_export_is_skipped(run: Run, made: Made, tmp_path: Path) -> None:
    """The record is the same, from a file and from stdin, also with the line ends of another system."""
    exported = run("export", "--data", made.data).stdout
    head = json.loads(run("verify", "--json", "--data", made.data).stdout)["head"]
    file = tmp_path / "record.jsonl"
    file.write_bytes((BOM + exported.replace("\n", "\r\n")).encode())
    assert run("import", file, "--expect", head, "--data", tmp_path / "one").returncode == 0
    assert run("import", "-", "--expect", head, "--data", tmp_path / "two", given=BOM + exported).returncode == 0
    file.write_bytes((exported.replace("\n", f"\n{BOM}", 1)).encode())
    assert "Line 2 is no line" in run("import", file, "--data", tmp_path / "three").stderr


def test_a_byte_order_mark_before_steps_and_answers_is_skipped(run: Run, made: Made, tmp_path: Path) -> None:
    """Files of JSON that a command reads."""
    file = tmp_path / "some.json"
    file.write_text(BOM + CLAIMS_STEPS, encoding="utf-8")
    assert run("projects", "create", "Marked", "--steps", file, "--data", made.data).returncode == 0
    file.write_text(f'{BOM}{{"place": "Berlin", "police": false}}', encoding="utf-8")
    done = run("answer", made.elicitations[3], "--file", file, "--yes", "--data", made.data)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "text",
    ['{"place": "Berlin", "police": false, "place": "Bonn"}', '{"place": "Berlin", "police": {"a": {"b": 1, "b": 1}}}'],
)
def test_a_key_that_stands_twice_in_a_file_is_refused(run: Run, made: Made, tmp_path: Path, text: str) -> None:
    """Which of two values is meant can't be told: nothing is sent, and the key is named."""
    file = tmp_path / "some.json"
    file.write_text(text, encoding="utf-8")
    result = run("answer", made.elicitations[2], "--file", file, "--yes", "--data", made.data)
    assert result.returncode == 1
    assert "twice in one object" in result.stderr
    file.write_text(CLAIMS_STEPS.replace('"owner": "AGENT"', '"owner": "AGENT", "owner": "HUMAN"'), encoding="utf-8")
    result = run("projects", "create", "Doubled", "--steps", file, "--data", made.data)
    assert (result.returncode, "'owner' twice" in result.stderr) == (1, True)


def test_a_server_refuses_a_key_that_stands_twice_and_skips_a_byte_order_mark(made: Made, tmp_path: Path) -> None:
    """Over the wire, to a served folder: the caller reads which key it is, and the mark changes nothing."""

    def post(url: str, body: str) -> tuple[int, str]:
        headers = {"Authorization": f"Bearer {made.agent_key}", "Idempotency-Key": body[-40:].strip()}
        answer = httpx.post(f"{url}/api/notes", content=body.encode(), headers=headers)
        return answer.status_code, answer.text

    note = f'"projectName": "claims", "taskId": "{made.tasks[0]}"'
    with serving(tmp_path / "home", made.data, "--quiet") as url:
        status, words = post(url, f'{{{note}, "message": "pay 10", "message": "pay 10000"}}')
        assert (status, "message: stands twice in one object" in words) == (400, True)
        assert post(url, f'{BOM}{{{note}, "message": "marked"}}')[0] == 201
