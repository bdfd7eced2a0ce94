"""Several open requests on a task: whatever the order of asking, settling and moving, state and counts agree."""

from __future__ import annotations

from collections import Counter
from typing import Any, TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st

from api_client.commands import Answer, Command, Decide, Move, RecordAction, RequestApproval, RequestElicitation
from api_client.errors import ApiError
from api_client.fields import AnyField
from api_client.models import MetadataPatch, Outcome
from api_client.wire import read
from store.core.fold import apply, open_requests
from store.folder.state import State
from tests.support.actors import AGENT, ALICE
from tests.support.rules_world import World

FIELDS = read(tuple[AnyField, ...], [{"type": "Switch", "id": "ok", "label": "OK?", "required": True}])
STEPS = ("intake", "review", "paid", "closed")
Step: TypeAlias = tuple[str, int, int]

asks = st.tuples(st.sampled_from(["approval", "elicitation"]), st.integers(0, 2), st.just(0))
settles = st.tuples(st.just("settle"), st.integers(0, 2), st.integers(0, 20))
acts = st.tuples(st.sampled_from(["act", "move"]), st.integers(0, 2), st.integers(0, len(STEPS)))


def command_of(world: World, tasks: list[str], asked: list[str], step: Step) -> Command:
    """Return the command that a step of a sequence means."""
    kind, task_number, number = step
    task = tasks[task_number]
    to = STEPS[number] if number < len(STEPS) else None
    if kind == "approval":
        return RequestApproval(project_name="claims", task_id=task, summary="?")
    if kind == "elicitation":
        return RequestElicitation(project_name="claims", task_id=task, summary="?", fields=FIELDS)
    if kind == "settle":
        request = asked[number % len(asked)] if asked else "evt_none"
        if (world.find(request) or {}).get("eventType") == "ELICITATION_REQUESTED":
            return Answer(request_id=request, answers={"ok": True})
        return Decide(request_id=request, outcome=Outcome(type="APPROVE"))
    if kind == "move":
        return Move(task_id=task, transitions_to=to or "review")
    patch = MetadataPatch(set={"amount": number})
    return RecordAction(project_name="claims", task_id=task, description="x", transitions_to=to, metadata_patch=patch)


def documents(state: State) -> dict[str, dict[str, Any]]:
    """Return all documents of a state."""
    return {table: {doc["id"]: dict(doc) for doc in state.documents(table)} for table in ("tasks", "projects")} | {
        "requests": {doc["requestId"]: dict(doc) for doc in state.documents("requests")}
    }


def open_by_the_record(log: list[dict[str, Any]], task: str) -> list[str]:
    """Return what is open on a task, counted from its events alone."""
    settled = {event.get("inResponseTo") for event in log}
    return [
        event["id"]
        for event in log
        if event.get("taskId") == task and event["eventType"].endswith("_REQUESTED") and event["id"] not in settled
    ]


@given(st.lists(asks | settles | acts, max_size=60))
@settings(max_examples=150, deadline=None)
def test_any_interleaving_keeps_state_fold_and_counts_the_same(steps: list[Step]) -> None:
    """After every command: WAITING iff any request is open, the board's counts are a recount, the state is the fold."""
    world = World()
    world.project()
    tasks = [world.task("claims") for _ in range(3)]
    asked: list[str] = []
    for step in steps:
        command = command_of(world, tasks, asked, step)
        by_agent = isinstance(command, (RequestApproval, RequestElicitation, RecordAction))
        try:
            events = world.give(command, AGENT if by_agent else ALICE)
        except ApiError:
            continue
        asked += [event["id"] for event in events if event["eventType"].endswith("_REQUESTED")]
        check(world, tasks)
    folded = State()
    for event in world.log:
        apply(folded, event)
    assert documents(folded) == documents(world.state)
    assert folded.board.in_step.keys() == world.state.board.in_step.keys()


def check(world: World, tasks: list[str]) -> None:
    """Assert that tasks, requests and the board's counts are what the record says."""
    waiting: Counter[str] = Counter()
    everything: list[str] = []
    for task in tasks:
        doc, expected = world.doc(task), open_by_the_record(world.log, task)
        assert open_requests(doc) == expected
        assert (doc["status"] == "WAITING") is bool(expected)
        assert not (doc["status"] == "CLOSED" and expected)
        waiting[doc["currentStep"]] += bool(expected)
        everything += expected
    assert Counter({step: count for (_, step), count in world.state.board.waiting.items()}) == waiting
    assert sorted(everything) == [
        world.state.request_at(seq)["requestId"] for seq in world.state.open_requests.after(0)
    ]
