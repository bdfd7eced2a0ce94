"""Objects of the wire that several threads read for the first time at once."""

from __future__ import annotations

import subprocess
import sys

FIRST_READS = """
import sys, threading
from contextlib import suppress
from api_client.models import Board, Card, Event, InboxItem, Page, Project, RequestDetail, TaskDetail
from api_client.wire import read

sys.setswitchinterval(1e-6)
agreed = {"subject": "s", "at": "2026-01-01T00:00:00Z", "eventId": "e", "outcome": "APPROVE"}
names = ("requestId", "eventType", "summary", "taskId", "taskName", "projectId", "projectName", "step")
item = dict.fromkeys(names, "x") | {"requestedAt": agreed["at"], "needs": {"rule": "r", "agreed": [agreed]}}
document = {"items": [item], "task": {}, "event": {}, "project": {}}
models = [Page[InboxItem], RequestDetail, TaskDetail, Page[Card], Board, Page[Event], Project]

def read_all(order):
    for model in order:
        with suppress(ValueError):
            read(model, document)

threads = [threading.Thread(target=read_all, args=(models[::step],)) for step in (1, -1) * 4]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


def test_the_first_reads_of_several_threads_end_no_process() -> None:
    """A server reads in threads of its own: msgspec alone ended with a segmentation fault in each of 40 tries."""
    for _ in range(3):
        ended = subprocess.run([sys.executable, "-c", FIRST_READS], capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stderr
