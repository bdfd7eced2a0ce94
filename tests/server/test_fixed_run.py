"""The record and the wire of a fixed run are what they were, byte for byte (see `tests/server/fixed_run`)."""

from __future__ import annotations

import asyncio
import inspect
import re

import orjson
import pytest

from api_client.backend import Backend
from api_client.commands import HTTP_COMMANDS, Command, Expire, FireTimeout, ReceiveUpload
from api_client.fields import FIELD_TYPES
from tests.server.fixed_run.golden import FILES, GOLDEN, difference, results


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What the present program makes of the run."""
    return asyncio.run(results(tmp_path_factory.mktemp("fixed-run")))


@pytest.mark.parametrize("name", FILES)
def test_the_bytes_are_those_that_were_stored(made: dict[str, bytes], name: str) -> None:
    """What is recorded, exported, returned, sent and answered stays, to the byte, whatever moves in the code."""
    if shown := difference(name, made[name]):
        pytest.fail(
            f"{shown}\n\nThe bytes of {name} have changed. If that is meant: python -m tests.server.fixed_run --write "
            "(tests/server/fixed_run/__init__.py says when one may).",
            pytrace=False,
        )


def test_the_run_gives_every_command(made: dict[str, bytes]) -> None:
    """No command is left out, nor is any of its outcomes over the network: stored, repeated, refused by a rule."""
    given = set(re.findall(r"^=== \w+ submits (\w+)", made["wire.txt"].decode(), re.MULTILINE))
    commands: list[type[Command]] = [*HTTP_COMMANDS, ReceiveUpload, FireTimeout, Expire]
    assert given == {kind.__name__ for kind in commands}
    assert set(re.findall(r"^-- (\d+)", made["wire.txt"].decode(), re.MULTILINE)) >= {
        *("200", "201", "204", "400", "401", "403", "404", "405", "409", "413", "429", "431")
    }
    assert b"idempotent-replayed: true" in made["wire.txt"]


def test_the_run_makes_every_call(made: dict[str, bytes]) -> None:
    """No call of the server's own description is left out, and none of a backend's reads."""
    targets = set(re.findall(r"^(GET|POST|PUT|DELETE) ([^?\s]+)", made["wire.txt"].decode(), re.MULTILINE))
    for path, operations in orjson.loads(made["openapi.json"])["paths"].items():
        pattern = re.compile(re.sub(r"\{\w+\}", "[^/]+", path))
        for method in operations:
            assert any(verb == method.upper() and pattern.fullmatch(to) for verb, to in targets), (method, path)
    reads = {name for name, _ in inspect.getmembers(Backend, inspect.isfunction) if not name.startswith("_")}
    reads -= {"submit", "aclose", "changes", "download"}
    for file in ("answers.txt", "wire.txt"):
        text = made[file].decode()
        assert set(re.findall(r"^=== \w+ reads ([a-z]\w*)", text, re.MULTILINE)) >= reads
        assert set(re.findall(r"^=== \w+ (follows|downloads)", text, re.MULTILINE)) == {"follows", "downloads"}


def test_the_run_answers_every_type_of_field(made: dict[str, bytes]) -> None:
    """Each type of field is declared and answered on the record."""
    events = [event for line in made["journal.jsonl"].splitlines() for event in orjson.loads(line).get("events", [])]
    payloads = [event["event"]["payload"] for event in events]
    fields = [field for payload in payloads for field in payload.get("fields", [])]
    answers = {field_id for payload in payloads for field_id in payload.get("answers", {})}
    assert {field["type"] for field in fields if field["id"] in answers} == set(FIELD_TYPES)


def test_a_difference_names_the_key_that_changed() -> None:
    """One key of a long line that differs is shown with what was and what is, without the whole line."""
    golden = (GOLDEN / "journal.jsonl").read_bytes()
    changed = golden.replace(b'"description":"Paid"', b'"description":"Lost"')
    shown = difference("journal.jsonl", changed, golden).splitlines()
    assert [line for line in shown[2:] if line[0] in "+-"] == ['-"description":"Paid",', '+"description":"Lost",']
    assert len(shown) < 25
