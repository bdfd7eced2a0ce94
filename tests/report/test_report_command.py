"""`report`: which decisions are in it, where it is written, and what it says of them."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pumpup_tui.commands.failure import Failed
from pumpup_tui.commands.report import evidence_reader
from pumpup_tui.commands.report.evidence import Evidence, ReportScope
from pumpup_tui.commands.report.evidence_reader import read_evidence
from pumpup_tui.commands.report.report_markdown import report_markdown
from store.folder.local_backend import open_local
from tests.cli.conftest import run_in
from tests.report.conftest import HEAD, Recorded
from tests.support.actors import ALICE

MARKDOWN = Path(__file__).parent / "report.md"


@pytest.fixture
def report(tmp_path: Path, plain: Recorded) -> Any:
    """Runs the command on the record, in a home of its own."""

    def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
        return run_in(tmp_path, "report", *words, "--data", plain.folder)

    return run


def data_of(page: str) -> dict[str, Any]:
    """Return the data of a page."""
    found = re.search(r"<script type=application/json[^>]*>(.*?)</script>", page)
    assert found is not None
    data: dict[str, Any] = json.loads(found[1])
    return data


def decisions(page: str) -> list[str]:
    """Return the summaries of the requests whose decisions are in a page."""
    events = {event["id"]: event for event in (json.loads(one["event"]) for one in data_of(page)["events"])}
    settled = ("APPROVAL_DECIDED", "ELICITATION_PROVIDED", "REQUEST_WITHDRAWN")
    of_request = [event["inResponseTo"] for event in events.values() if event["eventType"] in settled]
    return [events[one]["payload"]["summary"] for one in of_request]


def test_options_choose_the_decisions(report: Any) -> None:
    """A task by its name, a project, times, who decided: of each decision all that belongs to it, of others nothing."""
    everything = decisions(report("-o", "-").stdout)
    assert len(everything) == 7
    assert decisions(report("C-1", "c-3", "-o", "-").stdout) == ["Refund one", "Refund three"]
    assert decisions(report("--project", "claims_0", "-o", "-").stdout) == everything
    assert len(decisions(report("--decided-by", "alice", "-o", "-").stdout)) == 5  # a grant's, too
    assert decisions(report("--since", "2026-03-02T15:00Z", "-o", "-").stdout) == ["Refund six"]
    one = report("C-2", "-o", "-").stdout
    kinds = [json.loads(event["event"])["eventType"] for event in data_of(one)["events"]]
    assert kinds == ["TASK_CREATED", "APPROVAL_REQUESTED", "ACTION", "APPROVAL_DECIDED"]  # the action is an agreement
    nothing = report("--decided-by", "nobody", "-o", "-")
    assert (nothing.returncode, nothing.stderr) == (0, "No decision matches: the report is empty.\n")


def test_it_is_written_over_nothing_unasked(report: Any, tmp_path: Path) -> None:
    """A file that is there stays, unless `--yes` says otherwise; a name that is none ends with 3."""
    file = tmp_path / "report.html"
    written = report("-o", file)
    assert (written.returncode, written.stderr) == (0, "Reported 7 decisions with 25 events.\n")
    before = file.read_bytes()
    refused = report("C-1", "-o", file)
    assert refused.returncode == 1
    assert "already exists: pass --yes to overwrite it" in refused.stderr
    assert file.read_bytes() == before
    assert report("C-1", "-o", file, "--yes").returncode == 0
    assert len(file.read_bytes()) < len(before)
    assert report("no such task", "-o", "-").returncode == 3
    assert report("--project", "nothing", "-o", "-").returncode == 3
    assert report("-o", tmp_path / "not there" / "report.html").returncode == 1


@pytest.mark.parametrize(("limit", "words"), [("DECISIONS_MOST", "more than 3 decisions"), ("BYTES_MOST", "over 0 MB")])
async def test_too_much_for_one_report_is_refused(
    plain: Recorded, monkeypatch: pytest.MonkeyPatch, limit: str, words: str
) -> None:
    """With the number that one holds, and the options by which to make several."""
    monkeypatch.setattr(evidence_reader, limit, 3)
    backend = await open_local(plain.folder, ALICE, for_reading=True)
    try:
        with pytest.raises(Failed, match=f"{words}.*narrow it with --project, --since and --until"):
            await read_evidence(backend, ReportScope())
    finally:
        await backend.aclose()


def test_the_file_is_checked_by_another_program_too(report: Any, plain: Recorded, tmp_path: Path) -> None:
    """`check` finds the same events in it with the public key alone; of another key's or changed data it says so."""
    file = tmp_path / "report.html"
    report("-o", file)
    key = plain.evidence.key
    good = run_in(tmp_path, "check", file, "--key", key, "--json")
    assert good.returncode == 0, good.stdout + good.stderr
    assert [event["seq"] for event in json.loads(good.stdout)["events"]] == [one.seq for one in plain.evidence.events]
    assert json.loads(good.stdout)["ownPage"] is True
    page = file.read_text("ascii")
    for shown in (page.replace("<noscript>", "✓ VERIFIED<noscript>"), page.replace("VERIFIED", "CHECKED"), f"{page} "):
        file.write_text(shown)
        other = run_in(tmp_path, "check", file, "--key", key)
        assert (other.returncode, "CAREFUL: all else of the page is not as" in other.stdout) == (0, True), other.stdout
    data = re.findall("data-sha256=[0-9a-f]{64}>(.*?)</script>", page)[0]
    forged = data.replace("Refund one", "Refund two")
    for changed in (data.replace("alice", "malice"), forged, data[:-9], "[]", "x"):
        digest = hashlib.sha256(changed.encode()).hexdigest()
        content = page.replace(data, changed).replace(hashlib.sha256(data.encode()).hexdigest(), digest)
        file.write_text(content)
        bad = run_in(tmp_path, "check", file, "--key", key)
        assert (bad.returncode, bad.stdout[:7]) == (1, "WRONG: "), changed[:80]
    file.write_text(page.replace(data, forged))
    assert "was changed" in run_in(tmp_path, "check", file, "--key", key).stdout


def test_markdown_has_every_fact(plain: Recorded) -> None:
    """It is the stored document, word for word; `python -m tests.report` writes it again."""
    assert repeatable(plain.evidence) == MARKDOWN.read_text("utf-8")


def repeatable(evidence: Evidence) -> str:
    """Return the Markdown, with stand-ins for the key and what it signed, which are new in every record."""
    text = report_markdown(evidence, HEAD).replace(evidence.key, "KEY")
    return re.sub(r"(?m)^— .*$", "— SIGNATURE", text)
