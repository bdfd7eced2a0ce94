"""The attachments of a request as it was asked with them, and which of them the task calls otherwise by now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pumpup_tui.text.firewall import line

if TYPE_CHECKING:
    from api_client.models import Attachment, RequestDetail


def attachments_of(detail: RequestDetail) -> list[Attachment]:
    """Return what a request shows, each under the label that it had when the request was asked.

    A request without `attachmentSnapshots` (recorded before there were any, or by another server) has the labels that
    the task has now (CONTRACT.md part 3, Requests).
    """
    # Whoever has a request has the models: the first rows wait for neither.
    from api_client.models import Attachment

    labels = _labels_now(detail) | _labels_then(detail)
    return [Attachment(upload_id=upload, label=labels[upload]) for upload in _named(detail) if upload in labels]


def relabelled(detail: RequestDetail) -> dict[str, str]:
    """Return, by upload, what the task calls an attachment now where the request was asked under another label."""
    now = _labels_now(detail)
    then = _labels_then(detail)
    return {one: now[one] for one in _named(detail) if one in now and now[one] != then.get(one, now[one])}


def relabelled_words(label: str) -> str:
    """Return, in clean words, that the task has another label by now."""
    return f"⚠ relabelled since: “{line(label, 80)}”"


def _named(detail: RequestDetail) -> list[str]:
    named = detail.event.payload.get("attachments")
    return list(dict.fromkeys(map(str, named))) if isinstance(named, list) else []


def _labels_now(detail: RequestDetail) -> dict[str, str]:
    return {one.upload_id: one.label for one in detail.task.attachments}


def _labels_then(detail: RequestDetail) -> dict[str, str]:
    shown: Any = detail.event.payload.get("attachmentSnapshots")
    return {
        str(one["uploadId"]): str(one["label"])
        for one in (shown if isinstance(shown, list) else ())
        if isinstance(one, Mapping) and "uploadId" in one and "label" in one
    }
