"""Moves of a whole record between places, as the command line makes them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from api_client.times import Clock
from store.core.event_ids import random_token
from store.folder.engine import Store
from store.postgres.address import DatabaseAddress
from store.postgres.database_record import opened_record
from store.postgres.importing import importing_workspace
from store.transfer.archive import ANSWERS, MANIFEST, RECORD, Archive, ArchiveWriter, Manifest
from store.transfer.database_importer import DatabaseImport
from store.transfer.exporter import RecordSource
from store.transfer.folder_record import FolderRecord
from store.transfer.importer import Import, Imported
from store.transfer.line_file import LineFile
from tests.conftest import FixedClock

Progress = Callable[[int, int], None]
FILES = (RECORD, ANSWERS, MANIFEST)
"""The files of an archive, without its uploads."""


def _write(record: RecordSource, archive: Path) -> Manifest:
    writer = ArchiveWriter(archive)
    return writer.write_lines(record, writer.write_contents(record))


def archive_folder(folder: Path, archive: Path) -> Manifest:
    """Archive a data folder."""
    store = Store(folder, clock=FixedClock(), tokens=random_token, for_reading=True)
    try:
        return _write(FolderRecord(store), archive)
    finally:
        store.close()


def archive_workspace(address: DatabaseAddress, workspace: str, archive: Path) -> Manifest:
    """Archive a workspace."""
    with opened_record(address, workspace) as record:
        return _write(record, archive)


def into_folder(folder: Path, archive: Path) -> Imported:
    """Make a data folder of an archive."""
    opened = Archive(archive)
    made = Import(folder, uploads=opened.uploads, answers=opened.answers(), expect=opened.manifest.head)
    with (archive / RECORD).open("rb") as lines:
        return made.run(lines)


def into_workspace(
    address: DatabaseAddress, workspace: str, archive: Path, clock: Clock, progress: Progress = lambda *_: None
) -> Imported:
    """Make a workspace of an archive; `progress` is called while its events are written."""
    opened = Archive(archive)
    with (archive / RECORD).open("rb") as file:
        made = DatabaseImport(
            LineFile(file), uploads=opened.uploads, answers=opened.answers, expect=opened.manifest.head
        )
        checked = made.check()
        with importing_workspace(address, workspace, clock) as importing:
            missing = made.write_contents(importing, checked)
            made.write(importing, checked, progress)
    return Imported(checked.position, missing)
