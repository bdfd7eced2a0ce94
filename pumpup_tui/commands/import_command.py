"""`import`: a folder or a workspace of a database, made from a full export or an archive."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

import click

from pumpup_tui.commands.backend_session import record_place
from pumpup_tui.commands.database_places import Database
from pumpup_tui.commands.failure import Failed, in_words, reason
from pumpup_tui.commands.options import FILE, FOLDER, PlaceOptions, record_options
from pumpup_tui.commands.output import after_recording, print_line
from pumpup_tui.commands.progress import progress_bar
from pumpup_tui.text.firewall import clean

if TYPE_CHECKING:
    from store.transfer.archive import Archive
    from store.transfer.importer import Imported


class _Sources(NamedTuple):
    """The files that an import takes in."""

    file: Path
    """A path, or - for stdin."""
    uploads: Path | None
    archive: Archive | None
    expect: str | None


@click.command("import")
@click.argument("file", type=FILE, metavar="[FILE]", required=False)
@click.option(
    "--archive",
    type=FOLDER,
    metavar="DIR",
    help="An archive that 'export --archive' wrote: take in its attachments and idempotency records too.",
)
@click.option(
    "--uploads",
    type=FOLDER,
    metavar="DIR",
    help="Where the attachments' content is: the folder 'uploads' of the data folder that was exported.",
)
@click.option("--expect", metavar="HASH", help="The head that the record must end with.")
@record_options
def import_(
    options: PlaceOptions, file: Path | None, archive: Path | None, uploads: Path | None, expect: str | None
) -> None:
    """Import a full export into a new folder or workspace, byte for byte.

    The folder or workspace must be empty or not exist; the whole export is checked before anything is created. Keys
    are not exported. An interrupted import into a database resumes when you run it again.

    FILE is a path, or - for stdin; without it, it is the record of the archive.

    Example: pumpup-tui import record.jsonl --data ./restored
    """
    from api_client.errors import InvalidRequest

    if file is None and archive is None:
        raise click.UsageError("Name the file of a full export, or an archive with --archive DIR.")
    if archive is not None and uploads is not None:
        raise click.UsageError("--archive has uploads of its own: leave out --uploads.")
    place = record_place(options)
    source = "stdin" if str(file) == "-" else str(file or archive)
    with in_words():
        try:
            given = _sources(file, archive, uploads, expect)
            with _opened(given.file) as exported:
                if isinstance(place, Database):
                    result = _into_database(place, given, exported)
                else:
                    result = _into_folder(place.path, given, exported)
        except InvalidRequest as fault:
            raise Failed(f"{source} can't be imported: {clean(fault.message, limit=2000)} Nothing was made.") from None
        except OSError as fault:
            raise Failed(f"{source} can't be imported: {reason(fault)}. Nothing was made.") from None
    print_line(f"Imported {result.position.events} events.", err=True)
    if result.missing:
        print_line(f"Warning: the content of {result.missing} attachments is not there{_remedy(given)}.", err=True)
    with after_recording(result.position.hash):
        print_line(result.position.hash)


def _remedy(given: _Sources) -> str:
    return "" if given.archive else ": bring it with --uploads DIR"


def _sources(file: Path | None, folder: Path | None, uploads: Path | None, expect: str | None) -> _Sources:
    if folder is None:
        return _Sources(file or Path("-"), uploads, None, expect)
    from store.transfer.archive import RECORD, Archive
    from store.transfer.importer import check_head

    archive = Archive(folder)
    check_head(archive.manifest.head, expect)
    return _Sources(file or folder / RECORD, archive.uploads, archive, archive.manifest.head)


@contextmanager
def _opened(file: Path) -> Iterator[BinaryIO]:
    with nullcontext(sys.stdin.buffer) if str(file) == "-" else file.open("rb") as exported:
        yield exported


def _into_folder(folder: Path, given: _Sources, exported: BinaryIO) -> Imported:
    from store.transfer.importer import Import

    answers = given.archive.answers() if given.archive else ()
    with progress_bar("Importing") as progress:
        made = Import(folder, uploads=given.uploads, answers=answers, expect=given.expect)
        return made.run(_lines_of(exported), _progress_through(exported, progress))


def _into_database(place: Database, given: _Sources, exported: BinaryIO) -> Imported:
    from api_client.errors import InvalidRequest
    from api_client.times import utc_now
    from store.postgres.importing import check_importable, importing_workspace
    from store.transfer.database_importer import DatabaseImport
    from store.transfer.importer import Imported
    from store.transfer.line_file import replayable

    check_importable(place.address, place.workspace)
    answers = given.archive.answers if given.archive else tuple
    with replayable(exported) as lines:
        made = DatabaseImport(lines, uploads=given.uploads, answers=answers, expect=given.expect)
        with progress_bar("Checking") as progress:
            checked = made.check(progress)
        try:
            with importing_workspace(place.address, place.workspace, utc_now) as workspace:
                with progress_bar("Copying attachments") as progress:
                    missing = made.write_contents(workspace, checked, progress)
                with progress_bar("Importing") as progress:
                    made.write(workspace, checked, progress)
                    return Imported(checked.position, missing)
        except InvalidRequest as fault:
            raise Failed(
                f"The import into {place.shown} can't go on: {clean(fault.message, limit=2000)} Nobody can open the "
                "workspace until an import into it is finished."
            ) from None


def _lines_of(exported: BinaryIO) -> Iterator[bytes]:
    """Yield the lines of a file or a pipe; of a line too long for an event, only its beginning."""
    from store.transfer.record_lines import LINE_MOST

    return iter(lambda: exported.readline(LINE_MOST + 1), b"")


def _progress_through(exported: BinaryIO, progress: Callable[[int, int], None]) -> Callable[[int], None]:
    """Return a function that reports how much of a file was read; for a pipe, of unknown size, it does nothing."""
    if not exported.seekable():
        return lambda _: None
    size = os.fstat(exported.fileno()).st_size
    return lambda _: progress(min(exported.tell(), size - 1), size)
