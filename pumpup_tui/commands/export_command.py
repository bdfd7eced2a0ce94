"""`export`: the timeline of a folder or database as a file, or the whole record as an archive."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from pumpup_tui.commands.backend_session import record_place
from pumpup_tui.commands.failure import Failed, in_words, reason
from pumpup_tui.commands.opened_records import opened_source
from pumpup_tui.commands.options import (
    FILE,
    FOLDER,
    PlaceOptions,
    end_of_range,
    filter_options,
    no_such,
    record_options,
    split_types,
)
from pumpup_tui.commands.output import print_line, stop_without_reader
from pumpup_tui.commands.progress import progress_bar
from pumpup_tui.commands.written_files import ask_to_overwrite, opened_output
from pumpup_tui.text.firewall import line

if TYPE_CHECKING:
    from store.transfer.archive import Manifest
    from store.transfer.exporter import Filter


@click.command()
@click.option("--format", "kind", type=click.Choice(["jsonl", "csv"]), default="jsonl", show_default=True)
@click.option("--project", metavar="NAME", help="Only this project (id or the name that agents use).")
@click.option("--task", metavar="NAME", help="Only this task (id or name).")
@filter_options
@click.option("--types", metavar="T,T…", default="", help="Only these event types, separated by commas.")
@click.option("-o", "--output", type=FILE, metavar="FILE", help="Where to write it; - is stdout.  [default: stdout]")
@click.option(
    "--archive",
    type=FOLDER,
    metavar="DIR",
    help="Write everything that a move needs into a folder: events, attachments, idempotency records. If it is "
    "interrupted, run it again: attachments already copied are skipped.",
)
@click.option("--yes", is_flag=True, help="Overwrite an existing file without asking.")
@record_options
def export(
    options: PlaceOptions,
    kind: Literal["jsonl", "csv"],
    output: Path | None,
    archive: Path | None,
    *,
    yes: bool,
    types: str,
    **filters: Any,
) -> None:
    """Export the timeline as JSON lines or CSV, with the hashes.

    Anyone can verify a full JSON lines export: each line holds the bytes that its hash covers.

    Example: pumpup-tui export --format csv --project claims -o claims.csv
    """
    from store.core.event_types import TYPES
    from store.transfer.exporter import Filter

    place = record_place(options)
    if output is not None and str(output) == "-":
        output = None
    type_names = split_types(types)
    if unknown := [name for name in type_names if name not in TYPES[1:]]:
        raise no_such("event type", unknown[0], TYPES[1:])
    filters["until"] = end_of_range(filters["until"])
    chosen = Filter(types=type_names, **filters)
    if archive is None:
        with in_words(), opened_source(place) as record:
            _write_file(record, kind, chosen, output, overwrite=yes)
        return
    if output is not None or kind != "jsonl" or not chosen.is_everything:
        raise click.UsageError("--archive takes the whole record into its folder: leave out filters, --format and -o.")
    with in_words(), opened_source(place) as record:
        _write_archive(record, archive, overwrite=yes)


def _write_file(record: Any, kind: str, chosen: Filter, output: Path | None, *, overwrite: bool) -> None:
    from store.transfer.exporter import as_csv, jsonl

    with progress_bar("Exporting") as progress:
        lines = (jsonl if kind == "jsonl" else as_csv)(record, chosen, progress)
        try:
            with opened_output(output, overwrite=overwrite) as file:
                count = sum(1 for row in _while_read(lines, output) if file.write(row))
        except OSError as fault:
            raise Failed(f"The export can't be written to {output or 'stdout'}: {reason(fault)}.") from None
    rows = count - (kind == "csv")
    print_line(f"Exported {rows} event{'s' if rows != 1 else ''}.", err=True)
    if not rows and not chosen.is_everything:
        _tell_no_match(record, chosen)


def _tell_no_match(record: Any, chosen: Filter) -> None:
    from api_client.event_filter import DECISIONS, decider_of
    from pumpup_tui.commands.no_match import LATEST, tell_no_match

    decisions = record.timeline(task=0, project=0, types=DECISIONS) if chosen.decided_by else ()
    events = (json.loads(text) for _, text, _ in deque(decisions, maxlen=LATEST))
    names = (decider_of(event.get("subject"), event["payload"]) for event in events)
    tell_no_match(chosen.since, chosen.until, chosen.decided_by, names)


def _write_archive(record: Any, folder: Path, *, overwrite: bool) -> None:
    from store.transfer.archive import MANIFEST, ArchiveWriter

    writer = ArchiveWriter(folder)
    try:
        _make_folder(folder)
        if not overwrite and (folder / MANIFEST).exists():
            ask_to_overwrite(folder)
        with progress_bar("Copying attachments") as progress:
            contents = writer.write_contents(record, progress)
        with progress_bar("Exporting") as progress:
            manifest = writer.write_lines(record, contents, progress)
    except OSError as fault:
        raise Failed(f"The archive can't be written to {folder}: {reason(fault)}.") from None
    _report(manifest, folder)


def _make_folder(folder: Path) -> None:
    from pumpup_tui.local_state.new_file import refuse_data_folder

    refuse_data_folder(folder if folder.exists() else folder.parent)
    folder.mkdir(exist_ok=True, mode=0o700)


def _report(manifest: Manifest, folder: Path) -> None:
    print_line(
        f"Archived {manifest.events} events, {manifest.answers} idempotency records and the content of "
        f"{manifest.uploads} uploads in {line(str(folder), 300)}.",
        err=True,
    )
    if manifest.missing:
        print_line(f"Warning: the content of {manifest.missing} attachments is missing.", err=True)
    print_line(manifest.head)


def _while_read(rows: Iterable[bytes], output: Path | None) -> Iterator[bytes]:
    """Yield the rows for a file; for stdout, only as long as somebody reads them."""
    for row in rows:
        if output is None:
            stop_without_reader()
        yield row
