"""What tests of authority start from: policies, grants, and decisions of this and that person."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from api_client.authority import Grant, GrantTerms, Policy, PolicyInForce
from api_client.backend import Backend
from api_client.commands import Decide, GiveGrant, SetPolicy
from api_client.models import Event, InboxItem, Outcome, Project, Receipt, Task
from api_client.times import wire_time
from api_client.wire import read
from tests.contract.given import Given
from tests.support.backends import World

BIG = {"name": "big", "when": {"context": {"Amount": {"atLeast": 1000}}}}
"""The beginning of a rule for large amounts."""


class GivenAuthority(Given):
    """Sets policies and gives grants of one project, which has one task to ask on."""

    project_of: Project
    task_of: Task

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.hash: str | None = None
        """The hash of the policy in force."""

    async def begin(self) -> GivenAuthority:
        """Create the project and the task."""
        self.task_of = await self.task()
        self.project_of = await self.world.agent.project(self.task_of.project_id)
        return self

    async def policy(self, *rules: dict[str, Any], **keys: Any) -> PolicyInForce:
        """Put a policy in force in place of the last one."""
        policy = read(Policy, {"rules": list(rules), **keys})
        command = SetPolicy.of(project_id=self.project_of.id, policy=policy, replaces=self.hash)
        receipt = await self.world.reviewer.submit(command, key=self.key())
        in_force = read(PolicyInForce, receipt.answer)
        self.hash = in_force.hash
        return in_force

    async def ask(self, amount: str = "$240", by: Backend | None = None, **more: Any) -> Event:
        """Ask for an approval of an amount, as the agent or as somebody else."""
        agent, self.make.agent = self.make.agent, by or self.make.agent
        try:
            return await self.approval(self.task_of, keyValueContext={"Amount": amount, "Claim": "C-1029"}, **more)
        finally:
            self.make.agent = agent

    async def decide(self, by: Backend, request: Event, outcome: str = "APPROVE", **more: Any) -> Receipt:
        """Decide, or agree, as somebody."""
        note = more.pop("note", None)
        command = Decide(request_id=request.id, outcome=Outcome(type=outcome, note=note), **more)  # type: ignore[arg-type]
        return await by.submit(command, key=self.key())

    def terms(self, **changes: Any) -> GrantTerms:
        """Return the terms of a grant for approvals under $500 whose agent is sure, over a month."""
        until = wire_time(self.world.clock.now + timedelta(days=30))
        terms = {"name": "small", "filter": "context.Amount<500", "until": until, "most": 100, "sample": 0.05}
        return read(GrantTerms, {"projectId": self.project_of.id, **terms, **changes})

    async def grant(self, **changes: Any) -> Grant:
        """Give a grant, as the first reviewer."""
        command = read(GiveGrant, self.terms(**changes).wire())
        receipt = await self.world.reviewer.submit(command, key=self.key())
        return read(Grant, receipt.answer)

    async def grant_now(self, grant: Grant) -> Grant:
        """Return what became of a grant."""
        return next(one for one in await self.world.reviewer.grants() if one.id == grant.id)

    async def granted(self, **asked: Any) -> Event:
        """Ask until a grant decides at once: one request in twenty is its sample."""
        for _ in range(20):
            request = await self.ask(**asked)
            if (await self.world.reviewer.request(request.id)).result is not None:
                return request
        raise AssertionError("no grant decided")

    async def is_open(self, request: Event) -> bool:
        return (await self.world.reviewer.request(request.id)).result is None

    async def item(self, by: Backend, request: Event) -> InboxItem:
        """Return a request as it stands in somebody's inbox."""
        return next(item for item in (await by.inbox(limit=500)).items if item.request_id == request.id)
