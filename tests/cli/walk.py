"""Walks a page: types its blocks into a shell, in order, as a reader would.

What a test puts in place of what a page says is here and nowhere else:

| on the page                   | in a test                                                                            |
|-------------------------------|--------------------------------------------------------------------------------------|
| the clone that one types in   | an empty folder with links to `.venv` and `docs`, and a home of its own              |
| port 7867                     | `--port 0`, and then the port that the server reports                                |
| `--host 0.0.0.0`              | `--host 127.0.0.1`: a test reaches no other network                                  |
| `make demo`                   | the same target of the same Makefile, with the running Python's own tools            |
| `/opt/pumpup/bin/`, `/srv/`   | the running Python's own command; a folder of the test's (`tests/ssh`)               |
| `postgresql://owner@db.…`     | a database of the tests' own                                                         |
| `AAAA…`                       | the test's own key (`tests/ssh`)                                                     |
| `db.example.com`              | the database server that the test has started                                        |
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from types import TracebackType

from tests.cli.conftest import environment
from tests.cli.pages import ROOT, Block, Page
from tests.cli.terminal import Terminal, terminal
from tests.waiting import HANG_SECONDS

BIN = Path(sys.executable).parent
DATABASE = "postgresql://owner@db.example.com/pumpup"

Act = Callable[["Walk", str], None]
"""What is done with a command that does not end by itself, or with a block that is not for a shell."""


class Walk(AbstractContextManager["Walk"]):
    """A reader of a page, who types its blocks into shells, one command after the other."""

    def __init__(self, page: Page, folder: Path) -> None:
        self.page, self.folder = page, folder
        self.said: dict[str, str] = {}
        """The stdout of each command that has ended, by the command."""
        self.replaced: dict[str, str] = {}
        """What stands for a part of the page's texts, by that part."""
        self.programs = ""
        """A folder of programs that the page's commands are to find, beside those of `.venv`."""
        self._home = folder / "home"
        self._home.mkdir()
        for name in (".venv", "docs"):
            (folder / name).symlink_to(Path(sys.prefix) if name == ".venv" else ROOT / name)
        self._open = ExitStack()
        self._port = ""
        self._server: subprocess.Popen[bytes] | None = None

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave no process behind."""
        self.stop_server()
        self._open.close()

    def begin(self) -> None:
        """Run what the page says that it starts after."""
        if self.page.start is not None:
            path, section = self.page.start
            self._walk([block for block in Page(path).blocks if block.section == section], {})

    def walk(self, acts: Mapping[str, Act] | None = None) -> None:
        """Run all blocks of the page, in order: a command that no act is for is run to its end and must succeed.

        An act is found by a part of the command, or by the line that opens a block that is not for a shell.
        Each act must be used.
        """
        acts = acts or {}
        used = self._walk(self.page.blocks, acts)
        assert used == set(acts), f"{self.page.path} no longer has {set(acts) - used}"

    def _walk(self, blocks: Sequence[Block], acts: Mapping[str, Act]) -> set[str]:
        used: set[str] = set()
        for block in blocks:
            if block.file:
                (self.folder / block.file).write_text(self.mine(block.text), encoding="utf-8")
                continue
            for command in block.commands if block.language == "sh" else [block.text]:
                name = _act_for(command, acts) if block.language == "sh" else f"```{block.language}"
                if name:
                    assert name in acts, f"no test runs this block of {self.page.path}:\n{block.text}"
                    used.add(name)
                    acts[name](self, command)
                else:
                    self.run(command)
        return used

    def run(self, command: str, *, given: str | None = None) -> str:
        """Run a command to its end; return what it wrote to stdout."""
        done = subprocess.run(
            ["sh", "-c", self.mine(command)],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL if given is None else None,
            input=given,
            capture_output=True,
            encoding="utf-8",
            timeout=HANG_SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr
        self.said[command] = done.stdout
        return done.stdout

    def told(self, part: str) -> str:
        """Return what the first command that has this part wrote to stdout."""
        return next(said for command, said in self.said.items() if part in command)

    def screen(self, command: str) -> AbstractContextManager[Terminal]:
        """Run a command in a terminal of 80 by 24."""
        words = ["sh", "-c", f"cd {shlex.quote(str(self.folder))} && exec {self.mine(command)}"]
        return terminal(words, self.environment, columns=80, rows=24)

    def started(self, command: str, name: str) -> subprocess.Popen[bytes]:
        """Start a command that goes on until it is stopped, its output in the file `name`."""
        out = self._open.enter_context((self.folder / name).open("wb"))
        words = ["sh", "-c", f"exec env {self.mine(command)}"]
        process = subprocess.Popen(
            words, cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out
        )
        self._open.callback(_end, process)
        return process

    def written(self, name: str, pattern: str, process: subprocess.Popen[bytes]) -> re.Match[str]:
        """Return where the output of a started command first matches, once it does."""
        end = time.monotonic() + HANG_SECONDS
        while not (found := re.search(pattern, (self.folder / name).read_text(encoding="utf-8"))):
            said = (self.folder / name).read_text(encoding="utf-8")
            assert process.poll() is None and time.monotonic() < end, f"{pattern!r} never came:\n{said}"
            time.sleep(0.02)
        return found

    def ends(self, name: str, process: subprocess.Popen[bytes]) -> str:
        """Return all that a started command wrote, once it has ended well."""
        assert process.wait(HANG_SECONDS) == 0, (self.folder / name).read_text(encoding="utf-8")
        return (self.folder / name).read_text(encoding="utf-8")

    def serve(self, command: str) -> None:
        """Serve until the next one, or until the walk is over."""
        self.stop_server()
        name = f"serve-{time.monotonic_ns()}.log"
        self._port = ""
        self._server = self.started(f"{command} --port 0", name)
        self._port = self.written(name, r" at https?://\S+:(\d+)", self._server)[1]

    def stop_server(self) -> None:
        """Press ctrl+c where the server runs."""
        if self._server is not None:
            self._server.send_signal(signal.SIGINT)
            assert self._server.wait(HANG_SECONDS) == 0
            self._server = None

    @property
    def environment(self) -> dict[str, str]:
        """The environment of the shells: the commands of `.venv`, an empty home, none of the tester's settings."""
        path = (f"{self.folder / '.venv' / 'bin'}", self.programs, os.environ["PATH"])
        found = environment(self._home, PATH=":".join(filter(None, path)))
        # The SDK is others' code: its warnings are not the page's.
        return {**found, "PYTHONWARNINGS": "ignore", "TMPDIR": str(self.folder)}

    def mine(self, words: str) -> str:
        """Return a command or a file's text with the replacements of a test."""
        made = words.replace("--host 0.0.0.0", "--host 127.0.0.1")
        for part, ours in self.replaced.items():
            made = made.replace(part, ours)
        made = re.sub(r"^make (\w+)", rf"make -s -C {ROOT} -o .venv/installed BIN={BIN} \1", made)
        return made.replace(":7867", f":{self._port}") if self._port else made


def _act_for(command: str, acts: Mapping[str, Act]) -> str:
    found = [name for name in acts if name in command]
    return max(found, key=len, default="")


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.kill()
    process.wait()


@contextmanager
def begun(page: Page, folder: Path) -> Iterator[Walk]:
    """Give a walk of a page, where the page begins: what it starts after has been run."""
    with Walk(page, folder) as walk:
        walk.begin()
        yield walk
