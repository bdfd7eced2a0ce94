"""A folder and a database that are given the same commands hold the same record, byte for byte."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api_client.actor import Actor
from api_client.authority import GrantTerms, Policy
from api_client.commands import (
    AddNote,
    Answer,
    Assign,
    Command,
    CreateProject,
    CreateTask,
    Decide,
    EndGrant,
    Expire,
    FireTimeout,
    GiveGrant,
    Move,
    Pause,
    ReceiveUpload,
    RecordAction,
    RequestApproval,
    RequestElicitation,
    Resume,
    SetPolicy,
)
from api_client.errors import ApiError
from api_client.fields import AnyField
from api_client.models import ApprovalRecommendation, Attachment, MetadataPatch, Outcome, OutcomeType
from api_client.wire import read
from store.folder.local_backend import open_local
from store.postgres.address import DatabaseAddress
from store.postgres.open_database import open_postgres
from store.postgres.workspaces import create_workspace
from store.server.call_context import Served
from tests.conftest import FixedClock, counting_tokens
from tests.support.actors import AGENT, ALICE, BOB, PLATFORM
from tests.support.examples import examples
from tests.support.rules_world import CLAIMS
from tests.support.world_builder import in_pieces

STEPS = ("intake", "review", "paid", "closed", "nowhere")
PROJECTS = ("general", "claims", "nowhere")
FIELDS = read(tuple[AnyField, ...], [{"type": "Switch", "id": "ok", "label": "OK?", "required": True}])
picks = st.integers(0, 5)
_numbers = count(1)

Make = Callable[["Ids"], tuple[Command, Actor, str | None]]
"""Makes a command of the ids that there are so far."""


class Ids:
    """The ids that earlier commands were answered: the same in both places."""

    def __init__(self) -> None:
        self.tasks: list[str] = []
        self.requests: list[str] = []
        self.uploads: list[str] = []
        self.grants: list[str] = []
        self.claims = ""
        """The project's id, …"""
        self.policy: str | None = None
        """… and the hash of its policy."""

    def task(self, number: int) -> str:
        return self.tasks[number % len(self.tasks)] if self.tasks else "tsk_none"

    def request(self, number: int) -> str:
        return self.requests[number % len(self.requests)] if self.requests else "evt_0000\x00none"

    def note(self, command: Command, answer: dict[str, Any]) -> None:
        """Take note of what a command has made."""
        if isinstance(command, CreateTask) and answer["id"] not in self.tasks:
            self.tasks.append(answer["id"])
        if isinstance(command, RequestApproval | RequestElicitation):
            self.requests.append(answer["eventId"])
        if isinstance(command, GiveGrant):
            self.grants.append(answer["id"])
        if isinstance(command, SetPolicy):
            self.policy = answer["hash"]


def _create(project: str, key: str | None) -> Make:
    return lambda _: (CreateTask(project_name=project, name="Ç"), AGENT, key)


def _act(task: int, to: str | None, project: str, attach: bool) -> Make:
    def make(ids: Ids) -> tuple[Command, Actor, str | None]:
        added = tuple(Attachment(upload_id=one, label="photo") for one in ids.uploads[:1]) if attach else None
        patch = MetadataPatch(set={"amount": task, "text": "nul \x00 here"})
        command = RecordAction(
            project_name=project,
            task_id=ids.task(task),
            description="x",
            transitions_to=to,
            metadata_patch=patch,
            add_attachments=added,
        )
        return command, AGENT, None

    return make


def _ask(task: int, approval: bool, shows: bool) -> Make:
    def make(ids: Ids) -> tuple[Command, Actor, str | None]:
        shown = tuple(ids.uploads[:1]) if shows else None
        common: dict[str, Any] = {"project_name": "claims", "task_id": ids.task(task), "summary": "?"}
        if approval:
            bid = ApprovalRecommendation(outcome=Outcome(type="APPROVE"))
            context = {"Amount": f"${task}00"}
            command = RequestApproval(**common, attachments=shown, recommendation=bid, key_value_context=context)
            return command, AGENT, None
        return RequestElicitation(**common, fields=FIELDS, attachments=shown), AGENT, None

    return make


def _settle(request: int, approval: bool, who: Actor) -> Make:
    def make(ids: Ids) -> tuple[Command, Actor, str | None]:
        request_id = ids.request(request)
        if approval:
            outcome: OutcomeType = "APPROVE" if request % 3 else "ESCALATE"
            return Decide(request_id=request_id, outcome=Outcome(type=outcome), blind=True), who, None
        return Answer(request_id=request_id, answers={"ok": True}), who, None

    return make


def _review(task: int, to: str, kind: str) -> Make:
    def make(ids: Ids) -> tuple[Command, Actor, str | None]:
        made: dict[str, Command] = {
            "move": Move(task_id=ids.task(task), transitions_to=to),
            "assign": Assign(task_id=ids.task(task), assignee_id="bob"),
            "note": AddNote(project_name="claims", task_id=ids.task(task), message="n"),
            "timeout": FireTimeout(task_id=ids.task(task)),
        }
        actors = {"note": AGENT, "timeout": PLATFORM}
        return made[kind], actors.get(kind, ALICE), None

    return make


TERMS = {"name": "try", "filter": "step:intake", "until": "2026-03-20T00:00:00Z", "sample": 0.5, "most": 3}
RULES: tuple[dict[str, Any], ...] = (
    {"name": "two", "when": {"context": {"Amount": {"atLeast": 300}}}, "people": 2},
    {"name": "lead", "when": {"kind": "elicitation"}, "tags": ["claims-lead"], "expire": {"afterSeconds": 10}},
    {"name": "soon", "when": {"steps": ["review"]}, "expire": {"afterSeconds": 5, "outcome": "REJECT"}},
)


def _govern(number: int, kind: str) -> Make:
    def make(ids: Ids) -> tuple[Command, Actor, str | None]:
        rules = RULES[number % 3 :]
        policy = read(Policy, {"rules": rules, "blind": number / 5, "escalate": ["cfo"]})
        grant_id = ids.grants[number % len(ids.grants)] if ids.grants else "grt_none"
        terms = {"name": f"g{number}", "filter": "context.Amount<500", "sample": 0.05, "most": 1 + number}
        made: dict[str, Command] = {
            "policy": SetPolicy.of(project_id=ids.claims, policy=policy, replaces=ids.policy),
            "grant": read(GiveGrant, {**terms, "projectId": ids.claims, "until": "2026-03-20T00:00:00Z"}),
            "end": EndGrant(grant_id=grant_id),
            "pause": Pause(project_id=ids.claims if number % 2 else None, reason="why"),
            "resume": Resume(project_id=ids.claims if number % 2 else None),
            "expire": Expire(request_id=ids.request(number)),
        }
        return made[kind], PLATFORM if kind == "expire" else BOB, None

    return make


commands = st.lists(
    st.one_of(
        st.builds(_create, st.sampled_from(PROJECTS), st.none() | st.sampled_from("ab")),
        st.builds(_act, picks, st.none() | st.sampled_from(STEPS), st.sampled_from(PROJECTS), st.booleans()),
        st.builds(_ask, picks, st.booleans(), st.booleans()),
        st.builds(_settle, picks, st.booleans(), st.sampled_from([ALICE, BOB, AGENT])),
        st.builds(_review, picks, st.sampled_from(STEPS), st.sampled_from(["move", "assign", "note", "timeout"])),
        st.builds(_govern, picks, st.sampled_from(["policy", "grant", "grant", "end", "pause", "resume", "expire"])),
    ),
    max_size=25,
)


@given(made=commands)
@settings(max_examples=examples(8, 25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_same_commands_make_the_same_record(database: str, made: list[Make]) -> None:
    """Every answer, refusal, read and cursor is the same, and so is the hash of the last event."""
    asyncio.run(_compare(database, made))


async def _compare(database: str, made: list[Make]) -> None:
    async with _places(database) as (folder, workspace, clock):
        ids = Ids()
        sent = [await _upload(place) for place in (folder, workspace)]
        assert sent[0] == sent[1]
        ids.uploads.append(sent[0])
        start = (CreateProject(name="Claims", steps=CLAIMS), ALICE, None)
        both = [await _outcome(place, *start) for place in (folder, workspace)]
        assert both[0] == both[1]
        ids.claims = str(both[0]["id"])
        for make in made:
            clock.advance(seconds=7)
            given_now = make(ids)
            here, there = [await _outcome(place, *given_now) for place in (folder, workspace)]
            assert here == there
            if isinstance(here, dict):
                ids.note(given_now[0], here)
        here, there = [await _reads(place, ids) for place in (folder, workspace)]
        assert here == there


@asynccontextmanager
async def _places(database: str) -> AsyncIterator[tuple[Served, Served, FixedClock]]:
    clock, address, name = FixedClock(), DatabaseAddress.parse(database), f"same-{next(_numbers)}"
    create_workspace(address, name, clock())
    with tempfile.TemporaryDirectory() as path:
        folder = await open_local(Path(path), ALICE, clock=clock, tokens=counting_tokens())
        tokens = counting_tokens()
        tokens()  # a folder names the file by one in which the upload below arrives
        workspace = await open_postgres(address, name, ALICE, clock=clock, tokens=tokens, pool_size=2)
        try:
            yield folder, workspace, clock
        finally:
            await workspace.aclose()
            await folder.aclose()


async def _upload(place: Served) -> str:
    command = ReceiveUpload(file_name="a.txt", content_type="text/plain")
    receipt = await place.acting_as(AGENT).submit(command, key="upload", content=in_pieces(b"content"))
    return str(receipt.answer["id"])


async def _outcome(place: Served, command: Command, actor: Actor, key: str | None) -> Any:
    try:
        receipt = await place.acting_as(actor).submit(command, key=key or f"k{next(_numbers)}")
    except ApiError as fault:
        return type(fault), fault.code, fault.message
    return receipt.answer


async def _reads(place: Served, ids: Ids) -> list[Any]:
    """Return every read's answer; with it the last event's hash, and the cursors, which are made of hashes."""
    found: list[Any] = [await place.events(limit=500), await place.events(order="desc", limit=3), await place.inbox()]
    found += [list(await place.projects()), list(await place.tasks())]
    for project in await place.projects():
        found += [await place.board(project.id), await place.inbox(project_id=project.id, limit=2)]
        found += [await place.events(project_id=project.id, types=["ACTION", "NOTE", "APPROVAL_DECIDED"], order="desc")]
        found += [await place.cards(project.id, step.name, limit=2) for step in project.steps.steps]
        found += [await place.policy(project.id), list(await place.grants(project.id))]
    found += [await place.authority(), list(await place.grants()), await place.inbox(limit=500)]
    terms = read(GrantTerms, {**TERMS, "projectId": ids.claims})
    found.append(await place.grant_trial(terms))
    for task_id in ids.tasks:
        found += [await place.task(task_id), await place.events(task_id=task_id, types=["NOTE", "ACTION"], limit=2)]
    for request_id in ids.requests:
        found.append(await place.request(request_id))
    figures = await place.figures(0)
    return [*found, figures]
