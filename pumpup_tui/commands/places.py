"""The place that a command works on, from options, environment and configuration: a folder, a database or a server."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pumpup_tui.commands import config_cache, config_sources
from pumpup_tui.commands.database_places import DATABASE_VARIABLE, Database, database_of, refuse_database
from pumpup_tui.commands.failure import Failed, reason
from pumpup_tui.commands.options import PlaceOptions
from pumpup_tui.commands.private_files import read_secret
from pumpup_tui.local_state.user_folders import expanded, own_folder

if TYPE_CHECKING:
    from pumpup_tui.local_state.save_policy import Saving

KEY_VARIABLE = "PUMPUP_API_KEY"
URL_VARIABLE = "PUMPUP_BASE_URL"
_BOM = "\ufeff"
_NAME_CHARACTERS = 80
_RESERVED_NAME = "platform"
"""The subject of the store's own events."""


@dataclass(frozen=True)
class Folder:
    """A data folder on this machine, and the reviewer who works on it."""

    path: Path
    reviewer: str
    """The name to decide under; empty where none is named and the login has none, which is enough for reading."""
    tags: tuple[str, ...] = ()
    is_default: bool = False
    """Whether it is the default folder, which nobody named."""


@dataclass(frozen=True)
class Server:
    """A server, which knows the reviewer by the key."""

    url: str
    api_key_file: Path | None = None
    ca_file: Path | None = None
    insecure_http: bool = False


StorePlace = Folder | Database
"""A place that is a store itself, without a server before it."""
Place = StorePlace | Server


def place_of(options: PlaceOptions, environment: Mapping[str, str]) -> Place:
    """Return the place to work on: from the command line, else the environment, else the configuration.

    Raises:
        Failed: the configuration can't be used, or options contradict each other.
    """
    chosen = config_cache.chosen(environment)
    profile = _profile(options, chosen, environment)
    url = options.url or profile.get("url")
    if url is None:
        if (option := options.for_a_server) is not None:
            raise Failed(f"{option} goes with a server: name it with --url.", 2)
        return _store(options, chosen, profile, environment)
    return _server(url, options, profile)


def _server(url: str, options: PlaceOptions, profile: Mapping[str, Any]) -> Server:
    _refuse_workspace(options)
    check_url(url)
    if options.reviewer is not None or options.tags:
        raise Failed("On a server the key says who you are: --reviewer and --tag are for a folder or database.", 2)
    file = options.api_key_file or _path(profile.get("api_key_file"))
    ca_file = options.ca_file or _path(profile.get("ca_file"))
    insecure_http = options.insecure_http if options.insecure_http is not None else bool(profile.get("insecure_http"))
    return Server(url, file, ca_file, insecure_http)


def store_of(options: PlaceOptions, environment: Mapping[str, str]) -> StorePlace:
    """Return the store to work on: a folder or a database; a server that the environment names does not count.

    Raises:
        Failed: the configuration can't be used, options contradict each other, or the profile named is a server.
    """
    chosen = config_cache.chosen(environment)
    profile = _profile(options, chosen, {**environment, URL_VARIABLE: ""})
    if options.profile is not None and "url" in profile:
        raise Failed(
            f"The profile {options.profile!r} is a server, and this works on its store: name that with --data DIR or "
            "--database URL, on the machine where it is.",
            2,
        )
    return _store(options, chosen, profile, environment)


def _profile(options: PlaceOptions, chosen: Mapping[str, Any], environment: Mapping[str, str]) -> Mapping[str, Any]:
    """Return the profile selected by name or environment; empty where the command line names the place itself."""
    if options.names_place:
        return {}
    if options.profile is None and (named := _in_environment(environment)):
        return named
    name = options.profile or chosen.get("profile")
    if name is None:
        return {}
    profiles: Mapping[str, Mapping[str, Any]] = chosen.get("profiles", {})
    if name not in profiles:
        raise _unknown_profile(name, profiles, environment)
    return {key: value for key, value in profiles[name].items() if value is not None}


def _in_environment(environment: Mapping[str, str]) -> Mapping[str, Any]:
    """Return the place that the environment names by its address; empty where it names none."""
    url, database = environment.get(URL_VARIABLE), environment.get(DATABASE_VARIABLE)
    if url and database:
        raise Failed(
            f"{URL_VARIABLE} and {DATABASE_VARIABLE} are two places: unset one, or name the place by an option.",
            2,
        )
    return {"url": url} if url else {DATABASE_VARIABLE: database} if database else {}


def _unknown_profile(name: str, profiles: Mapping[str, Any], environment: Mapping[str, str]) -> Failed:
    file = config_sources.file_of(environment)
    if file is None:
        return Failed(f"There is no profile {name!r}. {config_sources.NO_HOME}", 3)
    known = f"it has {', '.join(sorted(profiles))}" if profiles else "it has none"
    return Failed(f"There is no profile {name!r} in {file}: {known}. Write it there as [profiles.{name}].", 3)


def _store(
    options: PlaceOptions, chosen: Mapping[str, Any], profile: Mapping[str, Any], environment: Mapping[str, str]
) -> StorePlace:
    tags = options.tags or profile.get("tags") or chosen.get("tags") or ()
    tags = tuple(recordable("--tag", tag) for tag in tags)
    reviewer = _reviewer(options, chosen, profile)
    if (database := database_of(options, profile, environment)) is not None:
        return replace(database, reviewer=reviewer, tags=tags)
    _refuse_workspace(options)
    path = options.data or _path(profile.get("data"))
    if path is not None:
        refuse_database(str(path), "--data DIR")
    return Folder(path or default_data(), reviewer, tags, is_default=path is None)


def _reviewer(options: PlaceOptions, chosen: Mapping[str, Any], profile: Mapping[str, Any]) -> str:
    """Return the name to decide under; empty where none is named and the login has none that can be recorded."""
    reviewer = options.reviewer
    if reviewer is None:
        reviewer = _environment_first(chosen, profile, "reviewer")
    if reviewer is not None:
        return recordable("--reviewer", reviewer)
    with suppress(Failed):  # reported when a name is needed
        return login_name()
    return ""


def _refuse_workspace(options: PlaceOptions) -> None:
    if options.workspace is not None:
        raise Failed("--workspace goes with a database: name it with --database, or set PUMPUP_DATABASE_URL.", 2)


def _environment_first(chosen: Mapping[str, Any], profile: Mapping[str, Any], name: str) -> Any:
    """Return a setting that a profile may override: the environment's, else the profile's, else the file's."""
    if name in chosen.get(config_sources.FROM_ENVIRONMENT, ()):
        return chosen[name]
    return profile.get(name, chosen.get(name))


def _path(text: str | None) -> Path | None:
    try:
        return None if text is None else expanded(text)
    except OSError as fault:
        raise Failed(f"{text} of the configuration can't be used: {reason(fault)}. Write the whole path.", 2) from None


def store_arguments(place: StorePlace) -> str:
    """Return the options that name a store, as a user types them, after a space; never a password."""
    import shlex

    return place.option_text if isinstance(place, Database) else f" --data {shlex.quote(str(place.path))}"


def default_data() -> Path:
    """Return the data folder to use where none is named.

    Raises:
        Failed: this login has no home folder.
    """
    folder = own_folder("data")
    if folder is None:
        raise Failed(
            "This login has no home folder, so it has no data folder: name one with --data DIR, or set HOME.",
            2,
        )
    return folder


def state_folder(place: str) -> Path | None:
    """Return the folder for local state (drafts, last view) of a place.

    `place` is a data folder's path, a server's URL, or a database's address as it is shown, with the workspace.
    None where this login has no home folder: then no state is stored.
    """
    import hashlib

    name = hashlib.sha256(place.encode(errors="surrogateescape")).hexdigest()[:16]
    folder = own_folder("state")
    return folder / name if folder else None


def saving_of(save_dir: Path | None, *, is_off: bool) -> Saving:
    """Return the policy of where the screens may save files.

    Raises:
        Failed: no file could be saved below `save_dir`.
    """
    from pumpup_tui.local_state.new_file import refuse_data_folder
    from pumpup_tui.local_state.save_policy import Saving

    home: Path | None = None
    with suppress(RuntimeError, OSError):  # a login without a home folder: none is offered
        home = Path.home().resolve()
    if save_dir is None:
        return Saving(home=home, is_off=is_off)
    below = save_dir.expanduser().resolve()
    if not below.is_dir():
        raise Failed(f"--save-dir {save_dir} is no folder: make it first.", 2)
    try:
        Saving(home=home).place(str(below / "name"))
        refuse_data_folder(below)
    except OSError as fault:
        raise Failed(f"--save-dir {save_dir} can't be used: {reason(fault)}.", 2) from None
    return Saving(below=below, home=home)


def usable_folder(data: Path | None) -> Path:
    """Return the data folder, made where it is missing and tested by writing a file, before any screen is drawn.

    One with a journal is left as it is: where it can't be written it is opened read-only, with the reason.

    Raises:
        Failed: it can't be made or written.
    """
    import tempfile

    folder = data if data is not None else default_data()
    if os.path.lexists(folder / "journal.jsonl") or os.path.lexists(folder / "head"):
        return folder
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as fault:
        raise Failed(
            f"The data folder {folder} can't be used: {reason(fault)}. Name one that you may write with --data DIR."
        ) from None
    return folder


def decider(place: StorePlace) -> str:
    """Return the name to decide under.

    Raises:
        Failed: none is named, and the login's own name can't be recorded.
    """
    return place.reviewer or login_name()


def login_name() -> str:
    """Return the login name.

    Raises:
        Failed: there is none, or it can't be recorded.
    """
    import getpass

    try:
        return recordable("The login name", getpass.getuser())
    except (OSError, KeyError, ImportError):
        raise Failed("This login has no name to decide under: give one with --reviewer NAME.") from None


def recordable(what: str, text: str) -> str:
    """Return a name or tag as it is recorded, by the rules for an API key's name.

    Raises:
        Failed: it is empty, too long, not printable, or reserved for the store.
    """
    name = text.strip()
    if not (1 <= len(name) <= _NAME_CHARACTERS and name.isprintable()) or name == _RESERVED_NAME:
        raise Failed(
            f"{what} {text!r:.100} can't go on record: it must have 1 to {_NAME_CHARACTERS} printable characters "
            f"and not be {_RESERVED_NAME!r}. Give another with --reviewer NAME or --tag T."
        )
    return name


def check_url(url: str) -> None:
    """Raise `Failed` where `url` is no server's address; its message shows no password."""
    refuse_database(url, "--url URL")
    if "@" in url:
        raise Failed(
            "A server's address holds no user or password: give it like https://pumpup.example.com with --url, "
            f"and the key in {KEY_VARIABLE} or with --api-key-file FILE.",
            2,
        )
    if not _is_server_url(url) or "?" in url or "#" in url:
        raise Failed(f"{url!r:.200} is no server's address: give one like https://pumpup.example.com with --url.", 2)


def _is_server_url(url: str) -> bool:
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def api_key(file: Path | None, environment: Mapping[str, str]) -> str:
    """Return the API key: the file's, else the environment's.

    Raises:
        Failed: there is none, it is malformed, or its file is unreadable or readable by others.
    """
    if file is not None:
        return _key_in(file)
    if key := environment.get(KEY_VARIABLE, "").removeprefix(_BOM).strip():
        if not _can_be_key(key):
            raise Failed(f"{KEY_VARIABLE} holds no key: it must have one line, as 'pumpup-tui keys add' printed it.", 2)
        return key
    raise Failed(f"A server needs a key: set {KEY_VARIABLE}, or name a file that holds it with --api-key-file FILE.", 2)


def _can_be_key(text: str) -> bool:
    return text.isascii() and text.isprintable() and " " not in text


def _key_in(file: Path) -> str:
    key = read_secret(file, "key")
    if not key or not _can_be_key(key):
        raise Failed(
            f"The key file {file} holds no key: it must have one line, as 'pumpup-tui keys add' printed it.", 2
        )
    return key
