"""A database named as the place: by option, file, environment and profile, and never with its password in sight."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pumpup_tui.commands.database_places import Database
from pumpup_tui.commands.failure import Failed
from pumpup_tui.commands.options import PlaceOptions
from pumpup_tui.commands.places import Folder, Server, place_of, state_folder, store_of
from tests.cli.conftest import Run, command, environment, run_in
from tests.cli.made import Made

CANARY = "Canary-7#3/4@5"
ESCAPED = "Canary-7%233%2F4%405"
PUBLIC = "postgresql://alice@db.invalid:5433/pumpup"
SECRET = f"postgresql://alice:{ESCAPED}@db.invalid:5433/pumpup"


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty home: no configuration counts but the test's."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in list(os.environ):
        if name.startswith(("PUMPUP", "XDG_")):
            monkeypatch.delenv(name)


def configured(tmp_path: Path, text: str) -> dict[str, str]:
    """Write a configuration; return the environment that names it."""
    file = tmp_path / "config.toml"
    file.write_text(text, encoding="utf-8")
    return {"PUMPUP_CONFIG": str(file)}


def database(options: PlaceOptions, environment: dict[str, str]) -> Database:
    """Return the place, which must be a database."""
    place = place_of(options, environment)
    assert isinstance(place, Database)
    return place


def secret_file(tmp_path: Path, text: str = SECRET, mode: int = 0o600) -> Path:
    """Return a file with an address in it."""
    file = tmp_path / "database"
    file.touch(mode=0o600)
    file.write_text(text + "\n", encoding="utf-8")
    file.chmod(mode)
    return file


# -- where it comes from


def test_each_source_names_the_same_database(tmp_path: Path) -> None:
    """An option, a file that only its owner reads, a variable, and a profile of either kind."""
    file = secret_file(tmp_path)
    profiles = configured(
        tmp_path,
        f'[profiles.open]\ndatabase = "{PUBLIC}"\nworkspace = "claims"\n\n'
        f'[profiles.closed]\ndatabase_file = "{file}"\nreviewer = "rita"\n',
    )
    named = [
        database(PlaceOptions(database=PUBLIC), {}),
        database(PlaceOptions(database_file=file), {}),
        database(PlaceOptions(), {"PUMPUP_DATABASE_URL": SECRET}),
        database(PlaceOptions(profile="open"), profiles),
        database(PlaceOptions(profile="closed"), profiles),
    ]
    assert {place.address.shown for place in named} == {PUBLIC}
    assert [place.workspace for place in named] == ["default", "default", "default", "claims", "default"]
    assert named[-1].reviewer == "rita"
    for place in (*named[1:3], named[-1]):
        assert ESCAPED not in place.address.shown
        assert CANARY in place.address.conninfo.replace("\\", "")
        assert "Canary" not in repr(place)


def test_the_command_line_counts_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    """For the place and for the workspace; a profile that is named by option brings its own workspace."""
    other = "postgresql://bob@other.invalid/else"
    profiles = configured(
        tmp_path, f'profile = "open"\n[profiles.open]\ndatabase = "{PUBLIC}"\nworkspace = "configured"\n'
    )
    variables = {**profiles, "PUMPUP_DATABASE_URL": other, "PUMPUP_WORKSPACE": "variable"}
    assert database(PlaceOptions(), profiles).workspace == "configured"
    assert database(PlaceOptions(), variables).address.shown == other
    assert database(PlaceOptions(), {**profiles, "PUMPUP_WORKSPACE": "variable"}).workspace == "variable"
    assert database(PlaceOptions(database=PUBLIC), variables).address.shown == PUBLIC
    assert database(PlaceOptions(profile="open"), variables).workspace == "configured"
    assert database(PlaceOptions(workspace="option"), variables).workspace == "option"


def test_another_place_on_the_command_line_replaces_the_database() -> None:
    """A folder or server that an option names is meant, whatever the environment says."""
    variables = {"PUMPUP_DATABASE_URL": SECRET, "PUMPUP_WORKSPACE": "claims"}
    assert isinstance(place_of(PlaceOptions(data=Path("work")), variables), Folder)
    assert isinstance(place_of(PlaceOptions(url="https://reviews.example.com"), variables), Server)


def test_a_server_of_the_environment_is_no_store() -> None:
    """Commands on the store itself take the database that is named beside it."""
    both = {"PUMPUP_DATABASE_URL": SECRET, "PUMPUP_BASE_URL": "https://reviews.example.com"}
    assert isinstance(store_of(PlaceOptions(), both), Database)
    with pytest.raises(Failed, match="are two places"):
        place_of(PlaceOptions(), both)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (PlaceOptions(workspace="claims"), "--workspace goes with a database"),
        (PlaceOptions(data=Path("x"), workspace="claims"), "--workspace goes with a database"),
        (PlaceOptions(url="https://x.example", workspace="claims"), "--workspace goes with a database"),
        (PlaceOptions(database=PUBLIC, api_key_file=Path("k")), "--api-key-file goes with a server"),
        (PlaceOptions(database=PUBLIC, workspace="No Such"), "no name of a workspace"),
        (PlaceOptions(database="db.invalid/pumpup"), "no address of a database"),
        (PlaceOptions(database="postgresql://h:port/x"), "no address of a database"),
        (PlaceOptions(database="postgresql://h/x?nonsense=1"), "no address of a database"),
        (PlaceOptions(database_file=Path("/nonexistent/file")), "can't be read"),
    ],
)
def test_what_can_not_be_meant_is_refused_with_the_reason(options: PlaceOptions, words: str) -> None:
    """Each contradiction, and each address that is none, is a sentence and exit code 2."""
    with pytest.raises(Failed, match=words) as refused:
        place_of(options, {})
    assert refused.value.exit_code == 2


def test_hints_name_the_same_place_again_without_a_password(tmp_path: Path) -> None:
    """What a message tells to type works: the options as they were given, none for what the environment says."""
    file = secret_file(tmp_path)
    assert database(PlaceOptions(database=PUBLIC, workspace="w"), {}).option_text == (
        f" --database {PUBLIC} --workspace w"
    )
    assert database(PlaceOptions(database_file=file), {}).option_text == f" --database-file {file}"
    assert database(PlaceOptions(), {"PUMPUP_DATABASE_URL": SECRET, "PUMPUP_WORKSPACE": "w"}).option_text == ""


def test_drafts_belong_to_a_workspace_and_not_to_a_password() -> None:
    """Another password is the same place; another workspace or database is another one."""
    folders = [
        state_folder(place.state_key)
        for place in (
            database(PlaceOptions(database=PUBLIC), {}),
            database(PlaceOptions(), {"PUMPUP_DATABASE_URL": SECRET}),
            database(PlaceOptions(database=PUBLIC, workspace="other"), {}),
            database(PlaceOptions(database=f"{PUBLIC}2"), {}),
        )
    ]
    assert folders[0] == folders[1]
    assert len(set(folders)) == 3


# -- what is never shown


@pytest.mark.parametrize(
    "address",
    [
        SECRET,
        f"postgresql://alice@h/x?password={ESCAPED}",
        f"postgresql://alice@h/x?sslpassword={ESCAPED}",
        f"postgresql://alice@h/x?pass%77ord={ESCAPED}",
        f"POSTGRESQL://alice:{CANARY}@h/x",
        f"postgres://alice:{CANARY}@h/x",
        "postgresql://alice:Canary@h/x",
        "postgresql://alice:Canary/5@h/x",
        "postgresql://alice:Canary@5@h/x",
        "postgresql://Canary/5@h/x",
        "postgresql://alice:Canary?5@h/x",
        "postgresql://alice:Canary#5@h/x",
    ],
)
def test_a_password_on_the_command_line_is_refused_unseen(run: Run, tmp_path: Path, address: str) -> None:
    """However it is written, and whatever else is wrong: never in the message, nor in `config` or `doctor`.

    The same address in the environment is never shown either, whether it can be used or not.
    """
    results = [
        run("inbox", "--database", address),
        run("--database", address, "config"),
        run("doctor", "--database", address),
        run("inbox", "--url", address),
        run("inbox", "--data", address),
        run(address),
        run("workspaces", "list", "--database", address),
        run("serve", "--database", address),
        run("config", PUMPUP_DATABASE_URL=address),
        run("config", PUMPUP_BASE_URL=address),
        run("inbox", PUMPUP_BASE_URL=address),
        run("inbox", "--workspace", address, "--database", PUBLIC),
        run("config", "--json", PUMPUP_WORKSPACE=address),
        run("config", **configured(tmp_path, f'[profiles.a]\ndatabase = "{address}"\n')),
        run("config", **configured(tmp_path, f'[profiles.a]\nurl = "{address}"\n')),
        run("config", PUMPUP_PROFILES=f'{{"a": {{"database": "{address}"}}}}'),
    ]
    for result in results:
        assert "Canary" not in result.stdout + result.stderr, result.args
        assert "Traceback" not in result.stderr
    assert all(result.returncode == 2 for result in (*results[:1], *results[3:8])), results
    assert "--database-file FILE" in results[0].stderr


def test_an_address_of_other_bytes_is_refused_unseen(tmp_path: Path) -> None:
    """One that is no UTF-8, as another terminal types it, is not repeated to say so."""
    for option in (b"--database", b"--url"):
        result = subprocess.run(
            [*command("inbox"), option, b"postgresql://alice:Canary\xfc@h/x"],
            env=environment(tmp_path / "home"),
            capture_output=True,
            check=False,
        )
        assert result.returncode == 2
        assert b"UTF-8" in result.stderr
        assert b"Canary" not in result.stderr


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("postgres://h", "postgresql://h/"),
        ("postgresql://alice:x@[::1]:5433/pumpup", "postgresql://alice@[::1]:5433/pumpup"),
        ("postgresql://a:1,b:2/pumpup?target_session_attrs=read-write", "postgresql://a:1,b:2/pumpup"),
        ("postgresql:///pumpup?host=/run/postgresql&password=x", "postgresql:///run/postgresql/pumpup"),
    ],
)
def test_each_form_of_an_address_is_shown_without_secrets(address: str, shown: str) -> None:
    """Several hosts, IPv6, a socket's folder: what is shown names the place, and no parameter."""
    assert database(PlaceOptions(), {"PUMPUP_DATABASE_URL": address}).address.shown == shown


def test_the_cache_of_the_configuration_holds_no_password(tmp_path: Path) -> None:
    """A configuration with a password in an address is refused before anything of it is stored."""
    home = tmp_path / "home"
    variables = configured(tmp_path, f'[profiles.a]\ndatabase = "{SECRET}"\n')
    assert run_in(home, "inbox", "--profile", "a", **variables).returncode == 2
    for path in home.rglob("*"):
        assert path.is_dir() or "Canary" not in path.read_text(errors="replace")


@pytest.mark.skipif(os.name != "posix", reason="there are no modes")
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o606, 0o622])
def test_a_file_that_others_can_read_is_refused(run: Run, tmp_path: Path, mode: int) -> None:
    """As for a key's file: with the command that mends it, and without what it holds."""
    result = run("inbox", "--database-file", secret_file(tmp_path, mode=mode))
    assert result.returncode == 2
    assert "chmod 600" in result.stderr
    assert "Canary" not in result.stderr


@pytest.mark.parametrize("text", ["", "Canary", f"{SECRET}\n{SECRET}", "host=h password=Canary", "x" * 5000])
def test_a_file_without_an_address_is_told_without_its_content(run: Run, tmp_path: Path, text: str) -> None:
    """An empty file, two lines, another form: what it must hold is said, nothing of what it holds."""
    result = run("inbox", "--database-file", secret_file(tmp_path, text))
    assert result.returncode == 2
    assert "postgresql://user" in result.stderr
    assert "Canary" not in result.stderr


def test_a_profile_names_one_place_and_what_goes_with_it(run: Run, tmp_path: Path) -> None:
    """Two places in one profile, and settings of another kind of place, are faults with their line."""
    for text, words in (
        (f'data = "~/work"\ndatabase = "{PUBLIC}"', "must name one place"),
        (f'database = "{PUBLIC}"\ndatabase_file = "~/f"', "must name one place"),
        ('data = "~/work"\nworkspace = "w"', "workspace goes with a database"),
        (f'database = "{PUBLIC}"\ninsecure_http = true', "insecure_http goes with a url"),
        (f'database = "{PUBLIC}"\nworkspace = "No Such"', "must have 1 to 63"),
        ('database = "https://db.invalid"', "must be like postgresql://"),
    ):
        result = run("config", **configured(tmp_path, f"[profiles.a]\n{text}\n"))
        assert result.returncode == 2
        assert words in result.stderr
        assert "config.toml, line" in result.stderr


def test_the_configuration_shows_a_database_without_its_password(run: Run) -> None:
    """`config` lists it with where it comes from."""
    result = run("config", PUMPUP_DATABASE_URL=SECRET, PUMPUP_WORKSPACE="claims")
    assert result.returncode == 0
    assert PUBLIC in result.stdout
    assert "PUMPUP_WORKSPACE" in result.stdout


# -- what it costs those who have none


def test_only_a_database_loads_its_driver(made: Made, tmp_path: Path) -> None:
    """A command on a folder, the screens and a server over one start without psycopg, whatever profiles there are."""
    variables = configured(tmp_path, f'[profiles.a]\ndatabase = "{PUBLIC}"\n')
    code = (
        "import sys; sys.argv = ['pumpup-tui', *sys.argv[1:]]\n"
        "from pumpup_tui.__main__ import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "import pumpup_tui.app, pumpup_tui.commands.screens, pumpup_tui.commands.served_store\n"
        "import store.server.app, store.folder.local_backend\n"
        "print('psycopg' in sys.modules, 'msgspec' in sys.modules, file=sys.stderr)"
    )
    for words in (("inbox", "--data", str(made.data)), ("keys", "list", "--data", str(made.data)), ("doctor",)):
        result = subprocess.run(
            [sys.executable, "-c", code, *words],
            env=environment(tmp_path / "home", **variables),
            capture_output=True,
            text=True,
            check=True,
        )
        assert result.stderr.splitlines()[-1] == "False True"
