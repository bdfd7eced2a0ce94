"""A record in memory with a task, and short ways to ask and to decide over it."""

from __future__ import annotations

from typing import Any

from api_client.actor import Actor
from api_client.authority import Policy
from api_client.commands import (
    CreateProject,
    CreateTask,
    Decide,
    GiveGrant,
    RecordAction,
    RequestApproval,
    SetPolicy,
)
from api_client.models import ApprovalRecommendation, Outcome, Receipt, Step, Steps
from api_client.wire import read
from store.core.ruling import Content
from store.core.state_view import Doc
from tests.store.memory_record import MemoryRecord

PROJECT, SLUG = "prj_000000000001", "refunds"
"""The first project of a record in memory."""
STEPS = Steps(
    initial_step="intake",
    steps=(
        Step(name="intake", owner="AGENT", exits=("payout", "done")),
        Step(name="payout", owner="AGENT", exits=("intake", "done")),
        Step(name="done", owner="PLATFORM"),
    ),
)
ALICE = Actor("alice", "reviewer", ("lead",))
BOB = Actor("bob", "reviewer", ("lead",))
CAROL = Actor("carol", "reviewer", ("eu",))
BOT = Actor("bot", "agent")
APPROVE, REJECT = Outcome(type="APPROVE"), Outcome(type="REJECT")


class World:
    """A record with one task, and short ways to ask and decide."""

    def __init__(self) -> None:
        self.record = MemoryRecord()
        self.hash: str | None = None
        assert self.done(CreateProject(name="Refunds", steps=STEPS), ALICE)["id"] == PROJECT
        self.task = self.done(CreateTask(project_name=SLUG, name="Refunds"), BOT)["id"]

    def done(self, command: Any, actor: Actor, content: Content | None = None) -> dict[str, Any]:
        outcome = self.record.submit(command, actor, content)
        assert isinstance(outcome, Receipt), outcome
        return outcome.answer

    def policy(self, *rules: dict[str, Any], **keys: Any) -> None:
        policy = read(Policy, {"rules": list(rules), **keys})
        self.hash = self.done(SetPolicy.of(project_id=PROJECT, policy=policy, replaces=self.hash), ALICE)["hash"]

    def ask(
        self,
        amount: str | None = "$2,000",
        by: Actor = BOT,
        confidence: float | None = 0.9,
        *,
        summary: str = "Refund",
        context: dict[str, str] | None = None,
        recommends: Outcome | None = APPROVE,
    ) -> str:
        """Ask for an approval, with this amount or this context; return the request's id."""
        command = RequestApproval(
            project_name=SLUG,
            task_id=self.task,
            summary=summary,
            key_value_context=context if amount is None or context is not None else {"Amount": amount},
            recommendation=ApprovalRecommendation(outcome=recommends, confidence=confidence) if recommends else None,
        )
        event_id: str = self.done(command, by)["eventId"]
        return event_id

    def move(self, step: str) -> None:
        """Let the agent move the task."""
        self.done(RecordAction(project_name=SLUG, task_id=self.task, description="On", transitions_to=step), BOT)

    def doc(self, grant_id: str) -> Doc:
        """Return what became of a grant."""
        return self.record.view.get("authority", grant_id) or {}

    def decide(self, request_id: str, actor: Actor, outcome: Outcome = APPROVE) -> Any:
        return self.record.submit(Decide(request_id=request_id, outcome=outcome), actor)

    def grant(
        self,
        giver: Actor = ALICE,
        sample: float = 0.05,
        most: int = 100,
        words: str = "refund",
        name: str = "refunds",
    ) -> str:
        """Give a grant; return its id."""
        command = GiveGrant(
            project_id=PROJECT, name=name, filter=words, until="2026-01-30T00:00:00Z", most=most, sample=sample
        )
        grant_id: str = self.done(command, giver)["id"]
        return grant_id

    def is_open(self, request_id: str) -> bool:
        return self.record.view.get("requests", request_id) is not None

    def asked_until_waiting(self) -> str:
        """Ask until a grant leaves a request to people; return its id."""
        while not self.is_open(request_id := self.ask()):
            pass
        return request_id

    def asked_until_decided(self, **asked: Any) -> list[str]:
        """Ask until something was decided at once; return the requests that are open."""
        waiting: list[str] = []
        for _ in range(20):
            request_id = self.ask(**asked)
            if not self.is_open(request_id):
                return waiting
            waiting.append(request_id)
        return waiting
