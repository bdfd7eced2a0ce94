"""Requests as the TypeScript SDK writes them, by plain HTTP, and their events as the Python SDK reads them."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from pumpup import PumpUp
from pumpup.types.payload import Payload_ElicitationRequested

from tests.sdk.agent import Agent
from tests.sdk.serving import ServedRecord


@pytest.fixture
def agent(client: PumpUp) -> Agent:
    return Agent(client, "Claim C-2044")


def asked(served: ServedRecord, agent: Agent, key: str, **keys: Any) -> str:
    """Ask for answers as that SDK does; return the request's id."""
    body = {"projectName": "claims", "taskId": agent.task.id, "summary": "When?", **keys}
    headers = {"Authorization": f"Bearer {served.agent_key}", "X-API-Version": "0", "Idempotency-Key": key}
    answer = httpx.post(f"{served.url}/api/elicitation-requests", json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    event_id: str = answer.json()["eventId"]
    return event_id


def shown(client: PumpUp, agent: Agent, request_id: str) -> Payload_ElicitationRequested:
    """Return the request as the Python SDK reads it back."""
    page = client.tasks.events(agent.task.id)
    payload = next(event.payload for event in page.items if event.id == request_id)
    assert isinstance(payload, Payload_ElicitationRequested)
    return payload


def test_a_bid_without_a_value_reads_back_as_null(served: ServedRecord, client: PumpUp, agent: Agent) -> None:
    """An undefined value is left out by JSON.stringify; the whole page stays readable for Python."""
    field = {"type": "Switch", "id": "insured", "label": "Insured", "required": False}
    bids = [{"fieldId": "insured", "confidence": 0.2, "rationale": "Not in the file."}]
    payload = shown(client, agent, asked(served, agent, "bid", fields=[field], recommendation=bids))
    assert payload.recommendation is not None
    bid = payload.recommendation[0]
    assert (bid.field_id, bid.value, bid.confidence) == ("insured", None, 0.2)


def test_bounds_as_published_read_back_plain(served: ServedRecord, client: PumpUp, agent: Agent) -> None:
    """A bound with a zone is taken for dates and times; Python then reads a date as a date."""
    fields = [
        {"type": "DateField", "id": "day", "label": "Day", "required": False, "min": "2026-05-14T00:00:00Z"},
        {"type": "Time", "id": "hour", "label": "Hour", "required": False, "max": "09:00:00Z"},
    ]
    request_id = asked(served, agent, "bounds", fields=fields)
    shown(client, agent, request_id)
    headers = {"Authorization": f"Bearer {served.agent_key}"}
    events = httpx.get(f"{served.url}/api/tasks/{agent.task.id}/events", headers=headers).json()["items"]
    day, hour = next(one for one in events if one["id"] == request_id)["payload"]["fields"]
    assert (day["min"], hour["max"]) == ("2026-05-14", "09:00:00")
