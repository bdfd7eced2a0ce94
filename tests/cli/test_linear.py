"""Linear mode through a pipe, as a screen reader's or a log's: every kind of request decided, the record verified."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from api_client.actor import Actor
from store.folder.local_backend import open_local
from tests.cli.conftest import Run, command, environment
from tests.cli.made import HOSTILE, make
from tests.pilot.stage import ALL_FIELDS
from tests.support.actors import AGENT
from tests.support.world_builder import WorldBuilder

QUESTION = re.compile(r"What next\?|Send\?|Your answer\?|What do you|What is the note")


class Talk:
    """One end of a pipe: reads up to a question, and answers it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.log: list[str] = []

    def read(self) -> str:
        """Return what is said up to the next question, with it; or all of the rest."""
        assert self._process.stdout is not None
        said: list[str] = []
        for text in self._process.stdout:
            said.append(text)
            if QUESTION.search(text) and not text.startswith(("| ", "> ")):
                break
        self.log += said
        return "".join(said)

    def type(self, *lines: str) -> str:
        """Answer one question after the other; return what is said last."""
        said = ""
        for text in lines:
            assert self._process.stdin is not None
            self._process.stdin.write(f"{text}\n")
            self._process.stdin.flush()
            said = self.read()
        return said

    def confirm(self, *lines: str) -> str:
        """Type lines that end in a question for `yes`, and give it with its word."""
        said = self.type(*lines)
        word = re.search(r"Type '(yes \w+)'", said)
        assert word is not None, said
        return self.type(word[1])

    def end(self) -> str:
        """End the input; return what is said after that."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        said = self.read()
        assert self._process.wait() == 0, said
        return said


@contextmanager
def talking(data: Path, home: Path, grace: float) -> Iterator[Talk]:
    config = home / "pumpup.toml"
    home.mkdir(exist_ok=True)
    config.write_text(f"grace_seconds = {grace}\n")
    arguments = command("--linear", "--data", data, "--reviewer", "alice")
    variables = environment(home, TERM="dumb", PUMPUP_CONFIG=str(config))
    pipe = subprocess.PIPE
    with subprocess.Popen(arguments, stdin=pipe, stdout=pipe, encoding="utf-8", env=variables) as process:
        yield Talk(process)
        process.kill()


def outcomes(data: Path) -> list[Mapping[str, Any]]:
    """Return the payloads of all decisions and answers, oldest first."""

    async def read() -> list[Mapping[str, Any]]:
        backend = await open_local(data, Actor("maria", "reviewer"))
        try:
            page = await backend.events(types=("APPROVAL_DECIDED", "ELICITATION_PROVIDED"))
            return [event.payload for event in page.items]
        finally:
            await backend.aclose()

    return asyncio.run(read())


async def _ask_for_all_types(data: Path) -> None:
    backend = await open_local(data, Actor("maria", "reviewer"))
    try:
        world = WorldBuilder(backend.acting_as(AGENT), backend)
        task = await world.task("Claim C-2000", "claims")
        bids = [{"fieldId": "amount", "value": 240, "confidence": 0.8}]
        await world.elicitation(task, ALL_FIELDS, "All of it", "claims", recommendation=bids)
    finally:
        await backend.aclose()


def test_what_was_read_and_saved_is_recorded(tmp_path: Path, run: Run) -> None:
    """Of each request's attachments those that were printed or saved, with its decision; `show` has them too."""

    async def ask() -> tuple[list[str], str]:
        backend = await open_local(tmp_path / "data", Actor("maria", "reviewer"))
        try:
            world = WorldBuilder(backend.acting_as(AGENT), backend)
            task = await world.task("Claim C-1")
            uploads = [await world.upload(b"It was torn.", name, "text/plain") for name in ("a.txt", "b.txt", "c.txt")]
            await world.action(task, addAttachments=[{"uploadId": one, "label": "p"} for one in uploads])
            asked = [await world.approval(task, summary, attachments=uploads) for summary in ("First?", "Second?")]
            return uploads, asked[0]
        finally:
            await backend.aclose()

    (first, _, third), asked = asyncio.run(ask())
    (tmp_path / "out").mkdir()
    with talking(tmp_path / "data", tmp_path / "home", grace=0) as talk:
        talk.read()
        assert "It was torn." in talk.type("read 1")
        assert "saved as" in talk.type(f"save 3 {tmp_path / 'out'}")
        assert "is not a folder" in talk.type(f"save 2 {tmp_path / 'nowhere'}").replace("\n", " ")
        assert "2 of 3 attachments opened." in talk.type("approve")
        talk.confirm("no", "approve")
        assert "0 of 3 attachments opened." in talk.type("deny")
        talk.confirm("no", "deny")
        talk.end()
    assert [one["attachmentsOpened"] for one in outcomes(tmp_path / "data")] == [[first, third], []]
    shown = run("show", asked, "--data", tmp_path / "data").stdout
    assert re.findall(r"p: (opened|not opened)$", shown, re.MULTILINE) == ["opened", "not opened", "opened"]


def test_a_policy_is_told_before_and_after(tmp_path: Path, run: Run) -> None:
    """Who decides, what a yes does and what was hidden; who has agreed does so once; a pause is said when it comes."""
    made = make(tmp_path / "data", approvals=3, elicitations=1)
    rules: list[dict[str, Any]] = [{"name": "form", "when": {"kind": "elicitation"}, "tags": ["claims-lead"]}]
    rules.insert(0, {"name": "two", "when": {"kind": "approval"}, "people": 2})
    policy = json.dumps({"rules": rules, "blind": 1.0})
    assert run("projects", "policy", "set", "claims", "-", "--data", made.data, given=policy).returncode == 0
    with talking(made.data, tmp_path / "home", grace=0) as talk:
        begun = talk.read()
        assert "Who decides: needs 2 people" in begun
        assert "recommends is hidden until you decide" in begun
        assert "91 percent" not in begun + talk.type("raw")
        assert "This is approval 1 of the 2 that it needs: it decides nothing yet." in talk.type("approve")
        word = re.search(r"Type '(yes \w+)'", talk.log[-1])
        assert word is not None
        agreed = talk.type(word[1])
        assert "Agreed, not decided yet: approve" in agreed
        assert "It needs 1 more person to be decided." in agreed
        assert "The agent recommended: approve 91 %." in agreed
        listed = talk.type("list")
        number = re.search(r"(\d), approval, .*\n?\| Refund \$0|(\d), approval.*Refund \$0", listed)
        assert number is not None, listed
        opened = talk.type(f"open {number[1] or number[2]}")
        assert "91 percent confident" in opened, "it was hidden until the reader had decided"
        assert "You may not decide this: you agreed" in talk.type("approve")
        form = re.search(r"(\d), elicitation", talk.type("list"))
        assert form is not None
        assert "You may not decide this: Only claims-lead may decide this" in talk.type(f"open {form[1]}")
        assert "Only claims-lead" in talk.type("answer")
        assert run("pause", "--reason", "wrong prices", "--data", made.data, "--reviewer", "bob").returncode == 0
        assert "by bob: wrong prices. Agents' writes are refused." in talk.type("refresh").replace("\n", " ")
        assert "Paused" not in talk.type("refresh")
        assert run("resume", "--data", made.data).returncode == 0
        assert "Resumed: all projects." in talk.type("refresh")
        talk.end()
    assert outcomes(made.data) == []


def test_twenty_requests_through_a_pipe(tmp_path: Path, run: Run) -> None:
    """Each outcome, a note, a batch, undo, and answers of all ten types are recorded as they were typed."""
    made = make(tmp_path / "data", approvals=14, elicitations=4)
    asyncio.run(_ask_for_all_types(made.data))
    with talking(made.data, tmp_path / "home", grace=0) as talk:
        begun = talk.read()
        assert "Request 1 of 20, approval" in begun and "| Refund $0 on the claim" in begun
        assert "91 percent confident" in begun
        talk.confirm("approve")
        talk.confirm("deny two claims for one parcel", "reason fraud")
        assert "What do you change?" in talk.type("edit")
        talk.confirm("only $120")
        talk.confirm("ask", "the photos?")
        talk.confirm("escalate", "note over my limit")
        assert talk.confirm("batch approve 1-9").count("Recorded: approve") == 9
        # The elicitations: the first with a fault on the way, the others with what there is.
        talk.type("1", "answer", "Berlin", "900")
        talk.type("90", "perhaps", "no")
        talk.confirm("1,roof")
        for _ in range(2):
            talk.type("answer", "Rome", "", "yes")
            talk.confirm("")
        talk.confirm("decline not ours to say")
        # The hostile one: marked, and none of its characters acts.
        assert any(text.startswith("| Pay ␛") for text in talk.log)
        talk.confirm("deny")
        talk.type("answer", " mei@x.org ", "wet\nfloor\n.", "", "0.3", "water", "hood,3", "1 mar 2026")
        talk.type("9am", "2026-02-28 9:30")
        said = talk.confirm("no")
        assert "Nothing waits for you" in said
        assert "Goodbye" in talk.end()
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", "".join(talk.log)), "nothing acts on a terminal"
    assert HOSTILE not in "".join(talk.log)
    payloads = outcomes(made.data)
    decided = [payload["outcome"] for payload in payloads if "outcome" in payload]
    assert decided[:5] == [
        {"type": "APPROVE"},
        {"type": "REJECT", "note": "two claims for one parcel", "reasonCode": "fraud"},
        {"type": "EDIT_AND_APPROVE", "note": "only $120"},
        {"type": "REQUEST_MORE_INFO", "note": "the photos?"},
        {"type": "ESCALATE", "note": "over my limit"},
    ]
    assert [one["type"] for one in decided[5:]] == ["APPROVE"] * 9 + ["REJECT"]
    answers = [payload["answers"] for payload in payloads if "answers" in payload]
    assert answers[0] == {"place": "Berlin", "amount": 90, "police": False, "parts": ["hood", "roof"]}
    assert answers[-1] == {
        "email": "mei@x.org",
        "story": "wet\nfloor",
        "amount": 240,
        "trust": 0.3,
        "cause": "water",
        "parts": ["hood", "roof"],
        "day": "2026-03-01",
        "hour": "09:00",
        "moment": "2026-02-28T09:30",
        "police": False,
    }
    assert len(payloads) == 19, "and one was declined"
    assert run("verify", "--data", made.data).returncode == 0


def test_the_grace_time_undo_and_the_end(tmp_path: Path) -> None:
    """`yes` alone, or with another word, sends nothing; undo takes a decision back; the end sends what is confirmed."""
    made = make(tmp_path / "data", approvals=2, elicitations=0)
    with talking(made.data, tmp_path / "home", grace=1) as talk:
        talk.read()
        talk.type("approve")
        assert "Cancelled, nothing was sent" in talk.type("yes")
        talk.type("approve")
        assert "Cancelled, nothing was sent" in talk.type("yes zebra")
        assert "Held for 1 seconds" in talk.confirm("approve")
        assert "Taken back" in talk.type("undo")
        talk.confirm("deny")
        said = talk.end()
    assert "Recorded: deny" in said
    assert [payload["outcome"]["type"] for payload in outcomes(made.data)] == ["REJECT"]


@pytest.mark.parametrize("typed", ["approve\nyes\n", "approve", "yes\n" * 5, "\xff\n\x1b[A\n"])
def test_what_is_pasted_decides_nothing(tmp_path: Path, run: Run, typed: str) -> None:
    """Lines that nobody read the questions for send nothing, and the input may end anywhere."""
    made = make(tmp_path / "data", approvals=1, elicitations=1)
    result = run("--linear", "--data", made.data, "--reviewer", "alice", given=typed)
    assert (result.returncode, outcomes(made.data)) == (0, [])
    assert "Goodbye." in result.stdout


async def _ask_again(data: Path) -> None:
    backend = await open_local(data, Actor("maria", "reviewer"))
    try:
        world = WorldBuilder(backend.acting_as(AGENT), backend)
        task = await world.task("Claim C-3000", "claims")
        request = await world.approval(task, "Refund $5", "claims")
        await world.decision(request, "REQUEST_MORE_INFO", "the photos?")
        await world.approval(task, "Refund $5, now with photos", "claims")
    finally:
        await backend.aclose()


def test_a_list_says_how_much_it_leaves_out(tmp_path: Path, run: Run) -> None:
    """And how to have all of it; a request that asks again says what changed since."""
    made = make(tmp_path / "data", approvals=21, elicitations=0)
    asyncio.run(_ask_again(made.data))
    result = run("--linear", "--data", made.data, "--reviewer", "alice", given="list\nfind photos\nhelp\n")
    assert "1 to 20 are listed, 'list 23' lists all." in " ".join(result.stdout.split())
    assert "Changed since maria asked for more" in result.stdout
    assert "the photos?" in result.stdout
    assert "list COUNT: " in result.stdout
