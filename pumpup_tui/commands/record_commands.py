"""`verify`, `export`, `import` and `compact`: what an auditor and whoever keeps the folder need of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

import click

from pumpup_tui.commands.backend_session import folder_of, must_be_there
from pumpup_tui.commands.failure import Failed, in_words, reason
from pumpup_tui.commands.options import FILE, FOLDER, Given, Moment, folder_options, no_such, split_types
from pumpup_tui.commands.output import after_recording, may_ask, stop_without_reader, tell, tell_json
from pumpup_tui.commands.progress import progress_bar
from pumpup_tui.text.firewall import clean, line

if TYPE_CHECKING:
    from store.folder.engine import Store


@click.command()
@click.option(
    "--expect", metavar="HASH", help="The head that you noted earlier: found where a whole old copy is put back."
)
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
@folder_options
def verify(given: Given, expect: str | None, as_json: bool) -> None:
    """Check that the data folder still says what was written; exit with 1 where it does not.

    Checksums, the hash chain, each event against the rules, the head, the checkpoint against the events, the uploads.

    Example: pumpup-tui verify --data ./work
    """
    from store.transfer.verifier import verify as look

    place = folder_of(given)
    must_be_there(place)
    with in_words(), progress_bar("Verifying") as progress:
        found = look(place.path, expect=expect, progress=progress)
    position = found.position
    if as_json:
        told = {"events": position.events, "commits": position.commits, "head": position.hash, "wrong": found.wrong}
        tell_json({**told, "notes": found.notes})
    else:
        tell(f"events   {position.events}")
        tell(f"commits  {position.commits}")
        tell(f"head     {position.hash}")
        for note in found.notes:
            tell(f"note     {line(note)}")
        for wrong in found.wrong:
            tell(f"WRONG    {line(wrong)}")
        tell("sound" if not found.wrong else f"{len(found.wrong)} wrong")
    if found.wrong:
        raise click.exceptions.Exit(1)


@click.command()
@folder_options
def compact(given: Given) -> None:
    """Write the checkpoint anew, so that the folder opens at once. The journal is never changed.

    Example: pumpup-tui compact --data ./work
    """
    place = folder_of(given)
    must_be_there(place)
    with in_words(), _opened(place.path, for_reading=False) as store:
        store.save()
        tell(f"The checkpoint covers all {store.position.events} events.", err=True)


@click.command()
@click.option("--format", "kind", type=click.Choice(["jsonl", "csv"]), default="jsonl", show_default=True)
@click.option("--project", metavar="NAME", help="Of one project: its id, or the name that agents use.")
@click.option("--task", metavar="ID", help="Of one task.")
@click.option("--since", type=Moment(), help="From this date or time on, in your zone unless it names one.")
@click.option("--until", type=Moment(), help="Before this date or time.")
@click.option("--types", metavar="T,T…", default="", help="Of these event types only, separated by commas.")
@click.option("-o", "--output", type=FILE, metavar="FILE", help="Where to write it; - is stdout.  [default: stdout]")
@click.option("--yes", is_flag=True, help="Don't ask before a file that is there is written over.")
@folder_options
def export(
    given: Given, kind: Literal["jsonl", "csv"], output: Path | None, *, yes: bool, types: str, **chosen: Any
) -> None:
    """Write the timeline to a file, as JSON lines or CSV, with the hashes.

    A full export as JSON lines can be verified by anyone: each line holds the bytes that its hash covers.

    Example: pumpup-tui export --format csv --project claims -o claims.csv
    """
    from store.core.event_types import TYPES
    from store.transfer.exporter import Filter, as_csv, jsonl

    place = folder_of(given)
    must_be_there(place)
    if output is not None and str(output) == "-":
        output = None
    wanted = split_types(types)
    if unknown := [one for one in wanted if one not in TYPES[1:]]:
        raise no_such("event type", unknown[0], TYPES[1:])
    with in_words(), _opened(place.path) as store, progress_bar("Exporting") as progress:
        lines = (jsonl if kind == "jsonl" else as_csv)(store, Filter(types=wanted, **chosen), progress)
        try:
            with _output(output, overwrite=yes) as file:
                count = sum(1 for row in _while_read(lines, output) if file.write(row))
        except OSError as fault:
            raise Failed(f"The export can't be written to {output or 'stdout'}: {reason(fault)}.") from None
    rows = count - (kind == "csv")
    tell(f"Exported {rows} event{'s' if rows != 1 else ''}.", err=True)


@click.command("import")
@click.argument("file", type=FILE, metavar="FILE")
@click.option(
    "--uploads",
    type=FOLDER,
    metavar="DIR",
    help="Where the attachments' content is: the folder 'uploads' of the data folder that was exported.",
)
@click.option("--expect", metavar="HASH", help="The head that the record must end with.")
@folder_options
def import_(given: Given, file: Path, uploads: Path | None, expect: str | None) -> None:
    """Make a data folder of a full export: each event byte for byte, so that the chain is the same.

    The folder must be empty or not there; where anything is wrong nothing is made. Keys are in no export.

    FILE is a path, or - for stdin.

    Example: pumpup-tui import record.jsonl --data ./restored
    """
    from api_client.errors import InvalidRequest
    from store.transfer.importer import Import

    place = folder_of(given)
    where = "stdin" if str(file) == "-" else str(file)
    with in_words(), progress_bar("Importing") as progress:
        try:
            with nullcontext(sys.stdin.buffer) if where == "stdin" else file.open("rb") as exported:
                found = Import(place.path, uploads=uploads, expect=expect).run(
                    _lines_of(exported), _progress_through(exported, progress)
                )
        except InvalidRequest as fault:
            raise Failed(f"{where} can't be imported: {clean(fault.message, limit=2000)} Nothing was made.") from None
        except OSError as fault:
            raise Failed(f"{where} can't be imported: {reason(fault)}. Nothing was made.") from None
    tell(f"Imported {found.position.events} events.", err=True)
    if found.missing:
        tell(
            f"Warning: the content of {found.missing} attachments is not there: bring it with --uploads DIR.", err=True
        )
    with after_recording(found.position.hash):
        tell(found.position.hash)


@contextmanager
def _opened(folder: Path, *, for_reading: bool = True) -> Iterator[Store]:
    from api_client.times import utc_now
    from store.folder.engine import Store
    from store.folder.local_backend import random_token

    with progress_bar("Reading the journal") as progress:
        store = Store(folder, clock=utc_now, tokens=random_token, progress=progress, for_reading=for_reading)
    try:
        for warning in (*store.doubts, *store.warnings):
            tell(f"Warning: {line(warning)}", err=True)
        yield store
    finally:
        store.close()


def _while_read(rows: Iterable[bytes], output: Path | None) -> Iterator[bytes]:
    """Yield what goes to a file; of what goes to stdout, only as much as somebody reads."""
    for row in rows:
        if output is None:
            stop_without_reader()
        yield row


@contextmanager
def _output(path: Path | None, *, overwrite: bool) -> Iterator[BinaryIO]:
    if path is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        stop_without_reader()
        return
    from pumpup_tui.local_state.new_file import open_new

    try:
        file = open_new(path, overwrite=overwrite)
    except FileExistsError:
        _ask_to_overwrite(path)
        file = open_new(path, overwrite=True)
    with file:
        yield file


def _ask_to_overwrite(path: Path) -> None:
    if not may_ask():
        raise Failed(f"{path} is there already: say --yes to write over it. Nothing was written.")
    try:
        agreed = click.confirm(f"{line(path, 300)} is there already. Write over it?", default=False, err=True)
    except click.Abort:
        agreed = False
    if not agreed:
        raise Failed("Nothing was written.")


def _lines_of(exported: BinaryIO) -> Iterator[bytes]:
    """Yield the lines of a file or a pipe; of one that is too long to be an event's, no more than shows that."""
    from store.transfer.importer import LINE_MOST

    return iter(lambda: exported.readline(LINE_MOST + 1), b"")


def _progress_through(exported: BinaryIO, progress: Callable[[int, int], None]) -> Callable[[int], None]:
    """Return what tells how much of a file was read; of a pipe no one knows how much there is."""
    if not exported.seekable():
        return lambda _: None
    size = os.fstat(exported.fileno()).st_size
    return lambda _: progress(min(exported.tell(), size - 1), size)
