"""The server: reads and durable writes by many callers, beside a bare Starlette handler; latency; open streams."""

from __future__ import annotations

import asyncio
import json
import secrets
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path

from api_client.actor import Actor
from api_client.commands import CreateProject, CreateTask, RequestApproval
from api_client.models import Step, Steps
from api_client.times import utc_now
from store.core.batch import Job
from store.core.event_ids import random_token
from store.demo.workspace import generate
from store.folder.api_keys import KeyRing
from store.folder.engine import Store
from store.folder.local_backend import open_local
from store.folder.timeouts import Timeouts
from tests.benchmarks.load import Make, latencies, rate
from tests.benchmarks.rows import Row, Table, median, timed

CALLERS = 16
ROUNDS, SECONDS = 3, 1.5
"""Ours and the baseline take turns, so that what else the machine does meets both."""
STREAMS = 200


@dataclass(frozen=True)
class Workload:
    """A folder with a few tasks, one request that waits, and a key."""

    folder: Path
    tasks: list[str]
    request_id: str
    agent_key: str
    reviewer_key: str

    def result(self) -> Make:
        """Return what asks for the result of the request that waits."""
        call = self._head("GET", f"/api/approval-requests/{self.request_id}/result", self.agent_key) + b"\r\n"
        return lambda: call

    def note(self) -> Make:
        """Return what writes a note, on one task after the other, each under a key of its own."""
        numbers = count()
        head = self._head("POST", "/api/notes", self.agent_key, "Content-Type: application/json")

        def make() -> bytes:
            task_id = self.tasks[next(numbers) % len(self.tasks)]
            body = json.dumps({"projectName": "general", "taskId": task_id, "message": "n" * 200}).encode()
            key = secrets.token_hex(8).encode()
            return b"%bIdempotency-Key: %b\r\nContent-Length: %d\r\n\r\n%b" % (head, key, len(body), body)

        return make

    def all_tasks(self) -> bytes:
        """Return what lists all tasks of all projects."""
        return self._head("GET", "/api/tasks", self.agent_key) + b"\r\n"

    def stream(self) -> bytes:
        """Return what opens a stream."""
        return self._head("GET", "/api/events/stream", self.reviewer_key) + b"\r\n"

    @staticmethod
    def _head(method: str, path: str, key: str, *more: str) -> bytes:
        lines = (f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Authorization: Bearer {key}", "X-API-Version: 0")
        return "".join(f"{line}\r\n" for line in (*lines, *more)).encode()


async def prepared(folder: Path) -> Workload:
    """Make the folder."""
    backend = await open_local(folder, Actor("bench", "reviewer"))
    tasks = []
    for number in range(CALLERS):
        made = await backend.submit(CreateTask(project_name="general", name=f"T-{number}"), key=f"task {number}")
        tasks.append(str(made.answer["id"]))
    asked = RequestApproval(project_name="general", task_id=tasks[0], summary="Refund?")
    request_id = (await backend.submit(asked, key="request")).event_id
    await backend.aclose()
    ring = KeyRing(folder)
    return Workload(folder, tasks, request_id, ring.add("agent-1", "agent"), ring.add("alice", "reviewer"))


@contextmanager
def served(*words: str | Path | float) -> Iterator[tuple[int, int]]:
    """Run a server in a process of its own; give its port and its process id."""
    command = [sys.executable, "-m", "tests.benchmarks.served", *map(str, words)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline()), process.pid
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)


def reads(table: Table, work: Workload, ours: int) -> None:
    """`get_result` of a request that waits, beside a handler that does nothing."""
    with served("bare") as (bare, _):
        found = {
            port: [asyncio.run(rate(port, work.result(), CALLERS, SECONDS, 204)) for _ in range(ROUNDS)]
            for port in (bare, ours)
        }
    beside = statistics.median(found[bare]), "an empty Starlette handler"
    mine = statistics.median(found[ours])
    table.add(Row(f"get_result while pending, {CALLERS} callers", mine, "/s", *beside, 0.5, at_least=True))


def writes(table: Table, work: Workload, port: int, *, limit: float, what: str) -> None:
    """Durable notes, by one caller and by many."""
    one, many = [], []
    for _ in range(ROUNDS):
        one.append(asyncio.run(rate(port, work.note(), 1, SECONDS, 201)))
        many.append(asyncio.run(rate(port, work.note(), CALLERS, SECONDS, 201)))
    beside = statistics.median(one), "one caller"
    table.add(Row(f"durable POST, {CALLERS} callers{what}", median(many), "/s", *beside, limit, at_least=True))


def pace(table: Table, work: Workload, port: int) -> None:
    """How long a write takes where a hundred a second come."""
    times = asyncio.run(latencies(port, work.note(), 100, 6.0, 201))
    p99 = statistics.quantiles(times, n=100)[-1]
    table.add(Row("durable POST at 100 a second: the middle one", median(times), "ms"))
    table.add(Row("durable POST at 100 a second: p99", p99, "ms", limit=20))


def beside_lists(table: Table, folder: Path, tasks: int = 20_000) -> None:
    """How long a write takes while somebody lists all tasks of a large folder, again and again."""
    generate(folder, tasks=tasks, events=2 * tasks)
    work = asyncio.run(prepared(folder))
    with served("ours", folder, 0) as (port, _):
        times = asyncio.run(_beside_lists(work, port))
    p99 = statistics.quantiles(times, n=100)[-1]
    table.add(Row(f"the same p99 while {tasks:,} tasks are listed without end", p99, "ms", limit=100))


async def _beside_lists(work: Workload, port: int) -> list[float]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def listing() -> None:
        while True:
            writer.write(work.all_tasks())
            await reader.readuntil(b"\r\n\r\n")
            while size := int(await reader.readline(), 16):
                await reader.readexactly(size + 2)
            await reader.readline()

    lister = asyncio.create_task(listing())
    try:
        return await latencies(port, work.note(), 100, 4.0, 201)
    finally:
        lister.cancel()
        writer.close()


def streams(table: Table, work: Workload, port: int, pid: int) -> None:
    """What many open streams cost in memory, and how late an event is on the last of them."""
    before = _memory(pid)
    late, peak = asyncio.run(_fan_out(work, port, pid))
    table.add(Row(f"memory of {STREAMS} open event streams", peak - before, "MB", limit=100))
    table.add(Row(f"an event on all {STREAMS} of them, after its POST was answered", late, "ms", limit=1_000))


async def _fan_out(work: Workload, port: int, pid: int) -> tuple[float, float]:
    opened = [await asyncio.open_connection("127.0.0.1", port) for _ in range(STREAMS)]
    for reader, writer in opened:
        writer.write(work.stream())
        await reader.readuntil(b":\n\n")
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    loop = asyncio.get_running_loop()
    times = []
    for _ in range(10):
        writer.write(work.note()())
        await reader.readuntil(b"\r\n\r\n")
        start = loop.time()
        await asyncio.gather(*(one.readuntil(b"data: ") for one, _ in opened))
        times.append(1e3 * (loop.time() - start))
        await asyncio.gather(*(one.readuntil(b"\n\n") for one, _ in opened))
    peak = _memory(pid)
    for _, one in (*opened, (reader, writer)):
        one.close()
    return median(times), peak


def _memory(pid: int) -> float:
    """Return the megabytes that a process holds now."""
    return int(Path(f"/proc/{pid}/status").read_text().split("VmRSS:")[1].split()[0]) / 1024


def timeouts(table: Table, folder: Path, tasks: int = 20_000) -> None:
    """What it costs to watch over steps that time out, at rest and after an open where all was fired long ago."""
    now = utc_now()
    store = Store(folder, clock=lambda: now, tokens=random_token)
    steps = Steps(
        initial_step="todo",
        steps=(
            Step(name="todo", owner="AGENT", exits=("done",), timeout_seconds=60),
            Step(name="done", owner="PLATFORM"),
        ),
    )
    store.carry_out([Job(CreateProject(name="Timed", steps=steps), Actor("bench", "reviewer"), None)])
    new = Job(CreateTask(project_name="timed", name="T"), Actor("agent-1", "agent"), None)
    for _ in range(tasks // 500):
        store.carry_out([new] * 500)
    now += timedelta(hours=1)
    fired = swept(Timeouts(store))
    table.add(Row(f"timeouts fired at once, {tasks:,} due", tasks / fired, "/s"))
    store.carry_out([new])
    later = Timeouts(store)
    longest = max(timed(later.sweep, 2 + tasks // 200))
    table.add(Row(f"a look for timeouts after an open, {tasks:,} fired, the longest", longest, "ms", limit=10))
    at_rest = median(timed(later.sweep, 500))
    table.add(Row(f"a look for timeouts at rest, {tasks:,} tasks in the step", at_rest, "ms", limit=0.1))
    store.close()


def swept(watch: Timeouts) -> float:
    """Fire all that is due; return the seconds that it took."""
    start = time.perf_counter()
    while watch.sweep():
        pass
    return time.perf_counter() - start


def run(table: Table, folder: Path) -> None:
    """Measure the server over a folder of its own."""
    timeouts(table, folder / "timed")
    work = asyncio.run(prepared(folder / "served"))
    with served("ours", work.folder, 0) as (port, pid):
        reads(table, work, port)
        writes(table, work, port, limit=2, what="")
        pace(table, work, port)
        streams(table, work, port, pid)
    beside_lists(table, folder / "large")
    with served("ours", work.folder, 0.005) as (port, _):
        writes(table, work, port, limit=6, what=", sync 5 ms slower")
