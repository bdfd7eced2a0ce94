"""The API keys of agents and reviewers: random, shown once, stored as hashes (CONTRACT.md part 1, Headers)."""

from __future__ import annotations

import hmac
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from tinydb import TinyDB, where
from tinydb.table import Table

from api_client.actor import Actor
from api_client.errors import ApiError, InvalidRequest, StoreBusy, StoreDamaged, StoreFault
from api_client.models import Role
from api_client.times import Clock, utc_now, wire_time
from store.core.api_key_rules import (
    SECRET_BYTES,
    KeyInfo,
    check_among,
    check_owner,
    digest_of,
    id_of_digest,
    names_of_two_roles,
    no_key,
    secret_of,
)
from store.folder.documents import AtomicStorage
from store.folder.files import open_regular

LOCK_SECONDS = 10.0
"""Seconds that a change of the ring waits for another process's."""
_TABLE = "keys"
_FOLDER_ONLY = 0o600

Stamp = tuple[int, int, int]


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

        Raises:
            InvalidRequest: the name, role or a tag can't be used (`check_owner`), or not beside the ring's other names
                (`check_among`).
            StoreBusy: another process is changing the ring for too long.
            StoreDamaged: the file is not what was written.
            StoreFault: the disk or the system refuses.
        """
        check_owner(name, role, tags)
        secret = secret_of(self._tokens(SECRET_BYTES))
        document = {"name": name, "role": role, "tags": list(tags), "addedAt": wire_time(self._clock())}

        def insert(table: Table) -> None:
            check_among(name, role, _owners(table))
            table.insert({**document, "sha256": digest_of(secret).hex()})

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
            raise no_key(name)
        wanted = where("name") == name
        if key_id is not None:
            digests = [doc["sha256"] for doc in self._documents() if id_of_digest(doc["sha256"]) == key_id]
            wanted &= where("sha256").one_of(digests)
        self._change(lambda table: removed.extend(table.remove(wanted)))
        if not removed:
            raise no_key(name, key_id)
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
                id=id_of_digest(doc["sha256"]),
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
        return names_of_two_roles(_owners(self._documents()))

    def find(self, secret: str) -> Actor | None:
        """Return the owner of the key `secret`, None where there is none. Takes equally long for any key.

        Where a name has keys of both roles, as rings of older versions may, its agent's keys are nobody's.

        Raises:
            StoreDamaged: the file is not what was written.
            StoreFault: the disk or the system refuses.
        """
        if (stamp := self._file_stamp()) != self._stamp:
            documents = self._documents()
            torn = names_of_two_roles(_owners(documents))
            self._known = tuple(
                (bytes.fromhex(doc["sha256"]), _actor(doc))
                for doc in documents
                if doc["role"] == "reviewer" or doc["name"] not in torn
            )
            self._stamp = stamp
        digest = digest_of(secret)
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


def _checked(doc: dict[str, Any]) -> dict[str, Any]:
    bytes.fromhex(doc["sha256"])
    check_owner(doc["name"], doc["role"], doc["tags"])
    if not doc["addedAt"].isprintable():
        raise ValueError("a key's time is none")
    return doc


def _actor(doc: dict[str, Any]) -> Actor:
    return Actor(doc["name"], doc["role"], tuple(doc["tags"]))


def _owners(documents: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Return each key's name and role."""
    return [(doc["name"], doc["role"]) for doc in documents]
