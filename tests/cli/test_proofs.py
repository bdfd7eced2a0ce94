"""`checkpoint`, `prove`, `check` and `verify --checkpoint` through their real process."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from api_client.proofs import CHECKPOINT, CHECKPOINT_KEY, PROOFS
from pumpup_tui.commands import doctor_checks
from pumpup_tui.commands.failure import Failed
from pumpup_tui.commands.kept_checkpoint import kept_checkpoint
from pumpup_tui.commands.places import Folder
from store.core.signing_key import new_signing_key
from tests.cli.conftest import Run, run_in
from tests.cli.made import Made, make
from tests.server.scripted import Answer, head, plain, scripted
from tests.support.judges import judged_checkpoint


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """A folder with requests, one of them decided."""
    return make(tmp_path / "data", approvals=3, elicitations=1)


@pytest.fixture
def key(run: Run, made: Made) -> str:
    """The record's public key, after its first checkpoint."""
    result = run("checkpoint", "--key", "--data", made.data)
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def test_a_checkpoint_is_printed_written_and_proves_growth(run: Run, made: Made, key: str, tmp_path: Path) -> None:
    """The note holds for another Ed25519; later the record begins with it; an older copy does not reach so far."""
    note = tmp_path / "monday.note"
    shutil.copytree(made.data, tmp_path / "old")
    assert run("note", made.tasks[0], "seen", "--data", made.data).returncode == 0
    result = run("checkpoint", "--data", made.data, "-o", note)
    assert (result.stdout, result.returncode) == ("", 0)
    assert f"The record's public key is {key}\n" in result.stderr
    origin, size, _ = judged_checkpoint(note.read_text(), key)
    assert run("checkpoint", "--data", made.data).stdout == note.read_text()
    assert run("approve", made.approvals[0], "--yes", "--data", made.data).returncode == 0
    sound = run("verify", "--data", made.data, "--checkpoint", note)
    assert sound.returncode == 0
    assert sound.stdout.endswith(
        f"OK: chain intact\nOK: the record begins with the {size:,} events of the checkpoint\n"
    )
    older = run("verify", "--data", tmp_path / "old", "--checkpoint", note, "--key", key)
    assert older.returncode == 1
    assert f"The checkpoint is of {size} events, and the record has {size - 1}" in older.stdout
    assert f"ok     signing key: {origin}, public key {key}\n" in run("doctor", "--data", made.data).stdout


def test_a_request_is_proved_with_its_decision_and_nothing_else(run: Run, made: Made, key: str, tmp_path: Path) -> None:
    """By id, with a reason; the file names no other request; it is checked without the folder."""
    request, proof = made.approvals[0], tmp_path / "one.proof"
    assert run("deny", request, "--note", "no receipt", "--yes", "--data", made.data).returncode == 0
    result = run("prove", request, "--data", made.data, "-o", proof)
    assert result.returncode == 0, result.stderr
    assert "Proved 2 events." in result.stderr
    assert not any(other in proof.read_text() for other in made.approvals[1:])
    (tmp_path / "key.pub").write_text(key + "\n")
    made.data.rename(tmp_path / "gone")
    for given in (key, tmp_path / "key.pub"):
        checked = run("check", proof, "--key", given)
        assert checked.returncode == 0, checked.stdout
        assert "deny" in checked.stdout
        assert "no receipt" in checked.stdout
        assert "OK: These 2 events are in the record" in checked.stdout
    read = json.loads(run("check", proof, "--key", key, "--json").stdout)
    assert [event["eventType"] for event in read["events"]] == ["APPROVAL_REQUESTED", "APPROVAL_DECIDED"]


@pytest.mark.parametrize("by", ["name", "id", "event"])
def test_a_task_or_one_event_is_proved_by_what_names_it(run: Run, made: Made, key: str, by: str) -> None:
    """A task by its name or id with all of its events; an event by its id, alone."""
    lines = run("timeline", made.tasks[1], "--json", "--data", made.data).stdout.splitlines()
    events = [json.loads(line) for line in lines]
    typed = {"name": "Claim C-0001", "id": made.tasks[1], "event": events[0]["id"]}[by]
    result = run("prove", typed, "--data", made.data)
    assert result.returncode == 0, result.stderr
    proved = [json.loads(one["event"])["id"] for one in json.loads(result.stdout)["events"]]
    assert proved == [event["id"] for event in events][: 1 if by == "event" else None]
    assert key in result.stdout


def test_what_a_proof_says_reaches_the_terminal_clean(run: Run, made: Made, key: str, tmp_path: Path) -> None:
    """Text with terminal controls in a proved event is shown as text."""
    run("prove", made.hostile, "--data", made.data, "-o", tmp_path / "h.proof")
    shown = run("check", tmp_path / "h.proof", "--key", key).stdout
    assert "Pay" in shown
    assert not any(char in shown for char in "\x1b\x9b\u202e\u2066")


def changed(value: dict[str, Any]) -> None:
    value["events"][0]["event"] = value["events"][0]["event"].replace("AGENT", "HUMAN")


def test_faults_are_sentences_with_their_exit_codes(run: Run, made: Made, key: str, tmp_path: Path) -> None:
    """A changed proof: 1. A key that is none, or a witness's: 2. What is not there: 3. No traceback anywhere."""
    proof = tmp_path / "task.proof"
    run("prove", made.tasks[0], "--data", made.data, "-o", proof)
    value = json.loads(proof.read_text())
    changed(value)
    (tmp_path / "bad.proof").write_text(json.dumps(value))
    cases = [
        (("check", tmp_path / "bad.proof", "--key", key), 1, "WRONG: Event "),
        (("check", proof, "--key", key[:-3] + "AA="), 2, "can't be used"),
        (("check", proof, "--key", tmp_path / "none.pub"), 2, "can't be read"),
        (("check", tmp_path / "none.proof", "--key", key), 1, "can't be read"),
        (("check", made.data / "journal.jsonl", "--key", key), 1, "WRONG: It isn't a proof file"),
        (("prove", "evt_00000001ffffffffffff", "--data", made.data), 3, "No request matches"),
        (("prove", "Claim X", "--data", made.data), 3, "No task matches"),
        (("prove", made.tasks[0], "--data", made.data, "-o", proof), 1, "already exists: pass --yes"),
        (("checkpoint", "--name", "a b", "--data", made.data), 1, "visible characters"),
        (("verify", "--data", made.data, "--key", key), 2, "go with --checkpoint"),
        (("verify", "--data", made.data, "--checkpoint", proof), 1, "can't be used"),
        (("checkpoint", "--data", tmp_path / "nothing"), 3, "not a data folder"),
    ]
    for words, code, text in cases:
        result = run(*words)
        assert (text in result.stdout + result.stderr, result.returncode) == (True, code), (words, result)
        assert "Traceback" not in result.stderr


def test_the_signing_key_leaves_the_folder_with_a_copy_of_it_alone(
    run: Run, made: Made, key: str, tmp_path: Path
) -> None:
    """No output, export or archive holds it; a record that was moved begins with the old checkpoint, under a new key.

    With `signing.key` and `checkpoint.note` put beside it, it goes on under the old one.
    """
    secret = (made.data / "signing.key").read_text().strip().split("+", 4)[4]
    note, archive, moved, kept = (tmp_path / name for name in ("note", "archive", "moved", "kept"))
    outputs = [
        run("checkpoint", "--data", made.data, "-o", note),
        run("export", "--data", made.data),
        run("export", "--format", "csv", "--data", made.data),
        run("export", "--archive", archive, "--data", made.data),
        run("doctor", "--json", "--data", made.data),
        run("verify", "--data", made.data, "--checkpoint", note),
        run("prove", made.tasks[0], "--data", made.data),
        run("import", "--archive", archive, "--data", moved),
        run("import", "--archive", archive, "--data", kept),
        run("verify", "--data", moved, "--checkpoint", note, "--key", key),
    ]
    assert [result.returncode for result in outputs] == [0] * len(outputs), outputs
    assert not any(secret in result.stdout + result.stderr for result in outputs)
    assert not any(secret.encode() in file.read_bytes() for file in archive.rglob("*") if file.is_file())
    assert not (moved / "signing.key").exists()
    assert run("checkpoint", "--key", "--data", moved).stdout.strip() not in ("", key)
    for name in ("signing.key", "checkpoint.note"):
        shutil.copy(made.data / name, kept / name)
    assert run("note", made.tasks[0], "moved", "--data", kept).returncode == 0
    later = run("checkpoint", "--data", kept).stdout
    assert judged_checkpoint(later, key)[1] == judged_checkpoint(note.read_text(), key)[1] + 1


def as_text(body: str) -> Answer:
    return lambda: [head(200, Content_Type="text/plain", Content_Length=str(len(body.encode()))), body.encode()]


def test_what_a_server_gives_as_proof_is_checked_before_it_is_kept(
    run: Run, made: Made, key: str, tmp_path: Path
) -> None:
    """A note, a key, an event, a path that do not hold: a sentence, exit 1, no file, no control of the terminal."""
    note = run("checkpoint", "--data", made.data).stdout
    proof = json.loads(run("prove", made.tasks[1], "--data", made.data).stdout)
    event = proof["events"][0]
    name = json.loads(event["event"])["id"]

    def told(note: str, key: str, event: dict[str, Any], command: str, *words: str) -> subprocess.CompletedProcess[str]:
        answers = {
            CHECKPOINT: as_text(note),
            CHECKPOINT_KEY: as_text(key),
            PROOFS: lambda: plain(200, {"items": [event]}),
        }
        with scripted(answers) as (url, _):
            environment = {"PUMPUP_API_KEY": "pk_x"}
            return run(command, *words, "--url", url, "-o", tmp_path / "kept", "--yes", **environment)

    wrong = [
        (note.replace("pumpup", "pumpup\x9b31m\u202e"), key, event),
        (note.replace("\n\n", "\nmore\n\n"), key, event),
        (note, key + "\x1b]0;owned\x07", event),
        (note, new_signing_key("example.com/x").public.written(), event),
    ]
    for case in wrong:
        for words in (("checkpoint",), ("checkpoint", "--key"), ("prove", name)):
            refused(told(*case, *words), tmp_path)
    for text in ("[1]", "{", json.dumps({"id": name, "seq": event["seq"], "eventType": 5, "payload": 5})):
        refused(told(note, key, {**event, "event": text}, "prove", name), tmp_path, also=3)
    for path in (["zz"], event["path"][:-1], ["00" * 32] * 200_000, 5):
        refused(told(note, key, {**event, "path": path}, "prove", name), tmp_path)
    assert told(note, key, event, "prove", name).returncode == 0
    assert run("check", tmp_path / "kept", "--key", key).returncode == 0


def refused(result: subprocess.CompletedProcess[str], folder: Path, also: int = 1) -> None:
    assert result.returncode in (1, also), result
    assert "unexpected error" not in result.stderr
    assert not (folder / "kept").exists()
    assert not any(char in result.stdout + result.stderr for char in "\x1b\x9b\x07\u202e")


def test_a_proof_on_stdout_moves_no_cursor(run: Run, made: Made, key: str) -> None:
    """What others wrote stands in it as escapes, whether a terminal or a file is behind it."""
    shown = run("prove", made.hostile, "--data", made.data).stdout
    assert key in shown
    assert shown.isascii()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_takes_no_writes_gives_the_last_checkpoint(run: Run, made: Made, key: str) -> None:
    """On a medium that can't be written the last signed checkpoint is given, and events up to it are proved."""
    note = run("checkpoint", "--data", made.data).stdout
    made.data.chmod(0o500)
    try:
        assert run("checkpoint", "--data", made.data).stdout == note
        assert key in run("prove", made.tasks[0], "--data", made.data).stdout
    finally:
        made.data.chmod(0o700)


def test_who_reads_a_record_without_its_key_is_told_what_to_name(
    made: Made, key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A login that may not read `signing.key` verifies with the public key, and `doctor` finds nothing wrong."""
    (tmp_path / "note").write_text(run_in(tmp_path, "checkpoint", "--data", made.data).stdout)

    def refused_to_read(_path: Path, _most: int) -> bytes:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("store.folder.record_tree.read_regular", refused_to_read)
    place = Folder(made.data, "alice")
    with pytest.raises(Failed, match="Name the public key with --key"):
        kept_checkpoint(place, tmp_path / "note", None, ())
    assert kept_checkpoint(place, tmp_path / "note", key, ()).origin == key.split("+", maxsplit=1)[0]
    (told,) = doctor_checks._signing_key(made.data)
    assert (told.state, told.words[:26]) == ("note", "this login may not read it")
