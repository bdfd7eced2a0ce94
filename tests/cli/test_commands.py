"""What each command does when all is well."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import partial
from importlib.metadata import version
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from pumpup_tui.cli import SECTIONS
from tests.cli.conftest import Run, command, environment, serving
from tests.cli.made import make
from tests.waiting import HANG_SECONDS


def test_help_loads_nothing_heavy(tmp_path: Path) -> None:
    """`--help` is there at once: none of the screens, the models, the server or the store is loaded for it."""
    code = (
        "import sys; sys.argv = ['pumpup-tui', '--help']\n"
        "from pumpup_tui.__main__ import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'textual', 'pydantic', 'pydantic_settings', 'httpx', 'starlette', 'uvicorn', 'tinydb', 'store',"
        " 'rich', 'asyncio', 'tomllib', 'platformdirs', 'typing_extensions', 'api_client', 'orjson'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stderr.strip() == "[]"
    for words in ("demo", "serve", "keys", "projects", "--data", "--url", "--reviewer", "PUMPUP_API_KEY"):
        assert words in result.stdout


def test_only_the_configuration_loads_pydantic(tmp_path: Path) -> None:
    """The first rows of a command, of the screens and of a server wait for no second library of models."""
    made = make(tmp_path / "data", approvals=1, elicitations=1)
    code = (
        "import importlib, pkgutil, sys; sys.argv = ['pumpup-tui', 'inbox', '--data', sys.argv[1]]\n"
        "from pumpup_tui.__main__ import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print('pydantic' in sys.modules, 'msgspec' in sys.modules, file=sys.stderr)\n"
        "import api_client, pumpup_tui, store\n"
        "for package in (api_client, store, pumpup_tui):\n"
        "    for one in pkgutil.walk_packages(package.__path__, package.__name__ + '.'):\n"
        "        if one.name.endswith('__main__') or 'commands.settings' in one.name: continue\n"
        "        importlib.import_module(one.name)\n"
        "from store.server import openapi, routes\n"
        "openapi.describe(routes.ROWS)\n"
        "print('pydantic' in sys.modules, 'store.server.runner' in sys.modules, 'pumpup_tui.app' in sys.modules,"
        " file=sys.stderr)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, made.data],
        env=environment(tmp_path / "home"),
        capture_output=True,
        text=True,
        check=True,
    )
    assert made.approvals[0][:12] in result.stdout
    assert result.stderr.splitlines()[-2:] == ["False True", "False True True"]


def test_version(run: Run) -> None:
    """`--version` says which version is installed."""
    assert run("--version").stdout == f"pumpup-tui {version('pumpup-tui')}\n"


@pytest.mark.parametrize(
    "name",
    [
        *((name,) for section in SECTIONS.values() for name in section),
        ("keys", "add"),
        ("projects", "create"),
        ("projects", "list"),
        ("projects", "show"),
        *(("projects", "policy", name) for name in ("show", "set", "check")),
        *(("grants", name) for name in ("try", "give", "list", "end")),
    ],
    ids=" ".join,
)
def test_each_command_has_help(run: Run, name: tuple[str, ...]) -> None:
    """Each command explains itself."""
    result = run(*name, "--help")
    assert result.returncode == 0
    assert len(result.stdout.splitlines()) > 4
    assert "Example: " in result.stdout or name in (("keys",), ("projects",), ("grants",), ("workspaces",), ("demo",))


def test_a_key_is_alone_on_stdout(run: Run, tmp_path: Path) -> None:
    """`KEY=$(pumpup-tui keys add …)` works: the words go to stderr."""
    (tmp_path / "data").mkdir()
    result = run("keys", "add", "refund-bot", "--role", "agent", "--tag", "refunds", "--data", tmp_path / "data")
    assert result.returncode == 0
    key = result.stdout.removesuffix("\n")
    assert key.isprintable()
    assert " " not in key
    assert len(key) > 30
    assert "refund-bot" in result.stderr
    assert key not in result.stderr
    held = [file.read_bytes() for file in (tmp_path / "data").rglob("*") if file.is_file()]
    assert all(key.encode() not in content for content in held)


def test_a_key_goes_to_a_file_for_its_owner_alone(run: Run, tmp_path: Path) -> None:
    """With -o it stands in a new file and nowhere else; a file that is there is left as it is, and no key is made."""
    (tmp_path / "data").mkdir()
    add = partial(run, "keys", "add", "bot", "--role", "agent", "--data", tmp_path / "data", "-o")
    done = add(tmp_path / "bot.key")
    assert (done.returncode, done.stdout) == (0, "")
    assert (tmp_path / "bot.key").stat().st_mode & 0o777 == 0o600
    secret = (tmp_path / "bot.key").read_text()
    assert len(secret) > 30
    assert add(tmp_path / "bot.key").returncode == 1
    assert (tmp_path / "bot.key").read_text() == secret
    assert run("keys", "list", "--data", tmp_path / "data").stdout.count("\n") == 2


def test_a_name_that_looks_like_another_gets_no_key(run: Run, tmp_path: Path) -> None:
    """A reviewer's name of two alphabets, and one that looks like a name with a key, are refused in words."""
    (tmp_path / "data").mkdir()
    add = partial(run, "keys", "add", "--role", "reviewer", "--data", tmp_path / "data")
    assert add("alice").returncode == 0
    for name, why in (("\u0430lice", "mixes alphabets (Cyrillic and Latin)"), ("aIice", "looks like 'alice'")):
        refused = add(name)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert why in " ".join(refused.stderr.split())
        assert "Choose another" in " ".join(refused.stderr.split())
    assert run("keys", "list", "--data", tmp_path / "data").stdout.count("\n") == 2


def test_the_default_folder_is_the_users_own(run: Run, tmp_path: Path) -> None:
    """Without --data the folder is under the user's data directory, closed to others."""
    assert run("keys", "add", "bot", "--role", "agent").returncode == 0
    made = [path for path in (tmp_path / "home").rglob("pumpup-tui") if path.is_dir()]
    assert len(made) == 1
    assert made[0].stat().st_mode & 0o077 == 0


def test_a_project_is_made_once_and_named(run: Run, tmp_path: Path, steps: Path) -> None:
    """The name that agents use is alone on stdout."""
    result = run("projects", "create", "Car Claims (EU)", "--steps", steps, "--data", tmp_path / "data")
    assert (result.returncode, result.stdout) == (0, "car_claims_eu\n")


def test_the_folder_may_be_named_before_the_command(run: Run, tmp_path: Path, steps: Path) -> None:
    """`pumpup-tui --data DIR serve` means the same folder as `pumpup-tui serve --data DIR`."""
    run("--data", tmp_path / "data", "projects", "create", "Claims", "--steps", steps)
    assert (tmp_path / "data").is_dir()
    assert not (tmp_path / "home").exists()


def call(url: str, key: str, path: str) -> object:
    request = Request(url + path, headers={"Authorization": f"Bearer {key}", "X-API-Version": "0"})
    with urlopen(request, timeout=HANG_SECONDS) as answer:
        return json.load(answer)


def test_serve_serves_what_the_commands_made(run: Run, tmp_path: Path, steps: Path) -> None:
    """An agent's key works on the served folder at once, also one that is made while the server runs."""
    data = tmp_path / "data"
    run("projects", "create", "Claims", "--steps", steps, "--data", data)
    with serving(tmp_path / "home", data) as url:
        key = run("keys", "add", "bot", "--role", "agent", "--data", data).stdout.strip()
        answer = call(url, key, "/api/projects?name=claims")
    assert isinstance(answer, dict)
    assert [item["projectName"] for item in answer["items"]] == ["claims"]


def test_serve_stops_when_asked(tmp_path: Path) -> None:
    """SIGTERM and ctrl+c end the server with exit code 0 and no traceback."""
    for stop in ("terminate", "interrupt"):
        process = subprocess.Popen(
            command("serve", "--data", tmp_path / "data", "--port", "0"),
            env=environment(tmp_path / "home"),
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        assert process.stderr is not None
        assert "Serving" in process.stderr.readline()
        process.terminate() if stop == "terminate" else process.send_signal(2)
        _, words = process.communicate(timeout=HANG_SECONDS)
        assert process.returncode == 0
        assert "Traceback" not in words


def test_serve_says_how_to_make_the_first_key(tmp_path: Path) -> None:
    """A new folder has no keys: the server says how to make one instead of answering 401 in silence."""
    process = subprocess.Popen(
        command("serve", "--data", tmp_path / "data", "--port", "0"),
        env=environment(tmp_path / "home"),
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    assert process.stderr is not None
    assert "Serving" in process.stderr.readline()
    assert "keys add NAME --role agent" in process.stderr.readline()
    process.terminate()
    process.communicate(timeout=HANG_SECONDS)


def test_an_unforeseen_fault_ends_in_words(tmp_path: Path) -> None:
    """Nobody is shown a traceback; its report is in a file of the user's own, without the variables' values."""
    code = (
        "import sys; sys.argv = ['pumpup-tui', 'keys', 'add', 'bot', '--role', 'agent']\n"
        "from pumpup_tui.commands import api_key_commands\n"
        "def fail(*_):\n"
        "    secret = 'pk_' + 'secret'\n"
        "    raise RuntimeError('boom')\n"
        "api_key_commands.add_key = fail\n"
        "from pumpup_tui.__main__ import main\n"
        "main()"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        env=environment(tmp_path / "home"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    assert len(result.stderr.splitlines()) == 1
    (report,) = (tmp_path / "home").rglob("fault-*.log")
    assert str(report) in result.stderr
    assert "boom" in report.read_text(encoding="utf-8")
    assert "pk_secret" not in report.read_text(encoding="utf-8")
    assert report.stat().st_mode & 0o077 == 0
