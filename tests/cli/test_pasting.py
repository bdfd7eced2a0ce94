"""What is pasted into a real terminal arrives whole and in order, wherever text is typed."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import command
from tests.cli.terminal import Terminal
from tests.cli.watched import Watched
from tests.support.record_screens import as_reviewer, ask_for, imported_record, screens

TWO = "first line\rsecond line"
"""As terminals send it: a line's break is a carriage return."""
FIELDS = [
    {"type": "Text", "id": "name", "label": "Name", "required": True},
    {"type": "TextArea", "id": "story", "label": "Story", "required": True},
]


def pasted(text: str) -> str:
    return f"\x1b[200~{text}\x1b[201~"


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The README's record."""
    return imported_record(tmp_path_factory.mktemp("pasting") / "data")


@pytest.fixture
def data(tmp_path: Path, record: Path) -> Path:
    return Path(shutil.copytree(record, tmp_path / "data"))


@pytest.fixture
def screen(tmp_path: Path, data: Path) -> Iterator[tuple[Terminal, Watched]]:
    """The inbox, with no grace time."""
    with screens(tmp_path / "home", *as_reviewer(data), PUMPUP_GRACE_SECONDS="0") as opened:
        yield opened


def recorded(data: Path, event_type: str) -> Mapping[str, Any]:
    """Return the payload of the newest event of a type."""
    words = command("timeline", "--types", event_type, "--json", "--data", data)
    done = subprocess.run(words, check=True, capture_output=True)
    newest: dict[str, Any] = max(map(json.loads, done.stdout.splitlines()), key=lambda one: one["seq"])
    return dict(newest["payload"])


def quit_(shell: Terminal) -> None:
    shell.press("q")
    assert shell.end() == 0


def test_a_note_keeps_both_lines(data: Path, screen: tuple[Terminal, Watched]) -> None:
    """A decision's note of two lines is recorded with both."""
    shell, watched = screen
    shell.press("a")
    watched.sees("y send")
    shell.press("n")
    watched.sees("note:")
    shell.press(pasted(TWO))
    watched.sees("first line⏎second line")
    shell.press("\r")
    watched.settled()
    shell.press("n")
    watched.sees("note: first line⏎second line")
    shell.press(", typed\r")
    watched.settled()
    shell.press("y")
    watched.sees("RECORDED")
    quit_(shell)
    assert recorded(data, "APPROVAL_DECIDED")["outcome"]["note"] == "first line\nsecond line, typed"


@pytest.mark.parametrize("text", ["one\x1b[31mtwo", "one\x1btwo", "one\x1b[20two", "one\x1b\x1b[201two"])
def test_an_escape_in_a_paste_reorders_nothing(data: Path, screen: tuple[Terminal, Watched], text: str) -> None:
    """The text is recorded as it stood, with a picture of the escape, and presses no key."""
    shell, watched = screen
    shell.press("c")
    watched.sees("note on the task")
    shell.press(f"<{pasted(text)}>")
    watched.sees(f"<{text.replace(chr(27), '␛')}>")
    shell.press("\r")
    watched.settled()
    shell.press("y")
    watched.sees("RECORDED")
    quit_(shell)
    assert recorded(data, "NOTE")["message"] == f"<{text.replace(chr(27), '␛')}>"


def test_a_paste_presses_no_key(screen: tuple[Terminal, Watched]) -> None:
    """Over a list, where nothing is typed, a paste with keys and escapes in it does nothing."""
    shell, watched = screen
    before = watched.begun()
    shell.press(pasted("a\x1bd\x1b[Bjy2\rq"))
    shell.press("?")
    watched.sees("Keys")
    shell.press("\x1b")
    watched.becomes(before)
    quit_(shell)


def test_a_search_joins_the_lines(screen: tuple[Terminal, Watched]) -> None:
    """A prompt of one line takes all of them, with a space between, and says so."""
    shell, watched = screen
    shell.press("/")
    watched.sees("show:")
    shell.press(pasted("Refund\r$240\r"))
    watched.sees("show (2 pasted lines joined): Refund $240")


async def test_a_form_takes_both_lines(tmp_path: Path) -> None:
    """A field of one line joins them and says so; a field of many keeps them, and takes a paste back."""
    data = tmp_path / "data"
    await ask_for(data, "Tell it", FIELDS)
    place = as_reviewer(data)
    with screens(tmp_path / "home", *place, sees="Tell it", PUMPUP_GRACE_SECONDS="0") as (shell, watched):
        shell.press("a")
        watched.sees("field 1/2")
        watched.settled()
        shell.press(pasted(TWO))
        watched.sees("2 pasted lines joined", "first line second line")
        shell.press("\t")
        watched.sees("field 2/2")
        watched.settled()
        shell.press(pasted(TWO))
        watched.sees("first line", "second line")
        watched.settled()
        shell.press(pasted("a third"))
        watched.sees("second linea third")
        shell.press("\x1f")  # ctrl+_, for ctrl+z suspends
        watched.settled()
        shell.press("\x12")
        watched.sees("ANSWER")
        watched.settled()
        shell.press("y")
        watched.sees("RECORDED")
        quit_(shell)
    answers = recorded(data, "ELICITATION_PROVIDED")["answers"]
    assert answers == {"name": "first line second line", "story": "first line\nsecond line"}
