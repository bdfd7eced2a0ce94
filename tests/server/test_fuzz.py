"""Bytes by chance to every route and on the bare socket: never a 5xx, never a write."""

from __future__ import annotations

import asyncio
import json
import random
from typing import Any

import pytest

from store.server.call_context import Row
from store.server.openapi import describe
from store.server.routes import ROWS
from tests.server.conftest import Served
from tests.server.sockets import answer, exchange, head, listening
from tests.server.test_roles import call_of

ROUNDS = 60
DECLARED = describe(ROWS)["paths"]
IDS = ["x", "%00", "%C3%A9", "%F0%9F", "..;", "a" * 300]
WORDS = ["", "\x00", "é", "\u202e", "🎉", "a" * 300, "..", "%2e%2e", "null", "-1", "1e999", "' or 1=1", "<script>"]


def some_bytes(rng: random.Random) -> bytes:
    """Return bytes of any kind: noise, or JSON with some of them changed."""
    if rng.random() < 0.4:
        return rng.randbytes(rng.randrange(200))
    text = bytearray(json.dumps(some_json(rng)).encode())
    for _ in range(rng.randrange(3)):
        text[rng.randrange(len(text)) : rng.randrange(len(text)) + 1] = rng.randbytes(rng.randrange(3))
        text = text or bytearray(b"0")
    return bytes(text)


def some_json(rng: random.Random, depth: int = 0) -> Any:
    """Return a JSON value, often an object with the contract's own keys."""
    keys = ["projectName", "taskId", "summary", "fields", "outcome", "answers", "steps", "name", "message", "type"]
    kind = rng.randrange(8) if depth < 4 else rng.randrange(6)
    if kind < 6:
        scalar: Any = [None, True, rng.randrange(-9, 2**70), rng.random() * 1e300, rng.choice(WORDS), "claims"][kind]
        return scalar
    if kind == 6:
        return [some_json(rng, depth + 1) for _ in range(rng.randrange(4))]
    return {rng.choice([*keys, *WORDS]): some_json(rng, depth + 1) for _ in range(rng.randrange(6))}


@pytest.mark.parametrize("row", ROWS, ids=call_of)
async def test_noise_is_answered_as_declared(served: Served, row: Row) -> None:
    """Each route takes noise in every place: the status is one that the document names, and no write comes of it."""
    served.app.state.stop()  # a stream ends as soon as it has begun
    rng = random.Random(call_of(row))
    declared = {int(status) for status in DECLARED[row.path][row.method.lower()]["responses"]}
    journal = served.journal
    parts = row.path.split("/")
    for number in range(ROUNDS):
        path = "/".join(
            rng.choice(["x", "%00", "%C3%A9", "%F0%9F", "..;", "a" * 300]) if "{" in p else p for p in parts
        )
        query = {name: rng.choice(WORDS) for name in row.query if rng.random() < 0.7}
        kind = rng.choice(["application/json", "text/plain", "multipart/form-data; boundary=b", "\xff", ""])
        content = some_bytes(rng) if number % 2 else json.dumps(some_json(rng)).encode()
        headers = {"Content-Type": kind.encode("latin-1")}
        asked = await served.reviewer(row.method, path, params=query, content=content, headers=headers)
        assert asked.status_code in declared, (path, query, content, asked.text)
        assert asked.status_code < 500
        if asked.status_code >= 400:
            assert set(asked.json()) in ({"error"}, {"code", "message"})
    assert served.journal == journal


async def test_noise_on_the_socket_ends_in_an_answer_or_a_closed_line(served: Served) -> None:
    """Bytes that are no HTTP, or nearly, get a 400 or a 431 or are hung up on; the next caller notices nothing."""
    rng = random.Random(1)
    good = head("POST", "/api/tasks", served.agent, "Idempotency-Key: k", "Content-Length: 2") + b"{}"
    async with listening(served) as port:
        for _ in range(150):
            noise = bytearray(good) if rng.random() < 0.7 else bytearray(rng.randbytes(rng.randrange(1, 400)))
            for _ in range(rng.randrange(1, 4)):
                noise[rng.randrange(len(noise)) : rng.randrange(len(noise))] = rng.randbytes(rng.randrange(4))
                noise = noise or bytearray(b"\n")
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(bytes(noise))
                writer.write_eof()
                status, _, _ = await answer(reader)
                assert 200 <= status < 500, bytes(noise)
            except (asyncio.IncompleteReadError, ConnectionError):
                pass  # hung up on: a call that never ended
            finally:
                writer.close()
        assert (await exchange(port, head("GET", "/api/projects", served.agent)))[0] == 200
