"""Labels of a request's attachments: those that it was asked with, and those that have changed on the task since."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pumpup_tui.text.firewall import line

if TYPE_CHECKING:
    from api_client.models import Attachment, RequestDetail


def attachments_of(detail: RequestDetail) -> list[Attachment]:
    """Return a request's attachments, each under the label that it had when the request was asked.

    A request without `attachmentSnapshots` (recorded before there were any, or by another server) has the labels that
    the task has now (CONTRACT.md part 3, Requests).
    """
    # Lazily: with a request the models are loaded, and the first rows wait for neither.
    from api_client.models import Attachment

    labels = _labels_now(detail) | labels_then(detail.event.payload)
    return [Attachment(upload_id=upload, label=labels[upload]) for upload in _upload_ids(detail) if upload in labels]


def relabelled(detail: RequestDetail) -> dict[str, str]:
    """Return by upload the task's present label of an attachment, where the request was asked under another one."""
    now = _labels_now(detail)
    then = labels_then(detail.event.payload)
    return {one: now[one] for one in _upload_ids(detail) if one in now and now[one] != then.get(one, now[one])}


def relabelled_words(label: str) -> str:
    """Return, in clean words, that the label on the task has changed."""
    return f"⚠ relabelled since: “{line(label, 80)}”"


def _upload_ids(detail: RequestDetail) -> list[str]:
    uploads = detail.event.payload.get("attachments")
    return list(dict.fromkeys(map(str, uploads))) if isinstance(uploads, list) else []


def _labels_now(detail: RequestDetail) -> dict[str, str]:
    return {one.upload_id: one.label for one in detail.task.attachments}


def labels_then(payload: Mapping[str, Any]) -> dict[str, str]:
    """Return by upload the labels of a request's attachments when it was asked, as far as its payload has them."""
    snapshots = payload.get("attachmentSnapshots")
    return {
        str(one["uploadId"]): str(one["label"])
        for one in (snapshots if isinstance(snapshots, list) else ())
        if isinstance(one, Mapping) and "uploadId" in one and "label" in one
    }
