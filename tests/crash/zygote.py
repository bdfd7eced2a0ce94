"""Forks writers on one folder and kills them: run as a process of its own, so that no thread is forked.

    python -m tests.crash.zygote kill FOLDER ROUNDS
    python -m tests.crash.zygote race FOLDER RUNS REQUESTS

Prints one line of JSON: what was tried and what was found wrong.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from api_client.actor import Actor
from api_client.commands import AddNote, CreateTask, Decide, RequestApproval
from api_client.errors import ApiError
from api_client.models import Outcome, Receipt
from api_client.times import utc_now
from store.core.batch import Job
from store.core.event_ids import random_token
from store.folder.engine import Store
from store.transfer.verifier import verify
from tests.support.actors import AGENT

WRITERS = 3


def open_store(folder: Path) -> Store:
    """Open a folder as a program would."""
    return Store(folder, clock=utc_now, tokens=random_token)


def fork(work: Callable[[int], None]) -> tuple[int, int]:
    """Run `work` in a child, handing it a pipe to write to; return the child's id and the pipe to read from."""
    read, write = os.pipe()
    child = os.fork()
    if child:
        os.close(write)
        return child, read
    os.close(read)
    try:
        work(write)
    finally:
        os._exit(0)


def drain(pipe: int) -> bytes:
    """Return all that a child wrote."""
    data = b""
    while piece := os.read(pipe, 1 << 16):
        data += piece
    os.close(pipe)
    return data


def ask(work: Callable[[], Any]) -> Any:
    """Return what `work` returns in a child of its own."""
    child, pipe = fork(partial(_say, work))
    data = drain(pipe)
    os.waitpid(child, 0)
    return json.loads(data)


def _say(work: Callable[[], Any], pipe: int) -> None:
    os.write(pipe, json.dumps(work()).encode())


def submit(store: Store, job: Job) -> Receipt:
    """Submit one command and wait for its receipt."""
    store.submit(job)
    return job.done.result()


def write_notes(folder: Path, task: str, name: str, first: int, pipe: int) -> None:
    """Write numbered notes for ever, each under its own key; say each number once it is acknowledged."""
    store = open_store(folder)
    rng = Random(first * 31 + ord(name))
    number = first
    while True:
        command = AddNote(project_name="general", task_id=task, message=f"{name} {number}")
        submit(store, Job(command, AGENT, f"{name}-{number}"))
        os.write(pipe, b"%d\n" % number)
        number += 1
        if rng.random() < 0.02:
            store.save()
        elif rng.random() < 0.02:
            store.close()
            store = open_store(folder)


def make_task(folder: Path) -> str:
    """Make one task; return its id."""
    store = open_store(folder)
    made = submit(store, Job(CreateTask(project_name="general", name="C-1"), AGENT, "task"))
    store.close()
    return str(made.answer["id"])


def look(folder: Path, task: str) -> dict[str, Any]:
    """Open a folder after the killing: the messages that it holds, and what is wrong with it."""
    store = open_store(folder)
    seqs = store.read(lambda state: list(state.index.walk(task=(state.get("tasks", task) or {})["no"])))
    messages = [store.events.at(seq)["payload"].get("message") for seq in seqs]
    readable = not store.read_only
    store.close()
    return {"messages": messages[1:], "open": readable, "wrong": verify(folder).wrong}


def kill(folder: Path, rounds: int) -> dict[str, Any]:
    """Kill writers at random moments; return how often, how much was acknowledged, and what was wrong after."""
    rng = Random(rounds)
    task = ask(lambda: make_task(folder))
    reached = dict.fromkeys("abcdefgh"[:WRITERS], 0)
    killed, wrong = 0, []
    for _ in range(rounds):
        children = {}
        for name, last in reached.items():
            children[name] = fork(partial(write_notes, folder, task, name, last + 1))
        time.sleep(rng.uniform(0.005, 0.15))
        for child, _ in children.values():
            os.kill(child, signal.SIGKILL)
            killed += 1
        for name, (child, pipe) in children.items():
            os.waitpid(child, 0)
            said = drain(pipe).split(b"\n")[:-1]
            reached[name] = max([reached[name], *map(int, said)])
        found = ask(lambda: look(folder, task))
        counts = Counter(found["messages"])
        wrong += found["wrong"] + ([] if found["open"] else ["did not open for writing"])
        wrong += [f"doubled: {message}" for message, count in counts.items() if count > 1]
        acknowledged = {f"{name} {number}" for name, last in reached.items() for number in range(1, last + 1)}
        wrong += [f"lost: {message}" for message in sorted(acknowledged - counts.keys())]
    return {"killed": killed, "acknowledged": sum(reached.values()), "wrong": wrong[:20]}


def make_requests(folder: Path, count: int) -> list[str]:
    """Open `count` approvals on as many tasks; return their ids."""
    store = open_store(folder)
    tasks = store.carry_out([Job(CreateTask(project_name="general", name=f"T{n}"), AGENT, None) for n in range(count)])
    asked = store.carry_out(
        [
            Job(RequestApproval(project_name="general", task_id=_receipt(task).answer["id"], summary="?"), AGENT, None)
            for task in tasks
        ]
    )
    store.close()
    return [_receipt(one).event_id for one in asked]


def decide_all(folder: Path, name: str, requests: list[str], start: float, pipe: int) -> None:
    """Decide each request at its own moment, the same in all processes; say what each came to."""
    store = open_store(folder)
    heard = []
    for number, request in enumerate(requests):
        time.sleep(max(0.0, start + number * 0.002 - time.monotonic()))
        job = Job(Decide(request_id=request, outcome=Outcome(type="APPROVE")), Actor(name, "reviewer"), request + name)
        store.submit(job)
        fault = job.done.exception()
        heard.append("" if fault is None else str(fault))
    store.close()
    os.write(pipe, json.dumps(heard).encode())


def race(folder: Path, runs: int, count: int) -> dict[str, Any]:
    """Let two processes decide the same requests; return the wins of each and what was wrong."""
    wins, wrong = Counter[str](), []
    for run in range(runs):
        requests = ask(lambda: make_requests(folder, count))
        children = {}
        start = time.monotonic() + 0.2
        for name in ("ann", "ben"):
            children[name] = fork(partial(decide_all, folder, name, requests, start))
        heard = {}
        for name, (child, pipe) in children.items():
            heard[name] = json.loads(drain(pipe))
            os.waitpid(child, 0)
        for ann, ben in zip(heard["ann"], heard["ben"], strict=True):
            winner, lost = ("ann", ben) if not ann else ("ben", ann)
            wins[winner] += 1
            if bool(ann) == bool(ben) or f"by {winner} at" not in lost:
                wrong.append(f"run {run}: {ann!r} {ben!r}")
    wrong += ask(lambda: verify(folder).wrong)
    return {"decided": sum(wins.values()), "wins": dict(wins), "wrong": wrong[:20]}


def _receipt(outcome: Receipt | ApiError) -> Receipt:
    if isinstance(outcome, ApiError):
        raise outcome
    return outcome


if __name__ == "__main__":
    what, place, *numbers = sys.argv[1:]
    folder = Path(place)
    found = kill(folder, *map(int, numbers)) if what == "kill" else race(folder, *map(int, numbers))
    print(json.dumps(found))
