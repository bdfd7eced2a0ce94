"""Checks of metadata in processes of their own: cut off, alone, bare, and bound to the state that the lock confirms."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from api_client.actor import Actor
from api_client.commands import AddNote, CreateProject, CreateTask, RecordAction, read_command
from api_client.errors import InvalidRequest, StoreFault
from api_client.models import MetadataPatch
from store.core.batch import Job
from store.core.command_limits import NO_LIMITS, CommandLimits
from store.core.schema_questions import Question, unasked
from store.folder.local_backend import LocalBackend, open_local
from store.schemas import lane
from store.schemas.checks import Checks
from tests.conftest import FixedClock
from tests.support.actors import AGENT, ALICE
from tests.support.small_folders import open_store, receipt

BITS = 40
ENDLESS: dict[str, Any] = {
    "$ref": "#/$defs/s0",
    "$defs": {f"s{n}": {"allOf": [{"$ref": f"#/$defs/s{n + 1}"}] * 2} for n in range(BITS)} | {f"s{BITS}": {}},
}
"""A schema that refers to nothing in a circle, and takes 2**40 looks at any metadata."""
MINE, OTHERS = "agent-1", "agent-2"
Workers = Callable[[], set[int]]


def question(schema: Any = True, metadata: Any = None) -> Question:
    return Question(orjson.dumps(schema), orjson.dumps({} if metadata is None else metadata))


@pytest.fixture
def checks() -> Iterator[Checks]:
    made = Checks(CommandLimits(check_seconds=1))
    yield made
    made.close()


def workers_of(parent: int) -> set[int]:
    """Return the process ids of a process's workers."""
    listed = subprocess.run(["ps", "-ww", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
    rows = [line.split(None, 2) for line in listed.splitlines() if "schemas.worker" in line]
    return {int(pid) for pid, ppid, _ in rows if int(ppid) == parent}


@pytest.fixture
def workers() -> Workers:
    """What looks up the workers that this test has started, and not those of a folder that another one left open."""
    others = workers_of(os.getpid())
    return lambda: workers_of(os.getpid()) - others


def test_a_check_that_takes_too_long_is_cut_off_and_the_next_one_is_not(checks: Checks) -> None:
    """The verdict is that it takes too long; the worker's end is nobody else's."""
    verdict = checks.ask(question(ENDLESS), MINE).result()
    assert verdict
    assert verdict.kind == "long"
    assert checks.ask(question({"type": "object"}), MINE).result() is None


def test_who_has_sent_what_takes_long_waits_for_it_alone(checks: Checks) -> None:
    """Once a caller's check was long, those of others, of the same schema too, are answered while it goes on."""
    checks.ask(question(ENDLESS), MINE).result()
    long = [checks.ask(question(ENDLESS, {"n": n}), MINE) for n in range(3)]
    for number in range(20):
        assert checks.ask(question({"required": ["n"]}, {"n": number}), OTHERS).result() is None
    assert not long[-1].done()


def test_a_declaration_is_checked_apart_from_metadata(checks: Checks) -> None:
    """A schema that takes long to look through, as a reviewer declares it, holds up no check of metadata."""
    wide = {"step": {"anyOf": [{"enum": [n]} for n in range(20_000)]}}
    assert checks.ask(question(), OTHERS).result() is None
    declared = checks.ask(Question(orjson.dumps(wide)), MINE)
    assert checks.ask(question({}), OTHERS).result() is None
    assert not declared.done()


def test_a_worker_holds_nothing_of_its_parents(
    checks: Checks, workers: Workers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has its three standard streams and no other file, no variable of its parent's, and another folder."""
    if not Path("/proc/self/fd").exists():
        pytest.skip("this system doesn't show what a process holds")
    monkeypatch.setenv("PUMPUP_API_KEY", "secret")
    with (tmp_path / "lock").open("w") as held:
        os.set_inheritable(held.fileno(), True)
        checks.ask(question(), MINE).result()
        (worker,) = workers()
        files = {one.name: one.readlink() for one in Path(f"/proc/{worker}/fd").iterdir()}
    assert set(files) == {"0", "1", "2"}, files
    assert "PUMPUP" not in Path(f"/proc/{worker}/environ").read_text()
    assert Path(f"/proc/{worker}/cwd").readlink() == Path("/")


def test_a_worker_that_was_killed_is_replaced(checks: Checks, workers: Workers) -> None:
    """Whatever has ended an idle worker, the next check has another."""
    checks.ask(question(), MINE).result()
    (worker,) = workers()
    os.kill(worker, signal.SIGKILL)
    assert checks.ask(question({}), MINE).result() is None
    assert worker not in workers()


def test_after_one_was_cut_off_another_stands_by(checks: Checks, workers: Workers) -> None:
    """Who comes after a check that was cut off does not wait for a process to start: it is there; closing ends all."""
    checks.ask(question({"a": 1}), MINE).result()
    assert len(workers()) == 1
    checks.ask(question(ENDLESS), MINE).result()
    checks.ask(question({"b": 1}), OTHERS).result()
    quick = 2
    while len(workers()) < quick:
        pass
    checks.close()
    assert not workers()


def test_an_idle_worker_is_stopped(checks: Checks, workers: Workers, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that is asked nothing for a while ends, and the next check starts another."""
    monkeypatch.setattr(lane, "IDLE_SECONDS", 0.05)
    checks.ask(question(), MINE).result()
    while workers():
        pass
    assert checks.ask(question({}), MINE).result() is None


def test_closing_ends_the_check_that_runs_and_those_that_wait(checks: Checks, workers: Workers) -> None:
    """Whoever waits for a check of a folder that is closed is told so, and no worker stays."""
    waiting = [checks.ask(question(ENDLESS, {"n": n}), MINE) for n in range(3)]
    while not workers():
        pass
    checks.close()
    for one in waiting:
        assert isinstance(one.exception(), StoreFault)
    assert not workers()
    assert isinstance(checks.ask(question(), MINE).exception(), StoreFault)


_PARENT = """
import sys
from store.core.ruling import CommandLimits
from store.schemas.checks import Checks
from store.core.schema_questions import Question, unasked
checks = Checks(CommandLimits(check_seconds=60))
checks.ask(Question(b"true", b"{}"), "a").result()
print("asked", flush=True)
sys.stdin.readline()
"""


def test_a_worker_ends_with_its_parent() -> None:
    """A parent that is killed leaves no worker behind."""
    with subprocess.Popen([sys.executable, "-c", _PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        assert parent.stdout.readline() == b"asked\n"
        (worker,) = workers_of(parent.pid)
        parent.kill()
    while Path(f"/proc/{worker}").exists():
        pass


# -- bound to the state


def project(schema: Any, name: str = "Claims") -> CreateProject:
    steps = {
        "initialStep": "a",
        "steps": [{"name": "a", "owner": "AGENT", "exits": ["a"]}],
        "stepSchemas": {"a": schema},
    }
    return read_command(CreateProject, {"name": name, "steps": steps})


def action(task: str, **values: Any) -> RecordAction:
    patch = MetadataPatch(set=values) if values else None
    return RecordAction(project_name="claims", task_id=task, description="did it", metadata_patch=patch)


@pytest.fixture
async def local(tmp_path: Path, clock: FixedClock, tokens: Callable[[], str]) -> AsyncIterator[LocalBackend]:
    backend = await open_local(
        tmp_path / "data", ALICE, clock=clock, tokens=tokens, limits=CommandLimits(check_seconds=0.5)
    )
    yield backend
    await backend.aclose()


async def test_what_two_write_at_once_is_checked_together(local: LocalBackend) -> None:
    """Of several values of which each fits alone, as many are recorded as fit together."""
    await local.submit(project({"maxProperties": 2}), key="project")
    agent = local.acting_as(AGENT)
    task = (await agent.submit(CreateTask(project_name="claims", name="C-1"), key="task")).answer["id"]
    calls = [agent.submit(action(task, **{f"n{number}": number}), key=str(number)) for number in range(12)]
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    refused = [one for one in outcomes if isinstance(one, BaseException)]
    assert len(refused) == 10
    assert all(isinstance(one, InvalidRequest) and one.code == "INVALID_METADATA" for one in refused)
    assert len((await local.task(task)).task.metadata) == 2


async def test_while_one_check_goes_on_others_are_answered(local: LocalBackend) -> None:
    """Neither the lock nor the writer waits for a check: writes go through before it ends, and nothing comes of it."""
    await local.submit(project(ENDLESS), key="project")
    agent = local.acting_as(AGENT)
    task = (await agent.submit(CreateTask(project_name="general", name="C-1"), key="task")).answer["id"]
    long = asyncio.ensure_future(agent.submit(CreateTask(project_name="claims", name="C-2"), key="long"))
    for number in range(20):
        await agent.submit(AddNote(project_name="general", task_id=task, message="n"), key=str(number))
    assert not long.done()
    with pytest.raises(InvalidRequest, match="takes too long") as fault:
        await long
    assert fault.value.code == "INVALID_METADATA"
    assert [one.name for one in await local.tasks()] == ["C-1"]


async def test_a_replay_comes_before_the_check(local: LocalBackend) -> None:
    """A repeat is answered what the first was, whatever its metadata says now."""
    await local.submit(project({"properties": {"n": {"type": "integer"}}}), key="project")
    agent = local.acting_as(AGENT)
    task = (await agent.submit(CreateTask(project_name="claims", name="C-1"), key="task")).answer["id"]
    first = await agent.submit(action(task, n=1), key="k")
    again = await agent.submit(action(task, n="none"), key="k")
    assert again.answer == first.answer
    assert again.replayed


def test_commands_carried_out_in_bulk_are_checked_too(tmp_path: Path) -> None:
    """`carry_out` checks there and then: each command sees what those before it have made."""
    store = open_store(tmp_path)
    try:
        receipt(store.carry_out([Job(project({"maxProperties": 1}), ALICE, None)])[0])
        task = str(
            receipt(store.carry_out([Job(CreateTask(project_name="claims", name="C-1"), AGENT, None)])[0]).answer["id"]
        )
        first, second = store.carry_out([Job(action(task, a=1), AGENT, None), Job(action(task, b=1), AGENT, None)])
        receipt(first)
        assert isinstance(second, InvalidRequest)
        assert second.code == "INVALID_METADATA"
    finally:
        store.close()


# -- a folder from before

OLD: dict[str, Any] = {
    "itself": {"$ref": "#"},
    "elsewhere": {"$ref": "http://127.0.0.1:9/schema.json"},
    "lookahead": {"properties": {"n": {"pattern": "(?=a)"}}},
    "large": {"type": "object", "description": "x" * 70_000},
}


async def test_an_old_project_opens_and_its_check_ends_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Schemas that would be refused today stay on the record; metadata for them is refused in words, or taken."""
    store = open_store(tmp_path)
    store.checks.limits = NO_LIMITS
    monkeypatch.setattr(store.checks, "at_once", lambda _subject: unasked)
    for name, schema in OLD.items():
        receipt(store.carry_out([Job(project(schema, name), ALICE, None)])[0])
    store.close()
    backend = await open_local(tmp_path, Actor("alice", "reviewer"))
    try:
        for name, words in {"itself": "nothing but itself", "elsewhere": "127.0.0.1:9", "lookahead": "(?=a)"}.items():
            with pytest.raises(InvalidRequest) as fault:
                await backend.submit(CreateTask(project_name=name, name="x"), key=name)
            assert fault.value.code == "INVALID_METADATA"
            assert words in fault.value.message
        await backend.submit(CreateTask(project_name="large", name="x"), key="large")
    finally:
        await backend.aclose()
