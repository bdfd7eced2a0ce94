"""A journal whose chain is sound and whose events no rule has seen, as an older `import` would have taken it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from store.core import chain
from store.folder import journal_line
from store.folder.files import Files
from store.folder.head import START
from store.folder.journal import Journal

AT = "2026-03-01T09:00:00.000000Z"
STEPS = {
    "initialStep": "in_review",
    "steps": [
        {"name": "in_review", "owner": "AGENT", "exits": ["done"], "timeoutSeconds": 60},
        {"name": "done", "owner": "PLATFORM", "exits": []},
    ],
}
ASKED = {"type": "ApprovalRequested", "summary": "Refund $5"}
APPROVED = {"type": "ApprovalDecided", "outcome": {"type": "APPROVE"}, "authority": {"subject": "eve", "tags": []}}
PATCH: dict[str, Any] = {}


def event(place: int, event_type: Any, payload: Any, **keys: Any) -> dict[str, Any]:
    """Return an event on the task that the first ones make; a key that is given as None is left out."""
    whole = {
        "id": f"evt_{place:08x}{place:012x}",
        "seq": place,
        "eventType": event_type,
        "timestamp": AT,
        "source": "AGENT",
        "subject": "bot",
        "taskId": "tsk_1",
        "projectId": "prj_1",
        "owner": "AGENT",
        "payload": payload,
        **keys,
    }
    return {key: value for key, value in whole.items() if value is not None}


def sound_start() -> list[dict[str, Any]]:
    """Return a project, a task and an open request that make sense: four events."""
    project = {"type": "ProjectCreated", "name": "Claims", "projectName": "claims", "steps": STEPS}
    created = {"type": "TaskCreated", "name": "Claim 1", "initialState": "in_review", "metadataPatch": {}}
    upload = {
        "type": "UploadReceived",
        "id": "upl_1",
        "fileName": "p.jpg",
        "contentType": "image/jpeg",
        "size": 7,
        "sha256": hashlib.sha256(b"a photo").hexdigest(),
    }
    return [
        event(1, "PROJECT_CREATED", project, taskId=None, owner=None, source="HUMAN", subject="maria"),
        event(2, "TASK_CREATED", created),
        event(3, "UPLOAD_RECEIVED", upload, taskId=None, owner=None, projectId=None),
        event(4, "APPROVAL_REQUESTED", ASKED),
    ]


def write_journal(folder: Path, events: Iterable[Mapping[str, Any]], *, key: Any = None) -> None:
    """Write a folder whose journal holds these events, one a line, with a sound chain and head, and nothing else."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    (folder / "uploads").mkdir(exist_ok=True, mode=0o700)
    journal, position = Journal(folder, Files()), START
    journal.create()
    try:
        for one in events:
            line, commit = journal_line.encode(chain.link_all(position.hash, [dict(one)], key), position.size)
            after = position.after(commit)
            journal.append(position, line, after)
            position = after
    finally:
        journal.close()


def export_lines(events: Iterable[Mapping[str, Any]]) -> list[bytes]:
    """Return the lines of a full export of these events, with a sound chain."""
    commit = chain.link_all(chain.NO_HASH, [dict(one) for one in events])
    return [
        b'{"event":%b,"hash":"%b"}\n' % (text, linked["hash"].encode())
        for text, linked in zip(commit.texts, commit.events, strict=True)
    ]


def nonsense() -> list[dict[str, Any]]:
    """Return events of which each breaks the contract in a way of its own, after some that make sense."""
    events = sound_start()

    def add(event_type: Any, payload: Any, **keys: Any) -> None:
        events.append(event(len(events) + 1, event_type, payload, **keys))

    asked = events[3]["id"]
    add("APPROVAL_REQUESTED", {**ASKED, "summary": 5})
    add("APPROVAL_REQUESTED", {**ASKED, "summary": ["a"], "attachments": 7})
    add("APPROVAL_REQUESTED", {**ASKED, "keyValueContext": "no", "recommendation": [1]})
    add("APPROVAL_REQUESTED", {**ASKED, "attachments": ["upl_none", "../x"]})
    add("ELICITATION_REQUESTED", {"type": "ElicitationRequested", "summary": "Form", "fields": "place"})
    add("ELICITATION_REQUESTED", {"type": "ElicitationRequested", "summary": "Form", "fields": [1, None, {}]})
    add("ELICITATION_REQUESTED", {"type": "ElicitationRequested", "summary": "", "fields": [{"type": "No", "id": "a"}]})
    add("APPROVAL_DECIDED", APPROVED, source="AGENT", inResponseTo=asked)
    add("APPROVAL_DECIDED", APPROVED, source="HUMAN", inResponseTo=asked)
    add("APPROVAL_DECIDED", APPROVED, source="HUMAN")
    add("APPROVAL_DECIDED", {**APPROVED, "outcome": "YES"}, source="HUMAN", inResponseTo=asked)
    add("ELICITATION_PROVIDED", {"type": "ElicitationProvided", "answers": {}}, inResponseTo="evt_0000ffff")
    add("ELICITATION_PROVIDED", {"type": "ElicitationProvided", "answers": [1]}, inResponseTo=12)
    created = {"type": "TaskCreated", "name": "Lost", "initialState": "nowhere", "metadataPatch": {}}
    add("TASK_CREATED", created, taskId="tsk_2")
    add("TASK_CREATED", {**created, "initialState": "in_review"}, taskId="tsk_3", projectId="prj_none")
    add("TASK_CREATED", {**created, "initialState": "in_review"})
    add("TASK_CREATED", {**created, "name": None}, taskId="tsk_4")
    add("ACTION", {"type": "Action", "description": "moved"}, transitionTo="nowhere")
    add("ACTION", {"type": "Action", "description": "moved", "metadataPatch": {}}, transitionTo="nowhere")
    add("ACTION", {"type": "Action", "description": "x", "metadataPatch": {"set": 5, "unset": {"a": 1}}})
    add("ACTION", {"type": "Action", "description": "x", "metadataPatch": {}, "addAttachments": [{"uploadId": 1}]})
    add(
        "ACTION",
        {
            "type": "Action",
            "description": "x",
            "metadataPatch": {},
            "addAttachments": [{"uploadId": "upl_none", "label": "/etc/passwd"}],
        },
    )
    add("ACTION", {"type": "Action", "description": "on no task", "metadataPatch": {}}, taskId="tsk_2")
    add("NOTE", {"type": "Note", "message": {"a": 1}})
    add("NOTE", {"type": "Note"})
    add("NOTE", "text")
    add("NOTE", {"type": "Note", "message": "doubled"}, id=events[1]["id"])
    add("NOTE", {"type": "Note", "message": "wrong place"}, seq=1)
    add("NOTE", {"type": "Note", "message": "no place"}, seq="x", id=7)
    add("NOTE", {"type": "Note", "message": "when"}, timestamp="yesterday")
    add("NOTE", {"type": "Note", "message": "when"}, timestamp=5)
    add("NOTE", {"type": "Note", "message": "when"}, timestamp="0001-01-01T00:00:00+14:00")
    add("NOTE", {"type": "Note", "message": "before"}, timestamp="2025-03-01T09:00:00.000000Z")
    add("NOTE", {"type": "Note", "message": "who"}, source=None, subject=["x"], owner=3)
    add("NOTE", {"type": "Note", "message": "where"}, taskId=["tsk_1"], projectId={})
    add("ASSIGNMENT", {"type": "Assignment", "assigneeId": 5}, source="HUMAN")
    add("ASSIGNMENT", {"type": "Assignment"}, source="HUMAN")
    add("TIMEOUT", {"type": "Timeout"}, source="PLATFORM")
    add("TASK_CLOSED", {"type": "TaskClosed", "terminalState": 1}, source="PLATFORM")
    add("NEWS", {"type": "News", "what": [1, 2]})
    add(["NEWS"], {})
    add(None, None)
    add("NEWER", {"type": "Note", "message": "of a newer version"})
    add("PROJECT_CREATED", {"type": "ProjectCreated", "name": "X", "projectName": "x", "steps": []}, projectId="prj_2")
    loose = {"initialStep": "a", "steps": [{"name": "a", "owner": "AGENT", "exits": ["b"]}]}
    add("PROJECT_CREATED", {"type": "ProjectCreated", "name": "Y", "projectName": "y", "steps": loose})
    upload = events[2]["payload"]
    for n, sha256 in enumerate(("/etc/passwd", "../keys.json", "/dev/zero", "A" * 64, 5, "")):
        add("UPLOAD_RECEIVED", {**upload, "id": f"upl_{n + 2}", "sha256": sha256}, taskId=None, projectId=None)
    add("UPLOAD_RECEIVED", {"type": "UploadReceived"}, taskId=None)
    events.append({"seq": len(events) + 1})
    events.append({})
    add("NOTE", {"type": "Note", "message": "the last, which makes sense"})
    return events
