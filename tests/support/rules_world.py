"""The rules and the fold over nothing but memory: a world without files, for tests of the rules alone."""

from __future__ import annotations

from typing import Any, cast

from api_client.actor import Actor
from api_client.commands import Command, CreateProject, FireTimeout
from api_client.models import Steps
from api_client.wire import read
from store.core import chain
from store.core.command_limits import CommandLimits
from store.core.draft import CommitDraft
from store.core.rules import decide
from store.core.ruling import Content
from store.folder import journal_line
from store.folder.event_log import Events
from store.folder.folder_view import FolderView
from store.folder.state import State
from store.schemas.evaluator import answer
from tests.conftest import FixedClock, counting_tokens
from tests.support.actors import AGENT, ALICE, PLATFORM
from tests.support.world_builder import create_task, request_approval

LIMITS = CommandLimits()

CLAIMS = read(
    Steps,
    {
        "initialStep": "intake",
        "steps": [
            {"name": "intake", "owner": "AGENT", "exits": ["review", "closed"], "timeoutSeconds": 60},
            {"name": "review", "owner": "HUMAN", "exits": ["intake", "paid"]},
            {"name": "paid", "owner": "PLATFORM", "exits": []},
            {"name": "closed", "owner": "PLATFORM", "exits": []},
        ],
        "stepSchemas": {"review": {"type": "object", "required": ["amount"]}},
    },
)


class World:
    """A state, the events that made it, and a clock."""

    def __init__(self) -> None:
        self.clock = FixedClock()
        self.state = State()
        self.log: list[dict[str, Any]] = []
        self._tokens = counting_tokens()

    def find(self, event_id: str) -> dict[str, Any] | None:
        """Return the event with this id."""
        return next((event for event in self.log if event["id"] == event_id), None)

    def settlement(self, request_id: str) -> dict[str, Any] | None:
        """Return the event that settled a request."""
        return next((event for event in self.log if event.get("inResponseTo") == request_id), None)

    def give(
        self, command: Command, actor: Actor = AGENT, content: Content | None = None, limits: CommandLimits = LIMITS
    ) -> list[dict[str, Any]]:
        """Carry a command out and return its events; an error leaves everything as it was."""
        draft = CommitDraft(FolderView(self.state, cast("Events", self)))
        now = self.clock()
        ruling = decide(draft, command, actor, now, token=self._tokens, content=content, limits=limits, ask=answer)
        previous = self.log[-1]["hash"] if self.log else chain.NO_HASH
        commit = chain.link_all(previous, ruling.events)
        draft.apply(commit.events)
        draft.copy_to(self.state)
        self.state.record(journal_line.encode(commit, 0)[1])
        self.log += commit.events
        return commit.events

    def project(self, name: str = "Claims", steps: Steps = CLAIMS) -> str:
        """Make a project; return its id."""
        return str(self.give(CreateProject(name=name, steps=steps), ALICE)[0]["projectId"])

    def task(self, project: str = "general", name: str = "C-1") -> str:
        """Make a task; return its id."""
        return str(self.give(create_task(name, project))[0]["taskId"])

    def approval(self, task_id: str, project: str = "general") -> str:
        """Ask for an approval; return the request's id."""
        return str(self.give(request_approval(task_id, project=project))[0]["id"])

    def time_out(self, task_id: str) -> list[dict[str, Any]]:
        """Fire a task's timeout."""
        return self.give(FireTimeout(task_id=task_id), PLATFORM)

    def doc(self, task_id: str) -> dict[str, Any]:
        """Return a task's document."""
        return dict(self.state.get("tasks", task_id) or {})
