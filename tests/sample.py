"""Write `docs/record.jsonl`, the record that the guides begin with: an afternoon of a small team.

`make picture` runs it. The record is the same in each run: clock and ids are counted.
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from api_client.actor import Actor
from api_client.commands import (
    AddNote,
    Answer,
    Assign,
    Command,
    CreateProject,
    CreateTask,
    Decide,
    RaiseException,
    RecordAction,
    RequestApproval,
    RequestElicitation,
    read_command,
)
from store.folder.engine import Store
from store.folder.local_backend import LocalBackend, open_local
from store.transfer.exporter import Filter, jsonl
from store.transfer.folder_record import FolderRecord
from tests.conftest import FixedClock, counting_tokens
from tests.picture import DOCS

FILE = DOCS / "record.jsonl"
STEPS = {
    "initialStep": "intake",
    "steps": [
        {"name": "intake", "owner": "AGENT", "exits": ["in_review"]},
        {"name": "in_review", "owner": "HUMAN", "exits": ["paid", "denied"]},
        {"name": "paid", "owner": "PLATFORM", "exits": []},
        {"name": "denied", "owner": "PLATFORM", "exits": []},
    ],
}
ACCIDENT: list[dict[str, Any]] = [
    {"type": "DateField", "id": "day", "label": "Day of the accident", "required": True, "max": "2026-03-02"},
    {"type": "Text", "id": "place", "label": "Where?", "required": True},
    {"type": "Switch", "id": "police", "label": "Police called?", "required": False},
]


class Afternoon:
    """An agent and two reviewers at work, five minutes between two writes."""

    def __init__(self, backend: LocalBackend, clock: FixedClock) -> None:
        self._maria = backend
        self._agent = backend.acting_as(Actor("claims-bot", "agent"))
        self._clock = clock
        self._keys = counting_tokens()

    async def _does(self, kind: type[Command], **raw: Any) -> str:
        return await self._write(self._agent, kind, raw)

    async def _says(self, kind: type[Command], **raw: Any) -> str:
        return await self._write(self._maria, kind, raw)

    async def _write(self, who: LocalBackend, kind: type[Command], raw: dict[str, Any]) -> str:
        self._clock.advance(minutes=5)
        receipt = await who.submit(read_command(kind, raw), key=self._keys())
        return str(receipt.answer.get("eventId") or receipt.answer["id"])

    async def open(self, name: str, amount: int, *done: str, review: bool = True) -> dict[str, str]:
        """Make a task and work on it until a person is needed; return what names it."""
        facts = {"metadataPatch": {"set": {"amount": amount}}}
        task = await self._does(CreateTask, projectName="claims", name=f"Claim {name}", externalId=name, **facts)
        named = {"projectName": "claims", "taskId": task}
        for description in done:
            await self._does(RecordAction, description=description, **named)
        if review:
            await self._does(RecordAction, description="Ready for a person", transitionsTo="in_review", **named)
        return named

    async def ask(self, named: dict[str, str], summary: str, outcome: str, confidence: float, why: str) -> str:
        """Ask for an approval."""
        recommended = {"outcome": {"type": outcome}, "confidence": confidence, "rationale": why}
        return await self._does(RequestApproval, summary=summary, recommendation=recommended, **named)

    async def decide(self, request: str, **outcome: str) -> None:
        """Decide as maria, who is shown the request."""
        shown = await self._maria.request(request)
        await self._says(Decide, requestId=request, outcome=outcome, requestHash=shown.hash)

    async def run(self) -> None:
        """Two claims come to their end, three wait for a person, one is being worked on."""
        await self._says(CreateProject, name="Claims", steps=STEPS)
        one = await self.open("C-1027", 85, "Read the report: a lost parcel")
        asked = await self.ask(one, "Refund $85 on claim C-1027", "APPROVE", 0.94, "Tracking ends at the depot.")
        await self.decide(asked, type="APPROVE")
        await self._does(RecordAction, description="Paid $85", transitionsTo="paid", externalTraceId=asked, **one)
        two = await self.open("C-1028", 4100, "Read the report: a stolen camera")
        asked = await self.ask(two, "Pay $4,100 on claim C-1028", "APPROVE", 0.62, "The receipt fits the model.")
        three = await self.open("C-1029", 240, "Read the report: hail on a parked car")
        missing = await self._does(RequestElicitation, summary="When and where was the hail?", fields=ACCIDENT, **three)
        await self.decide(asked, type="REJECT", note="The receipt is for another model.", reasonCode="receipt")
        await self._does(RecordAction, description="Told the customer why", transitionsTo="denied", **two)
        answers = {"day": "2026-02-26", "place": "Lyon, on the street", "police": False}
        await self._says(Answer, requestId=missing, answers=answers)
        await self._does(RecordAction, description="The weather service has hail there", **three)
        await self.ask(three, "Refund $240 on claim C-1029", "APPROVE", 0.91, "Photos fit the hail of that day.")
        four = await self.open("C-1030", 610, "Read the report: a cracked windscreen")
        await self._does(RaiseException, message="The garage's price list timed out; read it again", **four)
        await self.ask(four, "Pay $610 on claim C-1030", "REJECT", 0.7, "The usual price is $480.")
        five = await self.open("C-1031", 1900, "Read the report: a crash at a junction")
        bids = [{"fieldId": "place", "value": "Junction of A7 and Mill Road", "confidence": 0.55}]
        form = {"summary": "When and where did it crash?", "fields": ACCIDENT, "recommendation": bids}
        await self._does(RequestElicitation, **form, **five)
        await self._says(Assign, taskId=five["taskId"], assigneeId="maria")
        six = await self.open("C-1032", 40, "Read the report: a wet book", review=False)
        await self._does(AddNote, message="The shop is asked for the price", **six)


async def _fill(folder: Path) -> None:
    clock = FixedClock()
    backend = await open_local(folder, Actor("maria", "reviewer", ("claims",)), clock=clock, tokens=counting_tokens())
    try:
        await Afternoon(backend, clock).run()
    finally:
        await backend.aclose()


def record() -> bytes:
    """Return the afternoon as a full export."""
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_fill(Path(folder)))
        store = Store(Path(folder), clock=FixedClock(), tokens=counting_tokens())
        try:
            return b"".join(jsonl(FolderRecord(store), Filter()))
        finally:
            store.close()


if __name__ == "__main__":
    FILE.write_bytes(record())
