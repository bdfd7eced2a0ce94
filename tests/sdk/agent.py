"""An agent as its developer would write it, with the official SDK alone."""

from __future__ import annotations

import time
import uuid
from datetime import date, datetime
from typing import Any

from pumpup import PumpUp
from pumpup.types import (
    ApprovalRecommendation,
    ApprovalResult,
    Attachment,
    ElicitationResult,
    EventResponse,
    EventRow,
    FieldBid,
    MetadataPatchDto,
    Outcome,
)
from pumpup.types.field import (
    Field,
    Field_DateField,
    Field_DateTime,
    Field_Multiselect,
    Field_Number,
    Field_Select,
    Field_Slider,
    Field_Switch,
    Field_Text,
    Field_TextArea,
    Field_Time,
)

from tests.waiting import HANG_SECONDS

PHOTO = b"\xff\xd8 not quite a photo " * 5000


def ten_fields() -> list[Field]:
    """Return one field of each type, its optional keys set where the SDK offers them."""
    return [
        Field_Text(id="email", label="Mail", required=True, format="EMAIL", min_length=3, max_length=80),
        Field_TextArea(
            id="story",
            label="What happened",
            required=False,
            description="In your words",
            min_length=None,
            max_length=999,
        ),
        Field_Number(id="count", label="Parcels", required=True, integer_only=True, min=1, max=9),
        Field_Slider(id="care", label="Care", required=False, min=0, max=1, step=0.1),
        Field_Select(id="carrier", label="Carrier", required=True, options=["DHL", "UPS"]),
        Field_Multiselect(id="proofs", label="Proofs", required=False, options=["photo", "scan"]),
        Field_DateField(id="day", label="Day", required=False, min=date(2026, 1, 1), max=date(2026, 12, 31)),
        Field_Time(id="hour", label="Hour", required=False, min="08:00", max="18:00:00"),
        # A bound without a zone: the SDK sends it with the machine's own, and the wall clock is what was meant.
        Field_DateTime(id="at", label="At", required=False, min=datetime(2026, 1, 1, 8, 30)),  # noqa: DTZ001
        Field_Switch(id="insured", label="Insured", required=False),
    ]


class Agent:
    """An agent at work on one task."""

    def __init__(self, client: PumpUp, name: str) -> None:
        self.client = client
        self.task = client.tasks.create(
            idempotency_key=_key(),
            project_name="claims",
            name=name,
            external_id="session-1",
            metadata_patch=MetadataPatchDto(
                set_={"amount": 240, "customer": {"name": "Ann", "vip": None}}, set_once=None
            ),
        )
        self._on_task: dict[str, Any] = {"project_name": "claims", "task_id": self.task.id}

    def attach_photo(self) -> str:
        """Upload a file, attach it by an action, and return its id."""
        upload = self.client.uploads.upload(file=('the "photo" é.jpg', PHOTO, "image/jpeg"))
        self.client.events.agent_action(
            idempotency_key=_key(),
            description="Classified the claim as low-risk",
            detail={"model": "m-1", "score": 0.93, "why": None},
            add_attachments=[Attachment(upload_id=upload.id, label="Photo of the damage")],
            metadata_patch=MetadataPatchDto(set_=None, set_once={"risk": "low"}, unset=["nothing"]),
            transitions_to="in_review",
            external_trace_id="trace-1",
            **self._on_task,
        )
        return str(upload.id)

    def ask_approval(self, attachments: list[str]) -> str:
        """Ask for an approval with a recommendation; return the request's id."""
        asked: EventResponse = self.client.approvals.create(
            idempotency_key=_key(),
            summary="Refund **$240** on claim C-1029",
            key_value_context={"Amount": "$240", "Claim": "C-1029"},
            recommendation=ApprovalRecommendation(
                outcome=Outcome(type="APPROVE", reason_code=None), confidence=0.91, rationale="Within limits."
            ),
            attachments=attachments,
            **self._on_task,
        )
        return asked.event_id

    def ask_details(self) -> str:
        """Ask for all ten field types, with bids for some; return the request's id."""
        asked: EventResponse = self.client.elicitations.create(
            idempotency_key=_key(),
            summary="Need details on the incident",
            fields=ten_fields(),
            recommendation=[
                FieldBid(field_id="carrier", value="DHL", confidence=0.4),
                FieldBid(field_id="count", value=2),
            ],
            **self._on_task,
        )
        return asked.event_id

    def wait_for_decision(self, request_id: str, seconds: float = HANG_SECONDS) -> ApprovalResult:
        """Poll until a person has decided."""
        end = time.monotonic() + seconds
        result: ApprovalResult | None = None
        while result is None:
            result = self.client.approvals.get_result(request_id)
            assert time.monotonic() < end, "nobody decided"
            time.sleep(0.05)
        return result

    def wait_for_answers(self, request_id: str, seconds: float = HANG_SECONDS) -> ElicitationResult:
        """Poll until a person has answered."""
        end = time.monotonic() + seconds
        result: ElicitationResult | None = None
        while result is None:
            result = self.client.elicitations.get_result(request_id)
            assert time.monotonic() < end, "nobody answered"
            time.sleep(0.05)
        return result

    def note(self, message: str) -> str:
        """Leave a note; return its event's id."""
        made: EventResponse = self.client.events.note(idempotency_key=_key(), message=message, **self._on_task)
        return made.event_id

    def trouble(self, message: str) -> str:
        """Raise an exception; return its event's id."""
        made: EventResponse = self.client.events.exception(
            idempotency_key=_key(), message=message, detail={"page": 3}, **self._on_task
        )
        return made.event_id

    def finish(self) -> None:
        """Take the task to its end."""
        self.client.events.agent_action(
            idempotency_key=_key(), description="Paid", transitions_to="paid", **self._on_task
        )

    def timeline(self, limit: int = 2) -> list[EventRow]:
        """Return the whole timeline, page by page."""
        events: list[EventRow] = []
        cursor: str | None = None
        while (page := self.client.tasks.events(self.task.id, cursor=cursor, limit=limit)).items:
            events.extend(page.items)
            cursor = page.next_cursor
        return events


def _key() -> str:
    return str(uuid.uuid4())
