"""`serve` and `keys` as their owner runs them: a process, its signals, its logs, its certificates."""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import trustme

from pumpup_tui.commands import serve
from pumpup_tui.commands.failure import Failed
from pumpup_tui.commands.places import Folder
from pumpup_tui.commands.serve_options import ServeOptions
from tests.cli.conftest import Run, command, environment
from tests.waiting import HANG_SECONDS, wait_until

CANARY_NOTE = "canary-note-4711"


@dataclass
class Server:
    """A running `serve`."""

    process: subprocess.Popen[bytes]
    url: str
    log: Path

    def end(self, number: int = signal.SIGTERM) -> int:
        """Stop it and return its exit code."""
        self.process.send_signal(number)
        return self.process.wait(timeout=HANG_SECONDS)


@contextmanager
def served(tmp_path: Path, *more: str | Path, **variables: str) -> Iterator[Server]:
    """Serve a folder with stderr in a file."""
    log = tmp_path / "serve.log"
    words = command("serve", "--data", tmp_path / "data", "--port", "0", *more)
    with (
        log.open("wb") as stderr,
        subprocess.Popen(
            words, env={**environment(tmp_path / "home"), **variables}, stdin=subprocess.DEVNULL, stderr=stderr
        ) as process,
    ):
        try:
            end = time.monotonic() + HANG_SECONDS
            while not (found := re.search(r" at (https?://\S+)", log.read_text())):
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < end
                time.sleep(0.02)
            yield Server(process, found[1], log)
        finally:
            if process.poll() is None:
                process.kill()


@pytest.fixture
def key(run: Run, tmp_path: Path) -> str:
    """An agent's key."""
    return added(run, tmp_path, "bot", "agent")


def added(run: Run, tmp_path: Path, name: str, role: str) -> str:
    (tmp_path / "data").mkdir(exist_ok=True)
    done = run("keys", "add", name, "--role", role, "--data", tmp_path / "data")
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def calling(server: Server, key: str, **keys: object) -> httpx.Client:
    return httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {key}"}, **keys)  # type: ignore[arg-type]


def new_task(client: httpx.Client, key: str = "task") -> str:
    made = client.post("/api/tasks", json={"projectName": "general", "name": "T"}, headers={"Idempotency-Key": key})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def note(client: httpx.Client, task_id: str, words: str, key: str) -> httpx.Response:
    body = {"projectName": "general", "taskId": task_id, "message": words}
    return client.post("/api/notes", json=body, headers={"Idempotency-Key": key})


# -- keys


def test_keys_are_listed_and_revoked_while_the_server_runs(run: Run, tmp_path: Path, key: str) -> None:
    """`keys list` tells who, since when and the last use, never a secret; `keys revoke` is in effect at once."""
    data = ("--data", tmp_path / "data")
    second = added(run, tmp_path, "bot", "agent")
    with served(tmp_path) as server, calling(server, key) as client, calling(server, second) as other:
        assert client.get("/api/projects").status_code == 200
        listed = run("keys", "list", *data).stdout
        assert "never" in listed
        assert server.end() == 0
    listed = run("keys", "list", *data).stdout
    assert len(listed.splitlines()) == 3
    assert "never" in listed.splitlines()[2]
    assert re.search(r"^bot +agent +[0-9a-f]{8} +2\S+ \S+Z +2\S+ \S+Z$", listed.splitlines()[1])
    assert key not in listed
    with served(tmp_path) as server, calling(server, key) as client, calling(server, second) as other:
        key_id = listed.splitlines()[1].split()[2]
        assert run("keys", "revoke", "bot", "--id", key_id, *data).returncode == 0
        assert (client.get("/api/projects").status_code, other.get("/api/projects").status_code) == (401, 200)
        assert run("keys", "revoke", "bot", *data).returncode == 0
        assert other.get("/api/projects").status_code == 401
        added_later = added(run, tmp_path, "later", "agent")
        assert other.get("/api/projects", headers={"Authorization": f"Bearer {added_later}"}).status_code == 200
    done = run("keys", "revoke", "bot", *data)
    assert (done.returncode, "no key for bot" in done.stderr) == (3, True)


# -- what it says and takes


def test_a_wildcard_asks_for_names(run: Run, tmp_path: Path) -> None:
    """Listening on every network without a name that callers use is refused, with the option to give."""
    for host in ("0.0.0.0", "::"):
        done = run("serve", "--data", tmp_path / "data", "--host", host)
        assert done.returncode == 1
        assert "--allow-host NAME" in done.stderr


def test_an_open_host_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Whoever opens the folder to other machines reads what that exposes, and under which names."""
    told = ServeOptions("0.0.0.0", 7867, ["reviews.example"])
    told.check()
    serve._announce("http://0.0.0.0:7867", Folder(tmp_path, ""), told, has_keys=True)
    words = capsys.readouterr().err
    for part in ("Other machines can reach this", "reviews.example", "--allow-host NAME", "in the open"):
        assert part in words
    serve._announce("http://127.0.0.1:7867", Folder(tmp_path, ""), ServeOptions("127.0.0.1", 7867), has_keys=True)
    assert "Other machines" not in capsys.readouterr().err
    assert [
        ServeOptions(host, 0).is_open for host in ("localhost", "127.0.0.2", "::1", "192.0.2.1", "box.example")
    ] == [
        False,
        False,
        False,
        True,
        True,
    ]


def test_the_largest_upload_can_be_set(run: Run, tmp_path: Path, key: str) -> None:
    """`--max-upload` is the cap of an upload: at it a file is taken, over it refused."""
    with served(tmp_path, "--max-upload", "100kB") as server, calling(server, key) as client:
        for size, status in ((100_000, 201), (100_001, 413), (250_000, 413)):
            assert client.post("/api/uploads", files={"file": ("a", b"x" * size)}).status_code == status
    done = run("serve", "--data", tmp_path / "data", "--max-upload", "lots")
    assert (done.returncode, "25MB" in done.stderr) == (2, True)


def test_a_proxys_address_stands_in_the_links(tmp_path: Path, key: str) -> None:
    """With `--public-url` an upload's link begins with it, path and all; without it no header of a caller does."""
    forwarded = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "X-Forwarded-Prefix": "/evil"}
    for more, base in (
        (("--public-url", "https://reviews.example/pumpup/"), "https://reviews.example/pumpup"),
        ((), ""),
    ):
        with served(tmp_path, *more) as server, calling(server, key) as client:
            upload = client.post("/api/uploads", files={"file": ("a", b"a")}).json()["id"]
            url = client.get(f"/api/uploads/{upload}", headers=forwarded).json()["url"]
            assert url == f"{base or server.url}/api/uploads/{upload}/content"


@pytest.mark.parametrize("url", ["reviews.example", "ftp://a", "http://", "https://a/?b", "https://u:p@a"])
def test_an_address_that_is_none_is_refused(run: Run, tmp_path: Path, url: str) -> None:
    """What can't be an address is a sentence and exit code 2, before the folder is made."""
    done = run("serve", "--data", tmp_path / "never", "--public-url", url)
    assert (done.returncode, "https://reviews.example.com" in done.stderr or "nothing comes after" in done.stderr) == (
        2,
        True,
    )
    assert not (tmp_path / "never").exists()


def test_limits_can_be_set(run: Run, tmp_path: Path, key: str) -> None:
    """`--limit` counts over the configuration, and that over what is built in; a name that is none lists all."""
    config = tmp_path / "home" / "limits.toml"
    config.parent.mkdir(exist_ok=True)
    config.write_text("[serve]\nlimits = { burst = 1, writes_per_second = 1, summary = 10 }\n")
    done = run("serve", "--data", tmp_path / "data", "--limit", "writes=1")
    assert (done.returncode, "writes_per_second" in done.stderr) == (2, True)
    done = run("serve", "--data", tmp_path / "data", "--limit", "calls=0")
    assert (done.returncode, "from 1 on" in done.stderr) == (2, True)
    with (
        served(tmp_path, "--limit", "burst=2", PUMPUP_CONFIG=str(config)) as server,
        calling(server, key) as client,
    ):
        task_id = new_task(client)
        asked = {"projectName": "general", "taskId": task_id, "summary": "x" * 11}
        assert client.post("/api/approval-requests", json=asked, headers={"Idempotency-Key": "a"}).status_code == 400
        refused = note(client, task_id, "n", "n")
        assert (refused.status_code, refused.headers["retry-after"].isdecimal()) == (429, True)


def test_the_limits_of_metadata_and_schemas_can_be_set(run: Run, tmp_path: Path, key: str) -> None:
    """What a task and a project may hold is as settable as what a body may: by option and by configuration."""
    reviewer = added(run, tmp_path, "lead", "reviewer")
    config = tmp_path / "home" / "limits.toml"
    config.parent.mkdir(exist_ok=True)
    config.write_text("[serve]\nlimits = { metadata_bytes = 40, schema_bytes = 9 }\n")
    steps = {"initialStep": "a", "steps": [{"name": "a", "owner": "AGENT", "exits": []}]}
    project = {"name": "P", "steps": {**steps, "stepSchemas": {"a": {"type": "object"}}}}
    with served(tmp_path, "--limit", "metadata-bytes=20", PUMPUP_CONFIG=str(config)) as server:
        with calling(server, key) as client:
            answers = [
                client.post(
                    "/api/tasks",
                    json={"projectName": "general", "name": "t", "metadataPatch": {"set": {"k": "x" * size}}},
                    headers={"Idempotency-Key": str(size)},
                )
                for size in (12, 13)
            ]
        with calling(server, reviewer) as client:
            answers.append(client.post("/api/projects", json=project, headers={"Idempotency-Key": "p"}))
    assert [one.status_code for one in answers] == [201, 400, 400], [one.text for one in answers]


def test_each_call_is_a_line_without_key_query_or_body(tmp_path: Path, key: str) -> None:
    """The access log says when, from where, who, what, the status and how long; `--quiet` says nothing."""
    with served(tmp_path) as server, calling(server, key) as client:
        task_id = new_task(client)
        note(client, task_id, CANARY_NOTE, "k")
        client.get("/api/projects", params={"name": CANARY_NOTE})
        client.get("/api/me")
        client.get("/api/me", headers={"Authorization": "Bearer nobody"})
        assert server.end() == 0
        lines = [line.split() for line in server.log.read_text().splitlines() if "ms" in line.split()[-1]]
    assert [line[1:6] for line in lines] == [
        ["127.0.0.1", "bot", "POST", "/api/tasks", "201"],
        ["127.0.0.1", "bot", "POST", "/api/notes", "201"],
        ["127.0.0.1", "bot", "GET", "/api/projects", "200"],
        ["127.0.0.1", "bot", "GET", "/api/me", "403"],
        ["127.0.0.1", "-", "GET", "/api/me", "401"],
    ]
    assert all(re.fullmatch(r"2\S+T\S+Z", line[0]) and re.fullmatch(r"[0-9.]+ms", line[6]) for line in lines)
    assert CANARY_NOTE not in server.log.read_text()
    with served(tmp_path, "--quiet") as server, calling(server, key) as client:
        client.get("/api/projects")
        assert server.end() == 0
        assert len(server.log.read_text().splitlines()) == 1


def test_the_health_of_the_server_is_told_to_anyone(tmp_path: Path) -> None:
    """A load balancer asks without a key, under a name of the machine's own."""
    with served(tmp_path) as server:
        answer = httpx.get(f"{server.url}/healthz")
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
        assert httpx.get(f"{server.url}/healthz", headers={"Host": "evil.example"}).status_code == 403


# -- metrics


def test_metrics_are_there_when_they_are_asked_for(run: Run, tmp_path: Path, key: str) -> None:
    """`--metrics` adds /metrics for a reviewer's key: open requests, decisions, latencies, commits and syncs."""
    reviewer = added(run, tmp_path, "alice", "reviewer")
    with served(tmp_path) as server, calling(server, reviewer) as client:
        assert client.get("/metrics").status_code == 404
    with served(tmp_path, "--metrics") as server, calling(server, key) as agent, calling(server, reviewer) as client:
        assert agent.get("/metrics").status_code == 403
        for number in range(3):
            asked = {"projectName": "general", "taskId": new_task(agent, f"t{number}"), "summary": "?"}
            made = agent.post("/api/approval-requests", json=asked, headers={"Idempotency-Key": f"{number}"}).json()
        decision = {"outcome": {"type": "REJECT"}}
        path = f"/api/approval-requests/{made['eventId']}/decision"
        for _ in range(2):
            client.post(path, json=decision, headers={"Idempotency-Key": "d"}).raise_for_status()
            text = client.get("/metrics").text
        for line in (
            'pumpup_open_requests{age="1h",project="general"} 2.0',
            'pumpup_open_requests{age="older",project="general"} 0.0',
            'pumpup_decisions_total{outcome="REJECT"} 1.0',
            "pumpup_journal_commits_total 7.0",
            'pumpup_call_seconds_count{call="Decide",status="201"} 2.0',
        ):
            assert line in text, text
        assert float(re.findall(r"^pumpup_sync_seconds_count (\S+)$", text, re.MULTILINE)[0]) >= 7
        assert "/metrics" in client.get("/api/openapi.json").json()["paths"]


# -- TLS


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[trustme.CA, Path, Path]:
    """A certificate for this machine, and who signed it."""
    authority = trustme.CA()
    made = authority.issue_cert("localhost", "127.0.0.1")
    chain, private = tmp_path / "cert.pem", tmp_path / "key.pem"
    made.private_key_pem.write_to_path(private)
    for pem in made.cert_chain_pems:
        pem.write_to_path(chain, append=True)
    return authority, chain, private


def test_it_is_served_over_https(tmp_path: Path, key: str, certificate: tuple[trustme.CA, Path, Path]) -> None:
    """A caller who trusts the certificate's authority is answered, one who does not hangs up."""
    authority, chain, private = certificate
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    with served(tmp_path, "--tls-cert", chain, "--tls-key", private) as server:
        assert server.url.startswith("https://127.0.0.1:")
        with calling(server, key, verify=trusting) as client:
            upload = client.post("/api/uploads", files={"file": ("a", b"a")}).json()["id"]
            assert client.get(f"/api/uploads/{upload}").json()["url"].startswith("https://127.0.0.1:")
        with calling(server, key) as client, pytest.raises(httpx.ConnectError, match="certificate"):
            client.get("/api/projects")
        with pytest.raises(httpx.TransportError):
            httpx.get(server.url.replace("https", "http") + "/api/projects")
        assert server.end() == 0


def test_bad_certificates_are_told(run: Run, tmp_path: Path, certificate: tuple[trustme.CA, Path, Path]) -> None:
    """One file without the other, a file that is none, and another's key: a sentence each, and nothing is served."""
    _, chain, private = certificate
    other = tmp_path / "other.pem"
    trustme.CA().issue_cert("localhost").private_key_pem.write_to_path(other)
    for files in (
        ("--tls-cert", chain),
        ("--tls-key", private),
        ("--tls-cert", chain, "--tls-key", other),
        ("--tls-cert", private, "--tls-key", chain),
        ("--tls-cert", tmp_path / "missing.pem", "--tls-key", private),
    ):
        done = run("serve", "--data", tmp_path / "data", "--port", "0", *files)
        assert (done.returncode, len(done.stderr.splitlines())) == (1, 1), done.stderr
        assert "--tls" in done.stderr or "PEM" in done.stderr


# -- a stop


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_stop_finishes_what_was_accepted(tmp_path: Path, key: str, number: int) -> None:
    """Under load from many writers a signal ends the server cleanly: whatever was answered is in the journal, once."""
    with served(tmp_path, "--quiet") as server:
        with calling(server, key) as client:
            task_id = new_task(client)
        answered = asyncio.run(_write_until_it_stops(server, key, task_id, number))
        assert server.process.wait(timeout=HANG_SECONDS) == 0
    journal = (tmp_path / "data" / "journal.jsonl").read_text()
    assert len(answered) > 20
    assert all(journal.count(f'"message":"{words}"') == 1 for words in answered)
    assert "Traceback" not in server.log.read_text()


async def _write_until_it_stops(server: Server, key: str, task_id: str, number: int) -> list[str]:
    answered: list[str] = []

    async def write(client: httpx.AsyncClient, name: int) -> None:
        for count in itertools.count():
            words = f"note-{name}-{count}"
            body = {"projectName": "general", "taskId": task_id, "message": words}
            try:
                answer = await client.post("/api/notes", json=body, headers={"Idempotency-Key": words})
            except httpx.TransportError:
                return
            assert answer.status_code == 201, answer.text
            answered.append(words)

    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=server.url, headers=headers) as client:
        writers = [asyncio.create_task(write(client, name)) for name in range(8)]
        while len(answered) < 40:  # noqa: ASYNC110 - any of the writers adds to it
            await asyncio.sleep(0.01)
        server.process.send_signal(number)
        await asyncio.wait_for(asyncio.gather(*writers), HANG_SECONDS)
    return answered


def _takes_connections(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
    except OSError:
        return False
    return True


def test_a_call_on_its_way_is_answered_before_the_end(tmp_path: Path, key: str) -> None:
    """A body that is half sent when the stop comes may be finished, and is answered; new callers are turned away."""
    with served(tmp_path) as server:
        port = int(server.url.rpartition(":")[2])
        body = json.dumps({"projectName": "general", "name": "last"}).encode()
        with socket.create_connection(("127.0.0.1", port), timeout=HANG_SECONDS) as half:
            lines = f"Host: localhost\r\nAuthorization: Bearer {key}\r\nIdempotency-Key: k\r\nExpect: 100-continue\r\n"
            half.sendall(f"POST /api/tasks HTTP/1.1\r\n{lines}Content-Length: {len(body)}\r\n\r\n".encode())
            assert half.recv(100).startswith(b"HTTP/1.1 100"), "the server waits for the body"
            half.sendall(body[:9])
            server.process.send_signal(signal.SIGTERM)
            wait_until(lambda: not _takes_connections(port), "new callers are turned away")
            half.sendall(body[9:])
            assert half.recv(100).startswith(b"HTTP/1.1 201")
        assert server.process.wait(timeout=HANG_SECONDS) == 0
    assert b'"name":"last"' in (tmp_path / "data" / "journal.jsonl").read_bytes()


# -- the canary


def test_a_key_is_found_nowhere(run: Run, tmp_path: Path, key: str) -> None:
    """A known key is in no log, journal, export, report, ring or process list; a known note is where it belongs."""
    data = tmp_path / "data"
    with served(tmp_path, "--metrics") as server, calling(server, key) as client:
        task_id = new_task(client)
        assert note(client, task_id, CANARY_NOTE, "k").status_code == 201
        client.get("/api/nothing")
        client.post("/api/tasks", content=b"{", headers={"Idempotency-Key": "x"})
        raw = f"GET /api/projects HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\nBad\x01: x\r\n\r\n"
        with socket.create_connection(
            ("127.0.0.1", int(server.url.rpartition(":")[2])), timeout=HANG_SECONDS
        ) as broken:
            broken.sendall(raw.encode())
            assert key.encode() not in broken.recv(4096)
        process = Path(f"/proc/{server.process.pid}")
        if process.exists():
            assert key not in (process / "cmdline").read_text() + (process / "environ").read_text()
        assert server.end() == 0
    for kind in ("jsonl", "csv"):
        assert run("export", "--format", kind, "-o", tmp_path / f"all.{kind}", "--data", data).returncode == 0
        assert CANARY_NOTE in (tmp_path / f"all.{kind}").read_text()
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {data / "journal.jsonl", data / "keys.json", server.log} <= set(files)
    found = [path for path in files if key.encode() in path.read_bytes()]
    assert found == []
    assert CANARY_NOTE.encode() in (data / "journal.jsonl").read_bytes()
    assert CANARY_NOTE not in server.log.read_text()
    assert (data / "keys-used.json").stat().st_size > 0


def test_two_options_that_belong_together_are_checked_first(tmp_path: Path) -> None:
    """What does not go together is told before the folder is touched."""
    with pytest.raises(Failed, match="--tls-key"):
        serve.run(Folder(tmp_path / "never", ""), ServeOptions("127.0.0.1", 0, certificate=tmp_path / "c"))
    assert not (tmp_path / "never").exists()


def test_a_log_that_nobody_reads_stops_nothing(tmp_path: Path, key: str) -> None:
    """Where stderr is a pipe that is full, calls go on being answered, and the stop is as clean."""
    words = command("serve", "--data", tmp_path / "data", "--port", "0")
    with subprocess.Popen(
        words, env=environment(tmp_path / "home"), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        assert process.stderr is not None
        url = process.stderr.readline().decode().split(" at ")[1].split()[0]
        headers = {"Content-Type": "multipart/form-data; boundary=b"}
        with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=HANG_SECONDS) as client:
            for _ in range(1_200):
                assert client.post("/api/uploads", content=b"--b\r\n[]: x\r\n", headers=headers).status_code == 400
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=HANG_SECONDS) == 0
