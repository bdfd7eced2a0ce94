"""A login without a name, without a home, or with a home that is no whole path: a service's account, a container's."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import CLAIMS_STEPS, Run, command, environment
from tests.cli.made import Made
from tests.cli.terminal import terminal
from tests.waiting import HANG_SECONDS

Nameless = Callable[..., "subprocess.CompletedProcess[str]"]

NUMBER = 54_321
"""A user of whom the system knows nothing but this number."""
HOMES = {"no HOME": None, "a relative HOME": "some/where", "an empty HOME": ""}
NAMES = ("LOGNAME", "USER", "LNAME", "USERNAME")


def _words(*words: str | Path) -> list[str]:
    return ["unshare", "--user", f"--map-user={NUMBER}", *command(*words)]


def _environment(home: str | None) -> dict[str, str]:
    found = {name: value for name, value in environment(Path("/nowhere")).items() if name not in (*NAMES, "HOME")}
    return found if home is None else {**found, "HOME": home}


@pytest.fixture(scope="module", autouse=True)
def _can_be_nameless() -> None:
    if shutil.which("unshare") is None or subprocess.run(["unshare", "--user", "true"], check=False).returncode:
        pytest.skip("the system makes no user namespaces")


@pytest.fixture(params=HOMES, ids=str)
def nameless(request: pytest.FixtureRequest, tmp_path: Path) -> Nameless:
    """Run a command as a login of which nothing is known; the working folder is an empty one."""
    home = HOMES[request.param]

    def run(*words: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
        work = tmp_path / "work"
        work.mkdir(exist_ok=True)
        return subprocess.run(
            _words(*words),
            env={**_environment(home), **more},
            cwd=work,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=HANG_SECONDS,
            check=False,
        )

    return run


READS: list[tuple[str, ...]] = [
    ("inbox",),
    ("show", "{approval}"),
    ("timeline", "--json"),
    ("tasks",),
    ("stats",),
    ("projects", "list"),
    ("projects", "show", "claims"),
    ("export",),
    ("verify",),
    ("compact",),
    ("doctor",),
    ("config",),
    ("keys", "list"),
]


@pytest.mark.parametrize("words", READS, ids=" ".join)
def test_reading_needs_no_name_and_no_home(made: Made, nameless: Nameless, words: tuple[str, ...]) -> None:
    """Who only reads stands on no record."""
    result = nameless(*(word.format(approval=made.approvals[0]) for word in words), "--data", made.data)
    assert result.returncode == 0, result.stderr
    assert "Traceback" not in result.stderr


def test_a_write_asks_for_a_name_and_takes_one(made: Made, on: Run, nameless: Nameless) -> None:
    """Nothing is recorded under no name; with one, an option's or a variable's, it is."""
    words = ("note", made.tasks[0], "by a container", "--data", made.data)
    refused = nameless(*words)
    assert refused.returncode == 1
    assert refused.stderr == "Error: This login has no name to decide under: give one with --reviewer NAME.\n"
    assert nameless(*words, "--reviewer", "night-job").returncode == 0
    assert nameless(*words, PUMPUP_REVIEWER="day-job").returncode == 0
    lines = on("timeline", made.tasks[0], "--types", "NOTE", "--json").stdout.splitlines()
    assert [json.loads(line)["subject"] for line in lines[-2:]] == ["night-job", "day-job"]


@pytest.mark.parametrize("words", [("inbox",), ("keys", "list"), ("serve", "--port", "0"), ("config", "--path")])
def test_what_needs_a_home_says_so(nameless: Nameless, words: tuple[str, ...]) -> None:
    """Without a home there is no folder of one's own: one sentence that says what to do."""
    result = nameless(*words)
    assert result.returncode in (1, 2)
    assert result.stderr.startswith("Error: This login has no home folder")
    assert result.stderr.count("\n") == 1


def test_a_home_in_the_configuration_that_there_is_not_is_told(nameless: Nameless, tmp_path: Path) -> None:
    """`~` in a profile's path names nothing here."""
    file = tmp_path / "config.toml"
    file.write_text('[profiles.claims]\ndata = "~/claims"\n', encoding="utf-8")
    result = nameless("--profile", "claims", "inbox", PUMPUP_CONFIG=str(file))
    assert (result.returncode, result.stderr.count("\n")) == (2, 1)
    assert "~/claims" in result.stderr
    assert "no home folder" in result.stderr
    assert nameless("inbox", PUMPUP_CONFIG="~/config.toml").returncode == 2


def test_a_fault_that_nobody_foresaw_needs_no_home_to_be_told() -> None:
    """Where its report can't be stored, the sentence comes all the same."""
    code = "import sys; sys.argv[1:] = ['inbox']; import pumpup_tui.__main__ as one; one.pumpup = None; one.main()"
    result = subprocess.run(
        [*_words()[:-2], "-c", code], env=_environment(None), capture_output=True, encoding="utf-8", check=False
    )
    assert result.returncode == 1
    assert "unexpected error (TypeError)" in result.stderr
    assert "could not be written" in result.stderr
    assert "Traceback" not in result.stderr


def test_serving_needs_no_name_and_no_home(made: Made) -> None:
    """A server's account is often a number."""
    process = subprocess.Popen(
        _words("serve", "--data", made.data, "--port", "0"),
        env=_environment(None),
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    assert process.stderr is not None
    words = process.stderr.readline()
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=HANG_SECONDS)
    assert " at http://127.0.0.1:" in words


def test_the_screens_open_without_a_home_for_a_given_name(made: Made) -> None:
    """Drafts and the last view are not stored then; all else works."""
    words = _words("--data", made.data, "--reviewer", "alice")
    with terminal(words, {**_environment(None), "TERM": "xterm-256color"}) as screen:
        screen.wait_for("Refund $0 on the claim")
        screen.press("q")
        assert screen.end() == 0
    with terminal(_words("--data", made.data), {**_environment(None), "TERM": "xterm-256color"}) as screen:
        screen.wait_for("This login has no name to decide under")
        assert screen.end() == 1


EVERYWHERE: list[tuple[str, ...]] = [
    ("inbox",),
    ("show", "{approval}"),
    ("tasks",),
    ("timeline",),
    ("stats",),
    ("projects", "list"),
    ("projects", "show", "claims"),
    ("verify",),
    ("export",),
    ("compact",),
    ("doctor",),
    ("config",),
]


@pytest.mark.parametrize("words", EVERYWHERE, ids=" ".join)
def test_the_reviewer_may_be_named_before_the_command_and_after_it(made: Made, on: Run, words: tuple[str, ...]) -> None:
    """`--reviewer` and `--tag` mean the same in both places, for whoever only reads too."""
    named = tuple(word.format(approval=made.approvals[0]) for word in words)
    who = ("--reviewer", "carol", "--tag", "lead")
    before, after = on(*who, *named), on(*named, *who)
    assert after.returncode == 0, after.stderr
    assert (after.returncode, after.stdout.split()[:3]) == (before.returncode, before.stdout.split()[:3])


def test_what_is_named_after_the_command_holds(made: Made, on: Run) -> None:
    """Of two names the later one is meant."""
    told = json.loads(on("--reviewer", "alice", "config", "--reviewer", "carol", "--json").stdout)["settings"]
    assert next(one["value"] for one in told if one["setting"] == "reviewer") == "carol"


def test_a_named_folder_is_made_only_where_that_is_asked_for(tmp_path: Path) -> None:
    """A mistyped `--data` is told of by the screens as by the commands, and nothing is made; `--create` makes it."""
    missing, home = tmp_path / "mistyped", tmp_path / "home"
    words = ("--data", missing, "--reviewer", "alice")
    with terminal(command(*words), environment(home)) as screen:
        screen.wait_for(f"{missing} is not a data folder")
        assert "--create" in screen.text()
        assert screen.end() == 3
    assert not missing.exists()
    (tmp_path / "empty").mkdir()
    with terminal(command("--data", tmp_path / "empty", "--reviewer", "alice"), environment(home)) as screen:
        assert screen.end() == 3
    assert list((tmp_path / "empty").iterdir()) == []
    with terminal(command(*words, "--create"), environment(home)) as screen:
        screen.wait_for("live")
        screen.press("q")
        assert screen.end() == 0
    assert (missing / "journal.jsonl").exists()
    with terminal(command(*words), environment(home)) as screen:
        screen.wait_for("live")
        screen.press("q")
        assert screen.end() == 0


def test_the_default_folder_is_made_unasked(tmp_path: Path) -> None:
    """Who names none has one of their own from the first start on."""
    home = tmp_path / "home"
    with terminal(command("--reviewer", "alice"), environment(home)) as screen:
        screen.wait_for("live")
        screen.press("q")
        assert screen.end() == 0
    assert list(home.rglob("journal.jsonl"))


def test_a_folder_of_a_profile_is_named_too(tmp_path: Path, run: Run) -> None:
    """A mistyped path in the configuration makes no folder either."""
    file = tmp_path / "config.toml"
    file.write_text(f'profile = "claims"\n[profiles.claims]\ndata = "{tmp_path / "gone"}"\n', encoding="utf-8")
    where = environment(tmp_path / "home", PUMPUP_CONFIG=str(file))
    with terminal(command("--reviewer", "alice"), where) as screen:
        screen.wait_for("is not a data folder")
        assert screen.end() == 3
    assert run("keys", "add", "bot", "--role", "agent", PUMPUP_CONFIG=str(file)).returncode == 3
    assert not (tmp_path / "gone").exists()


def test_create_goes_with_the_screens_and_a_folder(run: Run, tmp_path: Path, made: Made) -> None:
    """A command has no use for `--create`, and a server has no folder to be made."""
    result = run("--create", "inbox", "--data", made.data)
    assert (result.returncode, "--create" in result.stderr) == (2, True)
    result = run("--create", "--url", "http://127.0.0.1:1", PUMPUP_API_KEY="pk_x")
    assert (result.returncode, "is a server" in result.stderr) == (2, True)


def test_a_key_for_a_mistyped_folder_makes_none(run: Run, tmp_path: Path) -> None:
    """`keys add` makes no folder that is named and not there, and `serve` and `projects create` do."""
    folder, steps = tmp_path / "mistyped", tmp_path / "steps.json"
    steps.write_text(CLAIMS_STEPS, encoding="utf-8")
    result = run("keys", "add", "bot", "--role", "agent", "--data", folder)
    assert (result.returncode, folder.exists()) == (3, False)
    assert run("projects", "create", "Claims", "--steps", steps, "--data", folder).returncode == 0
    assert run("keys", "add", "bot", "--role", "agent", "--data", folder).returncode == 0
