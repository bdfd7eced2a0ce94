"""A recorded history is held against the rules: what they make passes, and whatever else is named."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api_client.errors import InvalidRequest
from store.core.command_limits import CommandLimits
from store.demo.workspace import generate
from store.schemas.checks import Checks
from store.transfer import importer, verifier
from store.transfer.findings import BREACHES_NAMED
from store.transfer.importer import Import
from store.transfer.record_lines import LINE_MOST
from store.transfer.verifier import verify
from tests.store.nonsense import APPROVED, event, export_lines, nonsense, sound_start, write_journal
from tests.support.examples import examples

Events = list[dict[str, Any]]
_folders = itertools.count()


@pytest.fixture(scope="module", autouse=True)
def one_worker() -> Iterator[None]:
    """All histories share the process that checks metadata: each would else wait for one of its own to start."""
    checks = Checks(CommandLimits())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checks, "close", lambda: None)
        for module in (importer, verifier):
            patch.setattr(module, "Checks", lambda _limits: checks)
        yield
    checks.close()


def breach_of(events: Events, folder: Path) -> str:
    """Return what `import` says is wrong with these events; empty where it takes them."""
    try:
        Import(folder / f"back-{next(_folders)}").run(export_lines(events))
    except InvalidRequest as fault:
        return fault.message
    return ""


def decided(place: int, **keys: Any) -> dict[str, Any]:
    """Return the decision on the request of `sound_start`, by a reviewer."""
    keys = {"source": "HUMAN", "subject": "eve", "inResponseTo": sound_start()[3]["id"], **keys}
    return event(place, "APPROVAL_DECIDED", APPROVED, **keys)


def whole() -> Events:
    """Return a history with an event of nearly every type, as the rules make it."""
    events = sound_start()
    asked = {"type": "ElicitationRequested", "summary": "Which?", "fields": [FIELD]}
    moved = {"transitionFrom": "in_review", "transitionTo": "done"}
    attached = {"addAttachments": [{"uploadId": "upl_1", "label": "p"}]}
    later: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
        ("APPROVAL_DECIDED", APPROVED, {"source": "HUMAN", "subject": "eve", "inResponseTo": events[3]["id"]}),
        ("ACTION", {"type": "Action", "description": "x", "metadataPatch": {"set": {"a": 1}}, **attached}, {}),
        ("ELICITATION_REQUESTED", asked, {}),
        ("ELICITATION_PROVIDED", {"type": "ElicitationProvided", "answers": {"ok": True}, "answeredBy": "eve"}, {}),
        ("NOTE", {"type": "Note", "message": "n"}, {"externalTraceId": "t"}),
        ("EXCEPTION", {"type": "ExceptionRaised", "message": "m", "detail": {"a": [1]}}, {}),
        ("ASSIGNMENT", {"type": "Assignment", "assigneeId": "eve"}, {"source": "HUMAN", "subject": "eve"}),
        ("TIMEOUT", {"type": "Timeout", "state": "in_review"}, {"source": "PLATFORM", "subject": "platform"}),
        ("ACTION", {"type": "Action", "description": "done", "metadataPatch": {}}, moved),
        ("TASK_CLOSED", {"type": "TaskClosed", "terminalState": "done"}, {"source": "PLATFORM", "owner": "PLATFORM"}),
    ]
    for kind, payload, keys in later:
        place = len(events) + 1
        answers = {"source": "HUMAN", "subject": "eve", "inResponseTo": events[-1]["id"]}
        events.append(event(place, kind, payload, **(answers if kind == "ELICITATION_PROVIDED" else keys)))
    for one in events[11:]:
        one["timestamp"] = "2026-03-01T10:00:00.000000Z"
    return events


FIELD = {"type": "Switch", "id": "ok", "label": "OK?", "required": True}


def test_what_the_rules_make_is_taken(tmp_path: Path) -> None:
    """A history with every kind of event passes `import` and `verify`."""
    assert breach_of(whole(), tmp_path) == ""
    write_journal(tmp_path / "data", whole())
    (tmp_path / "data" / "uploads" / whole()[2]["payload"]["sha256"]).write_bytes(b"a photo")
    assert verify(tmp_path / "data").wrong == []


def test_metadata_that_misses_its_steps_schema_is_a_breach(tmp_path: Path) -> None:
    """A recorded action must leave metadata that the schema of its step takes; an unusable schema holds none."""
    schema: dict[str, Any]
    for schema, is_breach in (({"properties": {"a": {"type": "string"}}}, True), ({"$ref": "#"}, False)):
        events = whole()
        events[0]["payload"]["steps"]["stepSchemas"] = {"in_review": schema}
        assert ("does not fit" in breach_of(events, tmp_path)) == is_breach
    events = whole()
    events[0]["payload"]["steps"]["stepSchemas"] = {"in_review": {"properties": {"a": {"type": "integer"}}}}
    assert breach_of(events, tmp_path) == ""


def test_a_generated_workspace_is_no_breach(tmp_path: Path) -> None:
    """Thousands of events that agents and reviewers would make pass `verify`."""
    generate(tmp_path / "data", tasks=100, events=2_000)
    assert verify(tmp_path / "data").wrong == []


CLOSED: dict[str, Any] = {"source": "PLATFORM", "subject": "platform", "owner": "PLATFORM"}
NOTE = {"type": "Note", "message": "n"}
UPLOAD = sound_start()[2]["payload"]
BREACHES: dict[str, tuple[Callable[[Events], object], str]] = {
    "a decision by an agent": (lambda e: e.append(decided(5, source="AGENT")), "Line 5"),
    "a decision by the platform": (lambda e: e.append(decided(5, source="PLATFORM")), "Line 5"),
    "two decisions": (lambda e: e.extend((decided(5), decided(6))), "Line 6 breaks the rules: no.*Already decided"),
    "a decision without a request": (
        lambda e: e.append(decided(5, inResponseTo="evt_0000000f")),
        "Line 5.*no approval",
    ),
    "a decision of nothing": (lambda e: e.append(decided(5, inResponseTo=None)), "Line 5.*settles no request"),
    "an authority of another": (lambda e: e.append(decided(5, subject="mallory")), "Line 5.*authority"),
    "a doubled id": (lambda e: e.append(event(5, "NOTE", NOTE, id=e[0]["id"])), "Line 5.*id"),
    "an id of no form": (lambda e: e.append(event(5, "NOTE", NOTE, id="evt_00000005/../x")), "Line 5.*id"),
    "a wrong seq": (lambda e: e.append(event(5, "NOTE", NOTE, seq=7)), "Line 5.*seq is 7"),
    "a seq of true": (lambda e: e[0].update(seq=True), "Line 1.*seq is true"),
    "an unknown project": (lambda e: e.append(event(5, "NOTE", NOTE, projectId="prj_x")), "Line 5.*no project"),
    "another project": (lambda e: e.append(event(5, "NOTE", NOTE, projectId="prj_general")), "Line 5.*not of the"),
    "an unknown task": (lambda e: e.append(event(5, "NOTE", NOTE, taskId="tsk_x")), "Line 5.*no task"),
    "an unknown step": (lambda e: e[1]["payload"].update(initialState="x"), "Line 2.*payload.initialState"),
    "an unknown exit": (
        lambda e: e.append(event(5, "EXCEPTION", {"type": "ExceptionRaised", "message": "m"}, transitionTo="x")),
        "Line 5.*no exit to",
    ),
    "a wrong from": (lambda e: e.append(event(5, "NOTE", NOTE, transitionFrom="done")), "Line 5.*transitionFrom"),
    "no time": (lambda e: e.append(event(5, "NOTE", NOTE, timestamp="yesterday")), "Line 5.*is no time"),
    "a number for a time": (lambda e: e.append(event(5, "NOTE", NOTE, timestamp=5)), "Line 5.*is no time"),
    "a time of another form": (lambda e: e[0].update(timestamp="2026-03-01T09:00:00Z"), "Line 1.*timestamp"),
    "a time that goes back": (
        lambda e: e.append(event(5, "NOTE", NOTE, timestamp="2026-02-01T09:00:00.000000Z")),
        "Line 5.*goes back",
    ),
    "a source of none": (lambda e: e.append(event(5, "NOTE", NOTE, source="ROBOT")), "Line 5.*source"),
    "no subject": (lambda e: e.append(event(5, "NOTE", NOTE, subject=None)), "Line 5.*subject"),
    "an owner of another step": (lambda e: e.append(event(5, "NOTE", NOTE, owner="HUMAN")), "Line 5.*owner"),
    "fields that are no list": (
        lambda e: e.append(event(5, "ELICITATION_REQUESTED", {"type": "x", "summary": "s", "fields": "f"})),
        "Line 5.*fields: must be a list",
    ),
    "a summary that is a number": (lambda e: e[3]["payload"].update(summary=5), "Line 4.*summary: must be text"),
    "a payload that is none": (lambda e: e.append(event(5, "NOTE", "n")), "Line 5.*payload"),
    "a payload of another type": (lambda e: e.append(event(5, "NOTE", {**NOTE, "type": "Action"})), "Line 5.*type"),
    "a key that no rule writes": (lambda e: e.append(event(5, "NOTE", NOTE, grant="all")), "Line 5.*holds grant"),
    "a type of no rule": (lambda e: e.append(event(5, "PAID", NOTE)), "Line 5.*type"),
    "a hash that is a path": (lambda e: e[2]["payload"].update(sha256="/etc/passwd"), "Line 3.*hash"),
    "a hash that goes up": (lambda e: e[2]["payload"].update(sha256="../keys.json"), "Line 3.*hash"),
    "a hash in capitals": (lambda e: e[2]["payload"].update(sha256="A" * 64), "Line 3.*hash"),
    "a size that is none": (lambda e: e[2]["payload"].update(size=-1), "Line 3.*size"),
    "a task twice": (lambda e: e.append({**copy.deepcopy(e[1]), **placed(5)}), "Line 5.*made twice"),
    "an upload twice": (lambda e: e.append({**copy.deepcopy(e[2]), **placed(5)}), "Line 5.*made twice"),
    "a project twice": (lambda e: e.append({**copy.deepcopy(e[0]), **placed(5)}), "Line 5.*made twice"),
    "a slug twice": (
        lambda e: e.append({**copy.deepcopy(e[0]), **placed(5), "projectId": "prj_2"}),
        "Line 5.*a project 'claims' already",
    ),
    "a slug of another name": (lambda e: e[0]["payload"].update(projectName="x"), "Line 1.*projectName"),
    "an attachment of none": (lambda e: e[3]["payload"].update(attachments=["upl_x"]), "Line 4.*never uploaded"),
    "a timeout too early": (
        lambda e: e.append(event(5, "TIMEOUT", {"type": "Timeout", "state": "in_review"}, **CLOSED)),
        "Line 5.*not stayed too long",
    ),
    "a closing of none": (
        lambda e: e.append(event(5, "TASK_CLOSED", {"type": "TaskClosed", "terminalState": "done"}, **CLOSED)),
        "Line 5.*no task entered",
    ),
    "no closing": (lambda e: e.extend((decided(5), done(6), event(7, "NOTE", NOTE))), "Line 7.*TASK_CLOSED must"),
    "no closing at the end": (lambda e: e.extend((decided(5), done(6))), "Line 6.*TASK_CLOSED must follow"),
    "work on a closed task": (lambda e: e.extend((decided(5), done(6), closed(7), acted(8))), "Line 8.*closed"),
    "an open request that is closed over": (lambda e: e.append(done(5)), "Line 5.*open request"),
}


def closed(place: int) -> dict[str, Any]:
    payload = {"type": "TaskClosed", "terminalState": "done"}
    return event(place, "TASK_CLOSED", payload, source="PLATFORM", owner="PLATFORM")


def acted(place: int) -> dict[str, Any]:
    payload = {"type": "Action", "description": "x", "metadataPatch": {}}
    return event(place, "ACTION", payload, owner="PLATFORM")


def placed(place: int) -> dict[str, Any]:
    return {"id": f"evt_{place:08x}{place:012x}", "seq": place}


def done(place: int) -> dict[str, Any]:
    payload = {"type": "Action", "description": "done", "metadataPatch": {}}
    return event(place, "ACTION", payload, transitionFrom="in_review", transitionTo="done")


@pytest.mark.parametrize("what", BREACHES)
def test_what_no_rule_makes_is_named_with_its_line(tmp_path: Path, what: str) -> None:
    """`import` refuses it and makes nothing; `verify` reports it of a folder that holds it; both name the line."""
    change, words = BREACHES[what]
    events = copy.deepcopy(sound_start())
    change(events)
    with pytest.raises(InvalidRequest, match=words):
        Import(tmp_path / "back").run(export_lines(events))
    assert list(tmp_path.iterdir()) == []
    write_journal(tmp_path / "data", events)
    found = [wrong for wrong in verify(tmp_path / "data").wrong if "breaks the rules" in wrong]
    line = words.split(".*")[0].split(" breaks")[0]
    assert any(wrong.startswith(f"{line} of the journal breaks the rules: ") for wrong in found), found


def test_a_key_that_stands_twice_is_a_breach(tmp_path: Path) -> None:
    """Another reader could take the other value: the bytes are looked at, not what one parser makes of them."""
    text = orjson.dumps(sound_start()[0]).replace(b'"source":"HUMAN"', b'"source":"AGENT","source":"HUMAN"')
    from store.core.chain import NO_HASH, link

    line = b'{"event":%b,"hash":"%b"}\n' % (text, link(NO_HASH, text).encode())
    with pytest.raises(InvalidRequest, match=r"Line 1 .*twice"):
        Import(tmp_path / "back").run([line])


def test_a_line_without_an_end_is_not_read_for_ever(tmp_path: Path) -> None:
    """A line longer than any event is refused for its length."""
    with pytest.raises(InvalidRequest, match="Line 1 is over"):
        Import(tmp_path / "back").run([b"0" * (LINE_MOST + 1)])


@pytest.mark.parametrize("key", ["attachmentSnapshots", "requestHash", "agreements"])
def test_a_key_that_a_newer_version_adds_may_be_absent(tmp_path: Path, key: str) -> None:
    """A record of an older version lacks it, which is no breach."""
    events = [*sound_start(), decided(5)]
    assert all(key not in one["payload"] for one in events)
    assert breach_of(events, tmp_path) == ""


def test_a_blank_text_that_an_older_version_took_is_no_breach(tmp_path: Path) -> None:
    """Blank texts are refused where a body comes in; a record that holds them was made when they were not."""
    events = [*sound_start(), event(5, "NOTE", {"type": "Note", "message": " "}), decided(6)]
    events[3]["payload"]["summary"] = ""
    assert breach_of(events, tmp_path) == ""


def test_many_breaches_are_counted_and_not_all_listed(tmp_path: Path) -> None:
    """The first are named and the rest counted, so that a large folder's report can be read."""
    notes = [event(place, "NOTE", NOTE, taskId="tsk_x") for place in range(5, 205)]
    write_journal(tmp_path / "data", [*sound_start(), *notes])
    breaches = [wrong for wrong in verify(tmp_path / "data").wrong if "break" in wrong]
    assert len(breaches) == BREACHES_NAMED + 1
    assert breaches[-1] == f"… and {200 - BREACHES_NAMED} more that break the rules."


def test_a_folder_of_nonsense_is_read_to_its_end(tmp_path: Path) -> None:
    """`verify` goes on after each breach: its position is the whole journal's."""
    write_journal(tmp_path / "data", nonsense(), key=[1])
    assert verify(tmp_path / "data").position.events == len(nonsense())


PLACES = [
    (number, key) for number, one in enumerate(whole()) for key in one if key not in ("id", "seq", "payload", "hash")
]


@settings(max_examples=examples(40, 150), deadline=None)
@given(
    place=st.sampled_from(PLACES), value=st.none() | st.integers(-9, 2**53) | st.text(max_size=6) | st.lists(st.none())
)
def test_one_changed_key_is_always_a_breach(
    tmp_path_factory: pytest.TempPathFactory, place: tuple[int, str], value: Any
) -> None:
    """Whatever key of whatever event is another one, the history is not taken, save for free words of who acted."""
    number, key = place
    events = whole()
    if key == "subject" and isinstance(value, str) and value:
        return  # any name may act
    if key == "externalTraceId" and (value is None or isinstance(value, str)):
        return  # any trace, or none
    was = events[number].pop(key)
    if value is not None:
        events[number][key] = value
    if was != value:
        assert breach_of(events, tmp_path_factory.mktemp("mutated")) != ""


@settings(max_examples=examples(20, 60), deadline=None)
@given(number=st.integers(0, len(whole()) - 1), what=st.sampled_from(["left out", "doubled", "exchanged"]))
def test_an_event_out_of_its_place_is_always_a_breach(
    tmp_path_factory: pytest.TempPathFactory, number: int, what: str
) -> None:
    """An event that is left out, doubled or exchanged with the next is found by those around it."""
    events = whole()
    if what == "left out" and number + 1 < len(events):
        del events[number]
    elif what == "exchanged" and number + 1 < len(events):
        events[number], events[number + 1] = events[number + 1], events[number]
    else:
        events.insert(number, events[number])
    assert breach_of(events, tmp_path_factory.mktemp("out")) != ""
