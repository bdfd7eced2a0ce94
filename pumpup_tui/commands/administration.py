"""`keys add`: one write on the local folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pumpup_tui.commands.failure import in_words
from pumpup_tui.commands.places import usable_folder

if TYPE_CHECKING:
    from api_client.models import Role


def add_key(data: Path | None, name: str, role: Role, tags: Sequence[str]) -> None:
    """Make a key and print it, alone, on stdout."""
    from api_client.times import utc_now
    from store.keys import KeyRing

    folder = usable_folder(data)
    with in_words():
        secret = KeyRing(folder, utc_now).add(name, role, tuple(tags))
    click.echo(f"A key for {name} ({role}), shown this once:", err=True)
    click.echo(secret)
