"""The wire objects of CONTRACT.md parts 1 and 2.

All are frozen; camelCase on the wire, snake_case here. Unknown keys in a response are ignored: a hosted
server may add some. Values that an agent may invent (event types, statuses) are plain text here, for an
unknown one must be displayed, not refused.
"""

from __future__ import annotations

from collections import deque
from operator import attrgetter
from typing import Annotated, Generic, Literal, TypeVar

from msgspec import Meta, field
from msgspec.structs import force_setattr

from api_client.deeds import Deeds
from api_client.needs import Needs
from api_client.wire import Body, Confidence, Json, Moment, Wire, keep_in_utc

OutcomeType = Literal["APPROVE", "REJECT", "EDIT_AND_APPROVE", "ESCALATE", "REQUEST_MORE_INFO"]
StepOwner = Literal["AGENT", "HUMAN", "PLATFORM"]
Role = Literal["agent", "reviewer"]
Order = Literal["asc", "desc"]

APPROVAL_REQUESTED = "APPROVAL_REQUESTED"
APPROVAL_DECIDED = "APPROVAL_DECIDED"
ELICITATION_REQUESTED = "ELICITATION_REQUESTED"
ELICITATION_PROVIDED = "ELICITATION_PROVIDED"
REQUEST_WITHDRAWN = "REQUEST_WITHDRAWN"

OVERDUE_MOST = 1000
"""Overdue tasks that a board counts in one step."""


class Step(Body):
    """One step of a project's graph; no exits makes it terminal."""

    name: str
    owner: StepOwner
    exits: tuple[str, ...] = ()
    timeout_seconds: int | None = None


class Steps(Body):
    """A project's step graph."""

    initial_step: str
    steps: Annotated[tuple[Step, ...], Meta(extra_json_schema={"minItems": 1})]
    step_schemas: dict[str, dict[str, Json] | bool] | None = None

    def step(self, name: str) -> Step | None:
        """Return the step called `name`, or None where the graph has none."""
        return next((step for step in self.steps if step.name == name), None)

    def in_graph_order(self) -> list[Step]:
        """Return the steps breadth first from the initial one; steps that can't be reached come last."""
        place = {name: index for index, name in enumerate(self.reached())}
        return sorted(self.steps, key=lambda step: place.get(step.name, len(place)))

    def reached(self) -> list[str]:
        """Return the names of the steps that can be reached, breadth first from the initial one."""
        exits = {step.name: step.exits for step in reversed(self.steps)}  # of steps with one name the first counts
        reached = {self.initial_step: None}
        waiting = deque(reached)
        while waiting:
            for name in exits.get(waiting.popleft(), ()):
                if name not in reached:
                    reached[name] = None
                    waiting.append(name)
        return list(reached)


class Project(Wire):
    """A project; `project_name` is the slug that agents use."""

    id: str
    name: str
    project_name: str
    steps: Steps


class Attachment(Body):
    """An upload on a task, under the name that its attacher gave it."""

    upload_id: str
    label: str


class Task(Wire):
    """A task as its events add up to it."""

    id: str
    project_id: str
    name: str
    external_id: str | None = None
    current_step: str
    status: str
    metadata: dict[str, Json] = field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()


class OpenRequest(Wire):
    """A request that waits for a person."""

    request_id: str
    event_type: str
    summary: str
    requested_at: Moment

    def __post_init__(self) -> None:
        keep_in_utc(self, "requested_at")


class TaskDetail(Wire):
    """A task and its open requests, the oldest first."""

    task: Task
    open_requests: tuple[OpenRequest, ...] = ()

    def __post_init__(self) -> None:
        if len(self.open_requests) > 1:
            # A hosted server promises no order; requests of the same time stay in the order of the response.
            force_setattr(self, "open_requests", tuple(sorted(self.open_requests, key=attrgetter("requested_at"))))


class Outcome(Body):
    """The content of a decision. On `EDIT_AND_APPROVE` the note describes the edit."""

    type: OutcomeType
    note: str | None = None
    reason_code: str | None = None


class ApprovalRecommendation(Body):
    """The decision that the agent suggests; confidence from 0 to 1."""

    outcome: Outcome
    confidence: Confidence | None = None
    rationale: str | None = None


class FieldBid(Body):
    """The answer that the agent suggests for one field: the reviewer's pre-fill.

    The value may be left out (the TypeScript SDK does so for undefined) and is null then. In a response it is always
    present: the Python SDK refuses a bid without the key.
    """

    field_id: str
    value: Json = field(default_factory=lambda: None)
    confidence: Confidence | None = None
    rationale: str | None = None


class MetadataPatch(Body):
    """`set` overwrites, `set_once` writes where the key is absent, `unset` removes; in this order."""

    set: dict[str, Json] | None = None
    set_once: dict[str, Json] | None = None
    unset: tuple[str, ...] | None = None


class AuthoritySnapshot(Wire):
    """The reviewer who decided, with their tags at that time; `grant` where a grant of theirs decided for them."""

    subject: str
    tags: tuple[str, ...] = ()
    grant: str | None = None


class Event(Wire):
    """One entry of a timeline. From our server also who fired it, and its place and link in the chain."""

    id: str
    task_id: str
    project_id: str
    event_type: str
    source: str
    owner: str
    timestamp: Moment
    payload: dict[str, Json]
    transition_from: str | None = None
    transition_to: str | None = None
    in_response_to: str | None = None
    external_trace_id: str | None = None
    subject: str | None = None
    seq: int | None = None
    hash: str | None = None

    def __post_init__(self) -> None:
        keep_in_utc(self, "timestamp")


class ApprovalResult(Wire):
    """The decision on an approval; `event_id` and `hash` name its event, where the server sends them."""

    request_id: str
    task_id: str
    event_id: str | None = None
    hash: str | None = None
    outcome: Outcome
    decided_at: Moment
    decided_by: str | None = None
    authority_snapshot: AuthoritySnapshot | None = None
    recommendation_snapshot: ApprovalRecommendation | None = None

    def __post_init__(self) -> None:
        keep_in_utc(self, "decided_at")


class ElicitationResult(Wire):
    """The answers to an elicitation, by field id; `event_id` and `hash` as in an `ApprovalResult`."""

    request_id: str
    task_id: str
    event_id: str | None = None
    hash: str | None = None
    fields: dict[str, Json]
    answered_at: Moment
    answered_by: str | None = None

    def __post_init__(self) -> None:
        keep_in_utc(self, "answered_at")


class EventRef(Wire):
    """The response to a command on a task: the event that it made."""

    event_id: str


class UploadRef(Wire):
    """An upload whose content has arrived."""

    id: str
    status: Literal["READY"]


class Upload(Wire):
    """The description of an upload; size in bytes, `url` the absolute address of its content."""

    id: str
    content_type: str
    size: int
    url: str
    file_name: str = ""


class Me(Wire):
    """The caller, and what this backend lets them do."""

    subject: str
    tags: tuple[str, ...] = ()
    role: Role
    capabilities: tuple[str, ...] = ()


class InboxItem(Wire):
    """An open request as the inbox lists it; `recommendation` is the approval's, raw.

    `requested_by` is the subject of the key that asked; empty where the server does not say.
    """

    request_id: str
    event_type: str
    summary: str
    requested_at: Moment
    requested_by: str = ""
    task_id: str
    task_name: str
    project_id: str
    project_name: str
    step: str
    assignee_id: str | None = None
    recommendation: Json = None
    field_count: int | None = None
    overdue_at: Moment | None = None
    expires_at: Moment | None = None
    expires_to: str | None = None
    """When the platform settles it, and to which outcome (`WITHDRAW`: an elicitation), where the policy says so."""
    hash: str = ""
    needs: Needs | None = None
    """The demands of the project's policy; None where it makes none, and every reviewer may decide."""
    blind: bool | None = None
    """Whether the agent's recommendation is to be hidden until the reviewer has decided."""
    key_value_context: dict[str, str] | None = None
    """The request's context; None where the server sends none with its list."""

    def __post_init__(self) -> None:
        keep_in_utc(self, "requested_at", "overdue_at", "expires_at")


class RequestDetail(Wire):
    """All that a reviewer sees of a request; a decision refers to its `hash`. `deeds` are a decided approval's."""

    event: Event
    hash: str = ""
    task: Task
    project: Project
    result: dict[str, Json] | None = None
    expires_at: Moment | None = None
    expires_to: str | None = None
    needs: Needs | None = None
    blind: bool | None = None
    """As in an `InboxItem`, while it is open."""
    deeds: Deeds | None = None

    def __post_init__(self) -> None:
        keep_in_utc(self, "expires_at")


class Column(Wire):
    """One step of a board with its counts; `waiting` tasks have an open request, or several.

    Only our server sends `overdue`, which counts up to `OVERDUE_MOST`, and `oldest_at`.
    """

    step: str
    owner: str
    terminal: bool
    count: int
    waiting: int
    overdue: int | None = None
    """Tasks that have been in the step for longer than it allows; None where it sets no time."""
    oldest_at: Moment | None = None
    """When the task that has been in the step for longest entered it; None in a final step, and in an empty one."""

    def __post_init__(self) -> None:
        keep_in_utc(self, "oldest_at")


class Board(Wire):
    """A project's columns in graph order."""

    columns: tuple[Column, ...]


class Card(Task):
    """A task as the board displays it. `overdue_at` is also present before it has passed.

    `open_request` is the oldest of `open_request_count`.
    A server without the reviewer part does not send `step_entered_at`, nor what stands behind `overdue_at`.
    """

    step_entered_at: Moment | None = None
    assignee_id: str | None = None
    open_request: OpenRequest | None = None
    open_request_count: int = 0
    overdue_at: Moment | None = None
    agent: str | None = None
    """The subject of the agent that brought it to its step; of the one that created it, where a person did."""
    last_event_at: Moment | None = None
    """When anything was last put on the task's timeline."""
    decided_at: Moment | None = None
    """When its last request was settled, where none is open and its agent has done nothing on it since."""

    def __post_init__(self) -> None:
        keep_in_utc(self, "step_entered_at", "overdue_at", "last_event_at", "decided_at")
        if self.open_request is not None and self.open_request_count < 1:
            force_setattr(self, "open_request_count", 1)  # a server that knows of one request a task counts none


T = TypeVar("T")


class Page(Wire, Generic[T]):
    """A part of a list. Send `next_cursor` back for the part after it, now or later."""

    items: tuple[T, ...] = ()
    next_cursor: str | None = None
    more: bool | None = None
    """True where it has fewer items than were asked for, for they are large or rare, and more follow (ours only)."""

    def is_last(self, limit: int) -> bool:
        """Return whether no items follow for now; `limit` is the one that the page was asked for with."""
        return len(self.items) < limit and not self.more


class Change(Wire):
    """A new event, and the cursor to resume from after it."""

    event: Event
    cursor: str


class Receipt(Wire):
    """The response to a write: the body of the contract's 201.

    `replayed` is true if it repeats the response to an earlier write with the same key, and nothing was written.
    """

    answer: dict[str, Json]
    replayed: bool = False

    @property
    def event_id(self) -> str:
        """The id of the event that was written; empty where the response names none."""
        return str(self.answer.get("eventId", ""))
