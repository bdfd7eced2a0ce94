"""Which attachments a request shows and under which labels, whatever stands in its event."""

from __future__ import annotations

from typing import Any

import pytest

from api_client.models import RequestDetail
from api_client.wire import read
from pumpup_tui.text.attachment_names import attachments_of, relabelled

PROJECT = {"id": "p", "name": "P", "projectName": "p", "steps": {"initialStep": "a", "steps": []}}


def detail(payload: dict[str, Any], labels: dict[str, str]) -> RequestDetail:
    """Return a request whose task has these attachments now."""
    attachments = [{"uploadId": upload, "label": label} for upload, label in labels.items()]
    task = {"id": "t", "projectId": "p", "name": "T", "currentStep": "a", "status": "WAITING"}
    event = {"id": "e", "taskId": "t", "projectId": "p", "eventType": "APPROVAL_REQUESTED", "source": "AGENT"}
    event |= {"owner": "AGENT", "timestamp": "2026-03-02T12:00:00Z"}
    shown = {"event": {**event, "payload": payload}, "task": {**task, "attachments": attachments}, "project": PROJECT}
    return read(RequestDetail, shown)


def shown(payload: dict[str, Any], labels: dict[str, str]) -> tuple[list[tuple[str, str]], dict[str, str]]:
    found = detail(payload, labels)
    return [(one.upload_id, one.label) for one in attachments_of(found)], relabelled(found)


def test_the_labels_are_those_of_the_asking() -> None:
    """In the request's own order, each under its label of then; what the task calls otherwise by now is told."""
    snapshots = [{"uploadId": "u2", "label": "photo"}, {"uploadId": "u1", "label": "invoice"}]
    payload = {"attachments": ["u2", "u1"], "attachmentSnapshots": snapshots}
    labels = {"u1": "a card", "u2": "photo", "u3": "other"}
    assert shown(payload, labels) == ([("u2", "photo"), ("u1", "invoice")], {"u1": "a card"})


def test_a_request_of_before_has_the_task_s_labels() -> None:
    """Without snapshots the labels are those of now, and nothing is called relabelled."""
    assert shown({"attachments": ["u1", "u9"]}, {"u1": "invoice", "u2": "photo"}) == ([("u1", "invoice")], {})


@pytest.mark.parametrize("named", [None, 7, "u1", {"u1": 1}])
def test_no_list_of_attachments_is_none(named: Any) -> None:
    """What another server or a foreign record has in its place shows no attachment, and is no crash."""
    assert shown({"attachments": named}, {"u1": "invoice"}) == ([], {})


@pytest.mark.parametrize("snapshots", [None, 7, "u1", [7], [{}], [{"uploadId": "u1"}], {"u1": "x"}])
def test_what_is_no_snapshot_is_passed_over(snapshots: Any) -> None:
    """Snapshots that make no sense leave the task's own labels."""
    payload = {"attachments": ["u1"], "attachmentSnapshots": snapshots}
    assert shown(payload, {"u1": "invoice"}) == ([("u1", "invoice")], {})
