"""The record that a command works on, open: a folder's store, or the record of any place to be read whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pumpup_tui.commands.backend_session import must_be_there
from pumpup_tui.commands.database_places import Database
from pumpup_tui.commands.output import print_line
from pumpup_tui.commands.places import StorePlace
from pumpup_tui.commands.progress import progress_bar
from pumpup_tui.text.firewall import line

if TYPE_CHECKING:
    from store.folder.engine import Store
    from store.transfer.exporter import RecordSource


@contextmanager
def opened_store(folder: Path, *, for_reading: bool = True) -> Iterator[Store]:
    """Open a data folder, and close it; its warnings are printed.

    Raises:
        StoreError: it can't be opened.
    """
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


@contextmanager
def opened_source(place: StorePlace) -> Iterator[RecordSource]:
    """Open the record of a folder or database as it is now, to be read whole.

    Raises:
        StoreError: it can't be opened.
        NotThere: there is no data folder.
    """
    if isinstance(place, Database):
        from store.postgres.database_record import opened_record

        with opened_record(place.address, place.workspace) as record:
            yield record
        return
    must_be_there(place)
    from store.transfer.folder_record import FolderRecord

    with opened_store(place.path) as store:
        yield FolderRecord(store)
