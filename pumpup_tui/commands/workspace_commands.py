"""`workspaces`: the records of a database, its migrations, and the role of its servers."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from pumpup_tui.commands.database_places import Database
from pumpup_tui.commands.failure import Failed, in_words
from pumpup_tui.commands.options import PlaceOptions, database_options, json_option
from pumpup_tui.commands.output import TableColumn, after_recording, print_json, print_line, print_table
from pumpup_tui.commands.places import store_of
from pumpup_tui.text.firewall import line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from store.postgres.workspaces import WorkspaceInfo


@click.group()
def workspaces() -> None:
    """List and create the workspaces of a database."""


@workspaces.command("list")
@json_option
@database_options
def list_(options: PlaceOptions, as_json: bool) -> None:
    """List the workspaces: how many events each has, and the hash of the last one.

    Example: pumpup-tui workspaces list --database postgresql://pumpup@db.example.com/pumpup
    """
    database = _database(options)
    from store.postgres.workspaces import list_workspaces

    with in_words():
        listed = list_workspaces(database.address)
    if as_json:
        print_json({"items": [_wire(info) for info in listed]})
        return
    _print_workspaces(listed, database)


def _print_workspaces(listed: Sequence[WorkspaceInfo], database: Database) -> None:
    columns = (
        TableColumn("name", "NAME", min_width=8, tone="strong"),
        TableColumn("events", "EVENTS"),
        TableColumn("state", "STATE"),
        TableColumn("created", "CREATED"),
        TableColumn("head", "HEAD", min_width=12, tone="accent"),
    )
    rows = [
        (info.name, info.events, info.state, f"{info.created_at:%Y-%m-%d %H:%M}Z", info.head if info.events else "-")
        for info in listed
    ]
    print_table(
        columns,
        rows,
        empty=f"No workspaces yet: 'pumpup-tui workspaces create NAME{database.option_text}' creates one.",
    )


def _wire(info: WorkspaceInfo) -> dict[str, object]:
    from api_client.times import wire_time

    return {
        "name": info.name,
        "events": info.events,
        "head": info.head if info.events else None,
        "createdAt": wire_time(info.created_at),
        "state": info.state,
    }


@workspaces.command("create")
@click.argument("name")
@database_options
def create(options: PlaceOptions, name: str) -> None:
    """Make the workspace NAME, and the tables where the database has none; its name is printed on stdout.

    Example: pumpup-tui workspaces create claims --database postgresql://owner@db.example.com/pumpup
    """
    database = _database(options)
    from api_client.times import utc_now
    from store.postgres.workspaces import create_workspace

    with in_words():
        create_workspace(database.address, name, utc_now())
    with after_recording(name):
        print_line(f"Made the workspace {line(name)} in {database.address.shown}.", err=True)
        print_line(line(name))


@workspaces.command("migrate")
@database_options
def migrate(options: PlaceOptions) -> None:
    """Apply the migrations that the database lacks, as the owner of its schema. Servers may be running.

    Example: pumpup-tui workspaces migrate --database postgresql://owner@db.example.com/pumpup
    """
    database = _database(options)
    from store.postgres.migrate import migrate as apply

    with in_words():
        applied = apply(database.address)
    lines = [f"Applied {name}." for name in applied] or ["No pending migrations."]
    if applied:
        lines.append("Run what 'pumpup-tui workspaces roles' prints again: it grants what is new.")
    print_line("\n".join(lines), err=True)


@workspaces.command("roles")
def roles() -> None:
    """Print the SQL that makes an append-only role for servers: it can't change or remove an event.

    Example: pumpup-tui workspaces roles | psql postgresql://owner@db.example.com/pumpup
    """
    from store.postgres.migrate import roles_sql

    print_line(roles_sql().rstrip())


def _database(options: PlaceOptions) -> Database:
    """Return the database that the user named.

    Raises:
        Failed: none is named.
    """
    place = store_of(options, os.environ)
    if not isinstance(place, Database):
        raise Failed(
            "No database is named: name one with --database URL, with --database-file FILE, or in PUMPUP_DATABASE_URL. "
            "A data folder is one record, without workspaces.",
            2,
        )
    return place
