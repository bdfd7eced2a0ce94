"""The README does what it says."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from pathlib import Path

from api_client.commands import Decide
from api_client.http import HttpBackend
from api_client.models import Outcome
from pumpup_tui.app import PumpUpApp
from pumpup_tui.key_names import key_words
from pumpup_tui.keys import all_bindings
from tests.cli.conftest import Run, environment, serving

README = Path(__file__).parents[2] / "README.md"


def block(language: str) -> str:
    """Return the only block of the README in this language."""
    (found,) = re.findall(rf"```{language}\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    return str(found)


async def approve_the_first(url: str, key: str) -> None:
    backend = HttpBackend(url, key)
    try:
        async with asyncio.timeout(20):
            while not (items := (await backend.inbox()).items):  # noqa: ASYNC110 - another process writes
                await asyncio.sleep(0.1)
        assert items[0].summary == "Refund $240 on claim C-1029"
        decide = Decide(request_id=items[0].request_id, outcome=Outcome(type="APPROVE"), request_hash=items[0].hash)
        await backend.submit(decide, key="readme")
    finally:
        await backend.aclose()


def test_the_agent_of_the_readme_gets_its_decision(run: Run, tmp_path: Path) -> None:
    """A developer who follows the README to the letter has a person in the loop."""
    home, data, steps = tmp_path / "home", tmp_path / "work", tmp_path / "claims.json"
    steps.write_text(block("json"), encoding="utf-8")
    assert run("projects", "create", "Claims", "--steps", steps, "--data", data).returncode == 0
    agent_key = run("keys", "add", "refund-bot", "--role", "agent", "--data", data).stdout.strip()
    reviewer_key = run("keys", "add", "alice", "--role", "reviewer", "--data", data).stdout.strip()
    with serving(home, data) as url:
        agent = subprocess.Popen(
            [sys.executable, "-c", block("python")],
            env=environment(home, PUMPUP_BASE_URL=url, PUMPUP_API_KEY=agent_key, PYTHONWARNINGS="ignore"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        asyncio.run(approve_the_first(url, reviewer_key))
        out, words = agent.communicate(timeout=30)
    assert words == ""
    assert out == "APPROVE by alice\n"


def test_the_keys_of_the_readme_are_the_apps() -> None:
    """No key in the README's table does nothing, and none of those that decide or move is missing."""
    table = README.read_text(encoding="utf-8").partition("| where | keys |")[2].partition("\n\n")[0]
    told = set(re.findall(r"`([^`]+)`", table))
    bound = {key: binding for binding in all_bindings(PumpUpApp) for key in key_words(binding.key).split("  ")}
    assert told <= bound.keys()
    must = {key for key, binding in bound.items() if (binding.id or "").startswith(("decide.", "board.move"))}
    assert must <= told


def test_the_readme_names_what_is_there() -> None:
    """Each path and make target that the README names exists."""
    text = README.read_text(encoding="utf-8")
    targets = (README.parent / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"`?make ([a-z]+)", text):
        assert f"\n{target}:" in targets
    for path in re.findall(r"`([a-z_]+/[a-z_./]*)`", text):
        assert (README.parent / path).exists(), path
    assert (README.parent / "docs" / "inbox.svg").is_file()


def test_the_commands_of_the_readme_are_there(run: Run) -> None:
    """Each `pumpup-tui COMMAND` that the README shows exists, with the options that it is shown with."""
    text = README.read_text(encoding="utf-8")
    shown = re.findall(r"^pumpup-tui ([a-z]+(?: (?:add|list|revoke|create))?)\b(.*?)(?:\s#.*)?$", text, re.MULTILINE)
    assert len(shown) >= 5
    for name, rest in shown:
        result = run(*name.split(), "--help")
        assert result.returncode == 0, name
        for option in re.findall(r"--[a-z-]+|-o\b", rest):
            assert option in result.stdout, (name, option)
