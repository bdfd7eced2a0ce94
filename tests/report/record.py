"""A record with a decision of every kind, whose every word of somebody else may be chosen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from api_client.actor import Actor
from api_client.authority import GrantTerms
from api_client.commands import Command, Decide, GiveGrant, ReceiveUpload, Withdraw
from api_client.models import Receipt
from api_client.wire import read
from store.folder.expiries import Expiries
from store.folder.local_backend import LocalBackend, open_local
from tests.conftest import counting_tokens
from tests.support.actors import AGENT, ALICE
from tests.support.backends import StepClock
from tests.support.policies import FOUR_EYES, SHORT, set_policy
from tests.support.world_builder import (
    answer,
    create_project,
    create_task,
    decide,
    in_pieces,
    record_action,
    request_approval,
    request_elicitation,
)

LEAD = Actor("zoe", "reviewer", ("claims-lead",))
FIELDS = (
    {"type": "Text", "id": "place", "label": "Where?", "required": True},
    {"type": "Number", "id": "sum", "label": "How much?", "required": True, "integerOnly": False},
    {"type": "Switch", "id": "police", "label": "Police called?", "required": False},
)
LONG_NUMBER = 9007199254740991
"""The largest whole number that is exact everywhere."""


class ReportRecord:
    """A folder in which a team decides; `text` is put before every word of somebody else."""

    def __init__(self, backend: LocalBackend, clock: StepClock, text: str) -> None:
        self.backend, self.clock, self.text = backend, clock, text
        self.project = ""
        self._number = 0

    async def give(self, command: Command, actor: Actor, content: bytes | None = None) -> Receipt:
        """Submit a command as somebody, a minute after the one before."""
        self.clock.now += timedelta(minutes=1)
        self._number += 1
        pieces = in_pieces(content) if content is not None else None
        return await self.backend.acting_as(actor).submit(command, key=f"k{self._number}", content=pieces)

    async def task(self, name: str) -> str:
        """Create a task of the project."""
        made = await self.give(create_task((self.text + name)[:500], self.project, externalId=self.text + name), AGENT)
        return str(made.answer["id"])

    async def approval(self, task: str, summary: str, outcome: str = "APPROVE", **more: Any) -> str:
        """Ask for an approval, with a recommendation; return the request's id."""
        bid = {"outcome": {"type": outcome}, "confidence": 0.91, "rationale": f"{self.text}Within the limits."}
        context = {"Customer": f"{self.text}Mrs Ada", "Amount": "$240", **more.pop("context", {})}
        asked = request_approval(
            task, self.text + summary, self.project, recommendation=bid, keyValueContext=context, **more
        )
        return (await self.give(asked, AGENT)).event_id

    async def fill(self) -> None:
        """Record a decision of every kind."""
        text = self.text
        made = await self.give(create_project(f"Claims {len(text)}"), ALICE)
        self.project = made.answer["projectName"]
        await self.give(set_policy(made.answer["id"], FOUR_EYES, SHORT), ALICE)
        await self._approved()
        await self._agreed()
        await self._denied()
        await self._answered()
        await self.approval(await self.task("C-6"), "Refund six", context={"Short": "yes"})
        withdrawn = await self.approval(await self.task("C-7"), "Refund seven", context={f"{self.text}Odd key": "x"})
        await self.give(Withdraw(request_id=withdrawn, reason=f"{text}Asked by mistake"), AGENT)
        await self._granted(made.answer["id"])
        self.clock.now += timedelta(hours=3)
        await asyncio.to_thread(Expiries(self.backend._store).sweep)

    async def _approved(self) -> None:
        task = await self.task("C-1")
        photo = await self._upload("photo.jpg")
        mail = await self._upload("mail.eml")
        attached = [{"uploadId": photo, "label": f"{self.text}photo.jpg"}, {"uploadId": mail, "label": "mail.eml"}]
        await self.give(record_action(task, f"{self.text}attached", self.project, addAttachments=attached), AGENT)
        trace = f"{self.text}run-1"
        request = await self.approval(task, "Refund one", attachments=[photo, mail], externalTraceId=trace)
        shown = (await self.backend.request(request)).hash
        await self.give(decide(request, requestHash=shown, attachmentsOpened=[photo]), ALICE)
        await self.give(record_action(task, f"{self.text}Paid it out", self.project, externalTraceId=trace), AGENT)

    async def _upload(self, name: str) -> str:
        command = ReceiveUpload(file_name=name, content_type="image/jpeg")
        return str((await self.give(command, AGENT, name.encode())).answer["id"])

    async def _agreed(self) -> None:
        request = await self.approval(await self.task("C-2"), "Refund two", context={"Amount": "$4,100"})
        await self.give(decide(request, note=f"{self.text}Looks right"), LEAD)
        await self.give(decide(request, note=f"{self.text}I agree"), ALICE)

    async def _denied(self) -> None:
        task = await self.task("C-3")
        request = await self.approval(task, "Refund three")
        outcome = {"type": "REJECT", "note": f"{self.text}Another model", "reasonCode": f"{self.text}receipt"}
        await self.give(read_decision(request, outcome), ALICE)
        deed = record_action(task, f"{self.text}Paid all the same", self.project, externalTraceId=request)
        await self.give(deed, AGENT)

    async def _answered(self) -> None:
        fields = [{**one, "label": f"{self.text}{one['label']}"} for one in FIELDS]
        bids = [
            {"fieldId": "place", "value": f"{self.text}Lyon", "confidence": 0.5, "rationale": f"{self.text}as told"}
        ]
        asked = request_elicitation(
            await self.task("C-4"), fields, f"{self.text}Need details", self.project, recommendation=bids
        )
        request = (await self.give(asked, AGENT)).event_id
        place = "".join(char for char in self.text if char.isprintable())[:200] + "Paris"
        await self.give(answer(request, {"place": place, "sum": LONG_NUMBER, "police": False}), ALICE)

    async def _granted(self, project_id: str) -> None:
        until = (self.clock.now + timedelta(days=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
        terms = {
            "projectId": project_id,
            "name": "small refunds",
            "filter": "context.Amount<500",
            "until": until,
            "most": 50,
        }
        await self.give(read(GiveGrant, read(GrantTerms, {**terms, "sample": 0.05}).wire()), ALICE)
        for number in range(20):  # a few are still asked: the sample
            request = await self.approval(await self.task(f"C-5-{number}"), f"Refund four {number}")
            if (await self.backend.request(request)).result is not None:
                return
        raise AssertionError("the grant decided nothing")


def read_decision(request: str, outcome: dict[str, str]) -> Decide:
    """Return the decision with an outcome as on the wire."""
    from api_client.commands import read_command

    return read_command(Decide, {"outcome": outcome}, request_id=request)


@asynccontextmanager
async def report_record(folder: Path, text: str = "") -> AsyncIterator[ReportRecord]:
    """Make a folder with such a record, with its checkpoint; it is closed at the end."""
    clock = StepClock()
    backend = await open_local(folder, ALICE, clock=clock, tokens=counting_tokens())
    try:
        record = ReportRecord(backend, clock, text)
        await record.fill()
        yield record
    finally:
        await backend.aclose()
