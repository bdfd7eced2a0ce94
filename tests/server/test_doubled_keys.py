"""A JSON body in which one key stands twice: no one can tell which value is meant, and readers differ."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from api_client.body_limits import BodyLimits
from api_client.commands import HTTP_COMMANDS
from api_client.errors import InvalidRequest
from store.server.bodies import read_object
from tests.server.conftest import Served
from tests.server.test_bad_input import assert_refused

TASK = b'"projectName":"claims","name":"x"'
DOUBLED: dict[str, tuple[bytes, str]] = {
    "at the top": (b'{"projectName":"claims","name":"x","name":"y"}', "name"),
    "with the same value": (b'{"projectName":"claims","name":"x","name":"x"}', "name"),
    "in an object": (b"{" + TASK + b',"metadataPatch":{"set":{"a":1},"set":{}}}', "set"),
    "in free metadata": (b"{" + TASK + b',"metadataPatch":{"set":{"a":{"b":{"amount":1,"amount":2}}}}}', "amount"),
    "in a list": (b"{" + TASK + b',"metadataPatch":{"set":{"a":[0,{"k":1,"k":2}]}}}', "k"),
    "escaped once": (b'{"projectName":"claims","name":"x","\\u006eame":"y"}', "name"),
    "with blanks before the colon": (b'{"projectName" :"claims","name"\n:"x","name"\t:"y"}', "name"),
    "beside a text that holds a colon": (b'{"projectName":"claims","name":"a:b","name":":"}', "name"),
    "empty": (b"{" + TASK + b',"metadataPatch":{"set":{"":1,"":2}}}', ""),
    "in a large body": (
        b"{" + TASK + b',"metadataPatch":{"set":{"text":"' + b"x" * 8_000 + b'","k":1,"k":2}}}',
        "k",
    ),
}


@pytest.mark.parametrize("where", DOUBLED)
async def test_a_key_that_stands_twice_is_named(served: Served, where: str) -> None:
    """However deep it stands and however it is written: 400, the key in the words, nothing recorded."""
    body, key = DOUBLED[where]
    journal = served.journal
    words = assert_refused(await served.agent("POST", "/api/tasks", content=body), 400)
    assert words == f"{key}: stands twice in one object"
    assert served.journal == journal


@pytest.mark.parametrize("kind", HTTP_COMMANDS, ids=lambda kind: kind.__name__)
async def test_every_call_with_a_json_body_refuses_it(served: Served, kind: Any) -> None:
    """Those of agents and those of reviewers, whatever else is wrong with the body."""
    if kind.__name__ == "ReceiveUpload":
        pytest.skip("its body is a form")
    path = kind.path.format_map(dict.fromkeys(("request_id", "task_id", "project_id", "grant_id"), "x"))
    answer = await served.reviewer(kind.method, path, content=b'{"a":1,"a":2}')
    assert assert_refused(answer, 400) == "a: stands twice in one object"


async def test_a_repeat_is_answered_before_its_body_is_looked_at(served: Served) -> None:
    """One key, two bodies: real agents rely on the first answer, also where the second body is refused."""
    key = {"Idempotency-Key": "once"}
    first = await served.agent("POST", "/api/tasks", content=b"{" + TASK + b"}", headers=key)
    again = await served.agent("POST", "/api/tasks", content=b"{" + TASK + b',"name":"y"}', headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()


async def test_a_byte_order_mark_before_a_body_is_skipped(served: Served) -> None:
    """As some libraries write it before their UTF-8."""
    answer = await served.agent("POST", "/api/tasks", content=b"\xef\xbb\xbf{" + TASK + b"}")
    assert answer.status_code == 201
    assert answer.json()["name"] == "x"


def test_an_ordinary_body_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second, slower reading is for bodies that may hold a key twice: colons in texts alone call for none."""

    def read_again(*_: object, **__: object) -> None:
        pytest.fail("it was read again")

    monkeypatch.setattr("store.server.bodies.json.loads", read_again)
    told = {"summary": "At 12:30: https://example.com", "detail": [{"a": {"time": "12:30:00"}}] * 100}
    for text in (json.dumps(told), json.dumps(told, indent=2), json.dumps(told, separators=(",", ":"))):
        assert read_object(text.encode(), BodyLimits()) == told


TEXTS = st.text('ab":\\ ,{}\u00e9', max_size=4)
KEYS = st.sampled_from(["", "a", "b", ":", '"', '":', "\u00e9"])
SPACES = st.sampled_from(["", "", " ", "\n", "\t "])


@st.composite
def spelt(draw: st.DrawFn, depth: int = 3) -> str:
    """Draw a JSON value's text; objects may have keys twice, and any blanks and escapes."""
    if not depth or draw(st.booleans()):
        return draw(st.one_of(TEXTS.map(json.dumps), st.just("1"), st.just("null")))
    items = draw(st.lists(st.tuples(KEYS, spelt(depth - 1)), max_size=3))
    if draw(st.booleans()):
        return "[" + ",".join(value for _, value in items) + "]"
    return _object(draw, items)


def _object(draw: st.DrawFn, items: list[tuple[str, str]]) -> str:
    written = []
    for key, value in items:
        name = json.dumps(key)
        if key.isalpha() and draw(st.booleans()):
            name = f'"\\u{ord(key):04x}"'
        written.append(f"{name}{draw(SPACES)}:{draw(SPACES)}{value}")
    return "{" + ",".join(written) + "}"


@st.composite
def spelt_bodies(draw: st.DrawFn) -> str:
    """Draw a body's text."""
    return _object(draw, draw(st.lists(st.tuples(KEYS, spelt()), max_size=3)))


def has_doubles(text: str) -> bool:
    """Return whether an object of a JSON text has a key twice, by the plainest way to tell."""
    found = False

    def look(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal found
        found = found or len({key for key, _ in pairs}) < len(pairs)
        return dict(pairs)

    json.loads(text, object_pairs_hook=look)
    return found


@given(text=spelt_bodies())
@example(text='{"a":":","a" :1}')
@example(text='{"a":"\\u003a","a":1}')
def test_just_the_bodies_with_a_key_twice_are_refused(text: str) -> None:
    """None passes, and none is refused that has each key once."""
    try:
        read = read_object(text.encode(), BodyLimits())
    except InvalidRequest as fault:
        assert has_doubles(text), fault.message
        assert "stands twice" in fault.message
    else:
        assert not has_doubles(text)
        assert read == json.loads(text)
