"""`verify` and `compact`: the record of a folder or database, for its auditor and its operator."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pumpup_tui.commands.backend_session import must_be_there, record_place
from pumpup_tui.commands.database_places import Database
from pumpup_tui.commands.failure import in_words
from pumpup_tui.commands.opened_records import opened_store
from pumpup_tui.commands.options import FILE, PlaceOptions, record_options
from pumpup_tui.commands.output import print_json, print_line
from pumpup_tui.commands.places import StorePlace
from pumpup_tui.commands.progress import progress_bar
from pumpup_tui.text.firewall import line

if TYPE_CHECKING:
    from store.core.signed_note import LogHead
    from store.transfer.findings import Findings


@click.command()
@click.option("--expect", metavar="HASH", help="The head hash that you noted earlier; detects a restored old copy.")
@click.option(
    "--checkpoint", "note", type=FILE, metavar="FILE", help="A checkpoint from earlier: the record must begin with it."
)
@click.option("--key", metavar="KEY|FILE", help="The public key that signed it.  [default: the record's own]")
@click.option(
    "--witness",
    "witnesses",
    multiple=True,
    metavar="KEY|FILE",
    help="The public key of a witness that must have signed it too; repeatable.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@record_options
def verify(
    options: PlaceOptions,
    expect: str | None,
    note: Path | None,
    *,
    key: str | None,
    witnesses: tuple[str, ...],
    as_json: bool,
) -> None:
    """Verify that the record is unchanged; exit with 1 if it is not.

    The hash chain, each event against the rules, the head, the uploads; in a data folder also the checksums and the
    checkpoint against the events, in a database all that the events add up to. Nothing is changed.

    Whoever holds the record can rewrite all of it in such a way that this finds nothing wrong. A checkpoint that was
    kept elsewhere, or that a witness has signed, brings that to light.

    Example: pumpup-tui verify --data ./work
    """
    if note is None and (key is not None or witnesses):
        raise click.UsageError("--key and --witness go with --checkpoint FILE.")
    place = record_place(options)
    with in_words():
        begins = None
        if note is not None:
            from pumpup_tui.commands.kept_checkpoint import kept_checkpoint

            begins = kept_checkpoint(place, note, key, witnesses)
        result = _verified(place, expect, begins)
    if as_json:
        position = result.position
        figures = {"events": position.events, "commits": position.commits, "head": position.hash}
        print_json({**figures, "wrong": result.wrong, "notes": result.notes})
    else:
        _print_verification(result)
        if begins is not None and not result.wrong:
            print_line(f"OK: the record begins with the {begins.size:,} events of the checkpoint")
    if result.wrong:
        raise click.exceptions.Exit(1)


def _verified(place: StorePlace, expect: str | None, begins: LogHead | None) -> Findings:
    if isinstance(place, Database):
        from store.transfer.database_verifier import verify_database

        with progress_bar("Verifying") as progress:
            return verify_database(place.address, place.workspace, expect=expect, begins=begins, progress=progress)
    must_be_there(place)
    from store.transfer.verifier import verify as verify_folder

    with progress_bar("Verifying") as progress:
        return verify_folder(place.path, expect=expect, begins=begins, progress=progress)


def _print_verification(result: Findings) -> None:
    print_line(f"events   {result.position.events}")
    print_line(f"commits  {result.position.commits}")
    print_line(f"head     {result.position.hash}")
    for note in result.notes:
        print_line(f"note     {line(note)}")
    for fault in result.wrong:
        print_line(f"WRONG    {line(fault)}")
    print_line("OK: chain intact" if not result.wrong else f"{len(result.wrong)} wrong")


@click.command()
@record_options
def compact(options: PlaceOptions) -> None:
    """Rewrite the checkpoint so that the folder opens quickly. The journal is never changed.

    Example: pumpup-tui compact --data ./work
    """
    place = record_place(options)
    if isinstance(place, Database):
        print_line("A database has no checkpoint and needs none: nothing was done.", err=True)
        return
    must_be_there(place)
    with in_words(), opened_store(place.path, for_reading=False) as store:
        store.save()
        print_line(f"The checkpoint covers all {store.position.events} events.", err=True)
