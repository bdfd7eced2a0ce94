"""A PostgreSQL database as a place: its address from an option, a file, the environment or a profile.

Nothing here shows a password: an address is shown by `DatabaseAddress.shown`, or whole where `is_public` holds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pumpup_tui.commands.failure import Failed
from pumpup_tui.commands.options import PlaceOptions
from pumpup_tui.commands.private_files import read_secret
from pumpup_tui.local_state.user_folders import expanded

if TYPE_CHECKING:
    from store.postgres.address import DatabaseAddress

DATABASE_VARIABLE = "PUMPUP_DATABASE_URL"
WORKSPACE_VARIABLE = "PUMPUP_WORKSPACE"
DEFAULT_WORKSPACE = "default"

_WORKSPACE = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
_IS_DATABASE = re.compile(r"postgres(ql)?:/", re.IGNORECASE)
_PUBLIC = re.compile(r"postgres(?:ql)?://(?:[^\s:@/?#]*@)?[^\s@?#]*(?:\?(?P<parameters>[^\s@#]*))?", re.IGNORECASE)
_SECRET = re.compile(r"(?:^|&)[^=&]*(?:password|%)[^=&]*=", re.IGNORECASE)
_ELSEWHERE = (
    f"put the whole address into {DATABASE_VARIABLE} or into a file that you alone can read (--database-file FILE), or "
    "the password alone into ~/.pgpass"
)


@dataclass(frozen=True)
class Database:
    """A workspace of a database, and the reviewer who works on it."""

    address: DatabaseAddress
    workspace: str
    reviewer: str = ""
    """The name to decide under; empty where none is named and the login has none, which is enough for reading."""
    tags: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    """What names it again on a command line: never a password."""

    @property
    def shown(self) -> str:
        """The workspace and its database, for messages."""
        return f"the workspace {self.workspace} of {self.address.shown}"

    @property
    def label(self) -> str:
        """The same, short, for the title of a screen."""
        where = self.address.shown.partition("://")[2]
        return f"{self.workspace} · {where.rpartition('@')[2]}"

    @property
    def state_key(self) -> str:
        """What local state (drafts, last view) is stored by: another password is the same place."""
        return f"{self.address.shown}\n{self.workspace}"

    @property
    def option_text(self) -> str:
        """`arguments` as a user types them, after a space; empty where nothing has to be named."""
        import shlex

        return "".join(f" {shlex.quote(argument)}" for argument in self.arguments)


class _Source(NamedTuple):
    """An address as it was named."""

    text: str
    arguments: tuple[str, ...]


def database_of(options: PlaceOptions, profile: Mapping[str, Any], environment: Mapping[str, str]) -> Database | None:
    """Return the database to work on, without a reviewer; None where the place is none.

    Args:
        options: The command line.
        profile: The chosen profile; empty where the command line names the place.
        environment: Its workspace counts over a configured one, unless the command line names the profile.

    Raises:
        Failed: the address can't be used, or has a password where others can read it.
    """
    source = _source(options, profile)
    if source is None:
        return None
    named = ("--workspace", options.workspace) if options.workspace else ()
    workspace = _workspace(options, profile, environment)
    return Database(address_in(source.text), workspace, arguments=(*source.arguments, *named))


def _workspace(options: PlaceOptions, profile: Mapping[str, Any], environment: Mapping[str, str]) -> str:
    configured = profile.get("workspace")
    by_profile = configured if options.profile else None
    workspace: str = options.workspace or by_profile or environment.get(WORKSPACE_VARIABLE) or configured or ""
    if workspace and not is_workspace(workspace):
        raise Failed(
            "That is no name of a workspace: it has 1 to 63 of a-z, 0-9, '.', '_' and '-', and begins with a letter or "
            "digit. 'pumpup-tui workspaces list' shows those that are there.",
            2,
        )
    return workspace or DEFAULT_WORKSPACE


def _source(options: PlaceOptions, profile: Mapping[str, Any]) -> _Source | None:
    if options.database is not None:
        _refuse_password(options.database, "--database", "it would stand in the process list")
        return _Source(options.database, ("--database", options.database))
    if options.database_file is not None:
        return _Source(_address_in_file(options.database_file), ("--database-file", str(options.database_file)))
    if text := profile.get(DATABASE_VARIABLE):
        return _Source(text, ())
    return _configured_source(profile, ("--profile", options.profile) if options.profile else ())


def _configured_source(profile: Mapping[str, Any], arguments: tuple[str, ...]) -> _Source | None:
    if text := profile.get("database"):
        _refuse_password(text, "database of the configuration", "a configuration is copied, printed and sent to others")
        return _Source(text, arguments)
    if file := profile.get("database_file"):
        try:
            return _Source(_address_in_file(expanded(file)), arguments)
        except OSError:
            raise Failed(f"{file} of the configuration can't be used. Write the whole path.", 2) from None
    return None


def _refuse_password(text: str, where: str, why: str) -> None:
    if is_database(text) and not is_public(text):
        raise Failed(f"{where} must hold no password: {why}. Instead {_ELSEWHERE}.", 2)


def _address_in_file(file: Path) -> str:
    text = read_secret(file, "database")
    if not text or len(text.split()) != 1:
        raise Failed(
            f"The database file {file} holds no address: it must have one line, like "
            "postgresql://user:password@host:5432/name.",
            2,
        )
    return text


def address_in(text: str) -> DatabaseAddress:
    """Return the address that a text names.

    Raises:
        Failed: it is none; the message shows nothing of it.
    """
    from api_client.errors import InvalidRequest
    from store.postgres.address import DatabaseAddress

    try:
        return DatabaseAddress.parse(text)
    except InvalidRequest as fault:
        raise Failed(fault.message, 2) from None


def is_workspace(name: str) -> bool:
    """Return whether a workspace may have this name."""
    return bool(_WORKSPACE.fullmatch(name))


def is_database(text: str) -> bool:
    """Return whether a text is meant to be a database's address."""
    return bool(_IS_DATABASE.match(text))


def is_public(text: str) -> bool:
    """Return whether an address holds no password, by its form alone: it can be shown whole.

    An `@` or `:` that a password was written with, without escaping it, counts as a part of one.
    """
    match = _PUBLIC.fullmatch(text)
    return match is not None and not _SECRET.search(match["parameters"] or "")


def refuse_database(text: str, option: str) -> None:
    """Refuse the address of a database where another place is named; the message shows nothing of it.

    Raises:
        Failed: it is one.
    """
    if is_database(text):
        raise Failed(
            f"{option} names no database: name one with --database URL. Where it has a password, {_ELSEWHERE}.", 2
        )
