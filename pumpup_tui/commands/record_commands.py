"""`verify`, `export`, `import` and `compact`: the record of a data folder, for its auditor and its operator."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

import click

from pumpup_tui.commands.backend_session import folder_of, must_be_there, record_place
from pumpup_tui.commands.database_places import Database
from pumpup_tui.commands.failure import Failed, in_words, reason
from pumpup_tui.commands.options import FILE, FOLDER, PlaceOptions, TimeParam, no_such, record_options, split_types
from pumpup_tui.commands.output import after_recording, can_prompt, print_json, print_line, stop_without_reader
from pumpup_tui.commands.progress import progress_bar
from pumpup_tui.text.firewall import clean, line

if TYPE_CHECKING:
    from store.folder.engine import Store
    from store.transfer.verifier import Findings


@click.command()
@click.option(
    "--expect", metavar="HASH", help="The head that you noted earlier: found where a whole old copy is put back."
)
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
@record_options
def verify(options: PlaceOptions, expect: str | None, as_json: bool) -> None:
    """Check that the data folder still says what was written; exit with 1 where it does not.

    Checksums, the hash chain, each event against the rules, the head, the checkpoint against the events, the uploads.

    Example: pumpup-tui verify --data ./work
    """
    from store.transfer.verifier import verify as verify_folder

    place = folder_of(options)
    must_be_there(place)
    with in_words(), progress_bar("Verifying") as progress:
        result = verify_folder(place.path, expect=expect, progress=progress)
    if as_json:
        position = result.position
        figures = {"events": position.events, "commits": position.commits, "head": position.hash}
        print_json({**figures, "wrong": result.wrong, "notes": result.notes})
    else:
        _print_verification(result)
    if result.wrong:
        raise click.exceptions.Exit(1)


def _print_verification(result: Findings) -> None:
    print_line(f"events   {result.position.events}")
    print_line(f"commits  {result.position.commits}")
    print_line(f"head     {result.position.hash}")
    for note in result.notes:
        print_line(f"note     {line(note)}")
    for fault in result.wrong:
        print_line(f"WRONG    {line(fault)}")
    print_line("sound" if not result.wrong else f"{len(result.wrong)} wrong")


@click.command()
@record_options
def compact(options: PlaceOptions) -> None:
    """Write the checkpoint anew, so that the folder opens at once. The journal is never changed.

    Example: pumpup-tui compact --data ./work
    """
    place = record_place(options)
    if isinstance(place, Database):
        print_line("A database has no checkpoint to write: it needs none, and nothing was done.", err=True)
        return
    must_be_there(place)
    with in_words(), _opened_store(place.path, for_reading=False) as store:
        store.save()
        print_line(f"The checkpoint covers all {store.position.events} events.", err=True)


@click.command()
@click.option("--format", "kind", type=click.Choice(["jsonl", "csv"]), default="jsonl", show_default=True)
@click.option("--project", metavar="NAME", help="Of one project: its id, or the name that agents use.")
@click.option("--task", metavar="ID", help="Of one task.")
@click.option("--since", type=TimeParam(), help="From this date or time on, in your zone unless it names one.")
@click.option("--until", type=TimeParam(), help="Before this date or time.")
@click.option("--types", metavar="T,T…", default="", help="Of these event types only, separated by commas.")
@click.option("-o", "--output", type=FILE, metavar="FILE", help="Where to write it; - is stdout.  [default: stdout]")
@click.option("--yes", is_flag=True, help="Don't ask before a file that is there is written over.")
@record_options
def export(
    options: PlaceOptions, kind: Literal["jsonl", "csv"], output: Path | None, *, yes: bool, types: str, **filters: Any
) -> None:
    """Write the timeline to a file, as JSON lines or CSV, with the hashes.

    A full export as JSON lines can be verified by anyone: each line holds the bytes that its hash covers.

    Example: pumpup-tui export --format csv --project claims -o claims.csv
    """
    from store.core.event_types import TYPES
    from store.transfer.exporter import Filter, as_csv, jsonl

    place = folder_of(options)
    must_be_there(place)
    if output is not None and str(output) == "-":
        output = None
    type_names = split_types(types)
    if unknown := [name for name in type_names if name not in TYPES[1:]]:
        raise no_such("event type", unknown[0], TYPES[1:])
    with in_words(), _opened_store(place.path) as store, progress_bar("Exporting") as progress:
        lines = (jsonl if kind == "jsonl" else as_csv)(store, Filter(types=type_names, **filters), progress)
        try:
            with _opened_output(output, overwrite=yes) as file:
                count = sum(1 for row in _while_read(lines, output) if file.write(row))
        except OSError as fault:
            raise Failed(f"The export can't be written to {output or 'stdout'}: {reason(fault)}.") from None
    rows = count - (kind == "csv")
    print_line(f"Exported {rows} event{'s' if rows != 1 else ''}.", err=True)


@click.command("import")
@click.argument("file", type=FILE, metavar="FILE")
@click.option(
    "--uploads",
    type=FOLDER,
    metavar="DIR",
    help="Where the attachments' content is: the folder 'uploads' of the data folder that was exported.",
)
@click.option("--expect", metavar="HASH", help="The head that the record must end with.")
@record_options
def import_(options: PlaceOptions, file: Path, uploads: Path | None, expect: str | None) -> None:
    """Make a data folder of a full export: each event byte for byte, so that the chain is the same.

    The folder must be empty or not there; where anything is wrong nothing is made. Keys are in no export.

    FILE is a path, or - for stdin.

    Example: pumpup-tui import record.jsonl --data ./restored
    """
    from api_client.errors import InvalidRequest
    from store.transfer.importer import Import

    place = folder_of(options)
    source = "stdin" if str(file) == "-" else str(file)
    with in_words(), progress_bar("Importing") as progress:
        try:
            with nullcontext(sys.stdin.buffer) if source == "stdin" else file.open("rb") as exported:
                result = Import(place.path, uploads=uploads, expect=expect).run(
                    _lines_of(exported), _progress_through(exported, progress)
                )
        except InvalidRequest as fault:
            raise Failed(f"{source} can't be imported: {clean(fault.message, limit=2000)} Nothing was made.") from None
        except OSError as fault:
            raise Failed(f"{source} can't be imported: {reason(fault)}. Nothing was made.") from None
    print_line(f"Imported {result.position.events} events.", err=True)
    if result.missing:
        print_line(
            f"Warning: the content of {result.missing} attachments is not there: bring it with --uploads DIR.", err=True
        )
    with after_recording(result.position.hash):
        print_line(result.position.hash)


@contextmanager
def _opened_store(folder: Path, *, for_reading: bool = True) -> Iterator[Store]:
    from api_client.times import utc_now
    from store.core.event_ids import random_token
    from store.folder.engine import Store

    with progress_bar("Reading the journal") as progress:
        store = Store(folder, clock=utc_now, tokens=random_token, progress=progress, for_reading=for_reading)
    try:
        for warning in (*store.placement_warnings, *store.warnings):
            print_line(f"Warning: {line(warning)}", err=True)
        yield store
    finally:
        store.close()


def _while_read(rows: Iterable[bytes], output: Path | None) -> Iterator[bytes]:
    """Yield the rows for a file; for stdout, only as long as somebody reads them."""
    for row in rows:
        if output is None:
            stop_without_reader()
        yield row


@contextmanager
def _opened_output(path: Path | None, *, overwrite: bool) -> Iterator[BinaryIO]:
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
    if not can_prompt():
        raise Failed(f"{path} is there already: say --yes to write over it. Nothing was written.")
    try:
        agreed = click.confirm(f"{line(path, 300)} is there already. Write over it?", default=False, err=True)
    except click.Abort:
        agreed = False
    if not agreed:
        raise Failed("Nothing was written.")


def _lines_of(exported: BinaryIO) -> Iterator[bytes]:
    """Yield the lines of a file or a pipe; of a line too long for an event, only its beginning."""
    from store.transfer.importer import LINE_MOST

    return iter(lambda: exported.readline(LINE_MOST + 1), b"")


def _progress_through(exported: BinaryIO, progress: Callable[[int, int], None]) -> Callable[[int], None]:
    """Return a function that reports how much of a file was read; for a pipe, of unknown size, it does nothing."""
    if not exported.seekable():
        return lambda _: None
    size = os.fstat(exported.fileno()).st_size
    return lambda _: progress(min(exported.tell(), size - 1), size)
