"""A text in the user's own editor: `$VISUAL` or `$EDITOR`, on a file that nobody else can read and that goes again."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import current_thread, main_thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.app import App

NO_EDITOR = "no editor is set: set VISUAL or EDITOR, for example EDITOR=nano"


class EditorFailed(Exception):
    """The text could not be edited; the message says why, in the user's words. What was there is untouched."""


def editor_words(environment: Mapping[str, str]) -> list[str]:
    """Return the editor's command line.

    Raises:
        EditorFailed: none is set, or what is set can't be read as a command.
    """
    named = environment.get("VISUAL", "").strip() or environment.get("EDITOR", "").strip()
    if not named:
        raise EditorFailed(NO_EDITOR)
    try:
        return shlex.split(named)
    except ValueError as error:
        raise EditorFailed(f"the editor {named!r} can't be read as a command: {error}") from None


def edit(text: str, words: Sequence[str], *, suffix: str = ".txt") -> str:
    """Return `text` as the editor left it. Blocks until the editor ends.

    Line ends become newlines, and the one that editors put at the end goes again.

    Raises:
        EditorFailed: it could not be started, ended with an error, or left what is no text.
    """
    handle, name = tempfile.mkstemp(prefix="pumpup-", suffix=suffix)  # mode 0600
    path = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="replace", newline="\n") as file:
            file.write(text)
        _run([*words, name])
        after = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise EditorFailed("the editor left something that is no UTF-8 text") from None
    except OSError as error:
        raise EditorFailed(f"the text could not be handed to the editor: {error.strerror or error}") from None
    finally:
        path.unlink(missing_ok=True)
    return after if text.endswith("\n") else after.removesuffix("\n")


def edit_in(app: App[object], text: str, *, suffix: str = ".txt") -> str:
    """Return `text` as the editor left it, the screens put away meanwhile.

    Raises:
        EditorFailed: as `edit`, or this terminal can't put the screens away.
    """
    from textual.app import SuspendNotSupported

    words = editor_words(os.environ)
    try:
        with app.suspend():
            return edit(text, words, suffix=suffix)
    except SuspendNotSupported:
        raise EditorFailed("an editor can't be opened from here: this is no terminal of its own") from None


_open: list[subprocess.Popen[bytes]] = []


def stop_editors() -> None:
    """Have an open editor end, as if its terminal had hung up; from any thread."""
    for process in list(_open):
        with suppress(OSError):
            process.send_signal(signal.SIGTERM if sys.platform == "win32" else signal.SIGHUP)


def _code(process: subprocess.Popen[bytes]) -> int | None:
    try:
        return process.wait(1.0)
    except subprocess.TimeoutExpired:
        return None


@contextmanager
def _interrupts_are_its() -> Iterator[None]:
    """Leave ctrl+c to the editor: the terminal sends it to both."""
    if current_thread() is not main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _run(words: Sequence[str]) -> None:
    try:
        with _interrupts_are_its(), subprocess.Popen(words) as process:  # noqa: S603 - the user's own editor, as they set it
            _open.append(process)
            try:
                while (code := _code(process)) is None:
                    pass  # a signal that came just before is answered in between
            finally:
                _open.remove(process)
    except FileNotFoundError:
        raise EditorFailed(f"the editor {words[0]!r} is not there: see VISUAL and EDITOR") from None
    except OSError as error:
        raise EditorFailed(f"the editor {words[0]!r} can't be started: {error.strerror or error}") from None
    if code:
        raise EditorFailed(f"the editor {words[0]!r} ended with an error ({code}): the text is as it was")
