"""`verify`, `export` and `compact`: what an auditor and whoever keeps the folder need of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

import click

from pumpup_tui.commands.failure import Failed, in_words
from pumpup_tui.commands.places import default_data, reason, usable_folder
from pumpup_tui.commands.progress import progress_bar

if TYPE_CHECKING:
    from store.engine import Store


def verify(data: Path | None, expect: str | None) -> None:
    """Check a folder and say what was found; exit with 1 where anything is wrong."""
    from store.audit import verify as look

    folder = data if data is not None else default_data()
    with in_words(), progress_bar("Verifying") as progress:
        found = look(folder, expect=expect, progress=progress)
    position = found.position
    click.echo(f"events   {position.events}")
    click.echo(f"commits  {position.commits}")
    click.echo(f"head     {position.hash}")
    for wrong in found.wrong:
        click.echo(f"WRONG    {wrong}")
    click.echo("sound" if not found.wrong else f"{len(found.wrong)} wrong")
    if found.wrong:
        raise click.exceptions.Exit(1)


def compact(data: Path | None) -> None:
    """Write the checkpoint anew, so that the next open replays nothing."""
    with in_words(), _opened(usable_folder(data)) as store:
        store.save()
        click.echo(f"The checkpoint covers all {store.position.events} events.", err=True)


def export(data: Path | None, kind: Literal["jsonl", "csv"], output: Path | None, *, types: str, **chosen: Any) -> None:
    """Write the timeline, or what is chosen of it, to a file or to stdout, as it is read."""
    from store.export import Filter, as_csv, jsonl

    wanted = tuple(part.strip().upper() for part in types.split(",") if part.strip())
    with in_words(), _opened(_existing(data)) as store, progress_bar("Exporting") as progress:
        lines = (jsonl if kind == "jsonl" else as_csv)(store, Filter(types=wanted, **chosen), progress)
        try:
            with _output(output) as file:
                count = sum(1 for line in lines if file.write(line))
        except BrokenPipeError:
            # The reader has had enough: nothing to say, and nowhere to say it.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return
        except OSError as fault:
            raise Failed(f"The export can't be written to {output or 'stdout'}: {reason(fault)}.") from None
    rows = count - (kind == "csv")
    click.echo(f"Exported {rows} event{'s' if rows != 1 else ''}.", err=True)


def _existing(data: Path | None) -> Path:
    """Return a folder that has a journal: to look at one must not make one."""
    folder = data if data is not None else default_data()
    if not (folder / "journal.jsonl").is_file():
        raise Failed(f"{folder} is no data folder: it has no journal.jsonl. Name one with --data DIR.")
    return folder


@contextmanager
def _opened(folder: Path) -> Iterator[Store]:
    from api_client.times import utc_now
    from store.engine import Store
    from store.local import random_token

    with progress_bar("Reading the journal") as progress:
        store = Store(folder, clock=utc_now, tokens=random_token, progress=progress)
    try:
        for warning in (*store.doubts, *store.warnings):
            click.echo(f"Warning: {warning}", err=True)
        yield store
    finally:
        store.close()


@contextmanager
def _output(path: Path | None) -> Iterator[BinaryIO]:
    if path is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    with path.open("wb") as file:
        yield file
