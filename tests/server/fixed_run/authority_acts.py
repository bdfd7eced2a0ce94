"""The acts on authority (CONTRACT.md part 4): policies, agreements, grants, expiry and pauses, in a project apart."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from api_client.authority import GrantTerms
from api_client.commands import (
    Answer,
    Assign,
    CreateProject,
    CreateTask,
    Decide,
    EndGrant,
    Expire,
    GiveGrant,
    Pause,
    ReceiveUpload,
    RecordAction,
    RequestApproval,
    RequestElicitation,
    Resume,
    SetPolicy,
)
from api_client.wire import read
from tests.server.fixed_run.acts import FIELDS, Raw
from tests.server.fixed_run.run import Run

STEPS: Raw = {
    "initialStep": "asked",
    "steps": [
        {"name": "asked", "owner": "AGENT", "exits": ["paid"]},
        {"name": "paid", "owner": "PLATFORM", "exits": []},
    ],
}
RULES: list[Raw] = [
    {"name": "Large", "when": {"kind": "approval", "context": {"Amount": {"atLeast": 1000}}}, "people": 2},
    {
        "name": "Unsure",
        "when": {"kind": "approval", "confidenceBelow": 0.5, "steps": ["asked"]},
        "tags": ["claims-lead"],
        "expire": {"afterSeconds": 3600, "outcome": "REJECT"},
    },
    {"name": "Forms", "when": {"kind": "elicitation"}, "tags": ["eu"], "expire": {"afterSeconds": 600}},
]
POLICY: Raw = {"owners": ["eu"], "rules": RULES, "blind": 1, "escalate": ["claims-lead"]}
APPROVE: Raw = {"type": "APPROVE"}


class AuthorityActs:
    """The acts, in their order."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._project: Raw = {}
        self._task = ""

    async def all(self) -> None:
        """Play them."""
        # Over the network there were more reads until now, each of which takes a second.
        self._run.place.clock.now = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)
        self._project = {"projectId": (await self._run.submit("alice", CreateProject, name="Pay", steps=STEPS))["id"]}
        self._task = (await self._run.submit("agent", CreateTask, projectName="pay", name="Order 1029"))["id"]
        await self._policies()
        await self._several_people()
        await self._tags()
        await self._expiry()
        await self._grants()
        await self._ends_of_grants()
        await self._attachments()
        await self._pauses()
        await self._reads()

    async def _ask(self, amount: str, confidence: float = 0.9, **more: Any) -> str:
        advice = {"outcome": APPROVE, "confidence": confidence}
        on: Raw = {"projectName": "pay", "taskId": self._task, "keyValueContext": {"Amount": amount}, **more}
        asked = await self._run.submit("agent", RequestApproval, **on, summary="Refund?", recommendation=advice)
        return str(asked.get("eventId", ""))

    async def _ask_form(self, **more: Any) -> str:
        on: Raw = {"projectName": "pay", "taskId": self._task, "fields": FIELDS[:1], **more}
        return str((await self._run.submit("agent", RequestElicitation, **on, summary="Which?"))["eventId"])

    async def _policies(self) -> None:
        submit, project = self._run.submit, self._project
        await self._run.read("alice", "policy", project["projectId"])
        await submit("agent", SetPolicy, **project, **POLICY)
        await submit("alice", SetPolicy, projectId="prj_none", **POLICY)
        nowhere = {**POLICY, "rules": [{"name": "x", "when": {"steps": ["nowhere"]}}]}
        await submit("alice", SetPolicy, **project, **nowhere)
        await submit("alice", SetPolicy, key="policy", **project, **POLICY)
        again = await submit("alice", SetPolicy, key="policy", **project, rules=[])
        await submit("alice", SetPolicy, **project, rules=[])
        await submit("bob", SetPolicy, **project, rules=[], replaces=again["hash"])
        await submit("alice", SetPolicy, **project, **POLICY, replaces=again["hash"])

    async def _several_people(self) -> None:
        submit, large = self._run.submit, await self._ask("$4,100.00")
        edited: Raw = {"type": "EDIT_AND_APPROVE", "note": "$4,000"}
        await submit("bob", Decide, requestId=large, outcome=edited)
        await submit("bob", Decide, requestId=large, outcome=APPROVE, blind=True)
        await submit("bob", Decide, requestId=large, outcome=APPROVE)
        await self._run.read("bob", "request", large)
        await self._run.read("alice", "inbox", project_id=self._project["projectId"])
        await submit("alice", Decide, requestId=large, outcome=APPROVE, blind=True)
        await self._run.read("agent", "approval_result", large)

    async def _tags(self) -> None:
        submit, unsure = self._run.submit, await self._ask("$20", confidence=0.2)
        await submit("bob", Decide, requestId=unsure, outcome=APPROVE)
        await submit("alice", Decide, requestId=unsure, outcome={"type": "ESCALATE", "note": "Who knows?"})
        await self._run.read("alice", "authority")
        await submit("alice", Assign, taskId=self._task, assigneeId="bob")
        form = await self._ask_form()
        await submit("bob", Answer, requestId=form, answers={"email": "a@example.com"})
        await submit("alice", Answer, requestId=form, answers={"email": "a@example.com"})

    async def _expiry(self) -> None:
        submit = self._run.submit
        unsure, form = await self._ask("$30", confidence=0.1), await self._ask_form()
        await submit("platform", Expire, requestId=unsure)
        await submit("alice", Expire, requestId=unsure)
        self._run.place.clock.advance(hours=1)
        await submit("platform", Expire, requestId=unsure)
        await submit("platform", Expire, requestId=form)
        await submit("platform", Expire, requestId=form)
        await self._run.read("agent", "approval_result", unsure)
        await self._run.read("agent", "elicitation_result", form)

    def _terms(self, name: str, **changes: Any) -> Raw:
        terms = {"name": name, "filter": "context.Amount<500", "until": "2026-03-03T12:00:00Z", "most": 1, "sample": 1}
        return {**self._project, **terms, **changes}

    async def _grants(self) -> None:
        submit = self._run.submit
        decided = await self._ask("$10")
        await submit("bob", Decide, requestId=decided, outcome={"type": "REJECT", "reasonCode": "receipt"})
        await self._run.read("alice", "grant_trial", terms=read(GrantTerms, self._terms("Small")))
        await self._run.read("alice", "grant_trial", terms=read(GrantTerms, self._terms("Small", filter="is:mine")))
        await submit("agent", GiveGrant, **self._terms("Small"))
        await submit("alice", GiveGrant, **self._terms("Small", filter="is:mine"))
        await submit("alice", GiveGrant, **self._terms("Small", until="2027-01-01T00:00:00Z"))
        await submit("alice", GiveGrant, key="grant", **self._terms("Small", sample=0.05))
        await submit("alice", GiveGrant, key="grant", **self._terms("Small"))
        await submit("bob", GiveGrant, **self._terms("Small"))
        granted = await self._ask("€499.99")
        await self._run.read("agent", "approval_result", granted)
        await self._run.read("alice", "request", granted)

    async def _ends_of_grants(self) -> None:
        submit = self._run.submit
        await submit("alice", GiveGrant, **self._terms("Doubted"))
        for amount in ("$1", "$2", "$3"):
            await submit("alice", Decide, requestId=await self._ask(amount), outcome={"type": "REJECT"})
        revoked = await submit("alice", GiveGrant, **self._terms("Revoked", most=7))
        await submit("bob", EndGrant, key="end", grantId=revoked["id"])
        await submit("bob", EndGrant, key="end", grantId=revoked["id"])
        await submit("bob", EndGrant, grantId=revoked["id"])
        await submit("bob", EndGrant, grantId="grt_none")
        await submit("agent", EndGrant, grantId=revoked["id"])
        lost = await submit("alice", GiveGrant, **self._terms("Of a key"))
        await submit("bob", EndGrant, grantId=lost["id"], reason="KEY_REVOKED")
        await submit("platform", EndGrant, grantId=lost["id"])
        await submit("platform", EndGrant, grantId=lost["id"], reason="KEY_REVOKED")
        await submit("alice", GiveGrant, **self._terms("Short"))
        self._run.place.clock.advance(hours=30)
        await self._ask("$4")

    async def _attachments(self) -> None:
        submit = self._run.submit
        on: Raw = {"projectName": "pay", "taskId": self._task}
        names = [(await submit("agent", ReceiveUpload, content=b"A box", fileName=name))["id"] for name in ("a", "b")]
        added = [{"uploadId": name, "label": "The box"} for name in names]
        await submit("agent", RecordAction, **on, description="Sent photos", addAttachments=added)
        large = await self._ask("$4,200.00", attachments=names)
        for opened in ([names[1], "upl_none"], [names[1], names[1]], names[::-1]):
            await submit("bob", Decide, requestId=large, outcome=APPROVE, attachmentsOpened=opened)
        await submit("alice", Decide, requestId=large, outcome=APPROVE, attachmentsOpened=[])
        form = await self._ask_form(attachments=names[:1])
        await submit("alice", Answer, requestId=form, answers={"email": "a@example.com"}, attachmentsOpened=names[:1])
        for who in ("agent", "alice"):
            await self._run.read(who, "elicitation_result", form)

    async def _pauses(self) -> None:
        submit, project = self._run.submit, self._project
        await submit("alice", GiveGrant, **self._terms("Left", until="2026-03-20T12:00:00+01:00", sample=0.05))
        await submit("agent", Pause, **project, reason="x")
        await submit("alice", Pause, **project, reason="The price list is wrong")
        await submit("bob", Pause, **project, reason="Again")
        await self._ask("$5")
        await self._run.read("bob", "authority")
        await submit("bob", Resume, **project)
        await submit("bob", Resume, **project)
        await submit("bob", Resume, projectId="prj_none")
        await submit("bob", Pause, reason="All of it")
        await self._ask("$6")
        await submit("alice", Resume)

    async def _reads(self) -> None:
        run, project_id = self._run, self._project["projectId"]
        # At the folder an agent reads what a reviewer does; over the network it has no such calls.
        for who in ("alice", "agent") if run.place.transport else ("alice",):
            await run.read(who, "policy", project_id)
            await run.read(who, "policy", "prj_none")
            await run.read(who, "grants", project_id=project_id)
            await run.read(who, "grants")
            await run.read(who, "grants", project_id="prj_none")
            await run.read(who, "authority")
            await run.pages(who, "inbox", limit=3, project_id=project_id)
            await run.pages(who, "events", limit=50, project_id=project_id)
