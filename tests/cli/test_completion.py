"""`completion`: shells complete commands and options."""

from __future__ import annotations

import asyncio
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from api_client.actor import Actor
from store.folder.local_backend import open_local
from tests.cli.conftest import Run, command, environment
from tests.cli.made import Made
from tests.support.actors import AGENT
from tests.support.world_builder import WorldBuilder


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_script(run: Run, shell: str) -> None:
    """It names the program and asks it for completions."""
    result = run("completion", shell)
    assert (result.returncode, result.stderr) == (0, "")
    assert "_PUMPUP_TUI_COMPLETE" in result.stdout
    assert "pumpup-tui" in result.stdout


def test_bash_takes_the_script(run: Run, tmp_path: Path) -> None:
    """A real bash reads it without a complaint."""
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("bash is not installed")
    script = run("completion", "bash").stdout
    result = subprocess.run([bash, "-n"], input=script, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")


def test_a_name_of_several_words_stays_one(run: Run, tmp_path: Path, made: Made) -> None:
    """What a real bash puts on the line for it has its spaces escaped."""
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("bash is not installed")
    program = tmp_path / "pumpup-tui"
    program.write_text(f'#!/bin/sh\nexec {shlex.join(map(str, command()))} "$@"\n')
    program.chmod(0o755)
    script = run("completion", "bash").stdout
    function = re.findall(r"complete .*-F (\S+)", script)[0]
    words = shlex.join(["pumpup-tui", "move", "--data", str(made.data), "Claim"])
    script += f'COMP_WORDS=({words}) COMP_CWORD=4\n{function} {program}\nprintf "%s\\n" "${{COMPREPLY[@]}}"\n'
    result = subprocess.run([bash], input=script, env=environment(tmp_path), capture_output=True, text=True, check=True)
    offered = result.stdout.split("\n")[:-1]
    assert offered
    assert all(re.fullmatch(r"Claim(\\ \S+)+", one) for one in offered), offered


@pytest.mark.parametrize(
    ("typed", "found"),
    [("pumpup-tui ap", "approve"), ("pumpup-tui inbox --pro", "--profile"), ("pumpup-tui pro", "projects")],
)
def test_what_is_typed_is_completed(tmp_path: Path, typed: str, found: str) -> None:
    """Commands that are loaded when named are found too."""
    settings = environment(
        tmp_path, _PUMPUP_TUI_COMPLETE="bash_complete", COMP_WORDS=typed, COMP_CWORD=str(len(typed.split()) - 1)
    )
    result = subprocess.run(command(), env=settings, capture_output=True, text=True, check=False)
    assert f"plain,{found}" in result.stdout.splitlines()


def completed(tmp_path: Path, *words: str, shell: str = "bash") -> list[str]:
    """Return what a shell offers for the last of the words."""
    typed = " ".join(("pumpup-tui", *words))
    settings = environment(
        tmp_path, _PUMPUP_TUI_COMPLETE=f"{shell}_complete", COMP_WORDS=typed, COMP_CWORD=str(len(words))
    )
    result = subprocess.run(command(), env=settings, capture_output=True, text=True, check=False)
    assert result.stderr == ""
    return result.stdout.split("\n")[:-1] if result.stdout.strip() else []


def test_ids_and_names_are_completed(tmp_path: Path, made: Made) -> None:
    """Of projects, open requests and tasks, at the place that the options name, whose options may come first."""
    data = ("--data", str(made.data))
    assert completed(tmp_path, *data, "inbox", "--project", "cl") == ["plain,claims"]
    assert completed(tmp_path, "show", *data, made.approvals[0][:6])[0].startswith("plain,evt_")
    assert f"plain,{made.approvals[0]}" in completed(tmp_path, "approve", *data, made.approvals[0][:14])
    named = completed(tmp_path, "move", *data, "Claim")
    assert named
    assert all(one.startswith("plain,Claim\\ ") for one in named)
    assert completed(tmp_path, "inbox", "--data", str(tmp_path / "none"), "--project", "cl") == []
    assert completed(tmp_path, "projects", "policy", "check", *data, "cl") == ["plain,claims"]
    assert completed(tmp_path, "grants", "end", *data, "grt_") == []


async def add_task(data: Path, name: str) -> None:
    backend = await open_local(data, Actor("maria", "reviewer"))
    try:
        await WorldBuilder(backend.acting_as(AGENT), backend).task(name, "claims")
    finally:
        await backend.aclose()


def test_a_name_that_a_shell_would_run_is_not_offered(tmp_path: Path, made: Made) -> None:
    """An agent names a task; what the shell offers for it is its id."""
    data = tmp_path / "data"
    shutil.copytree(made.data, data)
    asyncio.run(add_task(data, "Klaim $(touch owned); x"))
    offered = completed(tmp_path, "timeline", "--data", str(data), "Klaim")
    assert [one[:10] for one in offered] == ["plain,tsk_"]


def test_a_shell_that_is_none(run: Run) -> None:
    """Those that there are, are named."""
    result = run("completion", "tcsh")
    assert result.returncode == 2
    assert "fish" in result.stderr
