"""The process in which schemas are evaluated: it reads questions from its standard input until that ends.

It runs what callers wrote, so it may be ended at any moment: by a timer of its own over each question, which no
Python code has to notice, or by its parent. It holds nothing: no folder, no socket, no key, no variable.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
import time
from contextlib import suppress

BOOT_SECONDS = 60
SLACK_SECONDS = 8
"""A question may take so much longer than its processor time, on a machine that is busy with other things."""
MEMORY_BYTES = 1 << 30
STACK_FRAMES = 4_000
"""For schemas within schemas, over the nesting that metadata may have."""


def main(niceness: int) -> None:
    """Answer questions, three lines each: seconds of processor time, schema, metadata or nothing.

    An answer is one line: the seconds of processor time that it took, and the verdict.
    """
    signal.alarm(BOOT_SECONDS)
    os.nice(niceness)
    _take_little()
    import orjson

    from store.core.schema_questions import Question
    from store.schemas.evaluator import answer

    signal.alarm(0)
    questions, answers = sys.stdin.buffer, sys.stdout.buffer
    while line := questions.readline():
        schema, metadata = questions.readline()[:-1], questions.readline()[:-1]
        _cut_off_after(float(line))
        start = time.process_time()
        verdict = answer(Question(schema, metadata or None))
        _cut_off_after(0)
        answers.write(orjson.dumps([time.process_time() - start, verdict and [*verdict]]) + b"\n")
        answers.flush()


def _cut_off_after(seconds: float) -> None:
    """Limit the processor time of this process, after which the system ends it; 0 is no limit."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, seconds and seconds + SLACK_SECONDS)


def _take_little() -> None:
    sys.setrecursionlimit(STACK_FRAMES)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(ValueError, OSError):  # not every system has each; the timers hold everywhere
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
