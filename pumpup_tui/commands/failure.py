"""How a command ends when what it needs is not there: one sentence on stderr, with the next step."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

import click


class Failed(click.ClickException):
    """An expected failure; `message` is a sentence for the user. Ends the command with exit code 1."""


@contextmanager
def in_words() -> Iterator[None]:
    """Turn what a backend or the store refuses inside into `Failed`."""
    from api_client.errors import ApiError

    try:
        yield
    except ApiError as fault:
        raise Failed(fault.message) from None


def write_report(fault: BaseException, folder: Path, now: datetime) -> Path | None:
    """Keep the traceback of an unforeseen fault, without the values of its variables; None where that fails too."""
    path = folder / f"fault-{now:%Y%m%dT%H%M%S}.log"
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        path.write_text("".join(traceback.format_exception(fault)), encoding="utf-8", errors="backslashreplace")
        return path
    return None


def report_folder() -> Path:
    """Return where reports of unforeseen faults are kept."""
    import platformdirs

    return platformdirs.user_log_path("pumpup-tui", appauthor=False)


def tell(fault: BaseException, now: Callable[[], datetime]) -> None:
    """Say on stderr, in one sentence, that an unforeseen fault ended the program and where its details are."""
    path = write_report(fault, report_folder(), now())
    where = f"The details are in {path}." if path else "The details could not be written to a file."
    kind = type(fault).__name__
    with suppress(OSError):
        sys.stderr.write(f"Error: pumpup-tui met a fault that it did not foresee ({kind}) and ended. {where}\n")
