"""The store: durable commits beside SQLite's, opening, rebuilding, pages, group commit."""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from random import Random

from tinydb import TinyDB
from typing_extensions import override

from api_client.commands import AddNote
from api_client.event_filter import EventFilter
from api_client.times import utc_now
from store.core.batch import Job
from store.core.chain import link_all
from store.core.event_ids import random_token
from store.core.timeline_pages import TimelineAsked
from store.core.upload_limits import UploadLimits
from store.demo.workspace import generate
from store.folder import journal_line
from store.folder.engine import Store
from store.folder.files import FileId, Files
from store.folder.folder_history import FolderHistory
from store.folder.head import START, Position
from store.folder.journal import Journal
from store.folder.local_backend import LocalBackend
from store.folder.open_folder import OpenFolder
from store.folder.queries import FolderReader
from tests.benchmarks.rows import Row, Table, median, p95, timed
from tests.support.actors import AGENT, ALICE
from tests.support.small_folders import receipt

ROUNDS, BLOCK = 12, 40
"""Ours and the baseline take turns, so that what else the machine does meets both."""
REBUILT_MOST = 1_000_000
SQLITE_MOST = 1_000_000
"""Rows in the database that a commit is measured beside."""


class SlowFiles(Files):
    """The system's own operations, with every sync a given time slower, as on a slower disk; counts them."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.syncs = 0

    def sync(self, fd: int) -> None:
        """Sync, after the wait."""
        self.syncs += 1
        time.sleep(self.seconds)
        super().sync(fd)


class Unchecked(Journal):
    """The journal without what it looks after when it writes: what that costs is the difference."""

    @override
    def check_is(self, there: FileId | None) -> None:
        """Check nothing."""

    @override
    def _check_written(self, data: bytes, position: Position) -> None:
        """Check nothing."""


class Sqlite:
    """SQLite in WAL mode with synchronous=FULL: one row a transaction, of the same bytes."""

    def __init__(self, path: Path, rows: int) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("pragma journal_mode=wal")
        self._connection.execute("pragma synchronous=full")
        self._connection.execute("create table journal (seq integer primary key, line blob)")
        self._connection.execute("begin")
        many = ((b"x" * 600,) for _ in range(rows))
        self._connection.executemany("insert into journal (line) values (?)", many)
        self._connection.execute("commit")

    def commit(self, line: bytes) -> None:
        """Insert one row, durably."""
        self._connection.execute("begin")
        self._connection.execute("insert into journal (line) values (?)", (line,))
        self._connection.execute("commit")


def commits(table: Table, folder: Path, events: int, small: Path) -> None:
    """A journal append and a whole submit beside SQLite, and beside a submit in the folder `small`."""
    store, note = noted(folder)
    start = store.position.size
    submitting(store, note)()
    line = store.journal.line_at(start)
    sqlite = Sqlite(folder / "beside.db", min(events, SQLITE_MOST))
    journal = Journal(_empty(folder / "beside"), Files())
    unchecked = Unchecked(_empty(folder / "unchecked"), Files())
    journal.create()
    unchecked.create()
    loop = asyncio.new_event_loop()
    threads = ThreadPoolExecutor(1)
    backend = LocalBackend(OpenFolder(store, threads, UploadLimits()), AGENT)
    first, first_note = (store, note) if small == folder else noted(small)
    times = turns(
        {
            "sqlite": lambda: sqlite.commit(line),
            "append": appending(journal, line),
            "unchecked": appending(unchecked, line),
            "submit": submitting(store, note),
            "small": submitting(first, first_note),
            "awaited": lambda: loop.run_until_complete(backend.submit(note, key=random_token())),
        }
    )
    label = f"{events:,} events"
    beside = times["sqlite"], "SQLite WAL FULL"
    table.add(Row(f"journal append, {label}", times["append"], "ms", *beside, 1.5))
    without = times["unchecked"], "the same without its checks"
    table.add(Row(f"journal append, {label}", times["append"], "ms", *without, 1.1))
    table.add(Row(f"submit (rules, state, durable), {label}", times["submit"], "ms", *beside, 2.5))
    table.add(Row(f"the same, awaited through LocalBackend, {label}", times["awaited"], "ms", *beside, 2.5))
    if first is not store:
        table.add(Row(f"submit, {label}", times["submit"], "ms", times["small"], "itself in the smallest folder", 1.2))
        first.close()
    loop.close()
    threads.shutdown()
    journal.close()
    unchecked.close()
    store.close()
    (folder / "beside.db").unlink()


def noted(folder: Path) -> tuple[Store, AddNote]:
    """Open a folder; return it with a note that one of its tasks takes."""
    store = Store(folder, clock=utc_now, tokens=random_token)
    task = next(doc for doc in store.state.documents("tasks") if doc["status"] == "RUNNING")
    project = (store.state.get("projects", task["projectId"]) or {})["projectName"]
    return store, AddNote(project_name=project, task_id=task["id"], message="n" * 200)


def submitting(store: Store, note: AddNote) -> Callable[[], object]:
    """Return what carries one command out: rules, state, one durable commit."""
    return lambda: receipt(store.carry_out([Job(note, AGENT, random_token())])[0])


def appending(journal: Journal, line: bytes) -> Callable[[], None]:
    """Return what appends a line as long as `line`, durably, without rules and state."""
    at = START
    row = "n" * (len(line) - 200)  # what the journal puts around it is 200 bytes

    def append() -> None:
        nonlocal at
        data, commit = journal_line.encode(link_all(at.hash, [{"payload": row, "seq": at.events + 1}]), at.size)
        after = at.after(commit)
        journal.append(at, data, after)
        at = after

    return append


def turns(calls: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Let the calls take turns; return the median of each one's medians, in milliseconds."""
    found: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(ROUNDS):
        for name, call in calls.items():
            found[name].append(median(timed(call, BLOCK)))
    return {name: statistics.median(medians) for name, medians in found.items()}


def plain_tinydb(table: Table, folder: Path) -> None:
    """Plain TinyDB, for the record: its insert at two sizes."""
    for size in (1_000, 10_000):
        path = folder / f"tiny-{size}.json"
        path.write_text(json.dumps({"_default": {str(n): {"text": "x" * 100} for n in range(1, size + 1)}}))
        with TinyDB(path) as database:
            table.add(
                Row(
                    f"plain TinyDB insert, {size:,} documents",
                    median(timed(lambda: database.insert({"a": 1}), 5)),
                    "ms",
                )
            )


def group_commit(table: Table, folder: Path) -> None:
    """Sixteen submits at once: how many share a sync, and what that gives on a slow disk."""
    files = SlowFiles()
    store, note = _with_task(folder / "group", files)

    def together(count: int) -> None:
        jobs = [Job(note, AGENT, random_token()) for _ in range(count)]
        for job in jobs:
            store.submit(job)
        for job in jobs:
            job.done.result()

    before = files.syncs
    for _ in range(50):
        together(16)
    table.add(Row("commits a sync, 16 at once", 800 / (files.syncs - before), "", limit=8, at_least=True))
    files.seconds = 0.005
    one = 1e3 / median(timed(lambda: together(1), 40))
    sixteen = 16e3 / median(timed(lambda: together(16), 40))
    table.add(
        Row("commits a second, 16 at once, sync 5 ms slower", sixteen, "/s", one, "one at a time", 6, at_least=True)
    )
    store.close()


def opening(table: Table, folder: Path, events: int) -> None:
    """Opening with a checkpoint, and rebuilding without one, each in a process of its own."""
    label = f"at {events:,} events"
    with_one = [opened_in_process(folder) for _ in range(5)]
    table.add(Row(f"open {label}, with checkpoint", median([one["seconds"] for one in with_one]), "s", limit=0.5))
    table.add(Row("peak memory of that", max(one["peak"] for one in with_one), "MB", limit=250))
    table.add(Row("of it not shared with other processes", max(one["own"] for one in with_one), "MB", limit=250))
    if events > REBUILT_MOST:
        return  # it takes a minute for a million
    (folder / "state.json").unlink()
    rebuilt = opened_in_process(folder)
    table.add(Row(f"rebuild {label}, without", rebuilt["seconds"], "s", limit=30))
    table.add(Row("peak memory of that", rebuilt["peak"], "MB", limit=250))


def saving(table: Table, folder: Path, events: int) -> None:
    """The checkpoint of a folder that has it all but for 5,000 notes: how long commits wait for it."""
    store, note = noted(folder)
    for _ in range(10):
        store.carry_out([Job(note, AGENT, None) for _ in range(500)])
    table.add(Row(f"save 5,000 commits at {events:,} events", timed(store.save, 1)[0] / 1e3, "s", limit=1))
    store.close()


_OPEN = """
import json, sys, time
from pathlib import Path
from api_client.times import utc_now
from store.folder.engine import Store
from store.core.event_ids import random_token
from store.folder.local_backend import LocalBackend
start = time.perf_counter()
store = Store(Path(sys.argv[1]), clock=utc_now, tokens=random_token)
seconds = time.perf_counter() - start
# Not getrusage: its peak is inherited from the process that started this one.
status = Path("/proc/self/status").read_text()
peak, own = (int(status.split(name)[1].split()[0]) / 1024 for name in ("VmHWM:", "RssAnon:"))
store.close()
print(json.dumps({"seconds": seconds, "peak": peak, "own": own}))
"""


def opened_in_process(folder: Path) -> dict[str, float]:
    """Return what opening a folder takes in a process of its own: seconds, and memory in MB."""
    done = subprocess.run([sys.executable, "-c", _OPEN, str(folder)], capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


_REMEMBER = """
from pathlib import Path
from store.folder.idempotency_index import IdempotencyIndex
rss = lambda: int(Path("/proc/self/status").read_text().split("VmRSS:")[1].split()[0]) / 1024
found, before = IdempotencyIndex(), rss()
for number in range(1_000_000):
    found.add({"caller": "agent-1", "path": "/api/notes", "key": str(number)}, number * 700)
print(rss() - before)
"""


def idempotency(table: Table) -> None:
    """What a million idempotency records cost in memory."""
    done = subprocess.run([sys.executable, "-c", _REMEMBER], capture_output=True, text=True, check=True)
    table.add(Row("memory of 1,000,000 idempotency records", float(done.stdout), "MB", limit=40))


def pages(table: Table, folder: Path, events: int) -> None:
    """Pages of events anywhere in either direction, the inbox's first page, a board's counts and first cards."""
    store = Store(folder, clock=utc_now, tokens=random_token)
    reader, rng = FolderReader(store), Random(1)
    project = reader.projects("claims")[0]
    for name in ("one task", "one project", "everything"):
        times = []
        for _ in range(200):
            task_id = _any_task(store, rng) if name == "one task" else None
            project_id = project.id if name == "one project" else None
            asked = TimelineAsked(
                project_id=project_id,
                task_id=task_id,
                order="asc" if rng.random() < 0.5 else "desc",
                cursor=_somewhere(store, rng, project_id, task_id),
            )
            times += timed(partial(reader.events, asked), 1)
        table.add(Row(f"page of 100 events of {name}, {events:,} events, p95", p95(times), "ms", limit=5))
    for name, project_id, types in (
        ("everything", None, ()),
        ("a type that is on no event", None, ("TIMEOUT",)),
        ("a project, a type that is on none of its events", project.id, ("TIMEOUT",)),
        ("a project, a rare type", project.id, ("EXCEPTION",)),
    ):
        newest = partial(reader.events, TimelineAsked(project_id=project_id, types=types, order="desc"))
        table.add(Row(f"newest first: {name}, {events:,} events, p95", p95(timed(newest, 200)), "ms", limit=5))
    times = timed(lambda: (reader.board(project.id), reader.cards(project.id, "in_review", None, 50)), 100)
    table.add(Row(f"a board's counts and first cards, {events:,} events, p95", p95(times), "ms", limit=10))
    past(table, store, events)
    store.close()


def past(table: Table, store: Store, events: int) -> None:
    """The largest board as it was at several times, each read for the first time, and decisions picked out of all."""
    reader, history = FolderReader(store), FolderHistory(store)
    project = max(reader.projects(None), key=lambda one: sum(column.count for column in reader.board(one.id).columns))
    moments = [str(store.events.at(max(1, events * share // 100))["id"]) for share in (10, 50, 90, 99)]
    times = [timed(partial(history.board, project.id, at), 1)[0] for at in moments]
    table.add(Row(f"a board as it was, of {events:,} events, slowest", max(times) / 1e3, "s", limit=1))
    rare = TimelineAsked(only=EventFilter(outcome="ESCALATE"), order="desc")
    table.add(Row(f"a page of one outcome, {events:,} events, p95", p95(timed(partial(reader.events, rare), 50)), "ms"))


def inbox(table: Table, folder: Path) -> None:
    """The inbox's first page where 10,000 requests are open."""
    generate(folder, tasks=20_500, events=100_000, closed=0.5, waiting=1.0)
    store = Store(folder, clock=utc_now, tokens=random_token)
    reader = FolderReader(store)
    waiting = len(store.state.open_requests)
    times = timed(lambda: reader.inbox(None, None, 100, ALICE), 100)
    table.add(Row(f"the inbox's first page at {waiting:,} open requests, p95", p95(times), "ms", limit=10))
    store.close()


def _somewhere(store: Store, rng: Random, project_id: str | None, task_id: str | None) -> str | None:
    """Return the cursor of a page somewhere in a timeline."""
    if task_id is not None:
        seqs = list(store.state.index.walk(task=(store.state.get("tasks", task_id) or {})["no"]))
    elif project_id is not None:
        seqs = [
            s
            for s in (rng.randrange(1, store.state.seq) for _ in range(60))
            if store.events.at(s)["projectId"] == project_id
        ]
    else:
        seqs = [rng.randrange(1, store.state.seq)]
    return store.events.cursor(("events", project_id or "", task_id or ""), rng.choice(seqs)) if seqs else None


def _any_task(store: Store, rng: Random) -> str:
    while (task_id := store.events.at(rng.randrange(1, store.state.seq)).get("taskId")) is None:
        pass
    return str(task_id)


def _with_task(folder: Path, files: Files) -> tuple[Store, AddNote]:
    generate(folder, tasks=2, events=20)
    store = Store(folder, clock=utc_now, tokens=random_token, files=files)
    doc = next(doc for doc in store.state.documents("tasks"))
    project = (store.state.get("projects", doc["projectId"]) or {})["projectName"]
    return store, AddNote(project_name=project, task_id=doc["id"], message="n")


def _empty(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def run(table: Table, folder: Path, sizes: tuple[int, ...]) -> None:
    """Measure the store at each of `sizes` events; the last one's folder stays for the other parts."""
    for events in sizes:
        place = folder / f"events-{events}"
        if not (place / "journal.jsonl").exists():
            start = time.perf_counter()
            generate(place, tasks=max(10, events // 20), events=events)
            what = f"generate {events:,} events, {max(10, events // 20):,} tasks"
            table.add(Row(what, time.perf_counter() - start, "s", limit=120 * max(1, events // 1_000_000)))
        commits(table, place, events, folder / f"events-{sizes[0]}")
        pages(table, place, events)
        saving(table, place, events)
    inbox(table, folder / "inbox")
    plain_tinydb(table, folder)
    group_commit(table, folder)
    idempotency(table)
    opening(table, folder / f"events-{sizes[-1]}", sizes[-1])
