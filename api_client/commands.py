"""The commands: one small model for everything that can be written.

A command knows its call of the contract (`path`) and which of its keys are part of that path; all others are the body.
The same path is the scope of its idempotency key, in every backend (CONTRACT.md part 3).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from itertools import islice
from string import Formatter
from typing import Annotated, ClassVar, Literal, Self, TypeVar
from urllib.parse import quote

from msgspec import Meta

from api_client.actor import Actor
from api_client.authority import GrantTerms, Policy
from api_client.body_faults import faults_in, has_unknown_keys
from api_client.errors import InvalidRequest
from api_client.fields import AnyField, check_declaration
from api_client.models import ApprovalRecommendation, Attachment, FieldBid, MetadataPatch, Outcome, Steps
from api_client.wire import Body, Json, NotBlank, check_not_blank, read, wire_name

PLATFORM = Actor("platform", "platform")

KEY_MAX = 255
"""Characters of an idempotency key at the most; it has at least one (CONTRACT.md part 1, Headers)."""
REPLAYED_HEADER = "Idempotent-Replayed"
"""The header by which our server marks the repeat of an earlier response; other clients may ignore it."""
_MAX_FAULTS = 10
"""The most faults of a body that one message names."""


def path_part(text: str) -> str:
    """Return `text` as one part of a path, whatever its characters are."""
    # A part of dots alone would be a step to another level of the path, and `quote` leaves dots as they are.
    return quote(text, safe="", errors="replace") if text.strip(".") else text.replace(".", "%2E")


@cache
def _names_in(path: str) -> frozenset[str]:
    """Return the names in a path; cached, for every write needs those of its command."""
    return frozenset(name for _, name, _, _ in Formatter().parse(path) if name)


class Command(Body):
    """Base of all commands."""

    method: ClassVar[Literal["POST", "PUT", "DELETE"]] = "POST"
    path: ClassVar[str]
    """The call's path, with this command's own keys in it, like `{task_id}`."""
    for_reviewers: ClassVar[bool] = False
    """True for part 2 of the contract, which an agent's key may not call."""

    @classmethod
    def path_keys(cls) -> frozenset[str]:
        """Return the names of the keys that are part of the path."""
        return _names_in(cls.path)

    @classmethod
    def location_of(cls, **ids: str) -> str:
        """Return the concrete path of the call on `ids`, which are percent-encoded."""
        return cls.path.format(**{key: path_part(value) for key, value in ids.items()})

    def location(self) -> str:
        """Return the concrete path of this command's call."""
        keys = self.path_keys()
        return self.location_of(**{key: getattr(self, key) for key in keys}) if keys else self.path

    def body(self) -> dict[str, Json]:
        """Return the JSON body of this command's call."""
        in_path = {wire_name(type(self), key) for key in self.path_keys()}
        return {key: value for key, value in self.wire().items() if key not in in_path}


class CreateProject(Command):
    """Create a project; its slug is made of the name."""

    path = "/api/projects"
    for_reviewers = True
    name: str
    steps: Steps


class CreateTask(Command):
    """Create a task in the initial step of its project."""

    path = "/api/tasks"
    project_name: str
    name: str
    external_id: str | None = None
    metadata_patch: MetadataPatch | None = None


class TaskCommand(Command):
    """Base of an agent's commands on a task."""

    project_name: str
    task_id: str
    external_trace_id: str | None = None


class RequestApproval(TaskCommand):
    """Ask a person to decide."""

    path = "/api/approval-requests"
    summary: NotBlank
    key_value_context: dict[str, str] | None = None
    recommendation: ApprovalRecommendation | None = None
    attachments: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        check_not_blank(self, "summary")


class RequestElicitation(TaskCommand):
    """Ask a person to fill in fields."""

    path = "/api/elicitation-requests"
    summary: NotBlank
    fields: Annotated[tuple[AnyField, ...], Meta(extra_json_schema={"minItems": 1})]
    key_value_context: dict[str, str] | None = None
    recommendation: tuple[FieldBid, ...] | None = None
    attachments: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        check_not_blank(self, "summary")
        check_declaration(self.fields, self.recommendation or ())


class RecordAction(TaskCommand):
    """Record an action of an agent, with the changes that it makes."""

    path = "/api/agent-actions"
    description: NotBlank
    detail: dict[str, Json] | None = None
    metadata_patch: MetadataPatch | None = None
    transitions_to: str | None = None
    add_attachments: tuple[Attachment, ...] | None = None

    def __post_init__(self) -> None:
        check_not_blank(self, "description")


class RaiseException(TaskCommand):
    """Record a failure of an agent."""

    path = "/api/exceptions"
    message: NotBlank
    detail: dict[str, Json] | None = None
    transitions_to: str | None = None

    def __post_init__(self) -> None:
        check_not_blank(self, "message")


class AddNote(TaskCommand):
    """Add an agent's note to a task's timeline."""

    path = "/api/notes"
    message: NotBlank

    def __post_init__(self) -> None:
        check_not_blank(self, "message")


class ReceiveUpload(Command):
    """Store a file; its bytes come beside the command."""

    path = "/api/uploads"
    file_name: str
    content_type: str = "application/octet-stream"


class Decide(Command):
    """Settle an approval, or agree to one that takes several people (CONTRACT.md part 4).

    `request_hash` binds the decision to the request as it was displayed; `blind` says that the agent's recommendation
    was not displayed; `attachments_opened` are those of the request's attachments that the reviewer had opened, None
    where that is not known.
    """

    path = "/api/approval-requests/{request_id}/decision"
    for_reviewers = True
    request_id: str
    outcome: Outcome
    request_hash: str | None = None
    blind: bool | None = None
    attachments_opened: tuple[str, ...] | None = None


class Answer(Command):
    """Settle an elicitation, by field id; the other keys as in `Decide`."""

    path = "/api/elicitation-requests/{request_id}/answers"
    for_reviewers = True
    request_id: str
    answers: dict[str, Json]
    request_hash: str | None = None
    attachments_opened: tuple[str, ...] | None = None


class Withdraw(Command):
    """Take an open request back: who asked it, or a reviewer, who so declines to answer it (CONTRACT.md part 3)."""

    path = "/api/requests/{request_id}/withdrawal"
    request_id: str
    reason: NotBlank

    def __post_init__(self) -> None:
        check_not_blank(self, "reason")


class Assign(Command):
    """Assign a task to someone; an empty name removes the assignment."""

    path = "/api/tasks/{task_id}/assignment"
    for_reviewers = True
    task_id: str
    assignee_id: str


class Move(Command):
    """Move a task along a declared exit of its step."""

    path = "/api/tasks/{task_id}/transition"
    for_reviewers = True
    task_id: str
    transitions_to: str
    note: str | None = None


class Comment(Command):
    """Add a reviewer's note to a task's timeline."""

    path = "/api/tasks/{task_id}/notes"
    for_reviewers = True
    task_id: str
    message: NotBlank

    def __post_init__(self) -> None:
        check_not_blank(self, "message")


class SetPolicy(Policy, Command):
    """Set the policy of a project in place of the one whose hash is `replaces` (CONTRACT.md part 4)."""

    method = "PUT"
    path = "/api/projects/{project_id}/policy"
    for_reviewers = True
    project_id: str
    replaces: str | None = None

    @classmethod
    def of(cls, policy: Policy, project_id: str, replaces: str | None = None) -> Self:
        """Return the command that sets `policy`."""
        return cls(
            **{key: getattr(policy, key) for key in policy.__struct_fields__}, project_id=project_id, replaces=replaces
        )

    @property
    def policy(self) -> Policy:
        """The policy alone."""
        return Policy(**{key: getattr(self, key) for key in Policy.__struct_fields__})


class GiveGrant(GrantTerms, Command):
    """Let approvals that fit a filter be approved without asking again (CONTRACT.md part 4)."""

    path = "/api/grants"
    for_reviewers = True


class EndGrant(Command):
    """End a grant. Only the platform gives a reason: the others are found by the rules."""

    method = "DELETE"
    path = "/api/grants/{grant_id}"
    for_reviewers = True
    grant_id: str
    reason: str | None = None


class Pause(Command):
    """Refuse agents' writes and let no grant decide, in one project or in all, until `Resume`."""

    path = "/api/pause"
    for_reviewers = True
    project_id: str | None = None
    reason: NotBlank

    def __post_init__(self) -> None:
        check_not_blank(self, "reason")


class Resume(Command):
    """End the pause of a project, or the one of all."""

    path = "/api/resume"
    for_reviewers = True
    project_id: str | None = None


class Expire(Command):
    """Settle a request that nobody decided in the time that the policy gives. The platform's own: no call."""

    path = "/internal/requests/{request_id}/expiry"
    request_id: str


class FireTimeout(Command):
    """Record that a task has stayed in its step for longer than `timeoutSeconds`. The platform's own: no call."""

    path = "/internal/tasks/{task_id}/timeout"
    task_id: str


C = TypeVar("C", bound=Command)


def read_command(command_type: type[C], raw: Mapping[str, Json], **path_values: str) -> C:
    """Return the command in a JSON body and in the ids of its path.

    Raises:
        InvalidRequest: keys are unknown or missing, or have unfit values; the message names the first ten.
    """
    in_path = {wire_name(command_type, name): value for name, value in path_values.items()}
    if doubled := raw.keys() & in_path.keys():
        raise InvalidRequest(f"{', '.join(sorted(doubled))}: unknown key (it stands in the path)")
    whole = {**raw, **in_path}
    try:
        command = read(command_type, whole)
        if not has_unknown_keys(command_type, whole):
            return command
    except ValueError:
        pass  # msgspec stops at the first fault, and its text contains what was sent
    raise InvalidRequest("; ".join(islice(faults_in(command_type, whole), _MAX_FAULTS)))


HTTP_COMMANDS: tuple[type[Command], ...] = (
    CreateProject,
    CreateTask,
    RequestApproval,
    RequestElicitation,
    RecordAction,
    RaiseException,
    AddNote,
    Decide,
    Answer,
    Assign,
    Move,
    Comment,
    Withdraw,
    SetPolicy,
    GiveGrant,
    EndGrant,
    Pause,
    Resume,
)
"""The commands that are calls, nearly all with a JSON body: each is a row in the server's routes."""
