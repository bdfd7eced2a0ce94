"""The hosted service as far as its published API goes: part 1 of the contract, with what only it knows mixed in.

Extra keys stand at every depth, statuses, steps, event and field types are there that nobody here has heard of, its
pages are small, and nothing of part 2 exists.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

KEY = "hosted-key"
PAGE = 50
"""Events that a page of the service holds at the most, whatever was asked for."""
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
STEPS = {
    "initialStep": "triage",
    "colour": "teal",
    "steps": [
        {"name": "triage", "owner": "AGENT", "exits": ["in_review"], "sla": {"hours": 4}},
        {"name": "in_review", "owner": "HUMAN", "exits": ["paid"]},
        {"name": "paid", "owner": "PLATFORM", "exits": []},
    ],
}


@dataclass
class Service:
    """Projects, tasks and their timelines, in memory."""

    calls: Counter[str] = field(default_factory=Counter)
    """How often each call was made: `tasks`, `task`, `events`, `projects`, `other`."""
    content: bytes = b"a photo"
    files_at: str = ""
    """Where uploads are kept; empty at the service itself."""
    keys_seen: list[str | None] = field(default_factory=list)
    """The `Authorization` of each call for content."""
    _tasks: dict[str, dict[str, Any]] = field(default_factory=dict)
    _events: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    _now: datetime = NOON

    def task(self, name: str, step: str = "triage", status: str = "RUNNING") -> str:
        """Make a task; return its id."""
        task_id = f"task_{len(self._tasks) + 1}"
        self._tasks[task_id] = {
            "id": task_id,
            "projectId": "prj_1",
            "name": name,
            "currentStep": step,
            "status": status,
            "metadata": {"amount": 240},
            "attachments": [{"uploadId": "up_1", "label": "the photo", "thumbnail": "x"}],
            "priority": "high",
        }
        self._events[task_id] = []
        self.event(task_id, "TASK_CREATED", {"type": "TaskCreated", "name": name, "metadataPatch": {}})
        return task_id

    def event(self, task_id: str, kind: str, payload: dict[str, Any], **more: Any) -> str:
        """Add an event to a task's timeline; return its id."""
        self._now += timedelta(seconds=1)
        event_id = f"{task_id}_evt_{len(self._events[task_id]) + 1}"
        event = {
            "id": event_id,
            "taskId": task_id,
            "projectId": "prj_1",
            "eventType": kind,
            "source": "AGENT",
            "owner": "AGENT",
            "timestamp": self._now.isoformat().replace("+00:00", "Z"),
            "payload": payload,
            "region": "eu-1",
        }
        self._events[task_id].append(event | more)
        return event_id

    def ask(self, task_id: str, kind: str = "APPROVAL_REQUESTED", **payload: Any) -> str:
        """Let a task wait for a person; return the request's id."""
        self._tasks[task_id]["status"] = "WAITING"
        return self.event(task_id, kind, {"type": "Requested", "urgency": 3, **payload})

    def settle(self, request_id: str) -> None:
        """Decide a request, in the service's own workspace."""
        task_id = request_id.partition("_evt_")[0]
        payload = {"type": "ApprovalDecided", "outcome": {"type": "DEFER_TO_BOARD", "votes": 3}}
        self.event(task_id, "APPROVAL_DECIDED", payload, inResponseTo=request_id, source="HUMAN")
        self._tasks[task_id]["status"] = "WAITING" if self.open_on(task_id) else "RUNNING"

    def move(self, task_id: str, step: str) -> None:
        """Take a task to a step."""
        before, self._tasks[task_id]["currentStep"] = self._tasks[task_id]["currentStep"], step
        payload = {"type": "Action", "description": f"went to {step}", "metadataPatch": {}}
        self.event(task_id, "ACTION", payload, transitionFrom=before, transitionTo=step)

    def open_on(self, task_id: str) -> list[dict[str, Any]]:
        """Return what is open on a task, the newest first: the service promises no order."""
        settled = {event.get("inResponseTo") for event in self._events[task_id]}
        return [
            {
                "requestId": event["id"],
                "eventType": event["eventType"],
                "summary": event["payload"].get("summary", ""),
                "requestedAt": event["timestamp"],
                "channel": "web",
            }
            for event in reversed(self._events[task_id])
            if event["eventType"].endswith("_REQUESTED") and event["id"] not in settled
        ]

    def app(self) -> Starlette:
        """Return the service as a web app."""
        routes = [
            Route("/api/projects", self._projects),
            Route("/api/projects/{id}", self._project),
            Route("/api/tasks", self._list),
            Route("/api/tasks/{id}", self._task),
            Route("/api/tasks/{id}/events", self._timeline),
            Route("/api/uploads/{id}", self._upload),
            Route("/files/{id}", self._file),
        ]
        return Starlette(routes=routes, exception_handlers={404: self._unknown})

    _project_1 = {"id": "prj_1", "name": "Claims", "projectName": "claims", "steps": STEPS, "plan": "pro"}  # noqa: RUF012

    def _unknown(self, _request: Request, _fault: Exception) -> Response:
        self.calls["other"] += 1
        return JSONResponse({"error": "Not found", "requestId": "r-1"}, 404)

    def _projects(self, _request: Request) -> Response:
        self.calls["projects"] += 1
        return JSONResponse({"items": [self._project_1], "total": 1})

    def _project(self, _request: Request) -> Response:
        return JSONResponse(self._project_1)

    def _list(self, _request: Request) -> Response:
        self.calls["tasks"] += 1
        return JSONResponse({"items": list(self._tasks.values()), "total": len(self._tasks)})

    def _task(self, request: Request) -> Response:
        self.calls["task"] += 1
        task_id = request.path_params["id"]
        if task_id not in self._tasks:
            return self._unknown(request, KeyError())
        return JSONResponse({"task": self._tasks[task_id], "openRequests": self.open_on(task_id), "watchers": []})

    def _timeline(self, request: Request) -> Response:
        self.calls["events"] += 1
        events = self._events.get(request.path_params["id"])
        if events is None:
            return self._unknown(request, KeyError())
        start = int(request.query_params.get("cursor") or 0)
        page = events[start : start + min(PAGE, int(request.query_params.get("limit") or PAGE))]
        return JSONResponse({"items": page, "nextCursor": str(start + len(page)), "took": 3})

    def _upload(self, request: Request) -> Response:
        url = f"{self.files_at or request.base_url}files/{request.path_params['id']}?signature=s"
        return JSONResponse({"id": "up_1", "contentType": "image/jpeg", "size": len(self.content), "url": url})

    def _file(self, request: Request) -> Response:
        self.keys_seen.append(request.headers.get("authorization"))
        return Response(self.content)


def busy_service() -> Service:
    """Return a service with something of everything."""
    service = Service()
    claim = service.task("Claim C-1029")
    service.event(claim, "SENTIMENT_SCORED", {"type": "SentimentScored", "score": 0.2, "message": "customer is upset"})
    service.move(claim, "in_review")
    service.ask(
        claim,
        summary="Refund $240 on claim C-1029",
        keyValueContext={"Amount": "$240"},
        recommendation={"outcome": {"type": "APPROVE", "weight": 1}, "confidence": 0.91, "model": "m-1"},
        attachments=["up_1"],
    )
    details = service.task("Claim C-1044")
    service.ask(
        details,
        "ELICITATION_REQUESTED",
        summary="Need details on the incident",
        fields=[
            {"type": "Signature", "id": "sign", "label": "Sign here", "required": True, "ink": "blue"},
            {"type": "Text", "id": "mail", "label": "Mail", "required": True, "autocomplete": "email"},
        ],
    )
    vote = service.task("Claim C-1050")
    service.ask(vote, "VOTE_REQUESTED", summary="Vote on the new tariff")
    service.task("Claim C-1060", step="quarantine", status="PAUSED_BY_LEGAL")
    running = service.task("Claim C-1070", step="paid", status="CLOSED")
    for number in range(120):
        service.event(running, "NOTE", {"type": "Note", "message": f"note {number}"})
    return service
