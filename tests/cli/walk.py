"""The README as the tests read it: its blocks and commands, and a shell that walks them.

What a test puts in place of what stands in the README is here and nowhere else:

| in the README                 | in a test                                                                            |
|-------------------------------|--------------------------------------------------------------------------------------|
| the clone that one types in   | an empty folder with links to `.venv` and `docs`, and a home of its own              |
| port 7867                     | `--port 0`, and then the port that the server says it took                           |
| `--host 0.0.0.0`              | `--host 127.0.0.1`: a test reaches no other network                                  |
| `make demo`                   | the same target of the same Makefile, with the running Python's own tools            |
| `/opt/pumpup/bin/`, `/srv/`   | the running Python's own command; a folder of the test's (`tests/ssh`)               |
| `AAAA…`                       | the test's own key (`tests/ssh`)                                                     |
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from tests.cli.conftest import environment
from tests.cli.terminal import Terminal, terminal
from tests.waiting import HANG_SECONDS

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
BIN = Path(sys.executable).parent
_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^##+ (.+)$", re.MULTILINE)
_FILE = re.compile(r"save this as `([^`]+)`", re.IGNORECASE)

Act = Callable[["Walk", str], None]
"""What is done with a command that does not end by itself, or with a block that is no shell's."""


@dataclass(frozen=True)
class Block:
    """A fenced block: the heading that it stands under, its language, its text, and the file that it is to be."""

    section: str
    language: str
    text: str
    file: str

    @property
    def commands(self) -> list[str]:
        """The commands of a shell's block, without the comments behind them."""
        lines = (re.sub(r"\s+#.*$", "", line).strip() for line in self.text.replace("\\\n", " ").splitlines())
        return [line for line in lines if line]


def text() -> str:
    """Return the README."""
    return README.read_text(encoding="utf-8")


def blocks() -> list[Block]:
    """Return all fenced blocks, in order."""
    whole = text()
    assert whole.count("```") == 2 * len(list(_FENCE.finditer(whole))), "a block is not closed as it was opened"
    return [_block(whole, found) for found in _FENCE.finditer(whole)]


def _block(whole: str, found: re.Match[str]) -> Block:
    before = _FENCE.sub("", whole[: found.start()])
    section = [heading[1] for heading in _HEADING.finditer(before)]
    said = _FILE.search(before.rstrip().rpartition("\n\n")[2])
    return Block(section[-1] if section else "", found[2], textwrap.dedent(found[3]), said[1] if said else "")


def sections() -> list[str]:
    """Return the headings that blocks stand under, in order; empty for what is before the first."""
    return list(dict.fromkeys(block.section for block in blocks()))


def inline() -> list[str]:
    """Return what stands between single backticks outside of blocks."""
    return re.findall(r"`([^`\n]+)`", _FENCE.sub("", text()))


class Walk(AbstractContextManager["Walk"]):
    """One who types a section's blocks into shells, one command after the other."""

    def __init__(self, section: str, folder: Path) -> None:
        self.section, self.folder = section, folder
        self.said: dict[str, str] = {}
        """What each command that has ended wrote to stdout, by the command."""
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

    def walk(self, acts: Mapping[str, Act] | None = None) -> None:
        """Do all that the section says, in order: what none of `acts` is for is run to its end and must succeed.

        An act is found by a part of the command, or by the line that opens a block that is no shell's.
        Each must be used.
        """
        acts = acts or {}
        used: set[str] = set()
        for block in (one for one in blocks() if one.section == self.section):
            if block.file:
                (self.folder / block.file).write_text(self.mine(block.text), encoding="utf-8")
                continue
            for command in block.commands if block.language == "sh" else [block.text]:
                name = _act_for(command, acts) if block.language == "sh" else f"```{block.language}"
                if name:
                    assert name in acts, f"no test does anything with this block of {self.section!r}:\n{block.text}"
                    used.add(name)
                    acts[name](self, command)
                else:
                    self.run(command)
        assert used == set(acts), f"the README has no {set(acts) - used} any more"

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
        """What the shells are told: the commands of `.venv`, a home of their own, no setting of the tester's."""
        found = environment(self._home, PATH=f"{self.folder / '.venv' / 'bin'}:{os.environ['PATH']}")
        # The SDK is others' code, and its warnings no fault of what the README shows.
        return {**found, "PYTHONWARNINGS": "ignore", "TMPDIR": str(self.folder)}

    def mine(self, words: str) -> str:
        """Return a command or a file's text with what the tests put in place."""
        made = words.replace("--host 0.0.0.0", "--host 127.0.0.1")
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
def begun(section: str, folder: Path) -> Iterator[Walk]:
    """Give a walk of a section, where all sections begin: what stands under `Begin` has been done."""
    with Walk("Begin", folder) as walk:
        if section:
            walk.walk()
        walk.section = section
        yield walk
