"""What a command is told and finds around it: the data folder, the reviewer, the key, the terminal."""

from __future__ import annotations

import os
import stat
import sys
from codecs import BOM_UTF8
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from pumpup_tui.commands import config_cache, config_sources
from pumpup_tui.commands.failure import Failed, reason
from pumpup_tui.commands.options import Given
from pumpup_tui.local_state.user_folders import expanded, own_folder

if TYPE_CHECKING:
    from pumpup_tui.local_state.save_policy import Saving

KEY_VARIABLE = "PUMPUP_API_KEY"
URL_VARIABLE = "PUMPUP_BASE_URL"
_KEY_FILE_BYTES = 4096
_BOM = "\ufeff"
_NAME_CHARACTERS = 80
_STORES_OWN = "platform"


@dataclass(frozen=True)
class Folder:
    """A data folder on this machine, and who works on it."""

    path: Path
    reviewer: str
    """The name to decide under; empty where none was given and this login has none: to read it takes no name."""
    tags: tuple[str, ...] = ()
    is_default: bool = False
    """Whether nobody named it: it is the folder of whoever names none."""


@dataclass(frozen=True)
class Server:
    """A server; its key says who works on it."""

    url: str
    api_key_file: Path | None = None
    ca_file: Path | None = None
    insecure_http: bool = False


Place = Folder | Server


def place_of(given: Given, environment: Mapping[str, str]) -> Place:
    """Return where to work: what the command line names, else the environment, else the configuration.

    Raises:
        Failed: the configuration can't be used, or what is named does not go together.
    """
    chosen = config_cache.chosen(environment)
    profile = _profile(given, chosen, environment)
    url = given.url or (profile.get("url") if profile else None)
    if url is None:
        if (option := given.for_a_server) is not None:
            raise Failed(f"{option} goes with a server: name it with --url.", 2)
        return _local(given, chosen, profile)
    check_url(url)
    if given.reviewer is not None or given.tags:
        raise Failed("On a server the key says who you are: --reviewer and --tag are for a local folder.", 2)
    file = given.api_key_file or _path(profile.get("api_key_file"))
    ca_file = given.ca_file or _path(profile.get("ca_file"))
    insecure_http = given.insecure_http if given.insecure_http is not None else bool(profile.get("insecure_http"))
    return Server(url, file, ca_file, insecure_http)


def named_folder(given: Given, environment: Mapping[str, str]) -> Path | None:
    """Return the folder that is named for a command that works on one alone; None where none is.

    Raises:
        Failed: the configuration can't be used.
    """
    if given.data is not None:
        return given.data
    chosen = config_cache.chosen(environment)
    name = given.profile or chosen.get("profile")
    profile: Mapping[str, Any] = chosen.get("profiles", {}).get(name, {}) if name else {}
    return _path(profile.get("data"))


def _profile(given: Given, chosen: Mapping[str, Any], environment: Mapping[str, str]) -> Mapping[str, Any]:
    """Return what is said of the place by name, or by the environment; nothing where the command line says it all."""
    if given.data is not None or given.url is not None:
        return {}
    if given.profile is None and (url := environment.get(URL_VARIABLE, "")):
        return {"url": url}
    name = given.profile or chosen.get("profile")
    if name is None:
        return {}
    profiles: Mapping[str, Mapping[str, Any]] = chosen.get("profiles", {})
    if name not in profiles:
        known = f"it has {', '.join(sorted(profiles))}" if profiles else "it has none"
        file = config_sources.file_of(environment)
        if file is None:
            raise Failed(f"There is no profile {name!r}. {config_sources.NO_HOME}", 3)
        raise Failed(f"There is no profile {name!r} in {file}: {known}. Write it there as [profiles.{name}].", 3)
    return profiles[name]


def _local(given: Given, chosen: Mapping[str, Any], profile: Mapping[str, Any]) -> Folder:
    reviewer = given.reviewer
    if reviewer is None:
        reviewer = _environment_first(chosen, profile, "reviewer")
    tags = given.tags or profile.get("tags") or chosen.get("tags") or ()
    path = given.data or _path(profile.get("data"))
    if reviewer is not None:
        reviewer = on_record("--reviewer", reviewer)
    else:
        with suppress(Failed):  # told where a name is needed
            reviewer = login_name()
    tags = tuple(on_record("--tag", tag) for tag in tags)
    return Folder(path or default_data(), reviewer or "", tags, is_default=path is None)


def _environment_first(chosen: Mapping[str, Any], profile: Mapping[str, Any], name: str) -> Any:
    """Return a setting that a profile may say for itself: the environment's, else the profile's, else the file's."""
    if name in chosen.get(config_sources.FROM_ENVIRONMENT, ()):
        return chosen[name]
    return profile.get(name, chosen.get(name))


def _path(text: str | None) -> Path | None:
    try:
        return None if text is None else expanded(text)
    except OSError as fault:
        raise Failed(f"{text} of the configuration can't be used: {reason(fault)}. Write the whole path.", 2) from None


def default_data() -> Path:
    """Return the data folder of whoever names none.

    Raises:
        Failed: this login has no home for one.
    """
    folder = own_folder("data")
    if folder is None:
        raise Failed(
            "This login has no home folder, so it has no data folder: name one with --data DIR, or set HOME.",
            2,
        )
    return folder


def state_folder(place: str) -> Path | None:
    """Return where what outlives the screens is kept for a place: a data folder's path or a server's URL.

    None where this login has no home: then nothing is.
    """
    import hashlib

    name = hashlib.sha256(place.encode(errors="surrogateescape")).hexdigest()[:16]
    folder = own_folder("state")
    return folder / name if folder else None


def saving_of(save_dir: Path | None, *, is_off: bool) -> Saving:
    """Return where the screens may save.

    Raises:
        Failed: nothing could ever be saved below `save_dir`.
    """
    from contextlib import suppress

    from pumpup_tui.local_state.new_file import refuse_data_folder
    from pumpup_tui.local_state.save_policy import Saving

    home: Path | None = None
    with suppress(RuntimeError, OSError):  # a login without a home: none is offered
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
    """Return the data folder, made where it is missing and tried with a file, before any screen is drawn.

    One that holds a record is left as it is: where it can't be written it is opened for reading, with the reason.

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


def decider(place: Folder) -> str:
    """Return the name to decide under.

    Raises:
        Failed: none was given, and this login has none that can go on record.
    """
    return place.reviewer or login_name()


def login_name() -> str:
    """Return the login name.

    Raises:
        Failed: there is none, or it can't go on record.
    """
    import getpass

    try:
        return on_record("The login name", getpass.getuser())
    except (OSError, KeyError, ImportError):
        raise Failed("This login has no name to decide under: give one with --reviewer NAME.") from None


def on_record(what: str, text: str) -> str:
    """Return a name or tag as it goes on record, by the rules for a key's.

    Raises:
        Failed: it is empty, too long, not printable, or the store's own name.
    """
    name = text.strip()
    if not (1 <= len(name) <= _NAME_CHARACTERS and name.isprintable()) or name == _STORES_OWN:
        raise Failed(
            f"{what} {text!r:.100} can't go on record: it must have 1 to {_NAME_CHARACTERS} printable characters "
            f"and not be {_STORES_OWN!r}. Give another with --reviewer NAME or --tag T."
        )
    return name


def check_url(url: str) -> None:
    """Raise `Failed` where `url` is no address of a server; a password in it is not shown."""
    from urllib.parse import urlsplit

    if "@" in url:
        raise Failed(
            "A server's address holds no user or password: give it like https://pumpup.example.com with --url, "
            f"and the key in {KEY_VARIABLE} or with --api-key-file FILE.",
            2,
        )
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good or "?" in url or "#" in url:
        raise Failed(f"{url!r:.200} is no server's address: give one like https://pumpup.example.com with --url.", 2)


def api_key(file: Path | None, environment: Mapping[str, str]) -> str:
    """Return the key to call with: the file's, else the environment's.

    Raises:
        Failed: there is none, it is none that can be, or its file can be read by others or not by us.
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
    try:
        with file.open("rb") as opened:
            # The open file's own mode: a path can be changed between a look and the reading.
            mode = os.fstat(opened.fileno()).st_mode
            content = opened.read(_KEY_FILE_BYTES + 1)
    except OSError as fault:
        raise Failed(f"The key file {file} can't be read: {reason(fault)}.", 2) from None
    if os.name == "posix" and stat.S_ISREG(mode) and stat.S_IMODE(mode) & 0o077:
        raise Failed(f"The key file {file} can be read or changed by others: run 'chmod 600 {file}' first.", 2)
    try:
        key = content.removeprefix(BOM_UTF8).decode("ascii").strip()
    except UnicodeDecodeError:
        key = ""
    if not key or len(content) > _KEY_FILE_BYTES or not _can_be_key(key):
        raise Failed(
            f"The key file {file} holds no key: it must have one line, as 'pumpup-tui keys add' printed it.", 2
        )
    return key


def check_terminal(environment: Mapping[str, str]) -> None:
    """Raise `Failed` where no screen can be drawn.

    stderr counts too: that is where Textual draws.
    """
    streams: tuple[TextIO | None, ...] = (sys.stdin, sys.stdout, sys.stderr)
    if not all(stream is not None and stream.isatty() for stream in streams):
        raise Failed("The screens need a terminal: run pumpup-tui in one, without a pipe or redirection.")
    if environment.get("TERM", "") in ("", "dumb", "unknown") and os.name == "posix":
        raise Failed("This terminal can't draw screens (TERM is 'dumb' or not set): try with TERM=xterm-256color.")
    from pumpup_tui.commands.terminal_setup import check_settings

    check_settings(environment)
