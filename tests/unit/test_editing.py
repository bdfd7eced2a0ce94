"""A text goes to the user's editor and comes back; nothing of it stays on the disk."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import pytest

from pumpup_tui.components.external_editor import EditorFailed, edit, editor_words


@pytest.fixture(autouse=True)
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def editor(tmp_path: Path, code: str) -> list[str]:
    """Return the command line of an editor that is this Python code; `path` is the file."""
    script = tmp_path / "editor.py"
    script.write_text(f"import sys, os, stat\nfrom pathlib import Path\npath = Path(sys.argv[-1])\n{code}\n")
    return [sys.executable, str(script), "--wait"]


def test_the_text_comes_back_as_it_was_left(tmp_path: Path, room: Path) -> None:
    words = editor(tmp_path, "path.write_text(path.read_text().upper() + 'ö\\n', encoding='utf-8')")
    assert edit("one\ntwo", words) == "ONE\nTWOö"
    assert not list(room.iterdir())


def test_only_the_user_can_read_the_file(tmp_path: Path) -> None:
    words = editor(tmp_path, "path.write_text(oct(stat.S_IMODE(path.stat().st_mode)))")
    assert edit("secret", words) == "0o600"


@pytest.mark.parametrize("text", ["", "one", "one\n", "a\n\nb\n\n"])
def test_an_editor_that_ends_the_last_line_changes_nothing(tmp_path: Path, text: str) -> None:
    words = editor(tmp_path, "t = path.read_text(); path.write_text(t if t.endswith('\\n') else t + '\\n')")
    assert edit(text, words) == text


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("sys.exit(3)", r"ended with an error \(3\): the text is as it was"),
        ("path.write_bytes(b'\\xff\\xfe')", "no UTF-8 text"),
        ("path.unlink()", "could not be handed"),
    ],
)
def test_an_editor_that_fails_says_so(tmp_path: Path, room: Path, code: str, said: str) -> None:
    with pytest.raises(EditorFailed, match=said):
        edit("kept", editor(tmp_path, code))
    assert not list(room.iterdir())


def test_an_editor_that_is_not_there_says_so(room: Path) -> None:
    with pytest.raises(EditorFailed, match="'no-such-editor' is not there: see VISUAL and EDITOR"):
        edit("kept", ["no-such-editor"])
    assert not list(room.iterdir())


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"EDITOR": "nano"}, ["nano"]),
        ({"EDITOR": "nano", "VISUAL": "code --wait"}, ["code", "--wait"]),
        ({"EDITOR": "vi", "VISUAL": " "}, ["vi"]),
        ({"EDITOR": "'/opt/my editor/ed' -x"}, ["/opt/my editor/ed", "-x"]),
    ],
)
def test_the_editor_is_the_users(environment: dict[str, str], words: list[str]) -> None:
    assert editor_words(environment) == words


@pytest.mark.parametrize(("environment", "said"), [({}, "no editor is set"), ({"EDITOR": "'vi"}, "can't be read")])
def test_without_an_editor_there_is_a_word(environment: dict[str, str], said: str) -> None:
    with pytest.raises(EditorFailed, match=said):
        editor_words(environment)
