"""The session of one command with a backend: opened, used, closed, with failures as messages for the user."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeVar

import click

from pumpup_tui.commands.database_places import Database
from pumpup_tui.commands.failure import Failed, NotThere, in_words
from pumpup_tui.commands.options import PlaceOptions
from pumpup_tui.commands.output import print_line
from pumpup_tui.commands.places import (
    Folder,
    Place,
    Server,
    StorePlace,
    api_key,
    decider,
    place_of,
    usable_folder,
)
from pumpup_tui.text.firewall import line

if TYPE_CHECKING:
    from api_client.backend import Backend

T = TypeVar("T")

COMMAND_CONNECTIONS = 2
"""Connections that a command's reads take at the most: it asks for one thing after the other."""
_NOTICE = 600
"""Longest notice to print, in characters."""


def run_on_backend(
    options: PlaceOptions,
    operation: Callable[[Backend], Awaitable[T]],
    *,
    make: bool = False,
    writes: bool = False,
    signs: bool = False,
) -> T:
    """Return the result of an operation on the backend of the place that the user named.

    Args:
        options: The place and the reviewer, from the command line.
        operation: The command's work.
        make: Whether to make a data folder that is not there.
        writes: Whether the operation writes; otherwise a folder or database is opened read-only.
        signs: Whether it signs a checkpoint: this records nothing, and needs no reviewer's name.

    Raises:
        Failed: the place can't be opened, or it refused; the exit code says which.
        Exit: the user stopped it.
    """
    import asyncio

    place = place_of(options, os.environ)

    async def run() -> T:
        async with opened(place, make=make, writes=writes or make, signs=signs) as backend:
            return await operation(backend)

    with in_words():
        try:
            return asyncio.run(run())
        except KeyboardInterrupt:
            raise click.exceptions.Exit(130) from None


@asynccontextmanager
async def opened(
    place: Place, *, make: bool = False, writes: bool = False, quiet: bool = False, signs: bool = False
) -> AsyncIterator[Backend]:
    """Yield the backend of a place, and close it; its notices are printed, before and after, but where it is `quiet`.

    Raises:
        ApiError: it can't be opened.
        Failed: the folder is not there, there is no key for the server, or no name to decide under.
    """
    backend = await _backend_of(place, make=make, writes=writes, for_reading=not (writes or signs))
    notices = list(backend.notices)
    try:
        _print_warnings(() if quiet else notices)
        yield backend
    finally:
        _print_warnings(() if quiet else backend.notices[len(notices) :])
        await backend.aclose()


async def _backend_of(place: Place, *, make: bool, writes: bool, for_reading: bool) -> Backend:
    if isinstance(place, Server):
        return await _server(place)
    reviewer = decider(place) if writes else place.reviewer
    if isinstance(place, Folder):
        return await _folder(place, reviewer, make=make, for_reading=for_reading)
    return await _database(place, reviewer, for_reading=for_reading)


def _print_warnings(notices: Iterable[str]) -> None:
    for notice in notices:
        print_line(f"Warning: {line(notice, _NOTICE)}", err=True)


async def _folder(place: Folder, reviewer: str, *, make: bool, for_reading: bool) -> Backend:
    if make:
        usable_folder(place.path)
    else:
        must_be_there(place)

    from api_client.actor import Actor
    from pumpup_tui.commands.progress import progress_bar
    from store.folder.local_backend import open_local

    with progress_bar("Reading the journal") as progress:
        actor = Actor(reviewer, "reviewer", place.tags)
        return await open_local(place.path, actor, progress=progress, for_reading=for_reading)


async def _database(place: Database, reviewer: str, *, for_reading: bool) -> Backend:
    from api_client.actor import Actor
    from store.postgres.open_database import open_postgres

    actor = Actor(reviewer, "reviewer", place.tags)
    return await open_postgres(
        place.address, place.workspace, actor, for_reading=for_reading, pool_size=COMMAND_CONNECTIONS
    )


async def _server(place: Server) -> Backend:
    key = api_key(place.api_key_file, os.environ)

    from api_client.http import HttpBackend

    return HttpBackend(place.url, key, ca_file=place.ca_file, allow_plain_http=place.insecure_http)


MAKERS = "'pumpup-tui projects create' or 'pumpup-tui serve' creates one."


def must_be_there(place: Folder, makers: str = MAKERS) -> None:
    """Raise `NotThere`, naming the commands that make one, where there is no data folder: reading must not make one."""
    # Of any kind: a link or a pipe in place of a file is reported when it is opened.
    if not any(os.path.lexists(place.path / name) for name in ("journal.jsonl", "head")):
        raise NotThere(
            f"{place.path} is not a data folder: it has no journal.jsonl. Name one with --data DIR; {makers}"
        )


def record_place(options: PlaceOptions) -> StorePlace:
    """Return the folder or database that the user named, for a command that reads or makes the whole record.

    Raises:
        Failed: a server is named.
    """
    place = place_of(options, os.environ)
    if isinstance(place, Server):
        raise Failed(
            f"This command needs the record itself, but {place.url} is a server: name the data folder with --data DIR, "
            "or the database with --database URL.",
            2,
        )
    return place
