"""The timeouts of steps: one event for each task that stays too long, whoever has the folder open."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api_client.commands import CreateProject, CreateTask, Move, SetPolicy, read_command
from store.core.batch import Job
from store.folder.engine import Store
from store.folder.timeouts import Timeouts
from tests.conftest import FixedClock, counting_tokens
from tests.support.actors import AGENT, ALICE
from tests.support.small_folders import receipt
from tests.support.world_builder import request_approval
from tests.waiting import HANG_SECONDS, wait_until

STEPS = {
    "initialStep": "todo",
    "steps": [
        {"name": "todo", "owner": "AGENT", "exits": ["review", "done"], "timeoutSeconds": 60},
        {"name": "review", "owner": "HUMAN", "exits": ["todo", "done"], "timeoutSeconds": 600},
        {"name": "done", "owner": "PLATFORM", "exits": [], "timeoutSeconds": 1},
    ],
}


@pytest.fixture
def store(tmp_path: Path, clock: FixedClock) -> Iterator[Store]:
    """A folder with a project whose steps time out."""
    opened = Store(tmp_path / "data", clock=clock, tokens=counting_tokens())
    project = read_command(CreateProject, {"name": "Claims", "steps": STEPS})
    receipt(opened.carry_out([Job(project, ALICE, None)])[0])
    yield opened
    opened.close()


def new_task(store: Store, name: str = "t") -> str:
    made = receipt(store.carry_out([Job(CreateTask(project_name="claims", name=name), AGENT, None)])[0])
    return str(made.answer["id"])


def move(store: Store, task_id: str, step: str) -> None:
    receipt(store.carry_out([Job(Move(task_id=task_id, transitions_to=step), ALICE, None)])[0])


def fired(store: Store) -> list[tuple[str, str]]:
    """Return task and step of each timeout on the timeline."""
    events: list[dict[str, Any]] = store.read(
        lambda state: [store.events.at(seq) for seq in state.index.walk(types=("TIMEOUT",))]
    )
    assert all((event["source"], event["payload"]["type"]) == ("PLATFORM", "Timeout") for event in events)
    return [(event["taskId"], event["payload"]["state"]) for event in events]


def test_a_task_that_stays_too_long_gets_one_event(store: Store, clock: FixedClock) -> None:
    """Not before its time, once after it, and the task's step stays as it was."""
    task_id = new_task(store)
    sweeper = Timeouts(store)
    clock.advance(seconds=60)
    sweeper.sweep()
    assert fired(store) == []
    clock.advance(seconds=1)
    for _ in range(3):
        sweeper.sweep()
    assert fired(store) == [(task_id, "todo")]
    assert store.read(lambda state: state.get("tasks", task_id) or {})["currentStep"] == "todo"


def test_each_stay_counts_for_itself(store: Store, clock: FixedClock) -> None:
    """A task that comes back to a step times out in it again; one that left in time does not; a closed one never."""
    stays, leaves, ends = new_task(store), new_task(store), new_task(store)
    sweeper = Timeouts(store)
    clock.advance(seconds=30)
    move(store, leaves, "review")
    move(store, ends, "done")
    clock.advance(seconds=40)
    sweeper.sweep()
    assert fired(store) == [(stays, "todo")]
    move(store, stays, "review")
    move(store, stays, "todo")
    clock.advance(seconds=61)
    sweeper.sweep()
    assert fired(store) == [(stays, "todo")] * 2
    clock.advance(seconds=600)
    sweeper.sweep()
    assert fired(store) == [(stays, "todo"), (stays, "todo"), (leaves, "review")]


class Counted(Timeouts):
    """A watch that counts its looks."""

    sweeps = 0

    def sweep(self) -> bool:
        more = super().sweep()
        self.sweeps += 1
        return more


def test_two_that_watch_fire_once(store: Store, clock: FixedClock) -> None:
    """Two open stores over one folder, each with its own watch, write one event a task between them."""
    tasks = [new_task(store, str(number)) for number in range(50)]
    other = Store(store.folder, clock=clock, tokens=counting_tokens())
    clock.advance(seconds=61)
    watches = [Counted(opened, tick=0.001) for opened in (store, other)]
    for watch in watches:
        watch.start()
    wait_until(lambda: len(fired(store)) >= 50, "all have timed out")
    before = [watch.sweeps for watch in watches]
    # A second timeout would come with the next look of either.
    wait_until(lambda: all(watch.sweeps > seen + 1 for watch, seen in zip(watches, before, strict=True)), "both look")
    other.close()
    assert sorted(fired(store)) == sorted((task_id, "todo") for task_id in tasks)


def test_what_expires_is_fired_beside_them(store: Store, clock: FixedClock) -> None:
    """The same thread settles a request that its policy gives a time for."""
    rule = {"name": "all", "when": {}, "expire": {"afterSeconds": 10}}
    project = store.read(lambda state: state.slugs["claims"])
    policy = read_command(SetPolicy, {"rules": [rule]}, project_id=project)
    task = new_task(store)
    asked = receipt(store.carry_out([Job(request_approval(task, project="claims"), AGENT, None)])[0]).event_id
    receipt(store.carry_out([Job(policy, ALICE, None)])[0])
    clock.advance(seconds=11)
    Timeouts(store, tick=0.001).start()
    wait_until(lambda: not store.read(lambda state: state.is_open(asked)), "it has expired")
    assert fired(store) == []


def test_many_that_were_fired_long_ago_are_passed_once(store: Store, clock: FixedClock) -> None:
    """A new watch gets past what was fired before it, in small steps, and then looks at nothing of it again."""
    jobs = [Job(CreateTask(project_name="claims", name=str(n)), AGENT, None) for n in range(900)]
    for place in range(0, 900, 50):
        store.carry_out(jobs[place : place + 50])
    clock.advance(seconds=61)
    first = Timeouts(store)
    while first.sweep():
        pass
    assert len(fired(store)) == 900
    last = new_task(store)
    clock.advance(seconds=61)
    second = Timeouts(store)
    looks = 1
    while second.sweep():
        looks += 1
    assert (len(fired(store)), fired(store)[-1][0]) == (901, last)
    assert looks <= 6
    looked_at: list[int] = []
    task_at = store.state.task_at
    store.state.task_at = lambda seq: (looked_at.append(seq), task_at(seq))[1]  # type: ignore[method-assign,func-returns-value]
    second.sweep()
    assert len(looked_at) <= 1


def test_a_timeout_past_all_dates_is_none(tmp_path: Path, clock: FixedClock) -> None:
    """A step may declare more seconds than the calendar has."""
    store = Store(tmp_path / "far", clock=clock, tokens=counting_tokens())
    steps = {**STEPS, "steps": [{**step, "timeoutSeconds": 10**18} for step in STEPS["steps"]]}  # type: ignore[dict-item]
    receipt(store.carry_out([Job(read_command(CreateProject, {"name": "Claims", "steps": steps}), ALICE, None)])[0])
    new_task(store)
    clock.advance(days=900_000)
    assert not Timeouts(store).sweep()
    assert fired(store) == []
    store.close()


_PROCESS = """
import asyncio, sys
from pathlib import Path
from api_client.actor import Actor
from store.folder.local_backend import open_local
async def main():
    backend = await open_local(Path(sys.argv[1]), Actor("alice", "reviewer"), fires_timeouts=True)
    print("open", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    await backend.aclose()
asyncio.run(main())
"""


def test_processes_that_hold_the_folder_fire_once(tmp_path: Path) -> None:
    """Three processes have the folder open as a server and two terminals would: one event a task."""
    from api_client.times import utc_now

    store = Store(tmp_path / "data", clock=utc_now, tokens=counting_tokens())
    steps = {**STEPS, "steps": [{**step, "timeoutSeconds": 1} for step in STEPS["steps"]]}  # type: ignore[dict-item]
    receipt(store.carry_out([Job(read_command(CreateProject, {"name": "Claims", "steps": steps}), ALICE, None)])[0])
    tasks = [new_task(store, str(number)) for number in range(20)]
    words = [sys.executable, "-c", _PROCESS, str(tmp_path / "data")]
    running = [subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    wait_until(lambda: len(fired(store)) >= 20, "all have timed out")
    # A task that comes later times out a tick later or more: by then each process has looked at the others again.
    tasks.append(new_task(store, "later"))
    wait_until(lambda: len(fired(store)) >= 21, "the later one has timed out")
    assert [process.communicate("\n", timeout=HANG_SECONDS)[0] for process in running] == ["open\n"] * 3
    assert sorted(fired(store)) == sorted((task_id, "todo") for task_id in tasks)
    store.close()
