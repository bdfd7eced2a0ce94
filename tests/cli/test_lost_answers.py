"""A decision whose answer is lost on the way: it is not known what became of it until the same key asks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from api_client import errors
from pumpup_tui.commands.failure import exit_code_of
from tests.cli.conftest import Run, run_in, serving
from tests.cli.made import Made
from tests.waiting import HANG_SECONDS


class _Passing(BaseHTTPRequestHandler):
    """Passes every call on, and gives back every answer but those to what is written."""

    upstream = ""

    def do_GET(self) -> None:
        self._answer(*self._ask(None))

    def do_POST(self) -> None:
        self._ask(self.rfile.read(int(self.headers["Content-Length"])))
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its base's name
        pass

    def _ask(self, body: bytes | None) -> tuple[int, bytes]:
        kept = ("Authorization", "X-API-Version", "Idempotency-Key", "Content-Type")
        headers = {name: self.headers[name] for name in kept if name in self.headers}
        try:
            with urlopen(Request(self.upstream + self.path, body, headers), timeout=HANG_SECONDS) as answer:
                return answer.status, answer.read()
        except HTTPError as fault:
            with fault:
                return fault.code, fault.read()

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def losing(upstream: str) -> Iterator[str]:
    """Stand between a caller and a server, and lose the answers to what is written."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Passing", (_Passing,), {"upstream": upstream}))
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_lost_answer_is_asked_for_with_the_same_key(made: Made, tmp_path: Path, on: Run) -> None:
    """Exit code 5 and the key; with it the next try tells that it was recorded, once."""
    key = {"PUMPUP_API_KEY": made.reviewer_key}
    words = ("approve", made.approvals[0], "--yes")
    with serving(tmp_path / "server", made.data) as url:
        with losing(url) as between:
            lost = run_in(tmp_path, *words, "--url", between, **key)
        assert lost.returncode == 5
        assert "It may have been recorded" in lost.stderr
        found = re.search(r"--key ([0-9a-f]{32})", lost.stderr)
        assert found is not None
        again = run_in(tmp_path, *words, "--key", found[1], "--url", url, **key)
        assert (again.returncode, again.stderr) == (0, "")
        assert "nothing was written twice" in again.stdout
        assert run_in(tmp_path, *words, "--url", url, **key).returncode == 4
    lines = on("timeline", "--types", "APPROVAL_DECIDED", "--json").stdout.splitlines()
    assert [json.loads(line)["inResponseTo"] for line in lines] == [made.approvals[0]]


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (errors.InvalidRequest("x"), 1),
        (errors.InvalidAnswers({"a": "x"}), 1),
        (errors.Misconfigured("x"), 2),
        (errors.NotAuthenticated("x"), 6),
        (errors.NotAllowed("x"), 6),
        (errors.NotFound("x"), 3),
        (errors.Conflict("x"), 4),
        (errors.TooLarge("x"), 1),
        (errors.TooManyRequests("x"), 5),
        (errors.ServerFault("x"), 1),
        (errors.Unavailable("x"), 5),
        (errors.ProxyFailed("x"), 5),
        (errors.Unreachable("x"), 5),
        (errors.UnexpectedAnswer("x"), 1),
        (errors.StoreBusy("x"), 5),
        (errors.StoreReadOnly("x"), 1),
        (errors.StoreFault("x"), 1),
        (errors.StoreDamaged("x"), 1),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, errors.ApiError) else "",
)
def test_each_failure_has_its_code(fault: errors.ApiError, code: int) -> None:
    """What a script does next depends on the kind: try again, ask someone, or mend the call."""
    assert exit_code_of(fault) == code
