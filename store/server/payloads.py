"""The payloads of events by their own `type` (CONTRACT.md part 1, payload), for the document that describes them.

Nothing is read by these: a payload is passed on as it was recorded, and clients must expect types and keys that they
don't know.
"""

from __future__ import annotations

from typing import Any

from api_client.fields import AnyField
from api_client.models import (
    ApprovalRecommendation,
    Attachment,
    AuthoritySnapshot,
    FieldBid,
    MetadataPatch,
    Outcome,
)
from api_client.wire import Json, Wire


class Payload(Wire, tag_field="type"):
    """Base of what an event of the table may carry."""


class TaskCreated(Payload, tag=True):
    """A task has entered its initial step."""

    name: str
    initial_state: str
    metadata_patch: MetadataPatch


class Action(Payload, tag=True):
    """Something that was done on a task, and what it changed; with `inResponseTo` on the event an agreement.

    Then `detail.agreement` holds the `outcome` that a person agreed to, with `note`, `authority`, `requestHash`,
    `attachmentsOpened` and `rule`.
    """

    description: str
    detail: dict[str, Json] | None = None
    metadata_patch: MetadataPatch
    add_attachments: tuple[Attachment, ...] | None = None


class ExceptionRaised(Payload, tag=True):
    """Something that went wrong."""

    message: str
    detail: dict[str, Json] | None = None


class Note(Payload, tag=True):
    """A note on a task."""

    message: str


class AttachmentSnapshot(Wire):
    """An attachment as it was when a request was asked."""

    upload_id: str
    label: str
    sha256: str | None = None


class RuleHeld(Wire):
    """The rule of a project's policy that held when a request was settled."""

    policy: str
    """The hash of the policy that was in force."""
    name: str | None = None
    """The rule; absent where none of the policy fits the request."""
    also: tuple[str, ...] | None = None
    """The rules that held together with it, because the request does not say which of them is meant."""


class ApprovalRequested(Payload, tag=True):
    """A request that a person must decide."""

    summary: str
    key_value_context: dict[str, str] | None = None
    recommendation: ApprovalRecommendation | None = None
    attachments: tuple[str, ...] | None = None
    attachment_snapshots: tuple[AttachmentSnapshot, ...] | None = None


class ApprovalDecided(Payload, tag=True):
    """The decision on an approval: a person's, or by a grant (`authority.grant`) or an expiry the platform's."""

    outcome: Outcome
    authority: AuthoritySnapshot | None = None
    recommendation_snapshot: ApprovalRecommendation | None = None
    request_hash: str | None = None
    agreements: tuple[str, ...] | None = None
    """The events by which other people agreed before, where it took several."""
    blind: bool | None = None
    """True where the agent's recommendation was hidden until the reviewer had decided."""
    sample_of: str | None = None
    """The grant that fits the request and left it to a person, as one of its samples."""
    escalated_to: tuple[str, ...] | None = None
    """The tags of who takes over."""
    attachments_opened: tuple[str, ...] | None = None
    """Those of the request's attachments that whoever decided had opened; absent where that is not known."""
    rule: RuleHeld | None = None
    """Absent where the project has no policy."""


class ElicitationRequested(Payload, tag=True):
    """A request with fields that a person must fill in."""

    summary: str
    fields: tuple[AnyField, ...]
    key_value_context: dict[str, str] | None = None
    recommendation: tuple[FieldBid, ...] | None = None
    attachments: tuple[str, ...] | None = None
    attachment_snapshots: tuple[AttachmentSnapshot, ...] | None = None


class ElicitationProvided(Payload, tag=True):
    """The answers to an elicitation, by field id."""

    answers: dict[str, Json]
    answered_by: str | None = None
    authority: AuthoritySnapshot | None = None
    request_hash: str | None = None
    attachments_opened: tuple[str, ...] | None = None
    rule: RuleHeld | None = None
    """As in a decision."""


class Assignment(Payload, tag=True):
    """Whose task it is now; an empty name is nobody's."""

    assignee_id: str


class Timeout(Payload, tag=True):
    """A task has stayed in a step for longer than its `timeoutSeconds`."""

    state: str


class TaskClosed(Payload, tag=True):
    """A task has come to a terminal step."""

    terminal_state: str


PAYLOADS: tuple[type[Payload], ...] = tuple(Payload.__subclasses__())


def payload_schema(template: str) -> dict[str, Any]:
    """Return the JSON Schema of an event's payload: one of the table's, or of a type that is not in it.

    Args:
        template: where the schema of a class stands, with `{name}` in place of its name.
    """
    refs = {kind.__name__: template.format(name=kind.__name__) for kind in PAYLOADS}
    unknown = {
        "title": "UnknownPayload",
        "description": "Of a type that came later: pass over what you don't know.",
        "type": "object",
        "properties": {"type": {"type": "string", "not": {"enum": [*refs]}}},
        "required": ["type"],
    }
    known = {
        "oneOf": [{"$ref": ref} for ref in refs.values()],
        "discriminator": {"propertyName": "type", "mapping": refs},
    }
    return {"anyOf": [known, unknown]}
