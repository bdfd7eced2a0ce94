"""A wheel and an sdist built from this tree, installed where nothing else is, on each Python that is to be had.

The running Python alone, unless PACKAGING=full (`make packaging`).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.pages import README, commands_under
from tests.waiting import HANG_SECONDS

ROOT = Path(__file__).parents[2]

LOOK = """
import sys
from importlib.resources import files
import pumpup_tui
sheets = sorted(entry.name for entry in files("styles").iterdir() if entry.name.endswith(".tcss"))
print(pumpup_tui.__file__)
print(*sheets)
import pumpup_tui.app
import store.server.app
from pumpup_tui.commands.report.report_html import page_script, page_style
assert page_script() and page_style()
"""


def clean_environment(home: Path) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "PUMPUP", "VIRTUAL_ENV"))}
    return {**kept, "HOME": str(home)}


def do(*words: str | Path, cwd: Path) -> str:
    result = subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        env=clean_environment(cwd),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=5 * HANG_SECONDS,  # packages come over a network
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def fresh(folder: Path, python: str = sys.executable, *, pip: bool = False) -> Path:
    """Return the scripts' folder of a new virtual environment with nothing in it, but pip where it is asked for."""
    do(python, "-m", "venv", *(() if pip else ("--without-pip",)), folder, cwd=folder.parent)
    return folder / ("Scripts" if sys.platform == "win32" else "bin")


def install(into: Path, *packages: str | Path, pip: Path) -> None:
    """Install packages into a fresh environment, by the pip of another one; each module is compiled once it is used."""
    quietly = ("--quiet", "--disable-pip-version-check", "--no-compile")
    do(pip, "--python", into / "python", "install", *quietly, *packages, cwd=into)


def pythons() -> Iterator[str]:
    """Yield the running Python and, for all that is to be tried, each other one from 3.11 on."""
    yield sys.executable
    if os.environ.get("PACKAGING") != "full":
        return
    versions = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser() / "versions"
    for minor in range(11, 20):
        kept = sorted(versions.glob(f"3.{minor}.*/bin/python"))
        found = str(kept[-1]) if kept else shutil.which(f"python3.{minor}")
        if found and minor != sys.version_info.minor:
            yield found


@pytest.fixture(scope="module")
def pip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pip of an environment in which packages are built."""
    work = tmp_path_factory.mktemp("build")
    bin_ = fresh(work / "venv", pip=True)
    install(bin_, "hatchling", pip=bin_ / "pip")
    return bin_ / "pip"


@pytest.fixture(scope="module")
def dist(pip: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and with the wheel that is built out of it."""
    work = tmp_path_factory.mktemp("dist")
    do(pip.parent / "python", "-m", "hatchling", "build", "-t", "sdist", "-d", work, cwd=ROOT)
    (sdist,) = work.glob("*.tar.gz")
    quietly = ("--quiet", "--disable-pip-version-check", "--no-build-isolation", "--no-deps")
    do(pip, "wheel", *quietly, "-w", work, sdist, cwd=work)
    return work


@pytest.fixture(scope="module", params=list(pythons()))
def installed(pip: Path, dist: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """The scripts' folder of a fresh environment that holds the wheel and what it asks for, nothing else."""
    bin_ = fresh(tmp_path_factory.mktemp("install") / "venv", request.param)
    (wheel,) = dist.glob("*.whl")
    install(bin_, wheel, pip=pip)
    return bin_


@pytest.mark.slow
def test_the_installed_command_runs(installed: Path, tmp_path: Path) -> None:
    """`pip install` of the wheel gives a `pumpup-tui` that knows its version and its commands."""
    assert do(installed / "pumpup-tui", "--version", cwd=tmp_path).startswith("pumpup-tui ")
    assert "demo" in do(installed / "pumpup-tui", "--help", cwd=tmp_path)
    assert "built in" in do(installed / "pumpup-tui", "config", cwd=tmp_path)
    assert "versions" in do(installed / "pumpup-tui", "doctor", cwd=tmp_path)
    (tmp_path / "data").mkdir()
    key = do(installed / "pumpup-tui", "keys", "add", "bot", "--role", "agent", "--data", "data", cwd=tmp_path)
    assert len(key.strip()) > 30


@pytest.mark.slow
def test_the_styles_are_in_the_wheel(installed: Path, tmp_path: Path) -> None:
    """The screens of the installed package find each style sheet, and all that it imports is there."""
    where, sheets = do(installed / "python", "-c", LOOK, cwd=tmp_path).splitlines()
    assert str(ROOT) not in where
    assert sheets.split() == sorted(file.name for file in (ROOT / "styles").glob("*.tcss"))
    assert sheets


@pytest.mark.slow
def test_the_sdist_holds_what_a_packager_needs(dist: Path) -> None:
    """Source, tests and papers are in the sdist; nothing that was lying about in the checkout is."""
    (sdist,) = dist.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {
        "pyproject.toml",
        "README.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "docs/README.md",
        "docs/screens/inbox-120x40.svg",
        "docs/record.jsonl",
        "Makefile",
        "pumpup_tui/cli.py",
        "tests/conftest.py",
    } <= names
    assert not [name for name in names if name.startswith((".venv", ".git/")) or name.endswith(".pyc")]


@pytest.mark.slow
@pytest.mark.skipif(os.environ.get("PACKAGING") != "full", reason="PACKAGING=full tries it: make packaging")
def test_the_sdist_installs(dist: Path, tmp_path: Path) -> None:
    """What the README says under Install builds and installs the same command, typed in an unpacked sdist."""
    bin_ = fresh(tmp_path / "venv", pip=True)
    (sdist,) = dist.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (unpacked,) = tmp_path.glob("pumpup_tui-*")
    for command in commands_under(README, "Install"):
        do("sh", "-c", f"PATH={bin_}:$PATH; {command}", cwd=unpacked)
    assert do(bin_ / "pumpup-tui", "--version", cwd=tmp_path).startswith("pumpup-tui ")
