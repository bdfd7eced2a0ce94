"""Real terminals without UTF-8: columns stay, foreign text is spelt, and what is typed is understood."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from pumpup_tui.text.charset import Charset
from tests.cli.conftest import command, environment
from tests.cli.terminal import Terminal, terminal
from tests.cli.watched import Watched
from tests.support.record_screens import imported_record
from tests.support.world_builder import world_in

WAYS = (
    ("", "Refund $240"),
    ("a", "Similar decisions"),
    ("\x1b", "cancelled"),
    ("2", "enter task"),
    ("3", "enter event"),
    ("?", "Keys"),
)
"""What is pressed, and a word of what comes."""
SUMMARY = "Zahle 500 € an Müller █日"


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The README's record."""
    return imported_record(tmp_path_factory.mktemp("charsets") / "data")


def in_locale(home: Path, **named: str) -> dict[str, str]:
    rest = {name: value for name, value in environment(home).items() if not name.startswith(("LC_", "LANG"))}
    return {**rest, **named}


def seen(data: Path, settings: dict[str, str]) -> tuple[list[list[str]], bytes]:
    """Return what stands on the screens one after the other, and all bytes that drew it."""
    with terminal(command("--data", data, "--reviewer", "alice"), settings, columns=80, rows=24) as shell:
        watched = Watched(shell)
        watched.sees("live")
        pictures = []
        for keys, word in WAYS:
            shell.press(keys)
            watched.sees(word)
            pictures.append(watched.settled())
        shell.press("\x1b")
        watched.settled()
        shell.press("q")
        assert shell.end() == 0
    return pictures, shell.raw


@pytest.mark.parametrize("named", [{"LC_ALL": "C"}, {"LANG": "C"}], ids=["LC_ALL", "LANG"])
def test_columns_stay(tmp_path: Path, record: Path, named: dict[str, str]) -> None:
    """Cell by cell, an ASCII terminal shows what another shows, with one substitute for each glyph of ours."""
    whole, _ = seen(record, in_locale(tmp_path / "one", LANG="C.UTF-8"))
    plain, raw = seen(record, in_locale(tmp_path / "two", **named))
    assert raw.isascii()
    charset = Charset("ascii")
    assert plain == [[charset.substituted(line) for line in picture] for picture in whole]


async def _ask(data: Path) -> None:
    async with world_in(data) as world:
        await world.approval(await world.task("Müller"), SUMMARY)


@pytest.mark.parametrize(
    ("named", "shown"),
    [
        ({"LC_ALL": "C"}, b"Zahle 500 <U+20AC> an M<U+00FC>ller <U+2588><U+65E5>"),
        ({"LANG": "de_DE.ISO-8859-1"}, b"Zahle 500 <U+20AC> an M\xfcller <U+2588><U+65E5>"),
    ],
    ids=["ascii", "latin-1"],
)
async def test_foreign_text_is_spelt(tmp_path: Path, named: dict[str, str], shown: bytes) -> None:
    """On the screens and in the commands: what the terminal has is drawn, all else is told by its number."""
    data = tmp_path / "data"
    await _ask(data)
    settings = in_locale(tmp_path, **named)
    with terminal(command("--data", data, "--reviewer", "alice"), settings, columns=200) as shell:
        begun(shell)
        shell.press("q")
        assert shell.end() == 0
    assert shown in shell.raw
    with terminal(command("inbox", "--data", data), settings, columns=140) as shell:
        assert shell.end() == 0
    assert shown in shell.raw


def begun(shell: Terminal) -> None:
    shell.wait_for("Zahle 500")
    shell.wait_for("live")
    shell.rest()


async def test_what_is_typed_is_of_the_same_charset(tmp_path: Path) -> None:
    """An accent that is typed on a Latin-1 terminal is recorded as that letter, and a byte of nothing harms nothing."""
    data = tmp_path / "data"
    await _ask(data)
    settings = in_locale(tmp_path, LANG="fr_FR.ISO-8859-1", PUMPUP_GRACE_SECONDS="0")
    with terminal(command("--data", data, "--reviewer", "alice"), settings) as shell:
        begun(shell)
        shell.press("c")
        shell.wait_for("note on the task")
        shell.press("déjà", "latin-1")
        shell.rest()
        shell.press("\r")
        shell.wait_for("y send")
        shell.rest()
        shell.press("y")
        shell.wait_for("RECORDED")
        shell.press("q")
        assert shell.end() == 0
    assert notes(data) == ["déjà"]


def notes(data: Path) -> list[str]:
    words = command("timeline", "--types", "NOTE", "--json", "--data", data)
    done = subprocess.run(words, check=True, capture_output=True)
    return [json.loads(line)["payload"]["message"] for line in done.stdout.splitlines()]


def test_bytes_that_are_no_utf_8(tmp_path: Path, record: Path) -> None:
    """A terminal that sends another charset than its locale names ends no screen."""
    with terminal(command("--data", record), environment(tmp_path, LANG="C.UTF-8")) as shell:
        shell.wait_for("live")
        shell.rest()
        shell.press("/")
        shell.wait_for("show:")
        shell.press("caf\xe9", "latin-1")
        shell.wait_for("caf")
        shell.press("\r")
        shell.rest()
        shell.press("q")
        assert shell.end() == 0


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_tables_of_commands_keep_their_columns(tmp_path: Path, record: Path, columns: int) -> None:
    """What a command prints is cut and aligned as on another terminal."""
    told = []
    for number, named in enumerate(({"LANG": "C.UTF-8"}, {"LC_ALL": "C"})):
        with terminal(
            command("timeline", "--data", record), in_locale(tmp_path / str(number), **named), columns=columns
        ) as shell:
            assert shell.end() == 0
        told.append(shell.raw.decode())
    assert told[1] == Charset("ascii").substituted(told[0])
    assert told[1].isascii()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TEXTUAL_COLOR_SYSTEM", "banana"),
        ("TEXTUAL_COLOR_SYSTEM", ""),
        ("TEXTUAL_DRIVER", "nope"),
        ("TEXTUAL_DRIVER", "nope:Nope"),
        ("TEXTUAL_DRIVER", "os:path"),
        ("TEXTUAL_DRIVER", ""),
        ("TEXTUAL_LOG", "/nowhere/at/all"),
    ],
)
def test_settings_that_cannot_be_meant(tmp_path: Path, record: Path, name: str, value: str) -> None:
    """A variable of Textual's that it can't use is told in one sentence, with what to do, and no report is written."""
    with terminal(command("--data", record), {**environment(tmp_path), name: value}) as shell:
        assert shell.end() == 2
    assert f"Error: {name} is" in shell.text()
    assert "unset it" in shell.text()
    assert list(tmp_path.rglob("fault-*")) == []


@pytest.mark.skipif(shutil.which("stty") is None, reason="there is no stty here")
def test_the_terminal_is_given_back_as_it_was(tmp_path: Path, record: Path) -> None:
    """After the screens, keys are echoed and lines gathered as before."""
    inner = f"stty -g; {shlex.join(command('--data', record))}; stty -g; echo over"
    with terminal(["sh", "-c", inner], environment(tmp_path)) as shell:
        shell.wait_for("live")
        shell.rest()
        shell.press("q")
        assert shell.end() == 0
    before, after = re.findall(rb"[0-9a-f]+(?::[0-9a-f]+){10,}", shell.raw)
    assert before == after
