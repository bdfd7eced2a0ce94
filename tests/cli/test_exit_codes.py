"""What a script reads off a command's end, for each kind of failure; `--help` tells the same."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from pumpup_tui.commands.lazy_group import EXIT_CODES
from tests.cli.conftest import Run, run_in, serving
from tests.cli.made import Made

NEED_A_REQUEST = ("show", "approve", "deny", "edit", "ask", "escalate", "answer")
NEED_A_TASK = ("move", "assign", "note", "timeline")
MORE = {
    "edit": ("--note", "n"),
    "ask": ("--note", "n"),
    "answer": ("a=b",),
    "move": ("paid",),
    "assign": ("alice",),
    "note": ("hi",),
}
SENDS = ("approve", "deny", "edit", "ask", "escalate", "answer")


def words(name: str, what: str) -> tuple[str, ...]:
    """Return a command on `what`."""
    return (name, what, *MORE.get(name, ()), *(("--yes",) if name in SENDS else ()))


@pytest.fixture(scope="module")
def served(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The shared folder's server."""
    with serving(tmp_path_factory.mktemp("server"), made.data) as url:
        yield url


@pytest.fixture(scope="module")
def closed() -> Iterator[str]:
    """An address at which nothing answers."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    return iter((f"http://127.0.0.1:{port}",))


def test_help_tells_the_codes(run: Run) -> None:
    """Each code stands in `--help` with its meaning."""
    told = run("--help").stdout
    for code, meaning in EXIT_CODES:
        assert f"{code}  {meaning}" in told


@pytest.mark.parametrize("name", [*NEED_A_REQUEST, *NEED_A_TASK])
def test_3_what_is_not_there(on: Run, name: str) -> None:
    """No request or task of this id."""
    result = on(*words(name, "evt_ffffffffffffffff" if name in NEED_A_REQUEST else "tsk_ffffffff"))
    assert result.returncode == 3
    assert re.search(r"No (request|task) matches", result.stderr)


@pytest.mark.parametrize(
    "option", [("inbox", "--project", "x"), ("stats", "--project", "x"), ("projects", "show", "x")]
)
def test_3_no_such_project(on: Run, option: tuple[str, ...]) -> None:
    """No project of this name."""
    assert on(*option).returncode == 3


@pytest.mark.parametrize("name", ["inbox", "tasks", "timeline", "stats", "verify", "export"])
def test_3_no_folder(run: Run, tmp_path: Path, name: str) -> None:
    """Looking makes no folder."""
    result = run(name, "--data", tmp_path / "nothing")
    assert (result.returncode, result.stdout) == (3, "")
    assert not (tmp_path / "nothing").exists()


def test_2_an_id_that_begins_several(on: Run) -> None:
    """An ambiguous id names those that it may mean, and does nothing."""
    result = on("show", "evt_0000")
    assert result.returncode == 2
    assert "Type more of the id" in result.stderr


def test_2_a_short_id_is_never_sure(on: Run) -> None:
    """With `--yes` a very short id is refused: it could come to mean another request."""
    assert on("approve", "evt_0000001", "--yes").returncode == 2


@pytest.mark.parametrize(
    "option",
    [
        ("edit", "evt_00000001", "--yes"),
        ("edit", "evt_00000001", "--yes", "--note", " "),
        ("answer", "evt_00000001", "--yes"),
        ("answer", "evt_000000000001", "--yes", "novalue"),
        ("note", "tsk_1", " "),
        ("inbox", "--limit", "0"),
        ("timeline", "--since", "x"),
        ("inbox", "--url", "http://127.0.0.1:1"),
    ],
    ids=" ".join,
)
def test_2_what_can_not_be_meant(on: Run, option: tuple[str, ...]) -> None:
    """Options that are wrong, missing or don't go together."""
    assert on(*option).returncode in ((3,) if "novalue" in option else (2,))


def test_2_a_folder_alone(run: Run) -> None:
    """What works on a folder alone says so of a server."""
    result = run("verify", PUMPUP_BASE_URL="http://127.0.0.1:1")
    assert result.returncode == 2
    assert "--data DIR" in result.stderr


def test_4_what_the_state_does_not_take(on: Run, made: Made, steps: Path) -> None:
    """A project of the same name; a task that is closed."""
    assert on("projects", "create", "Claims", "--steps", steps).returncode == 4
    task = made.tasks[1]
    assert on("deny", made.approvals[1], "--yes").returncode == 0
    assert on("move", task, "in_review").returncode == 0
    assert on("move", task, "denied").returncode == 0
    assert on("assign", task, "alice").returncode == 4


@pytest.mark.parametrize("name", ["inbox", "tasks", "timeline", "stats", *NEED_A_REQUEST[:2], "note"])
def test_5_nothing_answers(run: Run, closed: Iterator[str], name: str) -> None:
    """A server that is down."""
    url = next(closed, None) or "http://127.0.0.1:1"
    call = words(name, "evt_00000001") if name in (*NEED_A_REQUEST, "note") else (name,)
    result = run(*call, "--url", url, PUMPUP_API_KEY="k")
    assert result.returncode == 5
    assert "can't be reached" in result.stderr


@pytest.mark.parametrize("name", [*SENDS, *NEED_A_TASK[:3]])
def test_6_an_agents_key_decides_nothing(made: Made, tmp_path: Path, served: str, name: str) -> None:
    """With an agent's key nothing of a reviewer's can be written."""
    what = made.tasks[0] if name in NEED_A_TASK else made.approvals[0]
    result = run_in(tmp_path, *words(name, what), "--url", served, PUMPUP_API_KEY=made.agent_key)
    assert result.returncode == 6, result.stderr
    assert "reviewer" in result.stderr


def test_6_an_unknown_key(tmp_path: Path, served: str) -> None:
    """A key that the server does not know."""
    assert run_in(tmp_path, "inbox", "--url", served, PUMPUP_API_KEY="pk_wrong").returncode == 6


def test_0_a_server_works_like_a_folder(made: Made, tmp_path: Path, served: str, on: Run) -> None:
    """The same command says the same, over either; and a reviewer's key decides."""
    key = {"PUMPUP_API_KEY": made.reviewer_key}
    for call in (("inbox", "--json"), ("tasks", "--json"), ("timeline", "--json"), ("stats", "--json")):
        told = (run_in(tmp_path, *call, "--url", served, **key).stdout, on(*call).stdout)
        same = {re.sub(r'(?i)(seconds": )[\d.]+', r"\1…", one) for one in told}  # how long ago goes on meanwhile
        assert len(same) == 1
    result = run_in(tmp_path, "approve", made.approvals[0], "--yes", "--url", served, **key)
    assert result.returncode == 0
    assert run_in(tmp_path, "deny", made.approvals[0], "--yes", PUMPUP_BASE_URL=served, **key).returncode == 4
