"""What a key does is said where it is pressed, in a real terminal: notes open at once, hints name what is heard."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.cli.conftest import command
from tests.cli.terminal import Terminal
from tests.cli.watched import Watched
from tests.support.record_screens import as_reviewer, imported_record, screens

Opens = Callable[..., tuple[Terminal, Watched]]

A_CLOCK_SET_BY_HAND = """
import sys
from datetime import timedelta
from pathlib import Path
import api_client.times, pumpup_tui.app
from pumpup_tui.__main__ import main

now, minutes = api_client.times.utc_now, Path(sys.argv.pop(1))
api_client.times.utc_now = lambda: now() + timedelta(minutes=int(minutes.read_text()))
pumpup_tui.app.MINUTE_SECONDS = 0.05
main()
"""


@pytest.fixture
def opens(tmp_path: Path) -> Iterator[Opens]:
    """Open the inbox of the README's record in a terminal of some size."""
    place = as_reviewer(imported_record(tmp_path / "data"))
    with ExitStack() as stack:

        def open_(columns: int = 80, rows: int = 24, words: Sequence[str] = command()) -> tuple[Terminal, Watched]:
            return stack.enter_context(screens(tmp_path / "home", *place, size=(columns, rows), words=words))

        yield open_


def last(lines: Sequence[str]) -> str:
    """Return the key hints: the last line."""
    return lines[-1].strip()


@pytest.mark.parametrize(("key", "label"), [("e", "note: "), ("i", "note: "), ("c", "note on the task: ")])
def test_a_note_opens_at_once(opens: Opens, key: str, label: str) -> None:
    """What is typed in one piece with the key is the note, whatever its letters are bound to."""
    shell, watched = opens()
    shell.press(f"{key}yax]")
    watched.sees(f"{label}yax]")


def test_a_note_for_several_opens_at_once(opens: Opens) -> None:
    """Over a selection `x` is typed into the note; it leaves no request out, however soon it comes."""
    shell, watched = opens()
    shell.press("*")
    watched.sees("2 selected")
    watched.settled()
    shell.press("exy")
    watched.sees("note for each: xy", "2 requests")
    shell.press("\r")
    watched.sees("note for each: xy", "y send")


def test_a_form_takes_what_is_typed_in_one_piece_with_the_key_that_opens_it(opens: Opens) -> None:
    """A screen that is still being put together gets the keys behind it, and loses none."""
    shell, watched = opens()
    shell.press("]")
    watched.settled()
    shell.press("]")
    watched.settled()
    shell.press("a2026-02-18\t")
    watched.sees("field 2/3")
    assert any("2026-02-18" in line for line in watched.settled())


@pytest.mark.parametrize("key", ["e", "c", "/"])
def test_while_something_is_typed_the_hints_name_its_keys_alone(opens: Opens, key: str) -> None:
    """No `y send`, no `? help`, no `q quit` stands there while these letters are typed; afterwards they do."""
    shell, watched = opens()
    shell.press(key)
    watched.sees("enter done")
    lines = watched.settled()
    editor = "" if key == "/" else "ctrl+g $EDITOR  "
    assert last(lines) == f"enter done  {editor}esc leave"
    assert not any(word in "".join(lines) for word in ("y send", "n note", "w reason", "? help", "q quit"))
    shell.press("fine\r")
    watched.sees("? help  q quit")


@pytest.mark.parametrize("before", ["", "1", "a"])
def test_ctrl_c_says_what_quits(opens: Opens, before: str) -> None:
    """It names the key that the footer names, and disarms nothing."""
    shell, watched = opens()
    shell.press(before)
    watched.settled()
    shell.press("\x03")
    watched.sees("ctrl+c does not quit: q quits")
    lines = watched.settled()
    assert "q quit" in last(lines)
    assert "ctrl+q" not in "".join(lines)
    assert (before == "a") == any("y send" in line for line in lines)


def test_ctrl_c_over_a_list_says_what_leaves_it(opens: Opens) -> None:
    """Where `q` would close a list, or be typed, the way out begins with the key that leaves."""
    shell, watched = opens()
    shell.press("p")
    watched.sees("all projects")
    watched.settled()
    shell.press("\x03")
    watched.sees("ctrl+c does not quit")
    watched.sees("then q quits")
    shell.press("\x1b")
    watched.settled()
    shell.press("/")
    watched.sees("enter done")
    shell.press("\x03")
    watched.sees("ctrl+c does not quit: esc leaves, then q quits")


def test_an_unknown_key_is_answered_once(opens: Opens) -> None:
    """The first time it says that it does nothing here, and what lists the keys; later it says nothing."""
    shell, watched = opens()
    words = "Z does nothing here: ? lists the keys"
    shell.press("Z")
    watched.sees(words)
    shell.press("j")
    watched.sees(gone=[words])
    said = shell.text().count(words)
    shell.press("Z")
    shell.press("X")
    watched.sees("X does nothing here")
    assert shell.text().count(words) == said


def test_an_unknown_key_leaves_what_is_armed(opens: Opens) -> None:
    """It disarms nothing and sends nothing."""
    shell, watched = opens()
    shell.press("a")
    watched.sees("y send")
    shell.press("Z")
    watched.sees("Z does nothing here", "y send")


def test_a_resize_to_narrow_shows_the_list(opens: Opens) -> None:
    """Who was on the list at 200 columns is on it at 80, also after a decision was armed and let go."""
    shell, watched = opens(200, 50)
    shell.press("a")
    watched.sees("y send")
    shell.press("\x1b")
    watched.sees("cancelled")
    watched.settled()
    watched.resize(80, 24)
    watched.sees("Pay $610 on claim C-1030", "Refund $240 on claim C-1029", gone=["Agent recommends"])


def test_a_resize_to_narrow_shows_what_is_armed(opens: Opens) -> None:
    """What would be decided stays in view; so does the detail that has the keys."""
    shell, watched = opens(200, 50)
    shell.press("a")
    watched.sees("y send")
    watched.settled()
    watched.resize(80, 24)
    watched.sees("Agent recommends", "y send")
    shell.press("\x1b")
    watched.sees("cancelled", "esc list")


def test_a_refused_moves_message_goes_with_its_project(opens: Opens) -> None:
    """It was about a card that is shown no more once another project is; nor does it stay on the next card."""
    shell, watched = opens(120, 30)
    shell.press("2")
    watched.sees("Claim C-1029")
    watched.settled()
    for leaves in ("l", "p"):
        shell.press("H")
        watched.sees("no exit to the left")
        watched.settled()
        shell.press(leaves)
        if leaves == "p":
            watched.sees("all projects", "General")
            watched.settled()
            shell.press("G\r")
        watched.sees(gone=["no exit to the left"])
        shell.press("h")
        watched.settled()


def test_the_details_age_goes_on_with_the_rows(opens: Opens, tmp_path: Path) -> None:
    """A request that has waited longer says so in the list and beside it, without a key."""
    minutes = tmp_path / "minutes"
    minutes.write_text("0")
    _, watched = opens(160, 40, [sys.executable, "-c", A_CLOCK_SET_BY_HAND, str(minutes)])

    def days() -> tuple[int, int]:
        shown = "\n".join(watched.settled())
        row, detail = re.search(r"Refund \$240 on claim C-1029 +(\d+)d", shown), re.search(r"waiting (\d+)d", shown)
        assert row is not None, shown
        assert detail is not None, shown
        return int(row[1]), int(detail[1])

    row, detail = days()
    assert row == detail
    (later := tmp_path / "later").write_text(str(24 * 60 * 3))
    later.replace(minutes)  # at once: the clock reads it at any time
    watched.sees(f"waiting {row + 3}d")
    assert days() == (row + 3, row + 3)
