"""Servers over one database under load, and the comparison of what they acknowledged with what is recorded."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import psycopg
import pytest

from api_client.actor import Actor
from api_client.backend import PAGE_MAX
from api_client.models import Event
from api_client.times import utc_now
from store.core.chain import NO_HASH, link
from store.postgres.address import DatabaseAddress
from store.postgres.migrate import migrate
from store.postgres.open_database import open_postgres
from store.postgres.postgres_backend import PostgresBackend
from store.postgres.workspaces import create_workspace
from tests.crash.database_worker import key_of, note
from tests.crash.scale import FULL
from tests.support.actors import AGENT, ALICE
from tests.support.postgres import Cluster
from tests.support.postgres_programs import NoPostgres
from tests.support.world_builder import WorldBuilder
from tests.waiting import wait_until

WORKSPACE = "crash"
CALLERS = 8
"""Callers of each server, which write at the same time."""
ROOT = Path(__file__).parents[2]


def worker_command(*words: str) -> list[str]:
    """Return the arguments that run a worker."""
    return [sys.executable, "-m", "tests.crash.database_worker", *words]


@contextmanager
def killable() -> Iterator[Cluster]:
    """Give a PostgreSQL that may be killed, or skip the test where none can be started.

    What it has committed is on the disk in the full form alone: that the system survives its processes is enough for
    the short one.
    """
    try:
        made = Cluster.create(durable=FULL)
    except NoPostgres as reason:
        pytest.skip(str(reason))
    with made as cluster:
        yield cluster


@asynccontextmanager
async def opened(url: str, actor: Actor = ALICE) -> AsyncIterator[PostgresBackend]:
    """Give a backend over the workspace."""
    backend = await open_postgres(DatabaseAddress.parse(url), WORKSPACE, actor)
    try:
        yield backend
    finally:
        await backend.aclose()


async def prepare(url: str, requests: int = 0) -> tuple[str, list[str]]:
    """Make the workspace and a task to write notes on; return the task, and that many open requests of other tasks."""
    address = DatabaseAddress.parse(url)
    await asyncio.to_thread(migrate, address)
    await asyncio.to_thread(create_workspace, address, WORKSPACE, utc_now())
    async with opened(url) as backend:
        make = WorldBuilder(backend.acting_as(AGENT), backend)
        return await make.task(), await more_requests(make, requests)


async def more_requests(make: WorldBuilder, count: int) -> list[str]:
    """Ask for that many approvals; return the requests."""
    tasks = await asyncio.gather(*(make.task(f"T{number}") for number in range(count)))
    return await asyncio.gather(*(make.approval(task) for task in tasks))


class Load:
    """Worker processes that write notes, and each note that they heard to be acknowledged."""

    def __init__(self, task: str) -> None:
        self.task = task
        self.acknowledged: dict[str, str] = {}
        """The event of each note, by its message."""
        self.contradicted: list[str] = []
        """Notes that were acknowledged as two events."""
        self.denied: list[str] = []
        """Notes of which a caller was told that they were not recorded, and which were."""
        self.repeats = 0
        """Acknowledgements of notes that an earlier try had recorded."""
        self.failures = Counter[str]()
        self.messages: list[str] = []
        """What the failures said."""
        self.last = Counter[str]()
        """The number of each caller's last acknowledged note."""
        self._workers: dict[str, subprocess.Popen[bytes]] = {}
        self._readers: dict[str, threading.Thread] = {}

    def start(self, name: str, place: str) -> None:
        """Start a worker, or one that takes the place of an ended one, whose callers go on where they were."""
        callers = [f"{name}{number}" for number in range(CALLERS)]
        words = worker_command("notes", place, self.task, *(f"{caller}={self.last[caller]}" for caller in callers))
        # A session of its own, so that ctrl+c reaches it through its test alone.
        worker = subprocess.Popen(words, stdout=subprocess.PIPE, cwd=ROOT, start_new_session=True)
        self._workers[name] = worker
        self._readers[name] = threading.Thread(target=self._read, args=(worker,), daemon=True)
        self._readers[name].start()

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send a signal to a worker."""
        self._workers[name].send_signal(number)

    def kill(self, name: str) -> None:
        """End a worker as the system does, and take in all that it had said."""
        worker = self._workers.pop(name)
        worker.kill()
        worker.wait()
        self._readers.pop(name).join()
        assert worker.returncode == -signal.SIGKILL, f"worker {name} ended by itself: {worker.returncode}"

    def close(self) -> None:
        """End all workers."""
        for name in list(self._workers):
            self.kill(name)

    def count(self, name: str = "") -> int:
        """Return how many notes were acknowledged, to one worker where it is named."""
        return sum(last for caller, last in self.last.items() if caller.startswith(name))

    def advance(self, by: int = 1, *names: str) -> None:
        """Wait until each of these workers, or each that runs, has heard `by` more acknowledgements."""
        goals = {name: self.count(name) + by for name in names or self._workers}
        for name, goal in goals.items():
            wait_until(lambda name=name, goal=goal: self._is_at(name, goal), f"{by} more notes of {name}")  # type: ignore[misc]

    def _is_at(self, name: str, goal: int) -> bool:
        worker = self._workers[name]
        assert worker.poll() is None, f"worker {name} ended by itself: {worker.returncode}"
        return self.count(name) >= goal

    def _read(self, worker: subprocess.Popen[bytes]) -> None:
        assert worker.stdout is not None
        with worker.stdout as lines:
            for line in lines:
                if line.endswith(b"\n"):  # or it was killed over it: then nobody heard it
                    self._take(line.decode().rstrip("\n"))

    def _take(self, line: str) -> None:
        if line.startswith("! "):
            kind, _, message = line[2:].partition(": ")
            self.failures[kind] += 1
            self.messages.append(message)
            return
        if line.startswith("? "):
            self.denied.append(line[2:])
            return
        caller, number, event, *again = line.split()
        message = f"{caller} {number}"
        if self.acknowledged.setdefault(message, event) != event:
            self.contradicted.append(message)
        self.repeats += bool(again)
        self.last[caller] = int(number)


@contextmanager
def load(place: str, task: str, *names: str) -> Iterator[Load]:
    """Give workers at work, each of which has been acknowledged a note."""
    work = Load(task)
    try:
        for name in names:
            work.start(name, place)
        work.advance()
        yield work
    finally:
        work.close()


class Follower:
    """A process that follows the changes."""

    def __init__(self, place: str) -> None:
        self.notes: list[tuple[str, str]] = []
        """Message and event of each note, in the order in which they came."""
        self._process = subprocess.Popen(
            worker_command("follow", place), stdout=subprocess.PIPE, cwd=ROOT, start_new_session=True
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"ready\n"
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def has_come_to(self, work: Load) -> bool:
        """Return whether the last note that each caller was acknowledged has come."""
        seen = {message for message, _ in list(self.notes)}
        return all(f"{caller} {number}" in seen for caller, number in work.last.items())

    def gaps(self) -> list[str]:
        """Return each note that did not come right after its caller's note before: missed, or twice, or too early."""
        last = dict[str, int]()
        wrong = []
        for message, _ in self.notes:
            caller, number = message.split()
            if int(number) != last.get(caller, int(number) - 1) + 1:
                wrong.append(f"{message} after {last[caller]}")
            last[caller] = int(number)
        return wrong

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        self._reader.join()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                if not line.startswith(b"! ") and line.endswith(b"\n"):
                    message, _, event = line.decode().rstrip("\n").rpartition(" ")
                    self.notes.append((message, event))


@contextmanager
def follow(place: str) -> Iterator[Follower]:
    """Give a follower of the changes from now on."""
    follower = Follower(place)
    try:
        yield follower
    finally:
        follower.close()


class Row(NamedTuple):
    """An event's row."""

    seq: int
    hash: str
    body: bytes


@dataclass
class Findings:
    """The comparison of what was acknowledged with what is recorded."""

    acknowledged: int
    recorded: int
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    unsound: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        unsound = f", unsound: {self.unsound[:5]}" if self.unsound else ""
        return (
            f"{self.acknowledged} acknowledged, {self.recorded} recorded, {len(self.lost)} lost, "
            f"{len(self.doubled)} doubled{unsound}"
        )


async def compare(cluster: Cluster, database: str, work: Load) -> Findings:
    """Compare what the workers heard with what the database holds, once they have ended; then repeat what they did."""
    url = cluster.url(database)
    recorded = await notes_of(url)
    counts = Counter(message for message, _ in recorded)
    by_message = dict(recorded)
    found = Findings(len(work.acknowledged), len(recorded))
    found.lost = [text for text, event in work.acknowledged.items() if by_message.get(text) != event]
    found.doubled = [text for text, count in counts.items() if count > 1] + work.contradicted
    found.unsound = chain_faults(cluster, database)
    found.unsound += [f"{message} was recorded, and its caller was told that it was not" for message in work.denied]
    if not found.lost:
        found.unsound += await repeated(url, work)
    return found


async def notes_of(url: str) -> list[tuple[str, str]]:
    """Return the message and the id of each note, through the pages of the contract."""
    return [(str(event.payload["message"]), event.id) for event in await events_of(url, "NOTE")]


async def events_of(url: str, event_type: str) -> list[Event]:
    """Return all events of a type, through the pages of the contract."""
    events, cursor = list[Event](), None
    async with opened(url) as backend:
        while True:
            page = await backend.events(types=(event_type,), cursor=cursor, limit=PAGE_MAX)
            events += page.items
            cursor = page.next_cursor
            if page.is_last(PAGE_MAX):
                return events


async def repeated(url: str, work: Load, most: int = 200) -> list[str]:
    """Submit acknowledged notes again under their keys; return each that was not answered with its own event."""
    acknowledged = list(work.acknowledged.items())
    chosen = acknowledged[:: max(1, len(acknowledged) // most)]
    async with opened(url, AGENT) as backend:
        before = len(await notes_of(url))

        async def repeat(message: str) -> str:
            name, number = message.split()
            receipt = await backend.submit(note(work.task, name, int(number)), key=key_of(name, int(number)))
            return receipt.event_id if receipt.replayed else f"{receipt.event_id}, newly written"

        answers = await asyncio.gather(*(repeat(message) for message, _ in chosen))
        pairs = zip(chosen, answers, strict=True)
        wrong = [f"{message} again: {answer}" for (message, event), answer in pairs if answer != event]
        added = len(await notes_of(url)) - before
        return wrong + ([f"repeats wrote {added} events"] if added else [])


def chain_faults(cluster: Cluster, database: str) -> list[str]:
    """Return what is wrong with the chain as the rows have it, without the store: links, places, and the head."""
    with psycopg.connect(cluster.url(database)) as connection:
        workspace = "(select id from pumpup.workspace where name = %s)"
        rows = connection.execute(
            f"select seq, encode(hash, 'hex'), body from pumpup.event where ws = {workspace} order by seq".encode(),
            (WORKSPACE,),
        ).fetchall()
        head = connection.execute(
            "select seq, encode(hash, 'hex') from pumpup.workspace where name = %s", (WORKSPACE,)
        ).fetchone()
    faults, previous = [], Row(0, NO_HASH, b"")
    for event in map(Row._make, rows):
        if event.seq != previous.seq + 1:
            faults.append(f"event {event.seq} follows event {previous.seq}")
        if link(previous.hash, event.body) != event.hash:
            faults.append(f"event {event.seq} is not linked to the one before")
        previous = event
    if head != previous[:2]:
        faults.append(f"the head names {head}, and the last event is {previous[:2]}")
    return faults + [line for line in cluster.log.splitlines() if "duplicate key value" in line]


def backends_of(cluster: Cluster, condition: str = "true") -> Sequence[tuple[int, str]]:
    """Return the process and the application's name of each client's connection for which an SQL condition holds."""
    statement = (
        "select pid, application_name from pg_stat_activity "
        f"where backend_type = 'client backend' and pid <> pg_backend_pid() and {condition}"
    )
    return [(int(pid), str(name)) for pid, name in cluster.execute(statement)]


def named(url: str, application: str) -> str:
    """Return a database's address whose connections bear a name."""
    return f"{url}{'&' if '?' in url else '?'}application_name={application}"


def stop_process(pid: int) -> None:
    """Let a process of a cluster stand still."""
    os.kill(pid, signal.SIGSTOP)
