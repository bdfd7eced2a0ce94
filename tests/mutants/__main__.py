"""Make small changes to the modules that everything rests on, and name those that no test notices.

    python -m tests.mutants [--only store/folder/head.py] [--again | --last] [--folder build/mutants]

mutmut makes and runs the changes, each in a fork of its own, at the functions that a test reaches. Exits with 1
where a survivor is not listed in survivors.toml, or where fewer than 90 % of the changes were noticed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.mutants.modules import LEFT_OUT, MODULES
from tests.mutants.survivors import Change, Outcome, load, report

ROOT = Path(__file__).resolve().parents[2]
CODE = ("store", "api_client", "pumpup_tui", "styles", "tests")
PARTS = (*CODE, "docs", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "Makefile")
PROCESSES = 2


def main() -> None:
    """Parse the arguments, run each module and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--only", choices=sorted(MODULES), action="append", help="one module of them")
    parser.add_argument("--again", action="store_true", help="run only what survived last time, and what is new")
    parser.add_argument("--last", action="store_true", help="run nothing, report the last run")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "mutants", help="where the changed code stands")
    chosen = parser.parse_args()
    places = {module: chosen.folder / module.removesuffix(".py").replace("/", ".") for module in chosen.only or MODULES}
    for module, place in places.items():
        if not chosen.last:
            run(module, place, again=chosen.again)
    sys.exit(report([outcome_of(module, place) for module, place in places.items()], load()))


def run(module: str, place: Path, *, again: bool) -> None:
    """Run every change of one module, or those that were not noticed before and those that are new."""
    if not again:
        shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True, exist_ok=True)
    for name in PARTS:  # copies: what is edited while the changes run is not mixed with them
        _copy(ROOT / name, place / name)
    (place / "pyproject.toml").write_text(_configuration(module))
    if survivors := _names(place, module, lambda word: word not in ("killed", "not collected", "not checked")):
        _mutmut(place, survivors)
    if not again or _names(place, module, lambda word: word == "not checked"):
        _mutmut(place, [])
    # On a busy machine a change may end at the limit of time without being to blame: it has a second try.
    if late := _names(place, module, lambda word: word == "timeout"):
        _mutmut(place, late)


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "__snapshots__"))
    else:
        shutil.copy2(source, target)


def _mutmut(place: Path, names: Sequence[str]) -> None:
    """Run these changes, or all that have not been run, in a folder that is laid out for one module."""
    command = [str(Path(sys.executable).with_name("mutmut")), "run", "--max-children", str(PROCESSES), *names]
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    log = place / "mutmut.log"
    with log.open("w") as output:
        done = subprocess.run(command, cwd=place, env=environment, stdout=output, stderr=output, check=False)
    if done.returncode:
        sys.exit(f"mutmut failed in {place}:\n{log.read_text()[-5000:]}")


def _configuration(module: str) -> str:
    """Return the project's configuration with mutmut's for one module."""
    plugins = [
        "pytest_asyncio.plugin",
        "_hypothesis_pytestplugin",
        "pytest_timeout",
        "tests.mutants.quick",
        "no:cacheprovider",
    ]
    plugins += ["no:unraisableexception", "no:threadexception"]  # they collect garbage five times a run: half its time
    settings = {
        "source_paths": ["store", "api_client", "pumpup_tui"],
        "only_mutate": [module],
        "also_copy": [name for name in PARTS if name not in ("store", "api_client", "pumpup_tui", "tests")],
        "pytest_add_cli_args": [part for name in plugins for part in ("-p", name)],
        "pytest_add_cli_args_test_selection": [*MODULES[module], "-k", LEFT_OUT],
        "timeout_constant": 5.0,  # seconds, and the multiplier of it and of the tests' own time
        "timeout_multiplier": 6.0,
        "process_isolation": "forkserver",  # else what the first run of the tests left in caches hides what is changed
        "use_git_change_detection": False,
    }
    # Lists of strings, strings, numbers and booleans are written alike in JSON and in TOML.
    lines = [f"{key} = {json.dumps(value)}" for key, value in settings.items()]
    return "\n".join([(ROOT / "pyproject.toml").read_text(), "[tool.mutmut]", *lines, ""])


def _codes(place: Path, module: str) -> dict[str, int | None]:
    meta = place / "mutants" / f"{module}.meta"
    codes: dict[str, int | None] = json.loads(meta.read_text())["exit_code_by_key"] if meta.exists() else {}
    return codes


def _names(place: Path, module: str, chosen: Callable[[str], bool]) -> list[str]:
    """Return mutmut's names for the changes whose outcome, in mutmut's word, is a chosen one."""
    return [name for name, code in _codes(place, module).items() if chosen(_word(code))]


def _word(code: int | None) -> str:
    """Return mutmut's word for an exit code, and one of ours where it has a wrong one."""
    from mutmut.stats import status_by_exit_code

    # A test that runs the code as it is loaded can't be collected then: mutmut takes that for the limit of time.
    return "not collected" if code == 255 else status_by_exit_code[code]


def outcome_of(module: str, place: Path) -> Outcome:
    """Read what mutmut left: the exit code of each change's tests, and the changes as lines."""
    from mutmut.mutation.diff_apply import get_diff_for_mutant

    changes: dict[str, list[Change]] = {}
    before = Path.cwd()
    os.chdir(place)
    try:
        for name, code in _codes(place, module).items():
            diff = get_diff_for_mutant(name, path=module)
            changes.setdefault(_word(code), []).append(Change.of(module, name, diff))
    finally:
        os.chdir(before)
    return Outcome(module, changes)


if __name__ == "__main__":
    main()
