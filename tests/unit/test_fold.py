"""What events add up to, where no rule stands before them: parts of it alone, and events that fit nothing."""

from __future__ import annotations

from typing import Any

import pytest

from store.core.fold import GENERAL, apply, apply_recorded, patched, step_of
from store.core.state_view import Doc
from store.core.timeout_rules import due_at
from tests.support.memory_place import MemoryPlace

AT = "2026-03-02T12:00:00.000000Z"


def event(kind: str, payload: dict[str, Any], **keys: Any) -> dict[str, Any]:
    return {"id": "e1", "seq": 1, "eventType": kind, "timestamp": AT, "hash": "0", "payload": payload, **keys}


def test_an_event_of_a_task_that_is_not_there_names_it() -> None:
    """Whoever reads such a record learns which task is missing."""
    with pytest.raises(KeyError, match="tsk_9"):
        apply(MemoryPlace(), event("NOTE", {"message": "n"}, taskId="tsk_9"))


def test_an_event_of_an_unknown_type_changes_nothing() -> None:
    """Records of later versions may hold types that this one does not know."""
    documents = MemoryPlace()
    apply(documents, event("SOMETHING_NEW", {}, taskId="tsk_9"))
    assert documents.tables == {}


def test_a_request_of_nobody_is_asked_by_nobody() -> None:
    """An event without a subject makes a request whose asker is an empty name."""
    documents = MemoryPlace()
    created = {"name": "x", "initialState": "in_progress", "metadataPatch": {}}
    apply(documents, event("TASK_CREATED", created, taskId="t", projectId="prj_general"))
    apply(documents, event("APPROVAL_REQUESTED", {"summary": "s"}, taskId="t", projectId="prj_general"))
    assert (documents.get("requests", "e1") or {})["requestedBy"] == ""


ASKED = {"approval": "APPROVAL_REQUESTED", "elicitation": "ELICITATION_REQUESTED"}
CREATED = {"name": "x", "initialState": "in_progress", "metadataPatch": {}}
UPLOAD = {"id": "u", "fileName": "a", "contentType": "b", "size": 1, "sha256": "0"}
MOVE = {"description": "d", "metadataPatch": {}}


def recorded() -> MemoryPlace:
    """Return two projects, an upload, two tasks, and on the first an open request of each kind, all recorded."""
    documents = MemoryPlace()
    documents.put("projects", "prj_general", GENERAL)
    payload = {"name": "P", "projectName": "p", "steps": {"initialStep": "a", "steps": [{"name": "a"}]}}
    events = [
        event("PROJECT_CREATED", payload, projectId="prj_p"),
        event("UPLOAD_RECEIVED", UPLOAD),
        *(event("TASK_CREATED", CREATED, taskId=task, projectId="prj_general") for task in ("t1", "t2")),
        event(ASKED["approval"], {"summary": "s"}, taskId="t1", projectId="prj_general"),
        event(ASKED["elicitation"], {"summary": "s", "fields": []}, taskId="t1", projectId="prj_general"),
    ]
    for number, one in enumerate(events):
        assert apply_recorded(documents, {**one, "id": f"e{number}"})
    assert sorted(documents.tables) == sorted(
        [
            ("projects", "prj_general"),
            ("projects", "prj_p"),
            ("uploads", "u"),
            ("tasks", "t1"),
            ("tasks", "t2"),
            ("requests", "e4"),
            ("requests", "e5"),
        ]
    )
    return documents


ON_TASK: dict[str, Any] = {"taskId": "t1", "projectId": "prj_general"}


@pytest.mark.parametrize(
    "fitting",
    [
        event("TASK_CREATED", CREATED, taskId="t3", projectId="prj_general"),
        event("ACTION", MOVE, **ON_TASK),
        event("ACTION", MOVE, **ON_TASK, transitionTo="complete"),
        event("NOTE", {"message": "n"}, **ON_TASK),
        event("APPROVAL_DECIDED", {}, **ON_TASK, inResponseTo="e4"),
        event("ELICITATION_PROVIDED", {}, **ON_TASK, inResponseTo="e5"),
    ],
    ids=lambda one: one["eventType"],
)
def test_a_recorded_event_that_fits_is_taken(fitting: Doc) -> None:
    """It is told so, and the documents are what the same event makes of them at any other time."""
    documents, same = recorded(), recorded()
    later = {**fitting, "timestamp": "2026-03-02T12:00:01.000000Z"}
    assert apply_recorded(documents, later)
    apply(same, later)
    assert documents.tables == same.tables
    assert documents.tables != recorded().tables


@pytest.mark.parametrize(
    "unfitting",
    [
        event("SOMETHING_NEW", {}, **ON_TASK),
        event("PROJECT_CREATED", {}, projectId="prj_p"),
        event("UPLOAD_RECEIVED", UPLOAD),
        event("TASK_CREATED", CREATED, **ON_TASK),
        event("TASK_CREATED", {**CREATED, "initialState": "nowhere"}, taskId="t3", projectId="prj_general"),
        event("TASK_CREATED", CREATED, taskId="t3", projectId="prj_none"),
        event("TASK_CREATED", CREATED, taskId="t3", projectId="prj_p"),
        event("NOTE", {"message": "n"}, taskId="t9", projectId="prj_general"),
        event("NOTE", {"message": "n"}, taskId="t1", projectId="prj_p"),
        event("ACTION", MOVE, **ON_TASK, transitionTo="nowhere"),
        event("APPROVAL_DECIDED", {}, **ON_TASK, inResponseTo="e9"),
        event("APPROVAL_DECIDED", {}, **ON_TASK, inResponseTo="e5"),
        event("ELICITATION_PROVIDED", {}, **ON_TASK, inResponseTo="e4"),
        event("APPROVAL_DECIDED", {}, taskId="t2", projectId="prj_general", inResponseTo="e4"),
    ],
    ids=lambda one: one["eventType"],
)
def test_a_recorded_event_that_fits_nothing_changes_nothing(unfitting: Doc) -> None:
    """What the documents can't have led to is told apart: made twice, on what there is not, or settled elsewhere."""
    documents = recorded()
    assert not apply_recorded(documents, unfitting)
    assert documents.tables == recorded().tables


def test_a_step_that_is_not_declared_is_named() -> None:
    """Whoever looks for a step hears which one a project lacks."""
    assert step_of(GENERAL, "complete")["owner"] == "PLATFORM"
    with pytest.raises(KeyError, match="nowhere"):
        step_of(GENERAL, "nowhere")


@pytest.mark.parametrize(
    ("patch", "result"),
    [
        (None, {"a": 1, "b": 2}),
        ({}, {"a": 1, "b": 2}),
        ({"set": {"a": 3, "c": 4}}, {"a": 3, "b": 2, "c": 4}),
        ({"setOnce": {"a": 3, "c": 4}}, {"a": 1, "b": 2, "c": 4}),
        ({"unset": ["a", "x"]}, {"b": 2}),
        ({"set": {"c": 1}, "setOnce": {"c": 2, "d": 3}, "unset": ["d", "a"]}, {"b": 2, "c": 1}),
    ],
)
def test_a_patch_sets_then_sets_once_then_unsets(patch: dict[str, Any] | None, result: dict[str, Any]) -> None:
    """The three parts are done in the contract's order; what was there before is not changed in place."""
    before = {"a": 1, "b": 2}
    assert patched(before, patch) == result
    assert before == {"a": 1, "b": 2}


def test_a_timeout_beyond_all_dates_is_never_due() -> None:
    """A step's timeout may be any number of seconds, also one that no calendar holds."""
    assert due_at(60, {"stepEnteredAt": AT}).isoformat() == "2026-03-02T12:01:00+00:00"
    assert due_at(10**12, {"stepEnteredAt": AT}).year == 9999
