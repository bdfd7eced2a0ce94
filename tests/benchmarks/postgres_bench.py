"""A database beside a folder: durable commits by many callers of one and of several servers, news, workspaces."""

from __future__ import annotations

import asyncio
import secrets
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

from api_client.backend import Backend
from api_client.commands import AddNote, CreateTask
from api_client.http import HttpBackend
from api_client.proofs import checkpoint_size
from api_client.times import utc_now
from store.core.cursors import Scope
from store.demo.workspace import generate
from store.folder.api_keys import KeyRing
from store.folder.local_backend import open_local
from store.postgres.address import DatabaseAddress
from store.postgres.key_table import DatabaseKeys
from store.postgres.open_database import open_postgres
from store.postgres.workspaces import create_workspace
from tests.benchmarks.load import Caller, connected
from tests.benchmarks.rows import Row, Table, median
from tests.benchmarks.server_bench import Workload, served
from tests.support.actors import AGENT, ALICE
from tests.support.postgres import Cluster

CALLERS = 64
ROUNDS, SECONDS = 4, 2.0
"""Folder and database take turns, so that what else the machine does meets both."""
SETTINGS = {"shared_buffers": "256MB", "max_wal_size": "4GB"}
_TASKS = 50
_names = count(1)


@dataclass(frozen=True)
class Side:
    """A record and the servers over it."""

    work: Workload
    ports: Sequence[int]


async def _with_tasks(backend: Backend) -> list[str]:
    """Make some tasks, and close the backend; return their ids."""
    names = [f"T-{number}" for number in range(_TASKS)]
    made = [await backend.submit(CreateTask(project_name="general", name=name), key=name) for name in names]
    await backend.aclose()
    return [str(receipt.answer["id"]) for receipt in made]


async def folder_work(folder: Path) -> Workload:
    """Make a folder."""
    tasks = await _with_tasks(await open_local(folder, AGENT))
    ring = KeyRing(folder)
    return Workload(folder, tasks, "", ring.add("agent-1", "agent"), ring.add("alice", "reviewer"))


async def workspace_work(url: str) -> tuple[Workload, str]:
    """Make a workspace; return it with its name."""
    address, name = DatabaseAddress.parse(url), f"bench-{next(_names)}"
    create_workspace(address, name, utc_now())
    tasks = await _with_tasks(await open_postgres(address, name, AGENT))
    ring = DatabaseKeys(address, name)
    return Workload(Path(), tasks, "", ring.add("agent-1", "agent"), ring.add("alice", "reviewer")), name


async def load(sides: Sequence[Side], seconds: float) -> tuple[float, list[float]]:
    """Return the durable notes a second that `CALLERS` get from all servers together, and each one's milliseconds."""
    ports = [(side, port) for side in sides for port in side.ports]
    times: list[float] = []
    callers = []
    for side, port in ports:
        for _ in range(CALLERS // len(ports)):
            callers.append(await connected(Caller(side.work.note(), times), port))
    for caller in callers:
        caller.send()
    await asyncio.sleep(seconds / 4)
    times.clear()
    start = time.perf_counter()
    await asyncio.sleep(seconds)
    found, took = list(times), time.perf_counter() - start
    for caller in callers:
        caller.going = False
    await asyncio.gather(*(caller.done for caller in callers))
    for caller in callers:
        assert caller.statuses == {201}, caller.statuses
        caller.close()
    return len(found) / took, [1e3 * one for one in found]


def commits(table: Table, folder: Path, url: str, servers: int, limit: float) -> None:
    """Durable notes by many callers, spread over so many servers: of a folder, and of a database."""
    path = folder / f"with-{servers}"
    here = asyncio.run(folder_work(path))
    there, name = asyncio.run(workspace_work(url))
    with ExitStack() as stack:
        own = [stack.enter_context(served("ours", path, 0))[0] for _ in range(servers)]
        theirs = [stack.enter_context(served("database", url, name))[0] for _ in range(servers)]
        found: dict[str, list[float]] = {"folder": [], "database": []}
        late: dict[str, list[float]] = {"folder": [], "database": []}
        for _ in range(ROUNDS):
            for label, side in (("folder", Side(here, own)), ("database", Side(there, theirs))):
                rate, times = asyncio.run(load([side], SECONDS))
                found[label].append(rate)
                late[label] += times
    what = f"database: durable POST, {CALLERS} callers, {servers} server{'s' if servers > 1 else ''}"
    beside = statistics.median(found["folder"]), "the same over a folder"
    table.add(Row(what, statistics.median(found["database"]), "/s", *beside, limit, at_least=True))
    p99 = {label: statistics.quantiles(times, n=100)[-1] for label, times in late.items()}
    table.add(Row(f"{what}, p99", p99["database"], "ms", limit=60))
    table.add(Row("the same over a folder, p99", p99["folder"], "ms"))


def two_workspaces(table: Table, url: str) -> None:
    """The same callers on two workspaces, a server each, beside one workspace with two servers."""
    one, name = asyncio.run(workspace_work(url))
    pair = [asyncio.run(workspace_work(url)) for _ in range(2)]
    with ExitStack() as stack:
        both = [stack.enter_context(served("database", url, name))[0] for _ in range(2)]
        each = [Side(work, [stack.enter_context(served("database", url, own))[0]]) for work, own in pair]
        found: dict[str, list[float]] = {"one": [], "two": []}
        for _ in range(ROUNDS):
            found["one"].append(asyncio.run(load([Side(one, both)], SECONDS))[0])
            found["two"].append(asyncio.run(load(each, SECONDS))[0])
    beside = statistics.median(found["one"]), "two servers over one workspace"
    what = "database: durable POST, two workspaces, a server each"
    table.add(Row(what, statistics.median(found["two"]), "/s", *beside, 1, at_least=True))


def news(table: Table, url: str) -> None:
    """From the moment that a commit is acknowledged at one server until another one's stream has its event."""
    work, name = asyncio.run(workspace_work(url))
    with served("database", url, name) as (here, _), served("database", url, name) as (there, _):
        times = asyncio.run(_news(work, here, there))
    table.add(Row("database: a commit on another server's stream, p50", median(times), "ms", limit=10))
    table.add(Row("database: the same, p95", statistics.quantiles(times, n=20)[-1], "ms"))


async def _news(work: Workload, here: int, there: int) -> list[float]:
    """Return the milliseconds until each of some notes has come through."""
    writer = HttpBackend(f"http://127.0.0.1:{here}", work.agent_key)
    reader = HttpBackend(f"http://127.0.0.1:{there}", work.reviewer_key)
    changes = reader.changes((await reader.events(order="desc", limit=1)).next_cursor)
    times = []
    for number in range(150):
        note = AddNote(project_name="general", task_id=work.tasks[number % _TASKS], message=str(number))
        coming = asyncio.ensure_future(anext(changes))
        await asyncio.sleep(0.01 * (number % 4))
        await writer.submit(note, key=secrets.token_hex(8))
        start = time.perf_counter()
        assert (await coming).event.payload["message"] == str(number)
        times.append(1e3 * (time.perf_counter() - start))
    await writer.aclose()
    await reader.aclose()
    return times[20:]


def pages(table: Table, folder: Path, url: str, events: int) -> None:
    """Pages of a workspace of so many events, which is moved out of a folder."""
    source, exported = folder / f"pages-{events}", folder / "pages.jsonl"
    generate(source, tasks=max(10, events // 20), events=events)
    _command("export", "--data", str(source), "-o", str(exported))
    _command("import", str(exported), "--database", url, "--workspace", "pages")
    for what, times in asyncio.run(_pages(url)).items():
        p95 = statistics.quantiles(times, n=20)[-1]
        table.add(Row(f"database: {what}, {events:,} events, p95", p95, "ms", limit=10))


def _command(*words: str) -> None:
    subprocess.run([sys.executable, "-m", "pumpup_tui", *words], check=True, capture_output=True)


async def _pages(url: str) -> dict[str, list[float]]:
    """Return the milliseconds that each kind of page takes, at places that are chosen anew each time."""
    rng, found = Random(1), {}
    backend = await open_postgres(DatabaseAddress.parse(url), "pages", ALICE)
    project = (await backend.projects(name="claims"))[0].id
    tasks = [task.id for task in await backend.tasks(project_id=project)]
    places: dict[Scope, list[str]] = {}
    for scope in (("", ""), (project, "")):
        first = await backend.events(project_id=scope[0] or None, limit=500)
        places[scope] = [first.next_cursor or ""]
        for _ in range(30):
            page = await backend.events(project_id=scope[0] or None, cursor=places[scope][-1], limit=500)
            places[scope].append(page.next_cursor or "")

    def everything(**more: Any) -> Awaitable[object]:
        return backend.events(cursor=rng.choice(places["", ""]), **more)

    kinds: dict[str, Callable[[], Awaitable[object]]] = {
        "page of 100 events of everything": everything,
        "the same, backwards": lambda: everything(order="desc"),
        "the newest 100 of everything": lambda: backend.events(order="desc"),
        "the newest 100 of a project": lambda: backend.events(project_id=project, order="desc"),
        "page of 100 events of a project": lambda: backend.events(
            project_id=project, cursor=rng.choice(places[project, ""])
        ),
        "page of one task": lambda: backend.events(task_id=rng.choice(tasks)),
        "the newest of a rare type": lambda: backend.events(order="desc", types=["ASSIGNMENT", "TIMEOUT"]),
        "the inbox's first page": backend.inbox,
        "a board's first cards": lambda: backend.cards(project, "in_review", limit=50),
    }
    for what, call in kinds.items():
        found[what] = [await _taken(call) for _ in range(110)][10:]
    await backend.aclose()
    return found


def proofs(table: Table, url: str, events: int) -> None:
    """Checkpoints and proofs of the workspace with the pages, with a new event before each."""
    for what, times in asyncio.run(_proofs(url)).items():
        limit = 5 if what == "a checkpoint" else 10
        table.add(Row(f"database: {what}, {events:,} events, p50", median(times), "ms", limit=limit))
        table.add(Row("database: the same, p95", statistics.quantiles(times, n=20)[-1], "ms"))


async def _proofs(url: str) -> dict[str, list[float]]:
    """Return the milliseconds that each takes."""
    rng = Random(2)
    found: dict[str, list[float]] = {"a checkpoint": [], "the proof of an event": [], "a proof that it grew": []}
    reviewer = await open_postgres(DatabaseAddress.parse(url), "pages", ALICE)
    agent, proofs = reviewer.acting_as(AGENT), reviewer.proofs
    created = await agent.submit(CreateTask(project_name="general", name="proved"), key="proved")
    task = str(created.answer["id"])
    for number in range(110):
        await agent.submit(AddNote(project_name="general", task_id=task, message=str(number)), key=f"note-{number}")
        start = time.perf_counter()
        size = checkpoint_size(await proofs.checkpoint())
        found["a checkpoint"].append(1e3 * (time.perf_counter() - start))
        seq, old = rng.randrange(1, size + 1), rng.randrange(1, size)
        found["the proof of an event"].append(await _taken(lambda: proofs.of([seq], size)))  # noqa: B023
        found["a proof that it grew"].append(await _taken(lambda: proofs.consistency(old, size)))  # noqa: B023
    await reviewer.aclose()
    return {what: times[10:] for what, times in found.items()}


async def _taken(call: Callable[[], Awaitable[object]]) -> float:
    start = time.perf_counter()
    await call()
    return 1e3 * (time.perf_counter() - start)


def run(table: Table, folder: Path, sizes: tuple[int, ...]) -> None:
    """Measure a database of its own, on the disk that the folder is on."""
    with Cluster.create(durable=True, settings=SETTINGS) as cluster:
        url = cluster.create_database("bench")
        commits(table, folder, url, 1, 0.7)
        commits(table, folder, url, 3, 0.95)
        two_workspaces(table, url)
        news(table, url)
        pages(table, folder, url, sizes[-1])
        proofs(table, url, sizes[-1])
