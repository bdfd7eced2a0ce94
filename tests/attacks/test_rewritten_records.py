"""Whoever holds a record writes it anew, with every hash, checksum, head, tree and signature: a witness makes it known.

`verify` alone calls such a record sound, and must: nothing in the folder tells it from one that was always so.
"""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import psycopg
import pytest

from api_client.times import utc_now
from store.postgres.address import DatabaseAddress
from tests.cli.conftest import Run, run_in, serving
from tests.cli.made import Made, make
from tests.support.moves import archive_folder, into_workspace
from tests.support.rewriting import copied, rewrite

SOUND = "OK: chain intact\n"


class Auditor:
    """Somebody on another machine: a witness in a folder of its own, and the record's public key as it was given."""

    def __init__(self, run: Run, folder: Path, made: Made, key: str) -> None:
        folder.mkdir()
        self.note = folder / "claims.note"
        self._state = folder / "witness"
        self._run = partial(run, PUMPUP_API_KEY=made.reviewer_key)
        self._key = key
        self.key = self._run("witness", "--show-key", "--state", self._state).stdout.strip()

    def look(self, url: str, *more: str | Path) -> CompletedProcess[str]:
        """Look once at the record that a server has."""
        return self.look_at("--url", url, *more)

    def look_at(self, *place: str | Path) -> CompletedProcess[str]:
        """Look once at the record of a place."""
        return self._run("witness", *place, "--key", self._key, "--state", self._state, "-o", self.note)

    def evidence(self) -> list[dict[str, Any]]:
        """Return what was refused."""
        return [json.loads(path.read_bytes()) for path in self._state.glob("*.refused-*.json")]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run a command to its end."""
    return partial(run_in, tmp_path / "home")


@pytest.fixture
def record(tmp_path: Path) -> Made:
    """A record with a decision, and open requests."""
    made = make(tmp_path / "data", approvals=3, elicitations=1)
    decide = ("deny", made.approvals[0], "--note", "not covered", "--yes", "--reviewer", "maria")
    assert run_in(tmp_path / "home", *decide, "--data", made.data).returncode == 0
    return made


def approved_after_all(event: dict[str, Any]) -> dict[str, Any]:
    """Return the event, the denial as an approval."""
    if event["eventType"] != "APPROVAL_DECIDED":
        return event
    assert event["payload"]["outcome"]["type"] == "REJECT"
    outcome = {"type": "APPROVE", "note": "covered"}
    return {**event, "payload": {**event["payload"], "outcome": outcome}}


def decisions(run: Run, data: Path) -> list[str]:
    """Return the outcomes that a record shows."""
    lines = run("timeline", "--types", "APPROVAL_DECIDED", "--json", "--data", data).stdout.splitlines()
    return [json.loads(line)["payload"]["outcome"]["type"] for line in lines]


def grow(run: Run, made: Made) -> None:
    """Record one event more."""
    assert run("note", made.tasks[1], "seen", "--reviewer", "maria", "--data", made.data).returncode == 0


def is_plain(done: CompletedProcess[str], code: int) -> bool:
    """Return whether a command ended with a code, and with a sentence where it failed."""
    return done.returncode == code and "Traceback" not in done.stderr and "unexpected" not in done.stderr


def test_a_rewritten_record_is_found_out(run: Run, record: Made, tmp_path: Path) -> None:
    """One decision turned round, everything recomputed and signed with the same key.

    `verify` alone finds nothing. The witness refuses it at its next look and keeps both signed notes; `verify` with
    the note that it signed refuses it; and a proof that a reviewer took before is none of the record's any more.
    """
    key = run("checkpoint", "--key", "--data", record.data).stdout.strip()
    auditor = Auditor(run, tmp_path / "auditor", record, key)
    with serving(tmp_path / "home", record.data) as url:
        assert is_plain(auditor.look(url), 0)
    witnessed = ("--checkpoint", auditor.note, "--witness", auditor.key)
    proof = tmp_path / "decision.proof"
    assert run("prove", record.approvals[0], "-o", proof, "--data", record.data).returncode == 0
    grow(run, record)
    assert run("verify", *witnessed, "--data", record.data).returncode == 0
    before = auditor.note.read_text(encoding="utf-8")

    rewrite(record.data, approved_after_all)
    assert decisions(run, record.data) == ["APPROVE"]
    assert run("checkpoint", "--key", "--data", record.data).stdout.strip() == key
    assert is_plain(alone := run("verify", "--data", record.data), 0)
    assert SOUND in alone.stdout
    refused = run("verify", *witnessed, "--data", record.data)
    assert is_plain(refused, 1)
    assert "The record does not begin with the" in refused.stdout
    with serving(tmp_path / "home", record.data) as url:
        for _ in range(2):
            done = auditor.look(url)
            assert is_plain(done, 1)
            assert "REFUSED: The record no longer begins with the" in done.stderr
            assert "that this witness signed on 20" in done.stderr
    assert auditor.note.read_text(encoding="utf-8") == before
    (evidence,) = auditor.evidence()
    assert evidence["signed"] == before
    assert_outlives(run, proof, key, record.data)


def assert_outlives(run: Run, proof: Path, key: str, data: Path) -> None:
    """See that a proof still proves what was decided, and that its checkpoint is none of the record's any more."""
    kept = json.loads(run("check", proof, "--key", key, "--json").stdout)
    assert kept["events"][-1]["payload"]["outcome"]["type"] == "REJECT"
    note = proof.with_suffix(".note")
    note.write_text(json.loads(proof.read_bytes())["checkpoint"], encoding="utf-8")
    assert is_plain(run("verify", "--checkpoint", note, "--key", key, "--data", data), 1)


REPLACED = """
insert into pumpup.signing_key (ws, public_key, private_key)
    select new.id, key.public_key, key.private_key from pumpup.workspace new, pumpup.signing_key key
    join pumpup.workspace old on old.id = key.ws where old.name = %(name)s and new.name = %(forged)s;
update pumpup.workspace set name = %(name)s || '-before' where name = %(name)s;
update pumpup.workspace set name = %(name)s where name = %(forged)s
"""


def test_a_rewritten_database_is_found_out(
    run: Run, record: Made, tmp_path: Path, database: str, workspace: str
) -> None:
    """The database's owner puts another past in the place of a workspace, under its name and with its key."""
    place = ("--database", database, "--workspace", workspace)
    address = DatabaseAddress.parse(database)
    archive_folder(record.data, tmp_path / "archive")
    into_workspace(address, workspace, tmp_path / "archive", utc_now)
    key = run("checkpoint", "--key", *place).stdout.strip()
    auditor = Auditor(run, tmp_path / "auditor", record, key)
    assert is_plain(auditor.look_at(*place), 0)
    witnessed = ("--checkpoint", auditor.note, "--witness", auditor.key)
    assert run("verify", *witnessed, *place).returncode == 0

    rewrite(record.data, approved_after_all)
    archive_folder(record.data, tmp_path / "forged")
    into_workspace(address, f"{workspace}-forged", tmp_path / "forged", utc_now)
    with psycopg.ClientCursor(psycopg.connect(database, autocommit=True)) as cursor:
        cursor.execute(REPLACED, {"name": workspace, "forged": f"{workspace}-forged"})
        cursor.connection.close()
    assert run("checkpoint", "--key", *place).stdout.strip() == key
    assert is_plain(run("verify", *place), 0)
    assert is_plain(run("verify", *witnessed, *place), 1)
    done = auditor.look_at(*place)
    assert is_plain(done, 1)
    assert "REFUSED: The record no longer begins with" in done.stderr


def test_an_older_copy_is_found_out(run: Run, record: Made, tmp_path: Path) -> None:
    """A backup put back, with what was decided since gone: the witness names both counts."""
    key = run("checkpoint", "--key", "--data", record.data).stdout.strip()
    older = copied(record.data, tmp_path / "older")
    grow(run, record)
    auditor = Auditor(run, tmp_path / "auditor", record, key)
    assert is_plain(auditor.look_at("--data", record.data), 0)
    assert run("verify", "--data", older).returncode == 0
    done = auditor.look_at("--data", older)
    assert is_plain(done, 1)
    assert "fewer than the" in done.stderr


def test_two_histories_for_two_witnesses(run: Run, record: Made, tmp_path: Path) -> None:
    """Each witness is shown a record that only grows; the first to compare notes has both signatures of the record."""
    key = run("checkpoint", "--key", "--data", record.data).stdout.strip()
    other = copied(record.data, tmp_path / "other")
    rewrite(other, approved_after_all)
    first, second = (Auditor(run, tmp_path / name, record, key) for name in ("first", "second"))
    for auditor, data in ((first, record.data), (second, other)):
        for _ in range(2):
            assert is_plain(auditor.look_at("--data", data), 0)
    done = second.look_at("--data", other, "--compare", first.note)
    assert is_plain(done, 1)
    assert "claims.note has" in done.stderr
    (evidence,) = second.evidence()
    assert evidence["known"] == first.note.read_text(encoding="utf-8")
    assert is_plain(first.look_at("--data", record.data, "--compare", first.note), 0)


def test_a_witness_of_somebody_else_is_none(run: Run, record: Made, tmp_path: Path) -> None:
    """A note that another witness signed, or none, is refused where this one is asked for."""
    key = run("checkpoint", "--key", "--data", record.data).stdout.strip()
    first, second = (Auditor(run, tmp_path / name, record, key) for name in ("first", "second"))
    assert is_plain(first.look_at("--data", record.data), 0)
    assert is_plain(run("verify", "--checkpoint", first.note, "--witness", first.key, "--data", record.data), 0)
    done = run("verify", "--checkpoint", first.note, "--witness", second.key, "--data", record.data)
    assert is_plain(done, 1)
    assert "has not signed it" in done.stderr
