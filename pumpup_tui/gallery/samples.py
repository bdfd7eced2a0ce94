"""Made-up content for the gallery: a project at work, as a backend would describe it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from api_client.models import (
    Attachment,
    Board,
    Card,
    Column,
    Event,
    InboxItem,
    OpenRequest,
    Project,
    RequestDetail,
    Step,
    Steps,
    Task,
)
from pumpup_tui.backend.messages import RequestLoaded
from pumpup_tui.text.inspection import inspect_request

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
PROJECT = Project(
    id="prj_1",
    name="Claims",
    project_name="claims",
    steps=Steps(
        initial_step="triage",
        steps=(
            Step(name="triage", owner="AGENT", exits=("in_review",)),
            Step(name="in_review", owner="HUMAN", exits=("paid", "rejected"), timeout_seconds=600),
            Step(name="paid", owner="PLATFORM"),
            Step(name="rejected", owner="PLATFORM"),
        ),
    ),
)
FIELDS: Sequence[Mapping[str, Any]] = (
    {"type": "Text", "id": "email", "label": "E-mail", "required": True, "format": "EMAIL"},
    {"type": "TextArea", "id": "story", "label": "What happened", "required": False, "maxLength": 400},
    {"type": "Number", "id": "amount", "label": "Amount", "required": True, "min": 1, "max": 500, "integerOnly": True},
    {"type": "Slider", "id": "trust", "label": "Trust", "required": True, "min": 0, "max": 1, "step": 0.1},
    {"type": "Select", "id": "cause", "label": "Cause", "required": True, "options": ["fire", "water", "theft"]},
    {"type": "Multiselect", "id": "parts", "label": "Parts", "required": False, "options": ["hood", "door", "roof"]},
    {"type": "DateField", "id": "day", "label": "Day", "required": True, "min": "2026-01-01", "max": "2026-12-31"},
    {"type": "Time", "id": "hour", "label": "Hour", "required": False},
    {"type": "DateTime", "id": "moment", "label": "Reported", "required": False},
    {"type": "Switch", "id": "police", "label": "Police called", "required": True},
)
HOSTILE = "[@click=app.quit]refund[/] \x1b[31m1,OOO\u202e"


def ago(minutes: float) -> datetime:
    """Return the time so many minutes before now."""
    return NOW - timedelta(minutes=minutes)


def recommended(outcome: str, confidence: float | None = 0.91) -> dict[str, Any]:
    """Return what an agent recommends."""
    return {
        "outcome": {"type": outcome},
        "confidence": confidence,
        "rationale": "Damage matches the reported cause; within policy limits.",
    }


def request(number: int, summary: str, minutes: float, **more: Any) -> InboxItem:
    """Return an open request as the inbox lists it."""
    given: dict[str, Any] = {
        "request_id": f"evt_{number}",
        "event_type": "APPROVAL_REQUESTED",
        "requested_by": "agent-1",
        "task_id": f"tsk_{number}",
        "task_name": f"Claim C-{1000 + number}",
        "project_id": PROJECT.id,
        "project_name": PROJECT.project_name,
        "step": "in_review",
    }
    return InboxItem(summary=summary, requested_at=ago(minutes), **(given | more))


def requests() -> list[InboxItem]:
    """Return a request in each state that a row shows."""
    form = {"event_type": "ELICITATION_REQUESTED", "field_count": 10}
    return [
        request(1, "Refund $240: 45 minutes overdue", 55, recommendation=recommended("APPROVE"), overdue_at=ago(45)),
        request(2, "Refund $18, mine", 44, recommendation=recommended("REJECT", 0.62), assignee_id="alice"),
        request(3, "Replace the door, given to maria", 41, recommendation=recommended("EDIT_AND_APPROVE", 0.5)),
        request(4, "Pay $4,100", 30, recommendation=recommended("ESCALATE", 0.4), assignee_id="maria"),
        request(5, "Close the claim", 20, recommendation=recommended("REQUEST_MORE_INFO", None)),
        request(6, "Need details on the incident", 12, **form),
        request(7, "A summary as long as a summary can be, " + "with many words " * 8, 6),
        request(8, HOSTILE, 0.2, recommendation=recommended("SOMETHING_NEW")),
    ]


def event(number: int, kind: str, minutes: float, payload: Mapping[str, Any], **more: Any) -> Event:
    """Return an entry of a timeline."""
    given: dict[str, Any] = {"source": "AGENT", "owner": "AGENT", "subject": "agent-1", "seq": number}
    return Event(
        id=f"evt_{number}",
        task_id="tsk_1",
        project_id=PROJECT.id,
        event_type=kind,
        timestamp=ago(minutes),
        payload=dict(payload),
        **(given | more),
    )


def events() -> list[Event]:
    """Return an event of each type, and a decision with each outcome, the newest first."""
    human = {"source": "HUMAN", "owner": "HUMAN", "subject": "alice"}
    outcomes = ("APPROVE", "REJECT", "EDIT_AND_APPROVE", "REQUEST_MORE_INFO", "ESCALATE")
    decided = [{"outcome": {"type": one, "note": "as agreed"}, "authority": {"subject": "alice"}} for one in outcomes]
    return [
        event(16, "TASK_CLOSED", 1, {"terminalState": "paid"}, transition_to="paid", transition_from="in_review"),
        event(15, "TIMEOUT", 2, {}, source="PLATFORM", owner="PLATFORM", subject=None),
        event(14, "ASSIGNMENT", 3, {"assigneeId": "maria"}, **human),
        event(13, "ELICITATION_PROVIDED", 4, {"answers": {"a": 1}}, **human),
        event(12, "ELICITATION_REQUESTED", 5, {"summary": "Need details"}),
        *(event(11 - n, "APPROVAL_DECIDED", 6 + n, payload, **human) for n, payload in enumerate(decided)),
        event(6, "APPROVAL_REQUESTED", 12, {"summary": "Refund $240"}),
        event(5, "NOTE", 13, {"message": "called the customer"}, **human),
        event(4, "EXCEPTION", 14, {"message": "the carrier does not answer"}),
        event(3, "ACTION", 15, {"description": "classified the claim as low-risk"}, transition_to="in_review"),
        event(2, "TASK_CREATED", 16, {"name": "Claim C-1001"}),
    ]


def loaded() -> RequestLoaded:
    """Return all of a request, as the detail shows it."""
    payload = {
        "summary": "Refund $240 on claim C-1001",
        "keyValueContext": {"Amount": "$240", "Claim": "C-1001", "Reason": "Lost package: tracking and photos"},
        "recommendation": recommended("APPROVE"),
    }
    task = Task(id="tsk_1", project_id=PROJECT.id, name="Claim C-1001", current_step="in_review", status="WAITING")
    asked = event(6, "APPROVAL_REQUESTED", 12, payload)
    detail = RequestDetail(event=asked, hash="5638a3df", task=task, project=PROJECT)
    return RequestLoaded(detail, events()[-4:], {}, inspect_request(detail))


def cards() -> Mapping[str, Sequence[Card]]:
    """Return a card in each state, by its step."""
    asked = OpenRequest(request_id="evt_6", event_type="APPROVAL_REQUESTED", summary="Refund $240", requested_at=ago(9))
    given: dict[str, Any] = {"project_id": PROJECT.id, "agent": "agent-1", "last_event_at": ago(3)}

    def card(number: int, name: str, step: str, **more: Any) -> Card:
        stands: dict[str, Any] = {"status": "RUNNING", "step_entered_at": ago(9)}
        return Card(id=f"tsk_{number}", name=name, current_step=step, **(given | stands | more))

    waiting: dict[str, Any] = {"status": "WAITING", "open_request": asked, "open_request_count": 1}
    return {
        "triage": [card(1, "Running", "triage"), card(2, "Stuck for a day", "triage", last_event_at=ago(1500))],
        "in_review": [
            card(3, "Waiting", "in_review", **waiting),
            card(4, "Overdue, given to maria", "in_review", assignee_id="maria", overdue_at=ago(4), **waiting),
            card(5, "Decided, its agent did nothing since", "in_review", decided_at=ago(7)),
        ],
        "paid": [card(6, "Closed", "paid", status="CLOSED", attachments=(Attachment(upload_id="u", label="x"),))],
        "rejected": [],
    }


def board() -> Board:
    """Return the columns of the cards."""
    by_step, steps = cards(), PROJECT.steps.in_graph_order()
    return Board(
        columns=tuple(
            Column(
                step=step.name,
                owner=step.owner,
                terminal=not step.exits,
                count=len(by_step[step.name]),
                waiting=sum(card.status == "WAITING" for card in by_step[step.name]),
            )
            for step in steps
        )
    )
