"""Several processes on one folder: nothing lost, nothing doubled, one winner."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

from store.core.batch import Job
from store.folder.local_backend import open_local
from store.folder.open_folder import LOOK_SECONDS
from tests.support.actors import AGENT
from tests.support.small_folders import fill, note_job, open_store, receipt, task_job, timeline
from tests.waiting import HANG_SECONDS, until

_WRITER = """
import json, sys
from pathlib import Path
from api_client.actor import Actor
from api_client.commands import AddNote, Decide
from api_client.models import Outcome
from api_client.times import utc_now
from api_client.times import utc_now
from store.core.batch import Job
from store.folder.local_backend import open_local
from store.folder.engine import Store
from store.core.event_ids import random_token

folder, name, task, requests = Path(sys.argv[1]), sys.argv[2], sys.argv[3], json.loads(sys.argv[4])
store = Store(folder, clock=utc_now, tokens=random_token)
print("ready", flush=True)
sys.stdin.readline()
heard = []
for request in requests:
    command = Decide(request_id=request, outcome=Outcome(type="APPROVE"))
    job = Job(command, Actor(name, "reviewer"), f"{name}-{request}")
    store.submit(job)
    fault = job.done.exception()
    heard.append([request, "won" if fault is None else str(fault)])
for number in range(40):
    note = AddNote(project_name="general", task_id=task, message=f"{name} {number}")
    job = Job(note, Actor(name, "agent"), str(number))
    store.submit(job)
    heard.append(["note", job.done.result().event_id])
store.close()
print(json.dumps(heard))
"""


def ask(folder: Path, count: int) -> tuple[str, list[str]]:
    """Open `count` approvals on as many tasks; return a task for notes and the requests' ids."""
    from api_client.commands import CreateTask, RequestApproval

    store = open_store(folder)
    task = fill(store, 0)
    requests = []
    for number in range(count):
        made = store.carry_out([Job(CreateTask(project_name="general", name=f"T{number}"), AGENT, None)])
        command = RequestApproval(project_name="general", task_id=receipt(made[0]).answer["id"], summary="?")
        requests.append(receipt(store.carry_out([Job(command, AGENT, None)])[0]).event_id)
    store.close()
    return task, requests


def test_processes_that_decide_the_same_requests_have_one_winner_each(tmp_path: Path) -> None:
    """Three processes race for 30 approvals: one winner each, whose name the losers hear."""
    task, requests = ask(tmp_path, 30)
    command = [sys.executable, "-c", _WRITER, str(tmp_path)]
    writers = {
        name: subprocess.Popen(
            [*command, name, task, json.dumps(requests)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for name in ("ann", "ben", "cleo")
    }
    for writer in writers.values():
        assert writer.stdout
        assert writer.stdout.readline() == "ready\n"
    heard = {}
    for writer in writers.values():
        assert writer.stdin
        writer.stdin.write("go\n")
        writer.stdin.flush()
    for name, writer in writers.items():
        out, _ = writer.communicate(timeout=HANG_SECONDS)
        heard[name] = json.loads(out)
    notes = [event for said in heard.values() for kind, event in said if kind == "note"]
    store = open_store(tmp_path)
    for request in requests:
        said = {name: dict(map(tuple, lines))[request] for name, lines in heard.items()}
        winners = [name for name, word in said.items() if word == "won"]
        assert len(winners) == 1
        assert all(winners[0] in word for name, word in said.items() if name not in winners)
    kept = {id_ for _, id_, _ in timeline(store)}
    assert len(set(notes)) == 120
    assert set(notes) <= kept
    assert len(store.state.open_requests) == 0
    store.close()


def test_a_reader_sees_what_another_process_wrote(tmp_path: Path) -> None:
    """A store that is open sees another process's commits at its next look, and rules on them."""
    task, requests = ask(tmp_path, 1)
    store = open_store(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", _WRITER, str(tmp_path), "ann", task, json.dumps(requests)],
        input="go\n",
        text=True,
        capture_output=True,
        check=True,
    )
    assert '"won"' in done.stdout
    assert store.read(lambda state: len(state.open_requests)) == 0
    assert store.read(lambda state: state.seq) == 1 + 2 + 1 + 40
    store.close()


async def test_changes_hears_another_process_once_and_in_order(tmp_path: Path) -> None:
    """Whoever follows the changes hears each event of another process at the next look, within a second; none twice."""
    assert LOOK_SECONDS <= 1
    task, _ = ask(tmp_path, 0)
    backend = await open_local(tmp_path, AGENT)
    heard: list[int] = []

    async def follow() -> None:
        async for change in backend.changes():
            heard.append(change.event.seq or 0)
            if len(heard) == 40:
                return

    follower = asyncio.create_task(follow())
    await until(lambda: backend._store._listeners, "it follows")
    command = [sys.executable, "-c", _WRITER, str(tmp_path), "ann", task, "[]"]
    writer = await asyncio.create_subprocess_exec(*command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    await writer.communicate(b"go\n")
    await asyncio.wait_for(follower, HANG_SECONDS)
    await backend.aclose()
    assert heard == list(range(2, 42))


def test_what_is_committed_while_a_reader_catches_up_is_read_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A commit that another process makes just behind the reader is not taken for read: the next look has it."""
    reader, writer = open_store(tmp_path, tokens=lambda: "a" * 12), open_store(tmp_path, tokens=lambda: "b" * 12)
    task = str(receipt(writer.carry_out([task_job("C-1")])[0]).answer["id"])
    replay = reader._live.follower._replay

    def and_meanwhile(end: int) -> None:
        replay(end)
        monkeypatch.undo()
        receipt(writer.carry_out([note_job(task, "meanwhile")])[0])

    monkeypatch.setattr(reader._live.follower, "_replay", and_meanwhile)
    assert reader.read(lambda state: state.seq) == 1
    assert reader.read(lambda state: state.seq) == 2
    reader.close()
    writer.close()
