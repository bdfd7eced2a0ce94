"""Many workspaces in one database: what a server and a workspace cost, and what is used up first as they grow.

It measures parts of the case of 1,000 workspaces and 1,000 events a second that one small machine can carry, and
prints what `docs/postgres.md` calculates with: connections and memory of a server, of the database for a connection,
processor time, log and storage for an event.
"""

from __future__ import annotations

import asyncio
import json
import re
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from api_client.commands import AddNote, CreateTask
from api_client.times import utc_now
from store.postgres.address import DatabaseAddress
from store.postgres.head_watch import HEAD_CHANNEL, NOTIFY, channel
from store.postgres.key_table import REFRESH_SECONDS, DatabaseKeys
from store.postgres.open_database import open_postgres
from store.postgres.postgres_backend import PostgresBackend
from store.postgres.workspaces import create_workspace
from tests.benchmarks.load import Make, latencies, rate
from tests.benchmarks.rows import Row, Table, median
from tests.benchmarks.server_bench import Workload
from tests.support.actors import AGENT
from tests.support.postgres import Cluster

WORKSPACES = 100
RATE, SECONDS = 100, 8
"""Events a second over all workspaces: one each, as in the case itself."""
FLAT_OUT_SECONDS = 4.0
READERS = 4
LISTENERS, NOTIFICATIONS = 300, 1_000
SETTINGS = {"shared_buffers": "256MB", "max_wal_size": "4GB", "max_connections": "600"}
_CLIENTS = "select count(*) from pg_stat_activity where application_name = 'pumpup-tui'"
_SIZES = """
    select sum(pg_total_relation_size(c.oid))::bigint from pg_class c
    where relnamespace = 'pumpup'::regnamespace and relkind = 'r'
"""


def run(table: Table, folder: Path) -> None:
    """Measure a cluster of its own."""
    del folder
    with Cluster.create(durable=True, settings=SETTINGS) as cluster:
        url = cluster.create_database("simulation")
        servers(table, cluster, url)
        asyncio.run(workspaces(table, cluster, url))
        notifications(table, cluster, url)


# -- one server


def servers(table: Table, cluster: Cluster, url: str) -> None:
    """Count what one `serve` holds, and what one event through it costs."""
    address = DatabaseAddress.parse(url)
    create_workspace(address, "served", utc_now())
    key = DatabaseKeys(address, "served").add("agent-1", "agent")
    reviewer = DatabaseKeys(address, "served").add("alice", "reviewer")
    with serving(url) as (port, pid):
        connections(table, cluster, "at rest")
        before = processor_seconds([pid]), processor_seconds(backends(cluster))
        time.sleep(SECONDS)
        after = processor_seconds([pid]), processor_seconds(backends(cluster))
        for who, first, last in zip(("server", "database"), before, after, strict=True):
            table.add(Row(f"one server at rest: processor time of the {who}", 1e3 * (last - first) / SECONDS, "ms/s"))
        task = _posted(port, key, "/api/tasks", {"projectName": "general", "name": "T"})["id"]
        connections(table, cluster, "after its first write")
        with _stream(port, reviewer):
            connections(table, cluster, "and with a stream open")
        load = Workload(Path(), [str(task)], "", key, reviewer)
        before = processor_seconds([pid]), processor_seconds(backends(cluster))
        times = asyncio.run(latencies(port, load.note(), RATE, SECONDS, 201))
        after = processor_seconds([pid]), processor_seconds(backends(cluster))
        table.add(Row(f"one server, {RATE} notes/s: POST, p50", median(times), "ms"))
        table.add(Row(f"one server, {RATE} notes/s: POST, p99", statistics.quantiles(times, n=100)[-1], "ms"))
        for who, first, last in zip(("server", "database"), before, after, strict=True):
            table.add(Row(f"one server: processor time of the {who}, a note", 1e3 * (last - first) / len(times), "ms"))
        agents = [DatabaseKeys(address, "served").add(f"reader-{number}", "agent") for number in range(READERS)]
        asyncio.run(_read(port, agents, str(task)))
        connections(table, cluster, "at most, with reads")
        table.add(Row("one server: memory of its own", private_bytes([pid]) / 1e6, "MB"))


def connections(table: Table, cluster: Cluster, when: str) -> None:
    """Count the connections of all servers."""
    table.add(Row(f"one server: connections {when}", float(_value(cluster, _CLIENTS)), ""))


async def _read(port: int, keys: Sequence[str], task: str) -> None:
    """Read as many callers do at once: what one caller may do at once is limited."""
    await asyncio.sleep(2 * REFRESH_SECONDS)  # until the server knows the keys
    calls = [_reading(key, task) for key in keys]
    await asyncio.gather(*(rate(port, call, 8, FLAT_OUT_SECONDS / 2, 200) for call in calls))


def _reading(key: str, task: str) -> Make:
    words = (f"GET /api/tasks/{task} HTTP/1.1", "Host: 127.0.0.1", f"Authorization: Bearer {key}", "X-API-Version: 0")
    call = "".join(f"{word}\r\n" for word in (*words, "")).encode()
    return lambda: call


# -- many workspaces


@dataclass(frozen=True)
class Tenant:
    """A workspace that one process has open, and its task."""

    backend: PostgresBackend
    task: str


async def workspaces(table: Table, cluster: Cluster, url: str) -> None:
    """Measure events that are spread over many workspaces, each written by its own connection."""
    address = DatabaseAddress.parse(url)
    names = [f"tenant-{number}" for number in range(WORKSPACES)]
    for name in names:
        create_workspace(address, name, utc_now())
    tenants = [await _tenant(address, name) for name in names]
    table.add(Row(f"{WORKSPACES} workspaces, small pools: connections", float(_value(cluster, _CLIENTS)), ""))
    await _at_a_pace(table, cluster, tenants, "")
    async with AsyncExitStack() as streams:
        for tenant in tenants:
            await streams.enter_async_context(_watched(tenant))
        await _at_a_pace(table, cluster, tenants, ", a stream each")
    await _flat_out(table, cluster, tenants)
    held = backends(cluster)
    table.add(Row("the database: memory of its own, a connection", private_bytes(held) / len(held) / 1e6, "MB"))
    for tenant in tenants:
        await tenant.backend.aclose()


async def _tenant(address: DatabaseAddress, name: str) -> Tenant:
    backend = await open_postgres(address, name, AGENT, pool_size=1)
    made = await backend.submit(CreateTask(project_name="general", name="T"), key="task")
    return Tenant(backend, str(made.answer["id"]))


@asynccontextmanager
async def _watched(tenant: Tenant) -> AsyncIterator[None]:
    """Read a workspace's stream, as a server with a reviewer at it does."""

    async def read() -> None:
        async for _ in tenant.backend.changes():
            pass

    reading = asyncio.create_task(read())
    await asyncio.sleep(0.02)
    try:
        yield
    finally:
        reading.cancel()
        await asyncio.wait([reading])


async def _at_a_pace(table: Table, cluster: Cluster, tenants: Sequence[Tenant], more: str) -> None:
    times: list[float] = []
    before = _used(cluster)
    start = time.perf_counter()
    sent = []
    for number in range(RATE * SECONDS):
        await asyncio.sleep(max(0.0, start + number / RATE - time.perf_counter()))
        sent.append(asyncio.create_task(_note(tenants[number % len(tenants)], f"paced{more} {number}", times)))
    await asyncio.gather(*sent)
    what = f"{len(tenants)} workspaces, {RATE} events/s{more}"
    table.add(Row(f"{what}: commit, p50", median(times), "ms"))
    table.add(Row(f"{what}: commit, p99", statistics.quantiles(times, n=100)[-1], "ms"))
    _costs(table, what, before, _used(cluster), len(times))


async def _flat_out(table: Table, cluster: Cluster, tenants: Sequence[Tenant]) -> None:
    times: list[float] = []
    before = _used(cluster)
    end = time.perf_counter() + FLAT_OUT_SECONDS

    async def write(number: int, tenant: Tenant) -> None:
        for turn in range(1_000_000):
            if time.perf_counter() > end:
                return
            await _note(tenant, f"flat {number} {turn}", times)

    await asyncio.gather(*(write(number, tenant) for number, tenant in enumerate(tenants)))
    what = f"{len(tenants)} workspaces, one writing process"
    table.add(Row(f"{what}: commits at most", len(times) / FLAT_OUT_SECONDS, "/s"))
    _costs(table, what, before, _used(cluster), len(times))
    events = int(_value(cluster, "select sum(seq) from pumpup.workspace", "simulation"))
    size = float(_value(cluster, _SIZES, "simulation"))
    table.add(Row("the database: storage with indexes, an event with a note of 200 characters", size / events, "B"))


async def _note(tenant: Tenant, key: str, times: list[float]) -> None:
    start = time.perf_counter()
    await tenant.backend.submit(AddNote(project_name="general", task_id=tenant.task, message="n" * 200), key=key)
    times.append(1e3 * (time.perf_counter() - start))


@dataclass(frozen=True)
class Used:
    """What was used up to now."""

    ours: float
    """Seconds of processor of this process."""
    database: float
    log: float
    """Bytes of the write-ahead log."""


def _used(cluster: Cluster) -> Used:
    log = float(_value(cluster, "select pg_current_wal_insert_lsn() - '0/0'"))
    return Used(time.process_time(), processor_seconds(backends(cluster)), log)


def _costs(table: Table, what: str, before: Used, after: Used, events: int) -> None:
    ours, theirs = after.ours - before.ours, after.database - before.database
    table.add(Row(f"{what}: processor time of the writers, an event", 1e3 * ours / events, "ms"))
    table.add(Row(f"{what}: processor time of the database, an event", 1e3 * theirs / events, "ms"))
    table.add(Row(f"{what}: write-ahead log, an event", (after.log - before.log) / events, "B"))


# -- notifications


def notifications(table: Table, cluster: Cluster, url: str) -> None:
    """Measure one notification beside sessions that listen to those of other workspaces."""
    address = DatabaseAddress.parse(url)
    with ExitStack() as stack:
        sender = stack.enter_context(psycopg.connect(address.conninfo, autocommit=True))
        for listeners in (0, LISTENERS):
            for number in range(listeners):
                other = stack.enter_context(psycopg.connect(address.conninfo, autocommit=True))
                other.execute(f"listen {channel(HEAD_CHANNEL, 1_000_000 + number)}".encode())
            before = processor_seconds(backends(cluster))
            for _ in range(NOTIFICATIONS):
                sender.execute(NOTIFY.format(channel=channel(HEAD_CHANNEL, 1)).encode(), prepare=False)
            took = processor_seconds(backends(cluster)) - before
            what = f"the database: processor time, a notification beside {listeners} listeners of others"
            table.add(Row(what, 1e3 * took / NOTIFICATIONS, "ms"))


# -- processes


@contextmanager
def serving(url: str) -> Iterator[tuple[int, int]]:
    """Run `pumpup-tui serve` over the workspace; give its port and its process id."""
    words = ["serve", "--database", url, "--workspace", "served", "--port", "0", "--quiet", "--limit"]
    command = [sys.executable, "-m", "pumpup_tui", *words, "writes-per-second=0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            found = re.search(r":(\d+) \(", process.stderr.readline())
            assert found
            yield int(found[1]), process.pid
        finally:
            process.terminate()
            process.wait(timeout=30)


def backends(cluster: Cluster) -> list[int]:
    """Return the ids of the database's processes that serve a client of ours."""
    rows = cluster.execute("select pid from pg_stat_activity where application_name = 'pumpup-tui'")
    return [int(str(pid)) for (pid,) in rows]


def processor_seconds(pids: Sequence[int]) -> float:
    """Return the processor time that processes have used, in seconds."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / 100


def private_bytes(pids: Sequence[int]) -> int:
    """Return the memory that processes share with no other, in bytes."""
    texts = [Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8") for pid in pids]
    pattern = re.compile(r"^Private_\w+: +(\d+) kB", re.MULTILINE)
    return sum(1024 * int(size) for text in texts for size in pattern.findall(text))


# -- small calls


def _value(cluster: Cluster, query: str, database: str = "postgres") -> str:
    return str(cluster.execute(query, database=database)[0][0])


def _request(port: int, key: str, path: str, body: bytes | None = None) -> urllib.request.Request:
    headers = {"Authorization": f"Bearer {key}", "X-API-Version": "0", "Content-Type": "application/json"}
    return urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", body, headers | ({"Idempotency-Key": path} if body else {})
    )


def _posted(port: int, key: str, path: str, body: dict[str, str]) -> dict[str, object]:
    with urllib.request.urlopen(_request(port, key, path, json.dumps(body).encode())) as answer:
        found: dict[str, object] = json.load(answer)
        return found


@contextmanager
def _stream(port: int, key: str) -> Iterator[None]:
    with urllib.request.urlopen(_request(port, key, "/api/events/stream")) as answer:
        answer.readline()
        yield
