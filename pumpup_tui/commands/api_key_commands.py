"""`keys`: the API keys of a data folder's server."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pumpup_tui.commands.backend_session import MAKERS
from pumpup_tui.commands.failure import Failed, NotThere, in_words, reason
from pumpup_tui.commands.places import default_data, usable_folder
from pumpup_tui.commands.standard_streams import NotPrinted, has_reader

if TYPE_CHECKING:
    from api_client.models import Role
    from store.core.api_key_rules import KeyInfo


def add_key(data: Path | None, name: str, role: Role, tags: Sequence[str]) -> None:
    """Make a key and print it on stdout, with nothing else."""
    from api_client.times import utc_now
    from store.core.api_key_rules import key_id
    from store.folder.api_keys import KeyRing

    if not has_reader():
        raise Failed("A key is shown once, on stdout, and that is closed. No key was made.")
    folder = _folder_for_keys(data)
    with in_words():
        ring = KeyRing(folder, utc_now)
        secret = ring.add(name, role, tuple(tags))
        if failure := _print_key(f"A key for {name} ({role}), shown this once:", secret):
            ring.revoke(name, key_id(secret))
            raise Failed(f"The key could not be printed: {failure}. It was revoked at once: make another.")


def _folder_for_keys(data: Path | None) -> Path:
    """Return the data folder; a named one must exist, for a key in a mistyped one would be of no use."""
    if data is not None and not data.is_dir():
        raise NotThere(f"{data} is not there. Name a data folder with --data DIR; {MAKERS}")
    return usable_folder(data)


def _print_key(title: str, secret: str) -> str:
    """Print a key; return the reason where that failed, else an empty string."""
    try:
        click.echo(title, err=True)
        click.echo(secret)
    except NotPrinted as fault:
        return reason(fault)
    return "" if has_reader() else "nobody reads stdout"


def list_keys(data: Path | None) -> None:
    """Print a table of the keys, without the keys themselves."""
    from store.folder.api_keys import KeyRing

    folder = data if data is not None else default_data()
    with in_words():
        keys = KeyRing(folder).listing()
    if not keys:
        click.echo(f"No one has a key yet: pumpup-tui keys add NAME --role agent --data {folder}", err=True)
        return
    _print_keys(keys)


def _print_keys(keys: Iterable[KeyInfo]) -> None:
    rows = [("NAME", "ROLE", "ID", "ADDED", "LAST USED", "TAGS")]
    for key in keys:
        used = _to_the_second(key.last_used_at) if key.last_used_at else "never"
        rows.append((key.name, key.role, key.id, _to_the_second(key.added_at), used, ", ".join(key.tags)))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        click.echo("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())


def _to_the_second(wire_time: str) -> str:
    return f"{wire_time[:10]} {wire_time[11:19]}Z"


def revoke_keys(data: Path | None, name: str, key_id: str | None) -> None:
    """Revoke a name's keys, or one of them."""
    from store.folder.api_keys import KeyRing

    folder = data if data is not None else default_data()
    with in_words():
        count = KeyRing(folder).revoke(name, key_id)
    click.echo(f"Revoked {count} key{'s' if count != 1 else ''} of {name}: in effect at once.", err=True)
