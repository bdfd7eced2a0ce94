"""Failures of a command: one sentence on stderr with the next step, and the exit code."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pumpup_tui.local_state.new_file import open_new
from pumpup_tui.text.firewall import clean, line

if TYPE_CHECKING:
    from api_client.errors import ApiError


class Failed(click.ClickException):
    """An expected failure; `message` is a sentence for the user. Ends the command with `exit_code`."""

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code  # type: ignore[misc]  # click reads it off the instance


class NotThere(Failed):
    """Nothing has the name that the user gave."""

    def __init__(self, message: str) -> None:
        super().__init__(message, 3)


def reason(fault: OSError) -> str:
    """Return the system's words for `fault`, to stand inside a sentence."""
    words = fault.strerror or str(fault)
    return words[:1].lower() + words[1:]


def exit_code_of(fault: ApiError) -> int:
    """Return the exit code of a failure, by its kind, for scripts."""
    from api_client import errors

    kinds: tuple[tuple[type[ApiError] | tuple[type[ApiError], ...], int], ...] = (
        (errors.Misconfigured, 2),
        ((errors.NotFound, errors.StoreAbsent), 3),
        (errors.Conflict, 4),
        ((errors.Unreachable, errors.Unavailable, errors.TooManyRequests, errors.StoreBusy), 5),
        ((errors.NotAllowed, errors.NotAuthenticated, errors.StoreLogin), 6),
    )
    return next((code for kind, code in kinds if isinstance(fault, kind)), 1)


@contextmanager
def in_words() -> Iterator[None]:
    """Turn the errors of a backend or the store into `Failed`."""
    from api_client.errors import ApiError, InvalidAnswers

    try:
        yield
    except InvalidAnswers as fault:
        words = "".join(f"\n  {line(name, 60)}: {line(words, 200)}" for name, words in fault.fields.items())
        raise Failed(f"Some answers need fixing. Nothing was sent.{words}") from None
    except ApiError as fault:
        # A server's message is foreign text.
        raise Failed(clean(fault.message, limit=2000), exit_code_of(fault)) from None


def write_report(fault: BaseException, folder: Path, now: datetime) -> Path | None:
    """Write an unforeseen fault's traceback, without variables' values, to a file; return None where that fails."""
    path = folder / f"fault-{now:%Y%m%dT%H%M%S}.log"
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open_new(path, overwrite=True) as file:
            file.write("".join(traceback.format_exception(fault)).encode(errors="backslashreplace"))
        return path
    return None


def report_folder() -> Path | None:
    """Return where reports of unforeseen faults are stored; None where this login has no home."""
    from pumpup_tui.local_state.user_folders import own_folder

    return own_folder("log")


def report_fault(fault: BaseException, now: Callable[[], datetime]) -> None:
    """Report on stderr, in one sentence, that an unforeseen fault ended the program, and where its details are."""
    folder = report_folder()
    path = write_report(fault, folder, now()) if folder else None
    where = f"The details are in {path}." if path else "The details could not be written to a file."
    kind = type(fault).__name__
    with suppress(OSError):
        sys.stderr.write(f"Error: pumpup-tui ended because of an unexpected error ({kind}). {where}\n")
