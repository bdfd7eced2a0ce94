"""What a fault in the server tells: its place, and nothing of what the caller sent."""

from __future__ import annotations

import logging

import pytest

from api_client.errors import StoreFault
from tests.server.conftest import Served
from tests.server.test_bad_input import assert_refused

NOTE = "canary-note-4711"


@pytest.mark.parametrize("kind", [RuntimeError, KeyError, UnicodeError, RecursionError, StoreFault])
async def test_a_fault_tells_nothing_of_its_caller(
    served: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, kind: type[Exception]
) -> None:
    """An unforeseen fault whose words hold the key and a note is a 500, and its log is a place in the code."""

    async def failing(*_: object, **__: object) -> None:
        raise kind(f"{served.agent.secret} {NOTE}" if kind is not StoreFault else "The disk refused.")

    monkeypatch.setattr(type(served.local), "submit", failing)
    caplog.set_level(logging.DEBUG)
    task = {"projectName": "claims", "name": NOTE}
    answer = await served.agent.post(f"/api/tasks?key={served.agent.secret}", task)
    assert_refused(answer, 500)
    log = "\n".join(logging.Formatter().format(record) for record in caplog.records if record.name != "httpx")
    assert "/api/tasks" in log
    for secret in (served.agent.secret, NOTE):
        assert secret not in answer.text + str(answer.headers) + log
