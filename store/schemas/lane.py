"""A worker process that answers one question after the other."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

import orjson

from api_client.errors import ApiError, StoreFault, TooManyRequests
from store.core.schema_questions import Question, Verdict
from store.schemas.fair_queue import FairQueue, PendingCheck

if TYPE_CHECKING:
    from subprocess import Popen

IDLE_SECONDS = 30.0
"""A worker without a question for so long is stopped."""
PATIENCE_SECONDS = 20.0
"""A question that has waited so long for its turn is refused."""
_BOOT = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from store.schemas.worker import main; "
    "main(int(sys.argv[2]))"
)
_PASSED_ON = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
"""Variables that Python may need to start. The others, keys among them, are not passed to the worker."""
_CUTS = {-signal.SIGPROF, -signal.SIGALRM}


class CutOff(Exception):
    """The question took more processor time than it may."""


class Lane:
    """Answers questions in a fair order. Its thread and its process start with the first and end when none come."""

    def __init__(
        self,
        seconds: float,
        on_cut_off: Callable[[PendingCheck], None],
        on_answered: Callable[[PendingCheck, float], None] = lambda *_: None,
        *,
        niceness: int = 0,
    ) -> None:
        """Give each question `seconds` of processor time; `on_cut_off` settles those that take more.

        `on_answered` hears of each other one before its caller does, with the seconds that it took.
        """
        self._seconds = seconds
        self._on_answered = on_answered
        self._niceness = niceness
        self._on_cut_off = on_cut_off
        self._line = FairQueue()
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None
        self._process: Popen[bytes] | None = None
        self._needs_spare = False
        self._spare: Popen[bytes] | None = None
        """Stands by once a worker was cut off: to start one takes as long as hundreds of checks."""
        self._closed = False

    def put(self, asked: PendingCheck) -> None:
        """Put a question in the queue."""
        with self._guard:
            if not self._closed:
                self._line.put(asked)
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name="schema-lane", daemon=True)
                    self._thread.start()
                return
        asked.done.set_exception(_closed())

    def stop(self) -> None:
        """End the worker, whatever it is at; what waits is answered with a fault. Returns at once."""
        with self._guard:
            self._closed = True
            for process in (self._process, self._spare):
                if process is not None:
                    process.kill()
        for asked in self._line.close():
            if asked.done.running() or asked.done.set_running_or_notify_cancel():
                asked.done.set_exception(_closed())

    def close(self) -> None:
        """Stop, and return when all is over."""
        self.stop()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while True:
            asked = self._line.get(IDLE_SECONDS)
            if asked is None:
                with self._guard:
                    if not self._line.is_empty():
                        continue
                    self._thread = None
                self._stop_workers()
                return
            start = time.monotonic()
            self._settle(asked)
            self._line.charge(asked.subject, time.monotonic() - start)

    def _settle(self, asked: PendingCheck) -> None:
        if not asked.done.running() and not asked.done.set_running_or_notify_cancel():
            return
        try:
            if time.monotonic() - asked.since > PATIENCE_SECONDS:
                raise TooManyRequests("Too many checks of metadata are in line; nothing was recorded.", retry_after=2)
            seconds, verdict = self._ask(asked.question)
            self._on_answered(asked, seconds)
        except CutOff:
            self._on_cut_off(asked)
        except ApiError as fault:
            asked.done.set_exception(fault)
        except Exception as fault:  # noqa: BLE001 - a lane that died would leave its callers waiting for ever
            asked.done.set_exception(StoreFault(f"The check of the metadata failed ({type(fault).__name__})."))
        else:
            asked.done.set_result(verdict)

    def _ask(self, question: Question) -> tuple[float, Verdict | None]:
        """Return what the worker answers, and the seconds that it took before it.

        Raises:
            CutOff: it was ended over this question.
            StoreFault: there is no worker to be had.
        """
        for is_last in (False, True):  # one that has sat idle may have been ended by someone else meanwhile
            line = self._exchange(question)
            if line.endswith(b"\n"):
                self._provide_spare()
                seconds, answer = orjson.loads(line)
                return seconds, None if answer is None else Verdict(*answer)
            ended = self._stop_worker() or 0
            if self._closed:
                raise _closed()
            if ended in _CUTS or (is_last and ended < 0):  # twice over the same question: it is the question
                self._needs_spare = True
                raise CutOff
        raise StoreFault("The metadata can't be checked: the process that does it has ended twice.")

    def _exchange(self, question: Question) -> bytes:
        process = self._started()
        assert process.stdin is not None and process.stdout is not None  # noqa: S101 - both are pipes
        with suppress(BrokenPipeError):  # then there is no answer either
            process.stdin.write(b"%f\n%b\n%b\n" % (self._seconds, question.schema, question.metadata or b""))
            process.stdin.flush()
        return process.stdout.readline()

    def _started(self) -> Popen[bytes]:
        with self._guard:
            if self._closed:
                raise _closed()
            if self._process is None:
                self._process, self._spare = self._spare or _start(self._niceness), None
            return self._process

    def _provide_spare(self) -> None:
        with self._guard:
            if self._needs_spare and self._spare is None and not self._closed:
                with suppress(StoreFault):  # where no second one can be had, the first does its work
                    self._spare = _start(self._niceness)

    def _stop_worker(self) -> int | None:
        """End the worker and return how it ended, None where there was none."""
        with self._guard:
            process, self._process = self._process, None
        return None if process is None else _end(process)

    def _stop_workers(self) -> None:
        self._stop_worker()
        with self._guard:
            spare, self._spare = self._spare, None
        if spare is not None:
            _end(spare)


def _end(process: Popen[bytes]) -> int:
    """Close a worker's pipes, which ends it, and return how it ended."""
    for pipe in (process.stdin, process.stdout):
        with suppress(OSError):  # with what a worker that is gone has not taken
            pipe and pipe.close()
    return process.wait()


def _start(niceness: int) -> Popen[bytes]:
    from subprocess import DEVNULL, PIPE, Popen

    path = orjson.dumps([entry or os.getcwd() for entry in sys.path]).decode()  # noqa: PTH109 - as sys.path has them
    variables = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    try:
        return Popen(  # noqa: S603 - this very Python, and no word of a caller's
            [sys.executable, "-I", "-c", _BOOT, path, str(niceness)],
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            cwd="/",
            env=variables,
            process_group=0,  # a ctrl+c in the terminal is its parent's
        )
    except OSError as fault:
        raise StoreFault(f"The metadata can't be checked: no process can be started ({fault.strerror}).") from fault


def _closed() -> StoreFault:
    return StoreFault("The check of the metadata was broken off: the data folder is being closed.")
