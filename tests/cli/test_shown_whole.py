"""What `show` and the question before a decision print: all of a request, and nothing that passes for our own words."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest

from api_client.actor import Actor
from api_client.commands import (
    CreateProject,
    CreateTask,
    ReceiveUpload,
    RecordAction,
    RequestApproval,
    RequestElicitation,
    read_command,
)
from pumpup_tui.commands.output import wrap_text
from store.folder.local_backend import open_local
from tests.cli.conftest import CLAIMS_STEPS, command, environment, run_in
from tests.cli.terminal import terminal

BAR = "│ "
SPOOF = """Refund $24.00

Asked by  alice (human)
Agent     ▲ approve 99 %
          Within policy.
Context
│ Amount  $24.00
Waiting   9d
Hash      0000
Approve this as alice?"""


def long(name: str, size: int) -> str:
    """Return a text of so many characters, of which every part tells where it is."""
    return " ".join(f"{name}{number:06d}" for number in range(size))[: size - 3] + "end"


WHOLE: dict[str, Any] = {
    "summary": long("summary", 15_900),
    "keyValueContext": {
        **{f"key {number:03d}": f"value {number:03d}" for number in range(198)},
        long("name", 60_000): "of a long name",
        "of a long value": long("value", 60_000),
    },
    "recommendation": {
        "outcome": {"type": "REJECT", "note": long("note", 60_000), "reasonCode": long("code", 3_000)},
        "confidence": 0.97,
        "rationale": long("rationale", 60_000),
    },
}
FORM: dict[str, Any] = {
    "summary": "What happened?",
    "fields": [
        {
            "type": "Select",
            "id": long("id", 2_000),
            "label": long("label", 30_000),
            "description": long("description", 30_000),
            "required": True,
            "options": [f"option {number:04d}" for number in range(1_000)],
        },
        {"type": "Multiselect", "id": "m", "label": "M", "required": False, "options": ["x" * 600, "y"]},
    ],
    "recommendation": [
        {"fieldId": "m", "value": ["x" * 600, "y"], "confidence": 0.5, "rationale": long("why", 30_000)},
    ],
}


async def _asked(data: Path, **asked: Any) -> str:
    backend = await open_local(data, Actor("maria", "reviewer"))
    try:
        agent = backend.acting_as(Actor("agent-7", "agent"))
        steps = {"name": "Claims", "steps": json.loads(CLAIMS_STEPS)}
        await backend.submit(read_command(CreateProject, steps), key="project")
        made = await agent.submit(read_command(CreateTask, {"projectName": "claims", "name": "Claim C-1"}), key="task")
        of_task = {"projectName": "claims", "taskId": made.answer["id"]}
        labels: list[str] = asked.pop("labels", [])
        asked["attachments"] = [await _attached(agent, of_task, label) for label in labels]
        kind = RequestElicitation if "fields" in asked else RequestApproval
        return (await agent.submit(read_command(kind, {**of_task, **asked}), key="ask")).event_id
    finally:
        await backend.aclose()


async def _attached(agent: Any, of_task: dict[str, Any], label: str) -> str:
    async def content() -> Any:
        yield label.encode()

    upload = ReceiveUpload(file_name="a.txt", content_type="text/plain")
    upload_id = str((await agent.submit(upload, key=f"upload {label[:9]}", content=content())).answer["id"])
    action = {**of_task, "description": "attach", "addAttachments": [{"uploadId": upload_id, "label": label}]}
    await agent.submit(read_command(RecordAction, action), key=f"attach {label[:9]}")
    return upload_id


def texts_in(value: Any) -> list[str]:
    """Return every text of a request, keys of what is foreign too."""
    if isinstance(value, dict):
        return [text for key, one in value.items() for text in [key, *texts_in(one)]]
    return [text for one in value for text in texts_in(one)] if isinstance(value, list) else [str(value)]


def squeezed(text: str) -> str:
    """Return a text without what breaking it into lines adds: blanks, line ends and bars."""
    return re.sub(r"[\s│]+", "", text)


FOREIGN = [
    *texts_in(WHOLE["keyValueContext"]),
    *(WHOLE["recommendation"][key] for key in ("rationale",)),
    *(WHOLE["recommendation"]["outcome"][key] for key in ("note", "reasonCode")),
    WHOLE["summary"],
]
LABELS = [long("photo", 500), "b.pdf"]


def test_all_of_an_approval_is_printed(tmp_path: Path) -> None:
    """The longest texts that the contract takes, on a pipe and before the question in a terminal: none is cut."""
    data, home = tmp_path / "data", tmp_path / "home"
    request = asyncio.run(_asked(data, **WHOLE, labels=LABELS))
    shown = run_in(home, "show", request, "--data", data).stdout
    words = command("approve", request, "--reviewer", "alice", "--data", data)
    with terminal(words, environment(home), columns=80) as screen:
        screen.wait_for("Approve this as alice?")
        asked = screen.text()
        screen.press("n\r")
        assert screen.end() == 1
    for printed in (squeezed(shown), squeezed(asked)):
        assert [text[:60] for text in (*FOREIGN, *LABELS) if squeezed(text) not in printed] == []
        assert "Askedbyagent-7(agent)" in printed
        assert "characters" not in printed


def test_all_of_a_form_is_printed(tmp_path: Path) -> None:
    """Labels, descriptions, options and bids of a form, each to its end."""
    data = tmp_path / "data"
    request = asyncio.run(_asked(data, **FORM))
    printed = squeezed(run_in(tmp_path / "home", "show", request, "--data", data).stdout)
    wanted = [text for text in texts_in(FORM) if text not in ("True", "False", "0.5", "fieldId", "required", "value")]
    keys = {"summary", "fields", "recommendation", "type", "id", "label", "description", "options"}
    missing = [text[:60] for text in wanted if text not in keys and squeezed(text) not in printed]
    assert [text for text in missing if text not in ("confidence", "rationale")] == []
    assert "50%" in printed


OURS = (
    *("Approval evt_", "Elicitation evt_", "Context", "Asked for", "Asked by", "Task", "Project", "Step", "Waiting"),
    *("Attached", "Agent", "Its note", "Hash"),
)
"""What our own lines begin with."""


def test_the_answers_of_a_file_are_shown_before_they_are_sent(tmp_path: Path) -> None:
    """Who is asked whether to answer sees with what."""
    data, home, file = tmp_path / "data", tmp_path / "home", tmp_path / "answers.json"
    fields = [
        {"type": "Text", "id": "place", "label": "Where?", "required": True},
        {"type": "Switch", "id": "police", "label": "Police called?", "required": True},
    ]
    request = asyncio.run(_asked(data, summary="What happened?", fields=fields))
    file.write_text(json.dumps({"place": "Berlin\x1b]0;x", "police": False}), encoding="utf-8")
    words = command("answer", request, "--file", file, "--reviewer", "alice", "--data", data)
    with terminal(words, environment(home), columns=80) as screen:
        screen.wait_for("Answer this as alice?")
        assert "Your answers │ place Berlin␛]0;x │ police no" in screen.text()
        screen.press("n\r")
        assert screen.end() == 1


@pytest.mark.parametrize("columns", [200, 80, 40])
@pytest.mark.parametrize("where", ["summary", "a context's key", "a context's value", "rationale", "label", "form"])
def test_no_foreign_text_passes_for_ours(tmp_path: Path, where: str, columns: int) -> None:
    """A text that imitates the frame stands behind a bar or a name, on every line, wrapped ones too."""
    spoofs: dict[str, dict[str, Any]] = {
        "summary": {"summary": SPOOF},
        "a context's key": {"summary": "x", "keyValueContext": {SPOOF: "x", "Agent": "▲ approve 99 %"}},
        "a context's value": {"summary": "x", "keyValueContext": {"x": SPOOF}},
        "rationale": {
            "summary": "x",
            "recommendation": {"outcome": {"type": "REJECT", "note": SPOOF}, "rationale": SPOOF},
        },
        "label": {"summary": "x", "labels": [SPOOF]},
        "form": {
            "summary": "x",
            "fields": [
                {"type": "Text", "id": SPOOF, "label": SPOOF, "description": SPOOF, "required": True},
            ],
        },
    }
    asked = spoofs[where]
    data, home = tmp_path / "data", tmp_path / "home"
    request = asyncio.run(_asked(data, **asked))
    lines = run_in(home, "show", request, "--data", data, COLUMNS=str(columns)).stdout.splitlines()
    ours = [line for line in lines if line and not line.startswith((BAR, "  "))]
    assert [line for line in ours if not line.startswith(OURS)] == []
    assert [line for line in ours if line.startswith("Asked by")] == ["Asked by  agent-7 (agent)"]
    assert [line for line in ours if line.startswith("Agent") and "99 %" in line] == []
    assert ["9d" in line for line in ours if line.startswith("Waiting")] == [False]
    assert len([line for line in ours if line.startswith("Hash")]) == 1


def test_breaking_lines_loses_nothing_and_is_linear_work() -> None:
    """A long word is cut into pieces that fit, characters of two cells whole; blanks at a paragraph's start stay."""
    text = "x" * 200_000 + " " + "界" * 50_000 + "\n    indented " + "a b " * 50_000
    rows = wrap_text(text, 31)
    assert squeezed("".join(rows)) == squeezed(text)
    assert max(map(len, rows)) <= 31
    assert "    indented a b a b a b a b a" in rows
    assert wrap_text("", 31) == [""]
    assert wrap_text("a\n\nb", 31) == ["a", "", "b"]
