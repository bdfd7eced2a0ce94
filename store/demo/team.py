"""A simulated team and its agent, as a user would meet them: for `pumpup-tui demo`, pictures and tests.

The agent knows the Backend protocol only, works in the role `agent` and learns of a decision as real agents do: it
asks for the request's result. What it does is set by a `random.Random` and a clock that are handed in.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from random import Random

from api_client.backend import Backend
from api_client.commands import (
    AddNote,
    Answer,
    Assign,
    Command,
    CreateProject,
    CreateTask,
    Decide,
    RaiseException,
    ReceiveUpload,
    RecordAction,
    RequestApproval,
    RequestElicitation,
)
from api_client.errors import Conflict, InvalidRequest, NotFound, StoreError, Unreachable
from api_client.fields import DateField, DateTimeField, FieldBase, MultiselectField, SelectField, TextField, read_fields
from api_client.models import Attachment, ElicitationResult, MetadataPatch, Outcome, OutcomeType, Steps
from api_client.times import Clock
from api_client.wire import Json
from store.demo.cases import Approval, Case, Elicitation, make_case
from store.demo.sample_files import File
from store.demo.workflows import WORKFLOWS

Pause = Callable[[float], Awaitable[None]]
"""Waits for a number of seconds."""

OPENING = 8
"""Requests that wait when the demo opens."""
IN_WORK = 3
"""Tasks that the agent has begun and not yet brought when the demo opens."""
CAP = 14
"""Open requests at which the agent asks no more until some are settled."""
TICK = 0.5
"""Seconds between two looks for results."""

_SAMPLES: Mapping[str, Json] = {
    "Text": "As discussed",
    "Number": 0,
    "Slider": 0,
    "TextArea": "A pipe burst while nobody was at home.",
    "Switch": True,
    "DateField": "2026-01-18",
    "Time": "14:30",
    "DateTime": "2026-01-19T09:30",
}


@dataclass(slots=True)
class _Open:
    """A case whose request waits for a person."""

    case: Case
    task_id: str
    request_id: str
    ask: int
    again: int = 0


class Agent:
    """Brings cases to a person and acts on what the person says."""

    def __init__(
        self,
        backend: Backend,
        *,
        rng: Random,
        clock: Clock,
        new_key: Callable[[], str],
        before_write: Callable[[], None] = lambda: None,
    ) -> None:
        """Set up the agent.

        Args:
            backend: an agent's, over a place where `make_projects` has been.
            rng: what its choices come from.
            clock: the time now.
            new_key: makes the idempotency key of each write.
            before_write: called before each write: a clock that is behind may come nearer there.
        """
        self._backend, self._rng, self._clock, self._new_key = backend, rng, clock, new_key
        self._before_write = before_write
        self._begun: deque[tuple[Case, str, list[Attachment]]] = deque()
        self._open: deque[_Open] = deque()
        self._made = 0

    @property
    def waiting(self) -> int:
        """How many of its requests wait for a person."""
        return len(self._open)

    async def begin(self) -> None:
        """Make the next case's task and start on it: it stays in its first step until the agent asks."""
        case = make_case(self._rng, self._made, self._clock().date())
        self._made += 1
        flow = case.workflow
        created = await self._write(
            CreateTask(
                project_name=flow.slug,
                name=case.name,
                external_id=case.external_id,
                metadata_patch=MetadataPatch(set=case.facts),
            )
        )
        task_id = str(created["id"])
        attached = [await self._upload(file) for file in case.files]
        await self._act(case, task_id, case.worked[0], attach=attached)
        self._begun.append((case, task_id, attached))

    async def bring(self) -> str:
        """Work on the oldest case that is begun up to its first request; return the request's id."""
        if not self._begun:
            await self.begin()
        case, task_id, attached = self._begun.popleft()
        flow = case.workflow
        for description in case.worked[1:]:
            await self._act(case, task_id, description)
        if self._made % 5 == 0:
            await self._write(
                RaiseException(
                    project_name=flow.slug, task_id=task_id, message="The document service timed out; read it again."
                )
            )
        await self._walk(case, task_id, flow.review, "Ready for a person")
        opened = _Open(case, task_id, "", 0)
        await self._ask(opened, attached)
        return opened.request_id

    async def run(self, pause: Pause = asyncio.sleep) -> None:
        """Work until cancelled: a new case every 5 to 10 seconds, and an answer to each decision soon after it.

        Returns early where the backend can't be used any more.
        """
        wait = self._rng.uniform(5, 10)
        try:
            while True:
                await pause(TICK)
                wait -= TICK
                await self.look()
                if wait <= 0 and self.waiting < CAP:
                    await self._bring_one()
                    wait = self._rng.uniform(5, 10)
        except (StoreError, Unreachable):
            return  # the demo's folder is gone or full: the screen says so itself

    async def _bring_one(self) -> None:
        try:
            await self.begin()
            await self.bring()
        except (Conflict, InvalidRequest, NotFound):
            return  # a person has moved or closed the task that was begun

    async def look(self) -> None:
        """Act on each request that a person has settled since the last look."""
        for _ in range(len(self._open)):
            opened = self._open.popleft()
            try:
                if not await self._react(opened):
                    self._open.append(opened)
            except (Conflict, InvalidRequest, NotFound):
                continue  # a person moved or closed the task meanwhile: nothing is left to do on it

    async def _react(self, opened: _Open) -> bool:
        """Return whether the request is settled, after acting on what it says."""
        if isinstance(opened.case.asks[opened.ask], Elicitation):
            answered = await self._backend.elicitation_result(opened.request_id)
            if answered is not None:
                await self._use(opened, answered)
            return answered is not None
        decided = await self._backend.approval_result(opened.request_id)
        if decided is not None:
            await self._follow(opened, decided.outcome)
        return decided is not None

    async def _use(self, opened: _Open, answered: ElicitationResult) -> None:
        given, who = ", ".join(answered.fields) or "nothing", answered.answered_by or "the reviewer"
        patch = MetadataPatch(set=dict(answered.fields))
        await self._act(opened.case, opened.task_id, f"Took over what {who} gave: {given}", patch=patch)
        await self._next(opened)

    async def _follow(self, opened: _Open, outcome: Outcome) -> None:
        case, task_id, note = opened.case, opened.task_id, outcome.note or ""
        if outcome.type == "APPROVE":
            await self._next(opened)
        elif outcome.type == "EDIT_AND_APPROVE":
            patch, trace = MetadataPatch(set={"edit": note}), opened.request_id
            await self._act(case, task_id, f"Changed it as asked: {note}", patch=patch, trace=trace)
            await self._next(opened)
        elif outcome.type == "REJECT":
            await self._walk(case, task_id, case.workflow.dropped, "Closed without it, and told the customer")
        elif outcome.type == "REQUEST_MORE_INFO":
            await self._act(case, task_id, f"Looked further: {case.more}")
            opened.again += 1
            await self._ask(opened, more={"You asked": note, "Found": case.more})
        else:
            await self._note(case, task_id, "Escalated: a senior reviewer is asked")
            opened.again += 1
            await self._ask(opened, more={"Escalated": note or "by the first reviewer"})

    async def _next(self, opened: _Open) -> None:
        opened.ask += 1
        opened.again = 0
        if opened.ask < len(opened.case.asks):
            await self._ask(opened)
        else:
            case, trace = opened.case, opened.request_id
            await self._walk(case, opened.task_id, case.workflow.done, case.finish, trace=trace)

    async def _ask(
        self, opened: _Open, attached: list[Attachment] | None = None, more: dict[str, str] | None = None
    ) -> None:
        ask, flow = opened.case.asks[opened.ask], opened.case.workflow
        files = tuple(one.upload_id for one in attached or ()) or None
        context = {**ask.context, **(more or {})}
        command: Command
        if isinstance(ask, Approval):
            again = "Again: " if opened.again else ""
            command = RequestApproval(
                project_name=flow.slug,
                task_id=opened.task_id,
                summary=again + ask.summary,
                key_value_context=context,
                recommendation=ask.recommendation,
                attachments=files,
            )
        else:
            command = RequestElicitation(
                project_name=flow.slug,
                task_id=opened.task_id,
                summary=ask.summary,
                key_value_context=context,
                fields=ask.fields,
                recommendation=ask.bids or None,
                attachments=files,
            )
        opened.request_id = str((await self._write(command))["eventId"])
        self._open.append(opened)

    async def _walk(self, case: Case, task_id: str, target: str, description: str, trace: str | None = None) -> None:
        """Go to the step `target` from wherever the task is now, one action a step."""
        task = (await self._backend.task(task_id)).task
        for step in path_to(case.workflow.steps, task.current_step, target):
            words = description if step == target else f"On to {step}"
            await self._act(case, task_id, words, to=step, trace=trace)

    async def _act(
        self,
        case: Case,
        task_id: str,
        description: str,
        *,
        to: str | None = None,
        patch: MetadataPatch | None = None,
        attach: list[Attachment] | None = None,
        trace: str | None = None,
    ) -> None:
        await self._write(
            RecordAction(
                project_name=case.workflow.slug,
                task_id=task_id,
                description=description,
                transitions_to=to,
                metadata_patch=patch,
                add_attachments=tuple(attach) if attach else None,
                external_trace_id=trace,
            )
        )

    async def _note(self, case: Case, task_id: str, message: str) -> None:
        await self._write(AddNote(project_name=case.workflow.slug, task_id=task_id, message=message))

    async def _upload(self, file: File) -> Attachment:
        command = ReceiveUpload(file_name=file.name, content_type=file.content_type)
        receipt = await self._backend.submit(command, key=self._new_key(), content=_pieces(file.content))
        return Attachment(upload_id=str(receipt.answer["id"]), label=file.name)

    async def _write(self, command: Command) -> dict[str, Json]:
        self._before_write()
        return (await self._backend.submit(command, key=self._new_key())).answer


class Team:
    """The reviewers who were there before the user: they made the projects and settled the first requests."""

    def __init__(self, backend: Backend, *, rng: Random, new_key: Callable[[], str]) -> None:
        """Set up the reviewers.

        Args:
            backend: a reviewer's.
            rng: what their choices come from.
            new_key: makes the idempotency key of each write.
        """
        self._backend, self._rng, self._new_key = backend, rng, new_key

    async def make_projects(self) -> None:
        """Make the demo's projects; those that are there already stay as they are."""
        for flow in WORKFLOWS.values():
            try:
                await self._write(CreateProject(name=flow.name, steps=flow.steps))
            except Conflict:
                continue  # the folder has had a demo before

    async def settle(self, request_id: str) -> None:
        """Decide or answer one request as a colleague would."""
        request = await self._backend.request(request_id)
        fields = request.event.payload.get("fields")
        if fields is None:
            kind: OutcomeType = self._rng.choice(["APPROVE", "APPROVE", "APPROVE", "REJECT", "EDIT_AND_APPROVE"])
            note = {"REJECT": "Not covered.", "EDIT_AND_APPROVE": "Fine, less the shipping fee."}.get(kind)
            outcome = Outcome(type=kind, note=note)
            await self._write(Decide(request_id=request_id, outcome=outcome, request_hash=request.hash or None))
        else:
            known = [one for one in read_fields(fields) if isinstance(one, FieldBase)]
            answers = {one.id: sample_answer(one) for one in known}
            await self._write(Answer(request_id=request_id, answers=answers, request_hash=request.hash or None))

    async def take(self, request_id: str, name: str) -> None:
        """Assign the request's task to `name`."""
        request = await self._backend.request(request_id)
        await self._write(Assign(task_id=request.task.id, assignee_id=name))

    async def _write(self, command: Command) -> None:
        await self._backend.submit(command, key=self._new_key())


def sample_answer(field: FieldBase) -> Json:
    """Return an answer that `field`, one of the demo's, takes."""
    if isinstance(field, SelectField):
        return field.options[0]
    if isinstance(field, MultiselectField):
        return [field.options[0]]
    if isinstance(field, TextField) and field.format:
        return {"EMAIL": "dana@example.org", "PHONE": "+49 30 1234567", "URL": "https://example.org"}[field.format]
    if isinstance(field, DateField) and field.max:
        return field.max
    if isinstance(field, DateTimeField) and field.min:
        return field.min
    return _SAMPLES[field.type]


def path_to(steps: Steps, start: str, target: str) -> list[str]:
    """Return the steps to enter from `start` to be in `target`, the shortest way; empty where there is none."""
    ways: dict[str, list[str]] = {start: []}
    queue = deque([start])
    while queue:
        here = queue.popleft()
        step = steps.step(here)
        for there in step.exits if step else ():
            if there not in ways:
                ways[there] = [*ways[here], there]
                queue.append(there)
    return ways.get(target, [])


async def open_shop(
    agent: Agent,
    team: Team,
    *,
    history: int = 6,
    waiting: int = OPENING,
    before_each: Callable[[], None] = lambda: None,
) -> None:
    """Fill an empty folder: projects, `history` settled requests and `waiting` open ones.

    `before_each` is called before each case is brought: the composition root lets time pass there.
    """
    await team.make_projects()
    for _ in range(history):
        before_each()
        await team.settle(await agent.bring())
        await agent.look()
    while agent.waiting < waiting:
        before_each()
        request_id = await agent.bring()
        if agent.waiting == waiting // 2:
            await team.take(request_id, "maria")
    for _ in range(IN_WORK):
        await agent.begin()


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    yield content


__all__ = ["CAP", "OPENING", "Agent", "Team", "open_shop", "path_to", "sample_answer"]
