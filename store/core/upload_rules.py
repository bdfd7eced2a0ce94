"""The rules of uploads (CONTRACT.md part 3, Uploads): their arrival, and what may name them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from api_client import commands as c
from api_client.errors import InvalidRequest
from api_client.times import wire_time
from store.core.event_types import UPLOAD_RECEIVED
from store.core.rule_checks import without_none
from store.core.ruling import Ruling
from store.core.state_view import Doc, StateView

_LISTED = 10
"""Ids that a refusal lists at the most."""


def receive_upload(ruling: Ruling, command: c.ReceiveUpload) -> None:
    """Record an upload whose content has arrived."""
    if ruling.content is None:
        raise InvalidRequest("An upload needs its content.")
    upload_id = f"upl_{ruling.token()}"
    payload = {
        "type": "UploadReceived",
        "id": upload_id,
        "fileName": command.file_name,
        "contentType": command.content_type,
        "size": ruling.content.size,
        "sha256": ruling.content.sha256,
    }
    ruling.entry(UPLOAD_RECEIVED, payload)
    ruling.shows = ("uploads", upload_id)


def refuse_unknown(missing: Iterable[str]) -> None:
    """Refuse a command that names these uploads, where there are any.

    Raises:
        InvalidRequest: UNKNOWN_UPLOAD, with their ids.
    """
    if unknown := list(missing):  # an empty id too, which no text of them would show
        names = ", ".join(upload or repr(upload) for upload in unknown[:_LISTED])
        more = f" and {len(unknown) - _LISTED} more" if len(unknown) > _LISTED else ""
        raise InvalidRequest(f"Not attached to the task, or never uploaded: {names}{more}", code="UNKNOWN_UPLOAD")


def check_not_dropped(ruling: Ruling, uploads: Iterable[str]) -> None:
    """Refuse what no task has had for so long that its content may be dropped (CONTRACT.md part 3, Limits).

    Raises:
        InvalidRequest: UNKNOWN_UPLOAD, with its id.
    """
    seconds = ruling.limits.loose_seconds
    first = "" if seconds is None else wire_time(ruling.now - timedelta(seconds=seconds))
    for upload in uploads:
        doc = ruling.view.get("uploads", upload) or {}
        if not doc.get("attached") and doc.get("receivedAt", first) < first:
            message = f"The upload {upload} was attached to nothing for too long, and was dropped: send it again."
            raise InvalidRequest(message, code="UNKNOWN_UPLOAD")


def attachment_snapshots(view: StateView, task: Doc, uploads: Iterable[str]) -> list[Doc]:
    """Return the label and content hash of each upload, as a request that is asked now shows it (CONTRACT.md part 3).

    Each upload once, in the order of `uploads`; one that is not attached to the task is left out. Requests that were
    recorded before there were snapshots have none, which is no breach; a snapshot that is there is this.
    """
    labels = {attachment["uploadId"]: attachment["label"] for attachment in task["attachments"]}
    return [
        without_none(
            {"uploadId": upload, "label": labels[upload], "sha256": (view.get("uploads", upload) or {}).get("sha256")}
        )
        for upload in dict.fromkeys(uploads)
        if upload in labels
    ]
