"""`witness` through its real process: what it gives out and stores, what it refuses, and how it goes on for days."""

from __future__ import annotations

import asyncio
import json
import signal
import stat
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import repeat
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.cli.conftest import Run, command, environment, run_in
from tests.cli.made import Made
from tests.server.scripted import Answer, bomb, head, plain, scripted
from tests.support.judges import judged_cosignature
from tests.support.shown_record import ShownRecord, events
from tests.waiting import HANG_SECONDS

KEY = {"PUMPUP_API_KEY": "pk_x"}
REMEDY = "Nothing was signed."


class Shown:
    """A server that shows a record to its witness, and what a test makes of its answers."""

    def __init__(self) -> None:
        self.record = ShownRecord(events((3, "a")))
        self.checkpoint: Answer = lambda: self.text(asyncio.run(self.record.checkpoint()))
        self.path: list[str] = []
        self.consistency: Answer = lambda: plain(200, {"path": self.path})
        self.key = self.record.signing.public.written()
        self.url = ""

    @staticmethod
    def text(text: str) -> list[bytes]:
        data = text.encode("utf-8", "surrogatepass")
        return [head(200, Content_Type="text/plain; charset=utf-8", Content_Length=str(len(data))), data]

    def grow(self, count: int, salt: str = "b") -> None:
        """Show more events, with their proof."""
        before = len(self.record.shown)
        self.record.shown += events((count, salt))
        self.path = list(asyncio.run(self.record.consistency(before, before + count)))

    def words(self, state: Path, *more: str | Path) -> Sequence[str | Path]:
        return ("witness", "--url", self.url, "--key", self.key, "--state", state, *more)


@pytest.fixture
def shown() -> Iterator[Shown]:
    """A server of a record of three events."""
    shown = Shown()
    answers: dict[str, Answer] = {
        "/api/checkpoint": lambda: shown.checkpoint(),  # noqa: PLW0108 - which one, is asked at each call
        "/api/consistency": lambda: shown.consistency(),  # noqa: PLW0108
    }
    with scripted(answers) as (shown.url, _):
        yield shown


Look = Callable[..., "CompletedProcess[str]"]


@pytest.fixture
def look(shown: Shown, tmp_path: Path) -> Look:
    """Look once."""
    return lambda *more: run_in(tmp_path / "home", *shown.words(tmp_path / "state", *more), **KEY)


def is_plain(done: CompletedProcess[str], code: int) -> bool:
    """Return whether a command ended with a code, in words, without anything that acts on a terminal."""
    told = done.stdout + done.stderr
    assert not any(char < " " and char != "\n" for char in told), told
    assert "Traceback" not in told
    assert "unexpected error" not in told
    assert done.returncode == code, told
    return True


def files(folder: Path) -> dict[str, bytes]:
    """Return the content of a witness's files, refusals left out."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if ".refused-" not in path.name}


def test_a_note_is_given_out_as_it_is_stored(shown: Shown, look: Look, tmp_path: Path) -> None:
    """On stdout, in a file or as JSON: the stored note, which another program checks; words go to stderr."""
    key = look("--show-key", "--name", "example.com/w1").stdout.strip()
    assert key.startswith("example.com/w1+")
    first = look()
    assert is_plain(first, 0)
    assert judged_cosignature(first.stdout, key) > 0
    assert "for the first time" in first.stderr
    shown.grow(4)
    file = tmp_path / "claims.note"
    file.write_text("an older one", encoding="utf-8")
    second = look("-o", file)
    assert is_plain(second, 0)
    assert second.stdout == ""
    assert "Signed 7 events of example.com/claims: they begin with the 3 that were signed on 20" in second.stderr
    (stored,) = (tmp_path / "state").glob("*.note")
    assert file.read_bytes() == stored.read_bytes()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    told = json.loads(look("--json").stdout)
    assert (told["record"], told["size"], told["before"]["size"], told["witness"]) == ("example.com/claims", 7, 7, key)
    assert judged_cosignature(told["note"], key) > 0
    assert json.loads(look("--show-key", "--json").stdout) == {"name": "example.com/w1", "key": key}


def test_a_folder_has_a_witness_too(made: Made, tmp_path: Path) -> None:
    """Where no server is: a record that is reached as a folder is looked at like any."""
    run = partial(run_in, tmp_path)
    key = run("checkpoint", "--key", "--data", made.data).stdout.strip()
    for _ in range(2):
        done = run("witness", "--data", made.data, "--key", key)
        assert is_plain(done, 0)
    assert "the same as on 20" in done.stderr
    assert judged_cosignature(done.stdout, run("witness", "--show-key").stdout.strip()) > 0


def endless() -> Iterable[bytes]:
    """Yield a checkpoint that never ends."""
    return (head(200, Content_Type="text/plain"), *repeat(b"a" * 9_000, 3))


HOSTILE: dict[str, Callable[[Shown], Iterable[bytes]]] = {
    "no text": lambda _: (head(200, Content_Type="text/plain", Content_Length="3"), b"\xff\xfe\x00"),
    "a page": lambda _: plain(200, "<h1>Welcome</h1>"),
    "over the cap": lambda _: endless(),
    "packed a thousandfold": lambda _: (
        head(200, Content_Type="text/plain", Content_Encoding="gzip"),
        *bomb(31, 200),
    ),
    "controls in the name": lambda shown: shown.text("\x1b]0;owned\x07\u202eclaims\n3\nAAAA\n\n— \x1b[31m AAAAAAAA\n"),
    "another's": lambda _: _.text(asyncio.run(ShownRecord(events((9, "z"))).checkpoint())),
    "a surrogate": lambda shown: shown.text("\ud800\n\n— a AAAAAAAA\n"),
    "65 signatures": lambda shown: shown.text(
        asyncio.run(shown.record.checkpoint()) + "— example.com/w1 AAAAAAAA\n" * 64
    ),
    "a redirect": lambda shown: (head(302, Location=f"{shown.url}/api/consistency", Content_Length="0"),),
    "a charset of its own": lambda _: (
        head(200, Content_Type="text/plain; charset=idna", Content_Length="2"),
        b"\x80a",
    ),
}


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_checkpoint(shown: Shown, look: Look, tmp_path: Path, hostile: str) -> None:
    """Whatever is given out in place of a checkpoint: exit code 1, one sentence, and what was signed stays."""
    assert is_plain(look(), 0)
    before = files(tmp_path / "state")
    shown.checkpoint = lambda: HOSTILE[hostile](shown)
    done = look()
    assert is_plain(done, 1)
    assert done.stdout == ""
    assert files(tmp_path / "state") == before


PATHS: dict[str, Callable[[Shown], Iterable[bytes]]] = {
    "none": lambda _: plain(404, {"code": "NOT_FOUND", "error": "\x1b[31mno"}),
    "of other things": lambda _: plain(200, {"path": [1, None]}),
    "too long": lambda shown: plain(200, {"path": [*shown.path, *["ab" * 32] * 64]}),
    "huge": lambda _: plain(200, {"path": ["ab" * 32] * 100_000}),
    "controls": lambda shown: plain(200, {"path": ["\x1b[31m" * 9 for _ in shown.path]}),
    "a page": lambda _: plain(200, "<h1>Welcome</h1>"),
}


@pytest.mark.parametrize("hostile", PATHS)
def test_a_hostile_proof(shown: Shown, look: Look, tmp_path: Path, hostile: str) -> None:
    """A proof that is none is a refusal, with what was seen as evidence; the right one is signed afterwards."""
    assert is_plain(look(), 0)
    before = files(tmp_path / "state")
    shown.grow(2)
    right, shown.consistency = shown.consistency, lambda: PATHS[hostile](shown)
    done = look()
    assert is_plain(done, 1)
    assert "REFUSED: The record no longer begins with the 3 events that this witness signed on 20" in done.stderr
    assert REMEDY in done.stderr
    assert files(tmp_path / "state") == before
    (evidence,) = (tmp_path / "state").glob("*.refused-*.json")
    assert str(evidence) in done.stderr
    assert evidence.stat().st_size < 20_000
    shown.consistency = right
    assert is_plain(look(), 0)


def test_what_it_is_not_given(shown: Shown, run: Run, look: Look, tmp_path: Path) -> None:
    """Without a key, with a witness's, with a wrong name, place or output: a sentence, exit code 1 or 2, no folder."""
    state = tmp_path / "state"
    words = ("witness", "--url", shown.url, "--state", state)
    witness = look("--show-key").stdout.strip()
    note = tmp_path / "other.note"
    note.write_text("nothing", encoding="utf-8")
    other = tmp_path / "other.pub"
    other.write_text(asyncio.run(ShownRecord().key()), encoding="utf-8")
    cases: list[tuple[int, str, tuple[str | Path, ...]]] = [
        (2, "over a channel that you trust", words),
        (2, "a witness's key, not a record's", (*words, "--key", witness)),
        (2, "can't be used", (*words, "--key", f"{'a' * 400}+01234567+AAAA")),
        (1, "not signed by example.com/claims", (*words, "--key", other)),
        (2, "without spaces", (*words, "--key", shown.key, "--name", "a b")),
        (1, "is named pumpup/witnesses/", (*words, "--key", shown.key, "--name", "ab")),
        (2, "--every needs -o FILE", (*words, "--key", shown.key, "--every", "5")),
        (2, "with one look", (*words, "--key", shown.key, "--every", "5", "--json", "--compare", note)),
        (1, "can't be used for comparison", (*words, "--key", shown.key, "--compare", note)),
        (1, "it is not a regular file", (*words, "--key", shown.key, "-o", "/dev/full")),
    ]
    for code, said, arguments in cases:
        done = run(*arguments, **KEY)
        assert is_plain(done, code)
        assert said in " ".join(done.stderr.split())


def test_nothing_is_put_into_a_data_folder(shown: Shown, run: Run, made: Made, tmp_path: Path) -> None:
    """Neither the witness's folder nor its note is in a record: the record's holder could change them with it."""
    before = sorted(made.data.rglob("*"))
    words = ("witness", "--url", shown.url, "--key", shown.key)
    for more in (("--state", made.data / "w"), ("--state", tmp_path / "w", "-o", made.data / "note")):
        done = run(*words, *more, **KEY)
        assert done.returncode in (1, 2)
        assert "data folder" in done.stderr
    assert sorted(made.data.rglob("*")) == before


def test_it_looks_again_and_again(shown: Shown, tmp_path: Path) -> None:
    """A server that goes away is told of once, and looked at again; SIGTERM ends the looks with 0."""
    down: Answer = lambda: plain(503, {"code": "UNAVAILABLE", "error": "restarting"})  # noqa: E731
    up = shown.checkpoint
    process = subprocess.Popen(
        command(*shown.words(tmp_path / "state", "--every", "1", "--json")),
        env=environment(tmp_path / "home", **KEY),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        assert json.loads(process.stdout.readline())["size"] == 3
        shown.checkpoint = down
        assert "Nothing is signed until that has passed." in process.stderr.readline()
        shown.grow(2)
        shown.checkpoint = up
        sizes = {json.loads(process.stdout.readline())["size"] for _ in range(2)}
        assert sizes == {5}
        process.send_signal(signal.SIGTERM)
        assert process.wait(HANG_SECONDS) == 0
        assert process.stderr.read() == ""
    finally:
        process.kill()
        process.communicate()


def test_a_refusal_ends_the_looks(shown: Shown, tmp_path: Path) -> None:
    """What is refused is not looked at again: the process ends with 1, for whoever watches it to see."""
    home = tmp_path / "home"
    assert is_plain(run_in(home, *shown.words(tmp_path / "state"), **KEY), 0)
    shown.record.shown = events((5, "z"))
    done = run_in(home, *shown.words(tmp_path / "state", "--every", "1", "--json"), **KEY)
    assert is_plain(done, 1)
    assert "REFUSED" in done.stderr
