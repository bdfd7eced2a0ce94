"""What a number is and what only looks like one: as it stands in a real terminal."""

from __future__ import annotations

from pathlib import Path

from api_client.actor import Actor
from api_client.commands import CreateTask, RequestApproval, read_command
from api_client.times import utc_now
from store.folder.local_backend import open_local
from tests.cli.conftest import command, environment
from tests.cli.terminal import terminal


async def ask(folder: Path) -> None:
    """Ask for an approval whose amounts are not what they seem."""
    local = await open_local(folder, Actor("alice", "reviewer"), clock=utc_now)
    agent = local.acting_as(Actor("agent-1", "agent"))
    task = (await agent.submit(CreateTask(project_name="general", name="Claim C-1"), key="task")).answer["id"]
    raw = {
        "projectName": "general",
        "taskId": task,
        "summary": "- 500 USD back\n- *nothing* else",
        "keyValueContext": {
            "Amount": "$1,OOO",
            "Digits": "\u0661\u0662",
            "Marked": "e" + "\u0301" * 20 + "nd",
            "Padded": "a" + "\u3000" * 40 + "z",
        },
    }
    await agent.submit(read_command(RequestApproval, raw), key="request")
    await local.aclose()


async def test_signs_and_lookalikes_are_told_in_a_terminal(tmp_path: Path) -> None:
    """The minus stands, marks and blanks are cut and counted, and the raw text spells out what looks like a digit."""
    await ask(tmp_path / "data")
    words = command("--data", tmp_path / "data", "--reviewer", "alice")
    with terminal(words, environment(tmp_path / "home"), columns=200, rows=50) as screen:
        screen.wait_for("- 500 USD back")
        screen.wait_for("- nothing else")
        screen.wait_for("16 hidden, 3 look like something else, 2 digits of another script, 1 wide gap")
        screen.wait_for("⟨+16 marks⟩nd")
        screen.wait_for("⟨+32 spaces⟩z")
        screen.press("v")
        screen.wait_for("Amount: $1,\\x4f\\x4f\\x4f")
        screen.wait_for("Digits: \\u0661\\u0662")
        screen.press("q")
        assert screen.end() == 0
