"""Any sequence of commands, closings and kills: the state is what the events add up to."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from api_client.actor import Actor
from api_client.commands import (
    AddNote,
    Answer,
    Assign,
    Command,
    CreateProject,
    CreateTask,
    Decide,
    Move,
    ReceiveUpload,
    RecordAction,
    RequestApproval,
    RequestElicitation,
)
from api_client.errors import ApiError
from api_client.fields import AnyField
from api_client.models import Attachment, MetadataPatch, Outcome
from api_client.wire import read
from store.core.batch import Job
from store.core.fold import open_requests
from store.core.ruling import Content
from store.core.state_view import Doc
from store.folder import event_index
from store.folder.engine import Store
from store.folder.event_log import Events
from store.folder.folder_view import FolderView
from store.folder.head import START
from store.folder.state import State
from store.transfer.conformance import Conformance
from tests.conftest import FixedClock, counting_tokens
from tests.support.actors import AGENT, ALICE, BOB
from tests.support.examples import examples
from tests.support.rules_world import CLAIMS
from tests.support.small_folders import end_without_checkpoint, receipt

STEPS = ("intake", "review", "paid", "closed", "nowhere")
FIELDS = [{"type": "Switch", "id": "ok", "label": "OK?", "required": True}]
picks = st.integers(0, 30)


def everything(state: State) -> dict[str, Any]:
    """Return all that a state holds, its orders among it, in a form to compare."""
    return {
        "tables": {name: dict(table) for name, table in state.tables.items()},
        "index": [state.index.columns_of(number) for number in range(-(-len(state.index) // event_index.SEGMENT))],
        "remembered": list(state.remembered.records()),
        "slugs": state.slugs,
        "order": {name: list(table) for name, table in state.tables.items()},
        "in_step": {step: list(order.seqs) for step, order in state.board.in_step.items() if len(order)},
        "waiting": {step: count for step, count in state.board.waiting.items() if count},
        "open": list(state.open_requests.seqs),
        "open_by_project": {key: list(order.seqs) for key, order in state.open_by_project.items() if len(order)},
    }


class AnySequence(RuleBasedStateMachine):
    """Commands in any order, sensible or not, over one folder."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = FixedClock()
        self.tokens = counting_tokens()
        self.tasks: list[str] = []
        self.requests: list[str] = []
        self.shown: dict[str, list[str]] = {}
        """The attachments' labels as they were when each request was asked."""
        self.acknowledged = 0

    @initialize()
    def open(self) -> None:
        self.store = self._store()
        self._give(CreateProject(name="Claims", steps=CLAIMS), ALICE)
        upload = Job(ReceiveUpload(file_name="a.txt"), AGENT, None, Content("a" * 64, 1))
        self.upload = str(receipt(self.store.carry_out([upload])[0]).answer["id"])

    def _store(self) -> Store:
        return Store(Path(self.folder.name), clock=self.clock, tokens=self.tokens)

    def _give(self, command: Command, actor: Actor = AGENT, key: str | None = None) -> dict[str, Any] | None:
        before = self.store.state.seq
        outcome = self.store.carry_out([Job(command, actor, key)])[0]
        if isinstance(outcome, ApiError):
            assert self.store.state.seq == before
            return None
        self.acknowledged = self.store.state.seq
        return outcome.answer

    def _task(self, number: int) -> str:
        return self.tasks[number % len(self.tasks)] if self.tasks else "tsk_none"

    def _request(self, number: int) -> str:
        return self.requests[number % len(self.requests)] if self.requests else "evt_none"

    @rule(project=st.sampled_from(["general", "claims", "nowhere"]), key=st.none() | st.sampled_from("ab"))
    def create_task(self, project: str, key: str | None) -> None:
        answer = self._give(CreateTask(project_name=project, name="C"), key=key)
        if answer and answer["id"] not in self.tasks:
            self.tasks.append(answer["id"])

    @rule(task=picks, to=st.none() | st.sampled_from(STEPS), project=st.sampled_from(["general", "claims"]))
    def act(self, task: int, to: str | None, project: str) -> None:
        patch = MetadataPatch(set={"amount": task})
        command = RecordAction(
            project_name=project, task_id=self._task(task), description="x", transitions_to=to, metadata_patch=patch
        )
        self._give(command)

    @rule(task=picks, label=st.sampled_from(["invoice", "photo"]), project=st.sampled_from(["general", "claims"]))
    def attach(self, task: int, label: str, project: str) -> None:
        added = (Attachment(upload_id=self.upload, label=label),)
        command = RecordAction(project_name=project, task_id=self._task(task), description="x", add_attachments=added)
        self._give(command)

    @rule(
        task=picks,
        approval=st.booleans(),
        shows=st.booleans(),
        several=st.integers(1, 3),
        project=st.sampled_from(["general", "claims"]),
    )
    def ask(self, task: int, approval: bool, shows: bool, several: int, project: str) -> None:
        for _ in range(several):
            self._ask(task, approval=approval, shows=shows, project=project)

    def _ask(self, task: int, *, approval: bool, shows: bool, project: str) -> None:
        common: dict[str, Any] = {"project_name": project, "task_id": self._task(task), "summary": "?"}
        common["attachments"] = (self.upload,) if shows else None
        labels = [
            one["label"] for one in (self.store.state.get("tasks", self._task(task)) or {}).get("attachments", ())
        ]
        command = (
            RequestApproval(**common)
            if approval
            else RequestElicitation(**common, fields=read(tuple[AnyField, ...], FIELDS))
        )
        answer = self._give(command)
        if answer:
            self.requests.append(answer["eventId"])
            if shows:
                self.shown[answer["eventId"]] = labels

    @rule(request=picks, who=st.sampled_from([ALICE, BOB, AGENT]))
    def settle(self, request: int, who: Actor) -> None:
        self._give(Decide(request_id=self._request(request), outcome=Outcome(type="APPROVE")), who)
        self._give(Answer(request_id=self._request(request), answers={"ok": True}), who)

    @rule(task=picks, to=st.sampled_from(STEPS))
    def move(self, task: int, to: str) -> None:
        self._give(Move(task_id=self._task(task), transitions_to=to), ALICE)
        self._give(Assign(task_id=self._task(task), assignee_id="bob"), ALICE)

    @rule(task=picks, several=st.integers(1, 4))
    def note_together(self, task: int, several: int) -> None:
        command = AddNote(project_name="claims", task_id=self._task(task), message="n")
        self.store.carry_out([Job(command, AGENT, None) for _ in range(several)])

    @rule(hours=st.sampled_from([-1, 0, 1, 24 * 365]))
    def pass_time(self, hours: int) -> None:
        self.clock.advance(hours=hours)

    @rule()
    def take_checkpoint(self) -> None:
        self.store.save()

    @rule(kill=st.booleans())
    def reopen(self, kill: bool) -> None:
        before = everything(self.store.state)
        if kill:
            end_without_checkpoint(self.store)
        else:
            self.store.close()
        self.store = self._store()
        assert everything(self.store.state) == before
        assert self.store.warnings == []

    @invariant()
    def the_state_is_the_fold_of_the_events(self) -> None:
        if not hasattr(self, "store"):
            return
        folded = State()
        for commit in self.store.journal.commits(START, self.store.position.size):
            folded.replay(commit)
        assert everything(folded) == everything(self.store.state)

    @invariant()
    def the_rules_would_make_it_again(self) -> None:
        if not hasattr(self, "store"):
            return
        folded = State()
        rules = Conformance(FolderView(folded, Events(self.store.journal, lambda: folded.index)), self.store.checks)
        for commit in self.store.journal.commits(START, self.store.position.size):
            for event, (offset, size) in zip(commit.events, commit.places, strict=True):
                assert rules.breach(event, self.store.journal.read(offset, size)) == ""
                folded.take(event, (offset, size))
            assert rules.unfinished() == ""

    @invariant()
    def a_task_waits_while_a_request_is_open_on_it(self) -> None:
        waiting: Counter[tuple[str, str]] = Counter()
        for task in self.tasks:
            doc = self.store.state.get("tasks", task) or {}
            requests = open_requests(doc)
            assert requests == [one["requestId"] for one in self._requests() if one["taskId"] == task]
            assert (doc["status"] == "WAITING") is bool(requests)
            waiting[doc["projectId"], doc["currentStep"]] += bool(requests)
        assert Counter(self.store.state.board.waiting) == waiting

    def _requests(self) -> list[Doc]:
        return list(self.store.state.documents("requests"))

    @invariant()
    def a_request_shows_its_attachments_as_they_were(self) -> None:
        for request, labels in self.shown.items():
            event = self.store.events.find(request) or {}
            assert [one["label"] for one in event["payload"]["attachmentSnapshots"]] == labels

    @invariant()
    def times_never_go_back_within_a_task(self) -> None:
        for task in self.tasks:
            number = (self.store.state.get("tasks", task) or {})["no"]
            times = [self.store.events.at(seq)["timestamp"] for seq in self.store.state.index.walk(task=number)]
            assert times == sorted(times)

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()
        self.folder.cleanup()


TestAnySequence = AnySequence.TestCase
TestAnySequence.settings = settings(max_examples=examples(12, 25), stateful_step_count=25, deadline=None)
