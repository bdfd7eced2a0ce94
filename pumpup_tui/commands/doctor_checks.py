"""The checks of `doctor`, each with the remedy for a failure."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pumpup_tui.commands import config_cache, config_sources
from pumpup_tui.commands.api_key_commands import keys_of, two_roles_remedy
from pumpup_tui.commands.check_results import Check
from pumpup_tui.commands.failure import Failed
from pumpup_tui.commands.options import PlaceOptions
from pumpup_tui.commands.places import Folder, Place, Server, StorePlace, api_key, place_of
from pumpup_tui.text.charset import charset_of

if TYPE_CHECKING:
    from api_client.authority import Paused
    from api_client.models import Me

_MIN_FREE_BYTES = 100_000_000
"""Space that a disk should have left."""
_MIN_SCREEN = (40, 10)


def all_checks(options: PlaceOptions, environment: Mapping[str, str]) -> list[Check]:
    """Return the results of all checks; one that can't be made counts as failed."""
    checks = [*_versions(), *_terminal(environment), *_configuration(environment)]
    try:
        place = place_of(options, environment)
    except Failed as fault:
        if checks[-1].state != "wrong":
            checks.append(Check("place", "wrong", fault.message))
        return checks
    found = list(_place(place, environment))
    is_open = found and not any(check.state == "wrong" for check in found)
    return [*checks, *found, *(_pauses(place) if is_open else ())]


def _place(place: Place, environment: Mapping[str, str]) -> Iterator[Check]:
    if isinstance(place, Server):
        yield from _server(place, environment)
        return
    yield _reviewer(place)
    if isinstance(place, Folder):
        yield from _folder(place)
    else:
        from pumpup_tui.commands.database_checks import database_checks

        yield from database_checks(place)


def _pauses(place: Place) -> Iterator[Check]:
    """Check whether agents are paused, at a place that was found well; what can't be asked is not told."""
    import asyncio

    from api_client.errors import ApiError
    from pumpup_tui.commands.backend_session import opened
    from pumpup_tui.commands.pause_commands import paused_projects
    from pumpup_tui.text.pause_words import pause_words, resume_remedy

    async def ask() -> list[tuple[Paused, str]]:
        async with opened(place, quiet=True) as backend:
            return await paused_projects(backend)

    with suppress(ApiError, Failed):
        for paused, name in asyncio.run(ask()):
            yield Check("pause", "note", pause_words(name, paused.at, paused.by, paused.reason), resume_remedy(name))


def _versions() -> Iterator[Check]:
    from importlib.metadata import version

    own = ", ".join(f"{name} {version(name)}" for name in ("pumpup-tui", "textual", "msgspec", "tinydb"))
    yield Check("versions", "ok", f"{own}, Python {platform.python_version()}, {platform.system()}")


def _terminal(environment: Mapping[str, str]) -> Iterator[Check]:
    kind = environment.get("TERM", "")
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        yield Check("terminal", "note", "none: the commands work, the screens need one")
    elif kind in ("", "dumb", "unknown"):
        yield Check(
            "terminal", "wrong", f"TERM is {kind!r}: no screen can be drawn", "TERM=xterm-256color, or --linear."
        )
    else:
        columns, rows = shutil.get_terminal_size()
        words = f"{kind}, {columns} columns, {rows} rows"
        if columns < _MIN_SCREEN[0] or rows < _MIN_SCREEN[1]:
            yield Check("terminal", "note", words, "Make it larger: 80 columns and 24 rows show all of a request.")
        else:
            yield Check("terminal", "ok", words)
    charset = charset_of(environment)
    if charset is not None:
        remedy = "Set LANG to a locale of UTF-8, like C.UTF-8, if the terminal is: else other characters are spelt out."
        yield Check("characters", "wrong", f"the locale's coding is {charset.name}", remedy)
    else:
        yield Check("characters", "ok", "UTF-8")


def _configuration(environment: Mapping[str, str]) -> Iterator[Check]:
    try:
        file = config_sources.file_of(environment)
        config_cache.chosen(environment)
    except Failed as fault:
        yield Check("configuration", "wrong", fault.message, "'pumpup-tui config' shows each setting.")
        return
    if file is None:
        yield Check("configuration", "note", config_sources.NO_HOME)
    else:
        words = str(file) if file.exists() else f"{file} does not exist: using defaults"
        yield Check("configuration", "ok", words)


def _reviewer(place: StorePlace) -> Check:
    if place.reviewer:
        return Check("reviewer", "ok", " ".join((place.reviewer, *(f"[{tag}]" for tag in place.tags))))
    remedy = "Give one with --reviewer NAME, or set PUMPUP_REVIEWER."
    return Check("reviewer", "note", "this login has no reviewer name: it can only read", remedy)


def _folder(place: Folder) -> Iterator[Check]:
    folder = place.path
    if not folder.exists():
        makers = "The screens" if place.is_default else "The screens with --create, 'serve'"
        yield Check("folder", "note", f"{folder} does not exist yet", f"{makers} and 'projects create' make it.")
        return
    yield from _access(folder)
    yield from _free_space(folder)
    from store.folder.trust import file_system_warnings

    for warning in file_system_warnings(folder):
        yield Check("disk", "note", warning)
    if os.path.lexists(folder / "journal.jsonl") or os.path.lexists(folder / "head"):
        yield from _lock(folder)
        yield from _journal(folder)
        yield from _keys(place)
        yield from _signing_key(folder)
    else:
        yield Check("journal", "note", "none yet: the folder is new", "'pumpup-tui projects create' begins one.")


def _access(folder: Path) -> Iterator[Check]:
    from store.folder.trust import unwritable, writable_by_others

    if not os.access(folder, os.R_OK | os.X_OK):
        yield Check("folder", "wrong", f"{folder} can't be read", f"Run 'chmod u+rwx {folder}' as its owner.")
    elif why := unwritable(folder):
        remedy = "Reading and verifying work; to decide, open the folder where it can be written, as its owner."
        yield Check("folder", "note", why, remedy)
    elif others := writable_by_others(folder):
        yield Check("folder", "wrong", others, "'serve' does not start on it.")
    elif folder.stat().st_mode & 0o077:
        remedy = f"Run 'chmod 700 {folder}', unless others are meant to."
        yield Check("folder", "note", f"{folder} can be entered by others on this machine", remedy)
    else:
        yield Check("folder", "ok", str(folder))


def _free_space(folder: Path) -> Iterator[Check]:
    free = shutil.disk_usage(folder).free
    words = f"{free / 1e9:.1f} GB free"
    yield Check("disk", "ok", words) if free >= _MIN_FREE_BYTES else Check("disk", "wrong", words, "Make room.")


def _lock(folder: Path) -> Iterator[Check]:
    """Check without waiting whether a process holds the lock, and which."""
    import fcntl

    from api_client.errors import StoreError
    from store.folder.files import open_regular

    try:
        handle = open_regular(folder / "lock", os.O_RDONLY)
    except FileNotFoundError:
        yield Check("lock", "ok", "never locked so far")
        return
    except StoreError as fault:
        yield Check("lock", "wrong", str(fault))
        return
    except OSError as fault:
        yield Check("lock", "wrong", f"{folder / 'lock'} can't be opened: {fault.strerror}", "Make it yours again.")
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield Check("lock", "ok", "free")
    except BlockingIOError:
        holder = _holder(os.fstat(handle).st_ino)
        yield Check(
            "lock", "note", f"held by {holder}", "Try again: a writer holds it for a moment. End one that hangs."
        )
    except OSError as fault:
        words = f"the file system has no locks ({fault.strerror})"
        yield Check("lock", "wrong", words, "Keep the folder on a disk of this machine.")
    finally:
        os.close(handle)


def _holder(inode: int) -> str:
    """Return the process that holds a lock, as far as the system knows it."""
    try:
        rows = [row.split() for row in Path("/proc/locks").read_text().splitlines()]
        pid = next(row[4] for row in rows if row[1] == "FLOCK" and row[5].endswith(f":{inode}"))
        name = Path(f"/proc/{pid}/comm").read_text().strip()
    except (OSError, StopIteration, IndexError):
        return "another program"
    return f"process {pid} ({name})"


def _journal(folder: Path) -> Iterator[Check]:
    """Open the journal read-only, as any reader does, and report its state."""
    from api_client.errors import StoreError
    from api_client.times import utc_now
    from store.core.event_ids import random_token
    from store.folder.engine import Store

    try:
        store = Store(folder, clock=utc_now, tokens=random_token, for_reading=True)
    except StoreError as fault:
        yield Check("journal", "wrong", str(fault))
        return
    try:
        size = store.journal.size()
        if store.is_damaged:
            remedy = f"'pumpup-tui verify --data {folder}' looks through all of it."
            yield Check("journal", "wrong", store.read_only, remedy)
        elif size > store.position.size:
            words = f"it ends in an unfinished line of {size - store.position.size:,} bytes, never acknowledged"
            yield Check("journal", "note", words, "The next write moves it to a file of its own.")
        else:
            words = f"{store.position.events:,} events, {size / 1e6:.1f} MB; 'verify' reads all of it"
            yield Check("journal", "ok", words)
    finally:
        store.close()


def _keys(place: Folder) -> Iterator[Check]:
    """Check for keys that the server does not accept."""
    from api_client.errors import StoreError

    try:
        names = keys_of(place).of_two_roles()
    except StoreError as fault:
        yield Check("keys", "wrong", str(fault), "Restore keys.json from a backup, or remove it and make new keys.")
        return
    for name in names:
        words = f"{name} has keys of both roles, and a name has one: the agent's keys are not accepted"
        yield Check("keys", "wrong", words, two_roles_remedy(place, name))


def _signing_key(folder: Path) -> Iterator[Check]:
    """Check the key that signs checkpoints, and show its public half."""
    from api_client.errors import StoreError
    from store.folder.record_tree import stored_key
    from store.folder.trust import signing_key_readable

    try:
        key = stored_key(folder)
    except StoreError as fault:
        if isinstance(fault.__cause__, PermissionError):
            words = "this login may not read it, so it makes no checkpoints or proofs"
            yield Check("signing key", "note", words, "It is for the login that writes the record.")
        else:
            yield Check("signing key", "wrong", str(fault))
        return
    if key is None:
        yield Check("signing key", "note", "none yet", "'pumpup-tui checkpoint' makes it.")
    elif others := signing_key_readable(folder):
        yield Check("signing key", "wrong", others)
    else:
        yield Check("signing key", "ok", f"{key.name}, public key {key.public.written()}")


def _server(place: Server, environment: Mapping[str, str]) -> Iterator[Check]:
    try:
        key = api_key(place.api_key_file, environment)
    except Failed as fault:
        yield Check("key", "wrong", fault.message)
        return
    yield from _server_answer(place, key)


def _server_answer(place: Server, key: str) -> Iterator[Check]:
    from api_client.errors import ApiError, Misconfigured, NotAuthenticated, ProxyFailed, Unreachable

    url = place.url
    try:
        me, seconds, proxy = _ask_server(place, key)
    except NotAuthenticated as fault:
        yield Check("server", "ok", f"{url} answers")
        remedy = "Ask for a key: 'pumpup-tui keys add NAME --role reviewer' makes one on the server's machine."
        yield Check("key", "wrong", fault.message, remedy)
    except Misconfigured as fault:
        yield Check("proxy" if fault.code == "INVALID_PROXY" else "server", "wrong", fault.message)
    except ProxyFailed as fault:
        yield Check("proxy", "wrong", fault.message)
    except ApiError as fault:
        unreachable = "Is it running, and the address right? A proxy may be in between."
        remedy = unreachable if isinstance(fault, Unreachable) else "Is this the address of a Pump Up server?"
        yield Check("server", "wrong", fault.message, "" if "address" in fault.message else remedy)
    else:
        if proxy:
            yield Check("proxy", "ok", f"the server is reached through the {proxy}")
        yield Check("server", "ok", f"{url} answers in {seconds * 1e3:.0f} ms")
        yield _permissions(me)


def _ask_server(place: Server, key: str) -> tuple[Me, float, str]:
    """Return the key's owner as the server knows it, the call's seconds, and the proxy in between (empty without one).

    Raises:
        ApiError: the server can't be reached, or does not answer like a Pump Up server.
    """
    import asyncio
    import time

    from api_client.http import HttpBackend

    async def call() -> tuple[Me, float, str]:
        backend = HttpBackend(place.url, key, ca_file=place.ca_file, allow_plain_http=place.insecure_http)
        try:
            start = time.perf_counter()
            return await backend.me(), time.perf_counter() - start, backend.proxy
        finally:
            await backend.aclose()

    return asyncio.run(call())


def _permissions(me: Me) -> Check:
    if "decide" in me.capabilities:
        return Check("key", "ok", f"OK, reviewer {me.subject}")
    return Check("key", "note", "read-only: it can't decide", "Decisions need a reviewer's key and our server.")
