"""`keys`: the API keys of a folder's or a workspace's server."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import click

from pumpup_tui.commands.backend_session import MAKERS
from pumpup_tui.commands.database_places import Database
from pumpup_tui.commands.failure import Failed, NotThere, exit_code_of, in_words, reason
from pumpup_tui.commands.key_revocation import Revocation
from pumpup_tui.commands.places import Folder, StorePlace, store_arguments, usable_folder
from pumpup_tui.commands.standard_streams import NotPrinted, has_reader
from pumpup_tui.text.firewall import clean, line

if TYPE_CHECKING:
    from api_client.models import Role
    from store.core.api_key_rules import KeyInfo


class StoredKeys(Protocol):
    """The keys of a store, as commands change and list them. Each call may wait for the disk or the database."""

    def add(self, name: str, role: Role, tags: Sequence[str] = ()) -> str:
        """Make a key for `name` and return its secret, which is stored nowhere."""
        ...

    def revoke(self, name: str, key_id: str | None = None) -> int:
        """Remove all keys of `name`, or the one with this id, and return how many they were."""
        ...

    def listing(self) -> list[KeyInfo]:
        """Return what is known of each key, in the order in which they were made."""
        ...

    def of_two_roles(self) -> list[str]:
        """Return the names that have keys of both roles: their agent's keys are not accepted."""
        ...


def keys_of(place: StorePlace) -> StoredKeys:
    """Return the keys of a store. Nothing is read or made yet."""
    from api_client.times import utc_now

    if isinstance(place, Database):
        from store.postgres.key_table import DatabaseKeys

        return DatabaseKeys(place.address, place.workspace, utc_now)
    from store.folder.api_keys import KeyRing

    return KeyRing(place.path, utc_now)


def add_key(place: StorePlace, name: str, role: Role, tags: Sequence[str], output: Path | None = None) -> None:
    """Create a key and print it on stdout, with nothing else, or write it to a new file."""
    from store.core.api_key_rules import key_id

    if output is None and not has_reader():
        raise Failed("The key is shown only once, on stdout, but stdout is closed. No key was created.")
    if isinstance(place, Folder):
        _make_folder(place)
    with in_words():
        keys = keys_of(place)
        secret = keys.add(name, role, tuple(tags))
        about = f"{line(name, 80)} ({role})"
        failure = _write_key(output, about, secret) if output else _print_key(about, secret)
        if failure:
            keys.revoke(name, key_id(secret))
            raise Failed(f"The key could not be {'written' if output else 'printed'}: {failure}. It was revoked.")


def _make_folder(place: Folder) -> Path:
    """Return the data folder; a named one must exist, for a key in a mistyped one would be of no use."""
    if not place.is_default and not place.path.is_dir():
        raise NotThere(f"{place.path} does not exist. Name a data folder with --data DIR; {MAKERS}")
    return usable_folder(place.path)


def _write_key(file: Path, about: str, secret: str) -> str:
    """Write a key to a new file; return the reason where that failed, else an empty string."""
    from pumpup_tui.local_state.new_file import open_new

    try:
        with open_new(file) as opened:
            opened.write(f"{secret}\n".encode())
    except OSError as fault:
        return f"{line(str(file), 300)}: {reason(fault)}"
    click.echo(f"Wrote a key for {about} to {line(str(file), 300)}.", err=True)
    return ""


def _print_key(about: str, secret: str) -> str:
    """Print a key; return the reason where that failed, else an empty string."""
    try:
        click.echo(f"A key for {about}; it is not shown again:", err=True)
        click.echo(secret)
        if _is_open_to_others(1):
            click.echo("Warning: others can read the file that holds it: run 'chmod 600' on it.", err=True)
    except NotPrinted as fault:
        return reason(fault)
    return "" if has_reader() else "nobody reads stdout"


def _is_open_to_others(stream: int) -> bool:
    """Return whether a stream goes to a file that others on this machine can read."""
    try:
        mode = os.fstat(stream).st_mode
    except OSError:
        return False  # there is no such stream: nothing went to a file
    return os.name == "posix" and stat.S_ISREG(mode) and bool(stat.S_IMODE(mode) & 0o077)


def list_keys(place: StorePlace) -> None:
    """Print a table of the keys, without the keys themselves."""
    with in_words():
        keys = keys_of(place).listing()
    if not keys:
        click.echo(no_key_yet(place), err=True)
        return
    _print_keys(keys)


def no_key_yet(place: StorePlace) -> str:
    """Return the sentence for a store that nobody has a key of."""
    return f"No keys yet: pumpup-tui keys add NAME --role agent{store_arguments(place)}"


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


def revoke_keys(place: StorePlace, name: str, key_id: str | None) -> None:
    """Revoke a name's keys, or one of them; with a reviewer's last key the grants that it gave end too."""
    revocation = Revocation(place, name, key_id)
    with in_words():
        revocation.carry_out(keys_of(place))
    # The servers of a database hold its keys in memory, and read them again each second.
    soon = "in effect within a second" if isinstance(place, Database) else "in effect at once"
    click.echo(f"Revoked {_counted(revocation.revoked, 'key')} of {name}: {soon}.", err=True)
    if revocation.grants_ended:
        click.echo(f"Ended {_counted(revocation.grants_ended, 'grant')} of {name}.", err=True)
    if revocation.fault is not None:
        raise Failed(
            f"Grants that {name} gave could not be ended: {clean(revocation.fault.message, limit=500)} "
            "Grants of revoked keys decide on: once this is repaired, end them with 'pumpup-tui grants end'.",
            exit_code_of(revocation.fault),
        )


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' if count != 1 else ''}"


def two_roles_remedy(place: StorePlace, name: str) -> str:
    """Return the remedy for a name with keys of both roles."""
    import shlex

    command = f"pumpup-tui keys revoke {shlex.quote(name)} --id ID{store_arguments(place)}"
    return f"Make new keys under another name, then run '{command}'."
