"""`completion`: shells complete commands and options."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Run, command, environment


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


def test_a_shell_that_is_none(run: Run) -> None:
    """Those that there are, are named."""
    result = run("completion", "tcsh")
    assert result.returncode == 2
    assert "fish" in result.stderr
