"""The API keys of agents and reviewers: random, shown once, stored as hashes (CONTRACT.md part 1, Headers)."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

from filelock import FileLock, Timeout
from tinydb import TinyDB, where
from tinydb.table import Table

from api_client.actor import Actor
from api_client.commands import PLATFORM
from api_client.errors import ApiError, InvalidRequest, NotFound, StoreBusy, StoreDamaged, StoreFault
from api_client.models import Role
from api_client.times import Clock, utc_now, wire_time
from api_client.unicode_scripts import why_no_name
from store.folder.documents import AtomicStorage
from store.folder.files import open_regular

LOCK_SECONDS = 10.0
"""Seconds that a change of the ring waits for another process's."""
_TABLE = "keys"
_FOLDER_ONLY = 0o600
_KIND: Mapping[str, str] = {"agent": "an agent's", "reviewer": "a reviewer's"}

Stamp = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """A key's public data."""

    name: str
    role: Role
    tags: tuple[str, ...]
    added_at: str
    """In the wire's form."""
    id: str
    """Tells one of a name's keys from the others; says nothing of the secret that could be used."""
    last_used_at: str | None = None
    """In the wire's form, a few seconds late; None where it was never used."""


class KeyRing:
    """The keys of one data folder, shared by all processes that have it open.

    A change takes effect at once in all of them: each look-up first checks the file's stamp.
    """

    def __init__(
        self, folder: Path, clock: Clock = utc_now, *, tokens: Callable[[int], str] = secrets.token_urlsafe
    ) -> None:
        """Read nothing yet; the file is created with the first key.

        Args:
            folder: the data folder, which must be there.
            clock: the time now.
            tokens: returns a random text out of so many bytes.
        """
        self._path = folder / "keys.json"
        self._lock = FileLock(folder / "keys.lock", timeout=LOCK_SECONDS, mode=_FOLDER_ONLY)
        self._clock, self._tokens = clock, tokens
        self._stamp: Stamp | None = None
        self._known: tuple[tuple[bytes, Actor], ...] = ()
        self._used_path = folder / "keys-used.json"
        self._used: dict[bytes, datetime] = {}
        """When each key was used last, as far as it is not on disk yet."""

    def add(self, name: str, role: Role, tags: Sequence[str] = ()) -> str:
        """Make a key for `name` and return its secret, which is stored nowhere.

        A name may have several keys: they are the same caller, whose answers are remembered under that name. So a
        name has one role: else an agent could be answered what a reviewer was.

        Raises:
            InvalidRequest: the name, role or a tag can't be used, the name has a key of another role, or it could be
                taken for another (its word mixes alphabets, or it looks like a name of the ring).
            StoreBusy: another process is changing the ring for too long.
            StoreDamaged: the file is not what was written.
            StoreFault: the disk or the system refuses.
        """
        _check(name, role, tags)
        secret = f"pk_{self._tokens(32)}"
        document = {"name": name, "role": role, "tags": list(tags), "addedAt": wire_time(self._clock())}

        def insert(table: Table) -> None:
            if why := why_no_name(name, (PLATFORM.subject, *(doc["name"] for doc in table))):
                raise InvalidRequest(f"{name!r} could be taken for another name: {why}. Choose another.")
            if others := table.search((where("name") == name) & (where("role") != role)):
                raise InvalidRequest(
                    f"{name} has {_KIND[others[0]['role']]} key already, and a name has one role: take another name, "
                    f"or revoke that key first."
                )
            table.insert({**document, "sha256": _digest(secret).hex()})

        self._change(insert)
        return secret

    def revoke(self, name: str, key_id: str | None = None) -> int:
        """Remove all keys of `name`, or the one with this id, and return how many they were.

        Raises:
            NotFound: `name` has none, or none with this id.
            StoreBusy: another process is changing the ring for too long.
            StoreDamaged: the file is not what was written.
            StoreFault: the disk or the system refuses.
        """
        removed: list[int] = []
        if all(doc["name"] != name for doc in self._documents()):
            raise NotFound(f"There is no key for {name}.")
        wanted = where("name") == name
        if key_id is not None:
            digests = [doc["sha256"] for doc in self._documents() if _id_of(doc["sha256"]) == key_id]
            wanted &= where("sha256").one_of(digests)
        self._change(lambda table: removed.extend(table.remove(wanted)))
        if not removed:
            raise NotFound(f"{name} has no key {key_id}." if key_id else f"There is no key for {name}.")
        return len(removed)

    def listing(self) -> list[KeyInfo]:
        """Return what is known of each key, in the order in which they were made.

        Raises:
            StoreDamaged: the file is not what was written.
            StoreFault: the disk or the system refuses.
        """
        used = self._uses()
        return [
            KeyInfo(
                doc["name"],
                doc["role"],
                tuple(doc["tags"]),
                doc["addedAt"],
                id=_id_of(doc["sha256"]),
                last_used_at=used.get(doc["sha256"]),
            )
            for doc in self._documents()
        ]

    def of_two_roles(self) -> list[str]:
        """Return the names that have keys of both roles: their agent's keys are not accepted.

        Raises:
            StoreDamaged: the file is not what was written.
            StoreFault: the disk or the system refuses.
        """
        return _of_two_roles(self._documents())

    def find(self, secret: str) -> Actor | None:
        """Return the owner of the key `secret`, None where there is none. Takes equally long for any key.

        Where a name has keys of both roles, as rings of older versions may, its agent's keys are nobody's.

        Raises:
            StoreDamaged: the file is not what was written.
            StoreFault: the disk or the system refuses.
        """
        if (stamp := self._file_stamp()) != self._stamp:
            documents = self._documents()
            torn = _of_two_roles(documents)
            self._known = tuple(
                (bytes.fromhex(doc["sha256"]), _actor(doc))
                for doc in documents
                if doc["role"] == "reviewer" or doc["name"] not in torn
            )
            self._stamp = stamp
        digest = _digest(secret)
        owner = None
        for known, actor in self._known:
            if hmac.compare_digest(known, digest):
                owner = actor
        if owner is not None:
            self._used[digest] = self._clock()
        return owner

    def save_uses(self) -> None:
        """Save when keys were used last: `find` only notes it, so that no call waits for the disk.

        Raises:
            StoreBusy: another process is changing the ring for too long.
            StoreFault: the disk or the system refuses.
        """
        if not self._used:
            return
        noted, self._used = self._used, {}
        try:
            with self._changing():
                known = {doc["sha256"] for doc in self._documents()}
                used = self._uses()
                for digest, moment in noted.items():
                    used[digest.hex()] = max(wire_time(moment), used.get(digest.hex(), ""))
                AtomicStorage(self._used_path).write({"used": {key: used[key] for key in used.keys() & known}})
        except ApiError:
            self._used = {**noted, **self._used}
            raise

    def _uses(self) -> dict[str, str]:
        try:
            used = (AtomicStorage(self._used_path).read() or {}).get("used", {})
            return {str(digest): moment for digest, moment in used.items() if moment.isprintable()}
        except (ValueError, AttributeError, OSError, StoreFault):
            return {}  # nothing depends on it: the next use is recorded again

    def _file_stamp(self) -> Stamp | None:
        try:
            seen = os.stat(self._path)  # noqa: PTH116 - half the time of Path.stat, on each call of the server
        except FileNotFoundError:
            return None
        return seen.st_mtime_ns, seen.st_ino, seen.st_size

    def _documents(self) -> list[dict[str, Any]]:
        try:
            read = AtomicStorage(self._path).read()
            documents = {} if read is None else read.get(_TABLE, {})
            return [_checked(doc) for _, doc in sorted(documents.items(), key=lambda item: int(item[0]))]
        except (ValueError, KeyError, TypeError, AttributeError, InvalidRequest) as fault:
            raise StoreDamaged(f"{self._path} is not what was written: {fault}") from fault
        except OSError as fault:
            raise StoreFault(f"{self._path} can't be read: {fault.strerror or fault}.") from fault

    def _change(self, change: Callable[[Table], object]) -> None:
        with self._changing():
            self._documents()  # a damaged file is reported, not overwritten
            with TinyDB(self._path, storage=AtomicStorage) as database:
                change(database.table(_TABLE))

    @contextmanager
    def _changing(self) -> Iterator[None]:
        try:
            # The library refuses a link too, in words that name no file.
            os.close(open_regular(Path(self._lock.lock_file), os.O_RDWR | os.O_CREAT))
            with self._lock:
                yield
        except Timeout as fault:
            raise StoreBusy(f"Another process holds {fault.lock_file}.") from fault
        except OSError as fault:
            raise StoreFault(f"{self._path} can't be changed: {fault.strerror or fault}.") from fault


def _check(name: str, role: str, tags: Sequence[str]) -> None:
    for what, text in (("name", name), *(("tag", tag) for tag in tags)):
        if not (1 <= len(text) <= 80 and text.isprintable() and text.strip() == text):
            raise InvalidRequest(f"A key's {what} must have 1 to 80 printable characters and no space at its ends.")
    if name == PLATFORM.subject:
        raise InvalidRequest(f"{name!r} is the store's own name.")
    if role not in get_args(Role):
        raise InvalidRequest(f"A key's role must be one of {', '.join(get_args(Role))}.")


def _checked(doc: dict[str, Any]) -> dict[str, Any]:
    bytes.fromhex(doc["sha256"])
    _check(doc["name"], doc["role"], doc["tags"])
    if not doc["addedAt"].isprintable():
        raise ValueError("a key's time is none")
    return doc


def _actor(doc: dict[str, Any]) -> Actor:
    return Actor(doc["name"], doc["role"], tuple(doc["tags"]))


def _of_two_roles(documents: Sequence[dict[str, Any]]) -> list[str]:
    agents = {doc["name"] for doc in documents if doc["role"] == "agent"}
    return sorted(agents & {doc["name"] for doc in documents if doc["role"] != "agent"})


def _id_of(digest: str) -> str:
    return digest[:8]


def key_id(secret: str) -> str:
    """Return the id by which a key is listed and revoked."""
    return _id_of(_digest(secret).hex())


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode(errors="replace")).digest()
