"""Objects of the wire that several threads read for the first time at once."""

from __future__ import annotations

import subprocess
import sys

import pytest

FIRST_READS = """
import sys, threading
from contextlib import suppress
from api_client.wire import read
from store.server.openapi import describe
from store.server.routes import ROWS

sys.setswitchinterval(1e-6)
agreed = {"subject": "s", "at": "2026-01-01T00:00:00Z", "eventId": "e", "outcome": "APPROVE"}
names = ("requestId", "eventType", "summary", "taskId", "taskName", "projectId", "projectName", "step")
item = dict.fromkeys(names, "x") | {"requestedAt": agreed["at"], "needs": {"rule": "r", "agreed": [agreed]}}
document = {"items": [item], "task": {}, "event": {}, "project": {}}
answers = [shape for row in ROWS for shapes in row.answers.values()
           for shape in (shapes if isinstance(shapes, tuple) else (shapes,)) if shape]
models = list(dict.fromkeys([*answers, *(row.takes for row in ROWS if row.takes)]))

def read_all(order):
    for model in order:
        with suppress(ValueError):
            read(model, document)

threads = [threading.Thread(target=read_all, args=(models[::step],)) for step in (1, -1) * %d]
threads += [threading.Thread(target=describe, args=(ROWS,)) for _ in range(%d)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


@pytest.mark.parametrize(("readers", "describers"), [(4, 0), (1, 1), (1, 2)])
def test_the_first_reads_of_several_threads_end_no_process(readers: int, describers: int) -> None:
    """A server reads in threads of its own, and describes all that it reads in another one.

    msgspec alone ended with a segmentation fault in each of 40 tries of the first, and in 13 of 25 of the second.
    """
    program = FIRST_READS % (readers, describers)
    for _ in range(3):
        ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stderr
