"""What stands at an address and is no server of ours, and what of a caller's own setting can't be meant."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.cli.conftest import Run, run_in
from tests.cli.made import Made
from tests.server.scripted import Answer, plain, scripted
from tests.server.stand_in import closed_port

KEY = {"PUMPUP_API_KEY": "pk_x"}
SECRET = "s3cr3t"
PAGE: Answer = lambda: plain(200, "<h1>Welcome</h1>")  # noqa: E731
MISSING: Answer = lambda: plain(404, "<h1>Not here</h1>")  # noqa: E731
EMPTY: Answer = lambda: plain(200, {"items": []})  # noqa: E731


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy of the tester's own."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


def doctor(home: Path, *options: str | Path, **more: str) -> tuple[int, dict[str, tuple[str, str]]]:
    """Return the exit code, and each check's state and words."""
    result = run_in(home, "doctor", "--json", *options, **{**KEY, **more})
    assert "unexpected error" not in result.stderr
    told = json.loads(result.stdout)["checks"]
    return result.returncode, {one["check"]: (one["state"], one["words"] + one.get("remedy", "")) for one in told}


@pytest.mark.parametrize("answers", [{"*": PAGE}, {"*": MISSING}, {"/": PAGE}], ids=["200", "404", "json 404"])
def test_a_web_server_is_no_server_of_ours(tmp_path: Path, answers: dict[str, Answer]) -> None:
    """`doctor` says that it is the wrong address and ends with 1, and no command takes it for an empty place."""
    with scripted(answers) as (url, _):
        code, found = doctor(tmp_path, "--url", f"{url}/foo")
        inbox = run_in(tmp_path, "inbox", "--url", f"{url}/foo", **KEY)
    assert (code, found["server"][0]) == (1, "wrong")
    assert "address" in found["server"][1]
    assert inbox.returncode == 1
    assert inbox.stdout == ""


def test_a_server_without_the_reviewer_part_is_fine(tmp_path: Path) -> None:
    """The hosted service answers the agent API alone: it is read, and `doctor` says so."""
    with scripted({"/api/projects": EMPTY, "/api/tasks": EMPTY}) as (url, _):
        code, found = doctor(tmp_path, "--url", url)
        inbox = run_in(tmp_path, "inbox", "--url", url, **KEY)
    assert (code, found["server"][0], found["key"][0]) == (0, "ok", "note")
    assert (inbox.returncode, inbox.stderr[:16]) == (0, "No open requests")


@pytest.mark.parametrize(("status", "code"), [(502, 5), (503, 5), (504, 5), (500, 1)])
def test_5_a_gateway_without_its_server(tmp_path: Path, status: int, code: int) -> None:
    """Whoever stands before the server and has no answer from it: try again; a server that fails is a failure."""
    with scripted({"*": lambda: plain(status, "<h1>Bad gateway</h1>")}) as (url, _):
        result = run_in(tmp_path, "tasks", "--url", url, **KEY)
    assert result.returncode == code
    assert str(status) in result.stderr


def test_5_a_write_with_an_answer_that_says_nothing_is_in_doubt(tmp_path: Path, made: Made) -> None:
    """A captive portal's page after a write: exit code 5 and the key that asks what became of it."""
    with scripted(
        {
            "/api/me": lambda: plain(200, {"subject": "b", "role": "reviewer", "capabilities": ["note"]}),
            "/api/tasks/tsk_1": lambda: plain(200, {"task": TASK, "openRequests": []}),
            "*": PAGE,
        }
    ) as (url, _):
        result = run_in(tmp_path, "note", "tsk_1", "hello", "--url", url, **KEY)
    assert result.returncode == 5
    assert "It may have been recorded" in result.stderr
    assert "--key" in result.stderr


TASK = {
    "id": "tsk_1",
    "projectId": "p",
    "name": "n",
    "currentStep": "a",
    "status": "RUNNING",
    "metadata": {},
    "attachments": [],
}


@pytest.mark.parametrize(
    "url",
    [
        "ftp://pump.example",
        "pump.example",
        "https://",
        "https://pump.example:0",
        "https://pump.example:99999",
        f"https://bob:{SECRET}@pump.example",
        f"https://pump.example/?token={SECRET[:0]}",
        "https://xn--zz--.com",
        "https://a..b",
        "http://pump.example",
    ],
)
def test_2_an_address_that_is_none(tmp_path: Path, url: str) -> None:
    """One sentence, exit code 2, and no password in it; `doctor` ends with 1."""
    result = run_in(tmp_path, "inbox", PUMPUP_BASE_URL=url, **KEY)
    assert result.returncode == 2
    assert result.stderr.startswith("Error: ")
    assert SECRET not in result.stderr
    code, found = doctor(tmp_path, "--url", url)
    assert code == 1
    assert SECRET not in str(found)


def test_2_a_folders_command_does_not_show_a_password_either(tmp_path: Path) -> None:
    """What works on a folder alone names the server that it was given, without its password."""
    result = run_in(tmp_path, "verify", PUMPUP_BASE_URL=f"https://bob:{SECRET}@pump.example")
    assert result.returncode == 2
    assert SECRET not in result.stderr


def test_2_a_key_that_is_missing_or_others_can_read(tmp_path: Path) -> None:
    """No key, a key file that is not there, one that others may read, one without a key, and a variable without one."""

    def code(*options: str | Path, **more: str) -> int:
        result = run_in(tmp_path, "inbox", "--url", "https://127.0.0.1:1", *options, **more)
        assert "pk_secret" not in result.stderr
        return result.returncode

    readable, empty = tmp_path / "readable.key", tmp_path / "empty.key"
    readable.write_text("pk_secret\n")
    readable.chmod(0o644)
    empty.touch(mode=0o600)
    assert code() == 2
    assert code("--api-key-file", tmp_path / "missing.key") == 2
    assert code("--api-key-file", readable) == 2
    assert code("--api-key-file", empty) == 2
    assert code(PUMPUP_API_KEY="pk_secret and more") == 2


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("HTTPS_PROXY", "foo://bar"),
        ("ALL_PROXY", f"socks4://bob:{SECRET}@127.0.0.1:1"),
        ("https_proxy", f"http://bob:{SECRET}#@x:1"),
        ("NO_PROXY", "[::1"),
        ("SSL_CERT_FILE", "/nowhere/ca.pem"),
    ],
)
def test_2_an_environment_that_can_not_be_used(tmp_path: Path, variable: str, value: str) -> None:
    """The variable is named with what to write, without a password; `doctor` reports it and ends with 1."""
    more = {"HTTPS_PROXY": "http://127.0.0.1:1", variable: value} if variable == "NO_PROXY" else {variable: value}
    result = run_in(tmp_path, "inbox", "--url", "https://pump.example", **more, **KEY)
    assert result.returncode == 2
    assert variable in result.stderr
    code, found = doctor(tmp_path, "--url", "https://pump.example", **more)
    check = "server" if variable == "SSL_CERT_FILE" else "proxy"
    assert (code, found[check][0]) == (1, "wrong")
    assert variable in found[check][1]
    assert SECRET not in result.stderr + str(found)


@pytest.mark.parametrize("no_proxy", ["[::1]", "fe80::/10"])
def test_5_a_dead_proxy_is_no_dead_server(tmp_path: Path, no_proxy: str) -> None:
    """The words name the proxy and its variable, not its password; `doctor` blames it, and not the server."""
    port = closed_port()
    more = {"ALL_PROXY": f"socks5://bob:{SECRET}@127.0.0.1:{port}", "NO_PROXY": no_proxy}
    result = run_in(tmp_path, "inbox", "--url", "https://pump.example", **more, **KEY)
    assert result.returncode == 5
    assert f"socks5://127.0.0.1:{port} that ALL_PROXY names" in result.stderr
    code, found = doctor(tmp_path, "--url", "https://pump.example", **more)
    assert (code, found["proxy"][0]) == (1, "wrong")
    assert "server" not in found
    assert SECRET not in result.stderr + str(found)


@pytest.mark.parametrize(
    ("option", "code", "named"),
    [
        (("timeline", "--types", "NOPE"), 2, "APPROVAL_DECIDED"),
        (("timeline", "--types", "NOTE,APPROVAL_DECIDE"), 2, "Did you mean APPROVAL_DECIDED?"),
        (("timeline", "--types", "PROJECT_CREATED"), 2, "TASK_CREATED"),
        (("export", "--types", "NOPE"), 2, "PROJECT_CREATED"),
        (("tasks", "--status", "nope"), 2, "WAITING"),
        (("tasks", "--step", "nope"), 3, "in_review"),
        (("inbox", "--project", "clams"), 3, "Did you mean claims?"),
        (("timeline", "Claim C-001"), 3, "Did you mean Claim C-001"),
        (("timeline", "claim c-0001"), 0, ""),
        (("aprove", "evt_0"), 2, "'approve'"),
        (("timeline", "--types", "note, approval_decided"), 0, ""),
        (("export", "--types", "project_created"), 0, "Exported"),
        (("tasks", "--status", "waiting", "--step", "in_review"), 0, ""),
    ],
)
def test_a_name_out_of_a_fixed_set(on: Run, option: tuple[str, ...], code: int, named: str) -> None:
    """A name that there is not is refused with those that there are, instead of an answer that is empty."""
    result = on(*option)
    assert result.returncode == code
    assert named in result.stderr


def test_a_type_that_a_server_has_is_not_refused(tmp_path: Path) -> None:
    """A server may have event types that nobody here has heard of: what events are of is no slip."""
    event = {
        "id": "e",
        "taskId": "tsk_1",
        "projectId": "p",
        "eventType": "SENTIMENT_SCORED",
        "source": "AGENT",
        "owner": "AGENT",
        "timestamp": "2026-03-02T12:00:00Z",
        "payload": {"type": "SentimentScored"},
    }
    answers: dict[str, Answer] = {
        "/api/projects": EMPTY,
        "/api/tasks": lambda: plain(200, {"items": [TASK]}),
        "/api/tasks/tsk_1/events": lambda: plain(200, {"items": [event], "nextCursor": None}),
    }
    with scripted(answers) as (url, _):
        known = run_in(tmp_path, "timeline", "--types", "sentiment_scored", "--json", "--url", url, **KEY)
        unknown = run_in(tmp_path, "timeline", "--types", "NOPE", "--url", url, **KEY)
    assert (known.returncode, json.loads(known.stdout)["id"]) == (0, "e")
    assert unknown.returncode == 2
