"""A folder with known requests, for the tests of the commands; and what their JSON must look like."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
from msgspec.json import schema as schema_of

from api_client.actor import Actor
from api_client.times import utc_now
from api_client.wire import Wire
from store.folder.api_keys import KeyRing
from store.folder.local_backend import open_local
from tests.cli.conftest import CLAIMS_STEPS
from tests.support.actors import AGENT
from tests.support.world_builder import WorldBuilder

HOSTILE = "Pay \x1b]0;owned\x07 \u202enow\u2066 [@click=app.quit]x[/] \x9b31m"
FIELDS: list[dict[str, Any]] = [
    {"type": "Text", "id": "place", "label": "Where?", "required": True},
    {"type": "Number", "id": "amount", "label": "Amount", "required": False, "min": 1, "max": 500, "integerOnly": True},
    {"type": "Switch", "id": "police", "label": "Police called?", "required": True},
    {"type": "Multiselect", "id": "parts", "label": "Parts", "required": False, "options": ["hood", "door", "roof"]},
]
RECOMMENDED = {"outcome": {"type": "APPROVE"}, "confidence": 0.91, "rationale": "Within policy."}


@dataclass(frozen=True)
class Made:
    """A folder, and ids in it."""

    data: Path
    approvals: list[str]
    elicitations: list[str]
    tasks: list[str]
    hostile: str
    agent_key: str
    reviewer_key: str


def make(data: Path, *, approvals: int = 12, elicitations: int = 4) -> Made:
    """Make a folder with so many requests waiting on the project Claims."""
    return asyncio.run(_make(data, approvals, elicitations))


async def _make(data: Path, approvals: int, elicitations: int) -> Made:
    backend = await open_local(data, Actor("maria", "reviewer"))
    world = WorldBuilder(backend.acting_as(AGENT), backend)
    tasks: list[str] = []

    async def task(number: int) -> str:
        tasks.append(await world.task(f"Claim C-{number:04d}", "claims"))
        return tasks[-1]

    try:
        await world.project(steps=json.loads(CLAIMS_STEPS))
        approved = [
            await world.approval(await task(n), f"Refund ${n} on the claim", "claims", recommendation=RECOMMENDED)
            for n in range(approvals)
        ]
        asked = [
            await world.elicitation(await task(n), FIELDS, "What happened?", "claims")
            for n in range(approvals, approvals + elicitations)
        ]
        hostile = await world.approval(await task(99), HOSTILE, "claims", keyValueContext={HOSTILE: HOSTILE})
    finally:
        await backend.aclose()
    keys = KeyRing(data, utc_now)
    return Made(
        data, approved, asked, tasks, hostile, keys.add("bot", "agent", ()), keys.add("bob", "reviewer", ("l",))
    )


def conforms(text: str, shape: type[Wire] | dict[str, Any]) -> Any:
    """Return what a JSON text says, after checking it against a model's schema, with no key that is not in it."""
    assert text.isascii(), "JSON on stdout escapes all that could act on a terminal"
    assert not any(char < " " for char in text if char != "\n")
    schema = shape if isinstance(shape, dict) else _closed(schema_of(shape))
    told = json.loads(text)
    jsonschema.validate(told, schema)
    return told


def _closed(schema: dict[str, Any]) -> dict[str, Any]:
    for part in (schema, *schema.get("$defs", {}).values()):
        if "properties" in part:
            part["additionalProperties"] = False
    return schema


EVENT_ID = {
    "type": "object",
    "required": ["eventId"],
    "properties": {"eventId": {"type": "string", "pattern": "^evt_[0-9a-f]{20}$"}},
    "additionalProperties": False,
}
