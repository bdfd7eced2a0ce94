"""The simulated agent: what a user of `pumpup-tui demo` meets."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from api_client.actor import Actor
from api_client.commands import (
    Answer,
    Command,
    Comment,
    CreateProject,
    Decide,
    Move,
    RequestApproval,
    RequestElicitation,
    read_command,
)
from api_client.errors import StoreFault
from api_client.fields import FIELD_TYPES, FieldBase, read_fields
from api_client.models import Event, Outcome, OutcomeType, RequestDetail
from store.demo.cases import Elicitation, make_case
from store.demo.team import Agent, Team, open_shop, path_to, sample_answer
from store.demo.workflows import WORKFLOWS
from store.folder.local_backend import LocalBackend
from tests.conftest import FixedClock


@pytest.fixture
async def shop(reviewer: LocalBackend, clock: FixedClock, tokens: Callable[[], str]) -> Agent:
    """An agent whose projects are made and whose inbox is empty."""
    team = Team(reviewer, rng=Random(1), new_key=tokens)
    await team.make_projects()
    backend = reviewer.acting_as(Actor("demo-agent", "agent"))
    return Agent(backend, rng=Random(1), clock=clock, new_key=tokens)


async def told(backend: LocalBackend, task_id: str) -> list[str]:
    events = (await backend.events(task_id=task_id)).items
    return [_line(event) for event in events]


def _line(event: Event) -> str:
    words = next((event.payload[key] for key in ("description", "message", "summary") if key in event.payload), "")
    return f"{event.event_type} {event.transition_to or ''} {words}"


async def bring_approval(agent: Agent, backend: LocalBackend) -> RequestDetail:
    while True:
        request = await backend.request(await agent.bring())
        if request.event.event_type == "APPROVAL_REQUESTED":
            return request


async def decide(backend: LocalBackend, request: RequestDetail, kind: OutcomeType, note: str | None = None) -> None:
    outcome = Outcome(type=kind, note=note)
    await backend.submit(Decide(request_id=request.event.id, outcome=outcome, request_hash=request.hash), key="k")


@pytest.mark.parametrize(
    ("kind", "note", "status", "words"),
    [
        ("APPROVE", None, "CLOSED", "Refunded"),
        ("REJECT", "too late", "CLOSED", "Closed without it"),
        ("EDIT_AND_APPROVE", "only $20", "CLOSED", "Changed it as asked: only $20"),
        ("REQUEST_MORE_INFO", "which carrier?", "WAITING", "Looked further"),
        ("ESCALATE", None, "WAITING", "senior reviewer is asked"),
    ],
)
async def test_the_agent_acts_on_each_outcome(
    shop: Agent, reviewer: LocalBackend, *, kind: OutcomeType, note: str | None, status: str, words: str
) -> None:
    """Whatever a user decides, the task's timeline soon shows what the agent made of it."""
    request = await bring_approval(shop, reviewer)
    await decide(reviewer, request, kind, note)
    await shop.look()
    assert (await reviewer.task(request.task.id)).task.status == status
    assert words in "\n".join(await told(reviewer, request.task.id))
    assert shop.waiting == (1 if status == "WAITING" else 0)


async def test_what_was_asked_for_stands_in_the_second_request(shop: Agent, reviewer: LocalBackend) -> None:
    """After `i` the user finds their question and what was found beside the request."""
    request = await bring_approval(shop, reviewer)
    await decide(reviewer, request, "REQUEST_MORE_INFO", "which carrier?")
    await shop.look()
    again = (await reviewer.inbox()).items[0]
    context = (await reviewer.request(again.request_id)).event.payload["keyValueContext"]
    assert again.summary.startswith("Again: ")
    assert context["You asked"] == "which carrier?"
    assert context["Found"]


async def test_answers_are_used(shop: Agent, reviewer: LocalBackend) -> None:
    """What a user filled in is in the task's metadata, and the case goes on."""
    request_id = await shop.bring()
    while not (fields := (await reviewer.request(request_id)).event.payload.get("fields")):
        request_id = await shop.bring()
    answers = {one.id: sample_answer(one) for one in read_fields(fields) if isinstance(one, FieldBase)}
    await reviewer.submit(Answer(request_id=request_id, answers=answers), key="k")
    await shop.look()
    task = (await reviewer.request(request_id)).task
    assert answers.items() <= task.metadata.items()
    assert "Took over what alice gave" in "\n".join(await told(reviewer, task.id))


async def test_a_task_that_the_user_moved_is_left_alone(shop: Agent, reviewer: LocalBackend) -> None:
    """A user may close a task on the board right after deciding: the agent goes on with the others."""
    request = await bring_approval(shop, reviewer)
    await decide(reviewer, request, "APPROVE")
    await reviewer.submit(Move(task_id=request.task.id, transitions_to="declined"), key="k")
    await reviewer.submit(Comment(task_id=request.task.id, message="done by phone"), key="k")
    await shop.look()
    assert shop.waiting == 0
    assert await shop.bring()


async def test_the_demo_opens_full_and_is_the_same_each_time(
    reviewer: LocalBackend, clock: FixedClock, tokens: Callable[[], str]
) -> None:
    """The first screen shows eight waiting requests of both kinds, and boards with tasks in work and finished."""
    agent = Agent(reviewer.acting_as(Actor("demo-agent", "agent")), rng=Random(1), clock=clock, new_key=tokens)
    team = Team(reviewer.acting_as(Actor("maria", "reviewer")), rng=Random(2), new_key=tokens)
    await open_shop(agent, team, before_each=lambda: clock.advance(minutes=3))
    items = (await reviewer.inbox()).items
    assert len(items) == 8
    assert {item.event_type for item in items} == {"APPROVAL_REQUESTED", "ELICITATION_REQUESTED"}
    assert len({item.requested_at for item in items}) == 8
    projects = await reviewer.projects()
    boards = [await reviewer.board(project.id) for project in projects]
    assert sum(column.count for board in boards for column in board.columns if column.terminal) >= 3
    assert (
        sum(column.count - column.waiting for board in boards for column in board.columns if not column.terminal) == 3
    )
    assert items[0].summary == "Open claim C-1030 with the details given"


async def test_the_agent_keeps_asking_up_to_a_cap(
    reviewer: LocalBackend, shop: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A demo left alone fills the inbox to a cap and no further."""
    monkeypatch.setattr("store.demo.team.CAP", 5)
    passed = 0.0

    async def pause(seconds: float) -> None:
        nonlocal passed
        passed += seconds
        if passed > 90:
            raise TimeoutError

    with pytest.raises(TimeoutError):
        await shop.run(pause)
    assert shop.waiting == len((await reviewer.inbox()).items) == 5


async def test_the_agent_ends_quietly_with_its_folder(shop: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk ends the simulated agent without a traceback over the screens."""

    async def fail() -> str:
        raise StoreFault("The disk is full.")

    async def pause(_seconds: float) -> None:
        return None

    monkeypatch.setattr(shop, "bring", fail)
    await shop.run(pause)


def test_every_field_type_appears_early() -> None:
    """Within the first round of cases a user has met all ten field types, and can answer each."""
    rng, today = Random(1), FixedClock().now.date()
    fields = [
        field
        for number in range(8)
        for ask in make_case(rng, number, today).asks
        if isinstance(ask, Elicitation)
        for field in ask.fields
    ]
    assert {field.type for field in fields} == FIELD_TYPES.keys()
    for field in fields:
        field.check(sample_answer(field))


def test_whatever_the_demo_writes_is_what_a_server_takes() -> None:
    """Its cases and projects are made in code, where nothing checks them: each reads back as it was written."""
    rng, today = Random(1), FixedClock().now.date()
    on: dict[str, Any] = {"project_name": "claims", "task_id": "tsk_1"}
    made: list[Command] = [CreateProject(name=flow.name, steps=flow.steps) for flow in WORKFLOWS.values()]
    for number in range(40):
        for ask in make_case(rng, number, today).asks:
            on |= {"summary": ask.summary, "key_value_context": ask.context}
            if isinstance(ask, Elicitation):
                made.append(RequestElicitation(**on, fields=ask.fields, recommendation=ask.bids or None))
            else:
                made.append(RequestApproval(**on, recommendation=ask.recommendation))
    for command in made:
        assert read_command(type(command), command.body()) == command


def test_ways_through_a_project_are_found() -> None:
    """The agent finds its way to a step however a user has moved the task meanwhile."""
    steps = WORKFLOWS["Claims"].steps
    assert path_to(steps, "intake", "paid") == ["in_review", "payout", "paid"]
    assert path_to(steps, "investigation", "denied") == ["denied"]
    assert path_to(steps, "paid", "intake") == []
    assert path_to(steps, "paid", "paid") == []
