"""A generator of realistic workspaces, of any size, for tests and benchmarks: the same for the same seed.

It gives the store the commands that agents and reviewers would give, many to a sync, on a clock of its own that
runs from a start some months back. Every rule holds for what it makes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import click

from api_client.actor import Actor
from api_client.commands import (
    AddNote,
    Answer,
    Assign,
    Command,
    CreateProject,
    CreateTask,
    Decide,
    RaiseException,
    RecordAction,
    RequestApproval,
    RequestElicitation,
)
from api_client.errors import ApiError
from api_client.fields import AnyField
from api_client.models import ApprovalRecommendation, MetadataPatch, Outcome, OutcomeType, Steps
from api_client.wire import read
from store.core.batch import Job
from store.core.project_rules import slug_of
from store.demo.workspace_texts import AGENTS, CONTEXTS, FIELDS, NAMES, NOTES, PROJECTS, REVIEWERS, SAMPLES, SUMMARIES
from store.folder.checkpoint import paused_collector
from store.folder.engine import Store

_EXITS = [{name: exits for name, _, exits in steps} for _, steps in PROJECTS]

Progress = Callable[[int, int], None]
"""Called with the number of events so far, and of all."""

START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
SPAN = timedelta(days=180)
CHUNK = 500
"""Commands to a sync."""
CLOSED = 0.6
"""The share of tasks that are closed in the end, unless the caller says otherwise."""
WAITING = 0.1
"""The share of the open tasks that wait for a person in the end, unless the caller says otherwise."""


@dataclass(slots=True)
class _Life:
    """The events that are still to come of one task."""

    project: int
    left: int
    task_id: str = ""
    step: str = ""
    request: RequestApproval | RequestElicitation | None = None
    request_id: str = ""


class _Generator:
    def __init__(self, store: Store, rng: Random, *, tasks: int, events: int, closed: float, waiting: float) -> None:
        self._store = store
        self._rng = rng
        self._closed = closed
        self._waiting = waiting
        self._tasks = tasks
        self._events = events
        self._born = 0
        self._living: list[_Life] = []
        self._ended: list[_Life] = []

    def run(self, progress: Progress) -> None:
        self._carry_out([(None, _reviewer(0), CreateProject(name=n, steps=_graph(s))) for n, s in PROJECTS])
        while (done := self._store.state.seq) < self._events:
            progress(done, self._events)
            self._carry_out(list(self._chunk(min(CHUNK, self._events - done), done)))
        progress(self._events, self._events)

    def _chunk(self, size: int, done: int) -> Iterator[tuple[_Life | None, Actor, Command]]:
        """Yield commands on as many different tasks, new ones among them as the share of events asks for."""
        due = min(self._tasks, int(self._tasks * 1.05 * (done + size) / self._events) + 1)
        room = size
        while self._born < due and room > 0:
            yield self._birth()
            room -= 1
        self._rng.shuffle(self._living)
        for life in [self._living.pop() for _ in range(min(room // 2, len(self._living)))]:
            yield self._next(life)
        if self._ended and (done + size >= self._events or not self._living):
            yield from self._pad(room // 2)

    def _birth(self) -> tuple[_Life, Actor, Command]:
        self._born += 1
        project = self._rng.randrange(len(PROJECTS))
        mean = max(2.0, self._events / self._tasks - 2)
        life = _Life(project, left=max(1, round(self._rng.expovariate(1 / mean))), step=PROJECTS[project][1][0][0])
        name = f"{self._rng.choice(NAMES)} {self._born:05d}"
        patch = MetadataPatch(set={"amount": self._rng.randrange(10, 9000), "channel": self._rng.choice("ABC")})
        return life, self._agent(), CreateTask(project_name=_slug(project), name=name, metadata_patch=patch)

    def _next(self, life: _Life) -> tuple[_Life, Actor, Command]:
        life.left -= 1
        if life.request is not None:
            return life, _reviewer(self._rng.randrange(len(REVIEWERS))), self._settling(life)
        if life.left <= 0:
            return self._last(life)
        kind = self._rng.random()
        if kind < 0.22 and life.left > 1:
            return self._ask(life)
        if kind < 0.25:
            return life, _reviewer(0), Assign(task_id=life.task_id, assignee_id=self._rng.choice(REVIEWERS))
        return life, self._agent(), self._work(life, kind)

    def _work(self, life: _Life, kind: float) -> Command:
        words = self._rng.choice(NOTES)
        if kind < 0.33:
            return AddNote(message=words, **_on(life))
        if kind < 0.36:
            return RaiseException(message=f"Timed out: {words}", **_on(life))
        onward = self._onward(life) if kind < 0.5 else None
        life.step = onward or life.step
        patch = MetadataPatch(set={"checked": self._rng.randrange(100)}) if kind < 0.7 else None
        return RecordAction(description=words, metadata_patch=patch, transitions_to=onward, **_on(life))

    def _ask(self, life: _Life) -> tuple[_Life, Actor, Command]:
        rng = self._rng
        context = dict(rng.sample(CONTEXTS, rng.randrange(1, 6)))
        if rng.random() < 0.25:
            fields = rng.sample(FIELDS, rng.randrange(1, len(FIELDS)))
            life.request = RequestElicitation(
                summary=rng.choice(SUMMARIES),
                fields=read(tuple[AnyField, ...], fields),
                key_value_context=context,
                **_on(life),
            )
        else:
            outcome = Outcome(type=rng.choice(("APPROVE", "APPROVE", "APPROVE", "REJECT", "ESCALATE")))
            confidence = round(rng.uniform(0.4, 0.99), 2)
            life.request = RequestApproval(
                summary=f"{rng.choice(SUMMARIES)} (${rng.randrange(20, 9000):,})",
                key_value_context=context,
                recommendation=ApprovalRecommendation(
                    outcome=outcome, confidence=confidence, rationale=rng.choice(NOTES)
                ),
                **_on(life),
            )
        return life, self._agent(), life.request

    def _settling(self, life: _Life) -> Command:
        request, life.request = life.request, None
        if isinstance(request, RequestElicitation):
            answers = {one.id: SAMPLES[one.id] for one in request.fields}
            return Answer(request_id=life.request_id, answers=answers)
        kinds: tuple[OutcomeType, ...] = ("APPROVE", "REJECT", "EDIT_AND_APPROVE", "ESCALATE")
        kind = self._rng.choices(kinds, (70, 18, 8, 4))[0]
        note = self._rng.choice(NOTES) if kind == "EDIT_AND_APPROVE" or self._rng.random() < 0.2 else None
        return Decide(request_id=life.request_id, outcome=Outcome(type=kind, note=note))

    def _onward(self, life: _Life) -> str | None:
        """Return an exit of the task's step that does not end it, None where there is none."""
        exits = _EXITS[life.project]
        open_ones = [name for name in exits[life.step] if exits[name]]
        return self._rng.choice(open_ones) if open_ones else None

    def _last(self, life: _Life) -> tuple[_Life, Actor, Command]:
        """End a task: closed, waiting for a person, or left in its step."""
        exits = _EXITS[life.project]
        ends = [name for name in exits[life.step] if not exits[name]]
        fate = self._rng.random()
        life.left = -1
        if fate < self._closed and ends:
            life.step = ends[0]
            return life, self._agent(), RecordAction(description="Closed", transitions_to=ends[0], **_on(life))
        if fate >= 1 - self._waiting * (1 - self._closed):
            return self._ask(life)
        return life, self._agent(), AddNote(message=self._rng.choice(NOTES), **_on(life))

    def _pad(self, count: int) -> Iterator[tuple[_Life, Actor, Command]]:
        """Yield notes, which every task takes at any time, so that the count of events is reached."""
        for _ in range(max(1, count)):
            life = self._rng.choice(self._ended)
            yield (
                life,
                self._agent(),
                AddNote(project_name=_slug(life.project), task_id=life.task_id, message=self._rng.choice(NOTES)),
            )

    def _agent(self) -> Actor:
        return Actor(self._rng.choice(AGENTS), "agent")

    def _carry_out(self, commands: list[tuple[_Life | None, Actor, Command]]) -> None:
        receipts = self._store.carry_out([Job(command, actor, None) for _, actor, command in commands])
        for (life, _, _), receipt in zip(commands, receipts, strict=True):
            if isinstance(receipt, ApiError):
                raise receipt
            if life is None:
                continue
            if not life.task_id:
                life.task_id = receipt.answer["id"]
            elif life.request is not None and not life.request_id:
                life.request_id = receipt.event_id
            elif life.request is None:
                life.request_id = ""
            if life.left >= 0:
                self._living.append(life)
            else:
                self._ended.append(life)


class _SimulatedClock:
    """Runs through `SPAN` evenly as the events are made."""

    def __init__(self, events: int) -> None:
        self._now = START
        self._pace = SPAN / max(1, events)

    def __call__(self) -> datetime:
        self._now += self._pace
        return self._now


def generate(
    folder: Path,
    *,
    tasks: int,
    events: int,
    seed: int = 7,
    closed: float = CLOSED,
    waiting: float = WAITING,
    progress: Progress = lambda *_: None,
) -> None:
    """Fill an empty folder with `tasks` tasks and `events` events, and write its checkpoint.

    `closed` is the share of tasks that end closed, `waiting` the share of the others that end with an open request.

    Raises:
        StoreError: the folder did not take it.
    """
    rng = Random(seed)  # noqa: S311 - texts for a benchmark, no secrets
    clock = _SimulatedClock(events)
    store = Store(folder, clock=clock, tokens=lambda: f"{rng.getrandbits(48):012x}")
    try:
        with paused_collector():
            made = _Generator(store, rng, tasks=tasks, events=events, closed=closed, waiting=waiting)
            made.run(progress)
    finally:
        store.close()


def _slug(project: int) -> str:
    return slug_of(PROJECTS[project][0])


def _on(life: _Life) -> dict[str, Any]:
    return {"project_name": _slug(life.project), "task_id": life.task_id}


def _graph(steps: list[tuple[str, str, list[str]]]) -> Steps:
    return read(
        Steps,
        {
            "initialStep": steps[0][0],
            "steps": [{"name": name, "owner": owner, "exits": onward} for name, owner, onward in steps],
        },
    )


def _reviewer(number: int) -> Actor:
    return Actor(REVIEWERS[number], "reviewer", ("lead",))


@click.command()
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), required=True, help="An empty or new folder.")
@click.option("--tasks", type=click.IntRange(1), default=1_000, show_default=True, help="How many tasks.")
@click.option("--events", type=click.IntRange(1), default=20_000, show_default=True, help="How many events.")
@click.option("--seed", default=7, show_default=True, help="Another number makes another workspace.")
def main(data: Path, tasks: int, events: int, seed: int) -> None:
    """Fill a folder with a realistic workspace, for tests and benchmarks.

    Example: python -m store.demo --tasks 50000 --events 1000000 --data ./large
    """
    if (data / "journal.jsonl").exists():
        raise click.ClickException(f"{data} holds a journal already: name a new folder.")
    if tasks > events:
        raise click.UsageError("Each task takes an event: --events must be --tasks at the least.")
    try:
        with click.progressbar(length=events, label="Writing events", file=sys.stderr) as bar:
            generate(data, tasks=tasks, events=events, seed=seed, progress=lambda done, _: bar.update(done - bar.pos))
    except ApiError as fault:
        raise click.ClickException(fault.message) from None
