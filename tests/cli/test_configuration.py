"""The configuration: what it says holds, what counts over it, and what is told of what can't be meant."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run, command, environment, run_in
from tests.cli.made import Made, conforms
from tests.cli.terminal import terminal

SETTINGS = {
    "type": "object",
    "required": ["file", "settings"],
    "additionalProperties": False,
    "properties": {
        "file": {"type": "string"},
        "settings": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["setting", "value", "from"],
                "additionalProperties": False,
                "properties": {"setting": {"type": "string"}, "value": {}, "from": {"type": "string"}},
            },
        },
    },
}
WHOLE = """\
reviewer = "alice"
tags = ["claims-lead"]
theme = "nord"
grace_seconds = 2.5
profile = "work"

[notifications]
bell = true

[keys]
"decide.approve" = "A"

[filters]
mine = "@alice"

[columns]
inbox = ["age",
         "summary"]

[profiles.work]
data = "DATA"

[profiles.team]
url = "http://127.0.0.1:1"
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with no configuration."""
    return tmp_path / "home"


def written(home: Path, text: str) -> Path:
    """Write the configuration; return its file."""
    file = home / ".config" / "pumpup-tui" / "config.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def settings(home: Path, *options: str, **more: str) -> dict[str, tuple[Any, str]]:
    """Return what `config` tells: value and origin by setting."""
    told = conforms(run_in(home, "config", "--json", *options, **more).stdout, SETTINGS)
    return {one["setting"]: (one["value"], one["from"]) for one in told["settings"]}


def test_without_a_file_what_is_built_in_holds(home: Path) -> None:
    """Each setting is told with its value and 'built in'; the file's path can be asked for."""
    told = settings(home)
    assert told["grace_seconds"] == (5.0, "built in")
    assert {origin for _, origin in told.values()} == {"built in"}
    path = run_in(home, "config", "--path").stdout.strip()
    assert path == str(home / ".config" / "pumpup-tui" / "config.toml")


def test_the_example_changes_nothing(home: Path) -> None:
    """Written as the configuration, as docs/configuration.md shows, all of it is comments: defaults are in force."""
    before = settings(home)
    example = run_in(home, "config", "--example").stdout
    written(home, example)
    assert settings(home) == before
    assert all(line.startswith("#") for line in example.splitlines() if line)


def test_the_example_shows_every_setting_as_it_is_written(home: Path) -> None:
    """With the # taken away before each, it can be used, and there is no setting that it leaves out."""
    example = run_in(home, "config", "--example").stdout
    lines = [line[1:] if line.startswith("#") and line[1:2] != " " else line for line in example.splitlines()]
    written(home, "\n".join(lines))
    told = settings(home)
    assert {origin for _, origin in told.values()} != {"built in"}
    assert [name for name, (_, origin) in told.items() if origin == "built in"] == []


def test_a_byte_order_mark_before_the_configuration_is_skipped(home: Path) -> None:
    """As some editors write it; lines are counted as they are seen."""
    written(home, "\ufeff" + WHOLE)
    assert settings(home)["reviewer"] == ("alice", "config.toml:1")
    written(home, "\ufeffnonsense\n")
    assert "config.toml, line 1" in run_in(home, "config").stderr


def test_each_setting_is_told_with_its_line(home: Path) -> None:
    """File and line; over it a variable, over both an option."""
    written(home, WHOLE)
    told = settings(home, "--reviewer", "zed", PUMPUP_THEME="dracula", PUMPUP_NOTIFICATIONS__DESKTOP="1")
    assert told["reviewer"] == ("zed", "--reviewer")
    assert told["theme"] == ("dracula", "PUMPUP_THEME")
    assert told["tags"] == (["claims-lead"], "config.toml:2")
    assert told["grace_seconds"] == (2.5, "config.toml:4")
    assert told["notifications.bell"] == (True, "config.toml:8")
    assert told["notifications.desktop"] == (True, "PUMPUP_NOTIFICATIONS__DESKTOP")
    assert told["keys.decide.approve"] == ("A", "config.toml:11")
    assert told["columns.inbox"] == (["age", "summary"], "config.toml:17")
    assert told["profiles.team.url"] == ("http://127.0.0.1:1", "config.toml:24")
    shown = run_in(home, "config", COLUMNS="60").stdout
    assert "config.toml:17" in shown


def test_every_key_is_listed_with_its_name(home: Path) -> None:
    """What can be put in [keys], with the key that holds; what can't be changed is told, and why."""
    assert "binding" not in settings(home)
    written(home, '[keys]\n"form.toggle" = "f2"\n"form.up" = "ctrl+p"\n"decide.deny" = "D"\n')
    result = run_in(home, "config", "--keys", COLUMNS="200")
    listed = {
        name: rest.split(maxsplit=1) for name, rest in (one.split(maxsplit=1) for one in result.stdout.splitlines())
    }
    assert (listed["form.toggle"][0], listed["form.up"][0], listed["decide.deny"][0]) == ("f2", "ctrl+p", "D")
    assert listed["decide.approve"][1].startswith("approve")
    assert "These can't be changed" in result.stderr
    kinds = {"binding": {"type": "string"}, "keys": {"type": "array"}, "does": {"type": "string"}}
    shape = {"type": "object", "required": list(kinds), "properties": kinds, "additionalProperties": False}
    told = conforms(run_in(home, "config", "--keys", "--json").stdout, {"type": "array", "items": shape})
    assert [one["binding"] for one in told] == list(listed)[1:]
    every = "\n".join(f'"{one["binding"]}" = "alt+f{number}"' for number, one in enumerate(told, 1) if number < 25)
    written(home, f"[keys]\n{every}\n")
    assert run_in(home, "config").returncode == 0


def test_a_profile_is_a_place(home: Path, made: Made) -> None:
    """The one in the file is used where none is named; `--profile`, a variable, `--data` and `--url` count over it."""
    written(home, WHOLE.replace("DATA", str(made.data)))
    assert run_in(home, "inbox").stdout.startswith("WAITS  SUMMARY\n")
    for named in (("--profile", "team", "inbox"), ("inbox", "--profile", "team")):
        assert run_in(home, *named, PUMPUP_API_KEY="k").returncode == 5
    assert run_in(home, "inbox", PUMPUP_PROFILE="team", PUMPUP_API_KEY="k").returncode == 5
    assert run_in(home, "--profile", "team", "inbox", "--data", made.data).returncode == 0
    missing = run_in(home, "--profile", "nope", "inbox")
    assert missing.returncode == 3
    assert "[profiles.nope]" in missing.stderr
    assert run_in(home, "keys", "add", "x", "--role", "agent").returncode == 0
    assert '"x"' in (made.data / "keys.json").read_text(encoding="utf-8")


def test_who_decides_comes_from_the_nearest(home: Path, made: Made) -> None:
    """Option over variable over profile over file."""
    text = WHOLE.replace("DATA", str(made.data))
    written(home, text)
    written(home, text.replace('data = "', 'reviewer = "carol"\ndata = "'))

    def by(*options: str, **more: str) -> str:
        assert run_in(home, "note", made.tasks[0], "hi", *options, **more).returncode == 0
        lines = run_in(home, "timeline", made.tasks[0], "--limit", "1", "--json").stdout
        return str(json.loads(lines)["subject"])

    assert by() == "carol"
    assert by(PUMPUP_REVIEWER="dave") == "dave"
    assert by("--reviewer", "erin", PUMPUP_REVIEWER="dave") == "erin"


def test_a_change_counts_at_once(home: Path, made: Made) -> None:
    """What was checked is kept for the next start, and no longer than the file stays as it is."""
    text = WHOLE.replace("DATA", str(made.data))
    file = written(home, text)
    assert run_in(home, "inbox").returncode == 0
    (kept,) = home.rglob("configuration.json")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    file.write_text(text.replace('"age",', '"id",'), encoding="utf-8")
    assert run_in(home, "inbox").stdout.startswith("ID")
    kept.write_text("{", encoding="utf-8")
    assert run_in(home, "inbox").stdout.startswith("ID")
    file.write_text(text.replace("[filters]", "[filter]"), encoding="utf-8")
    assert run_in(home, "inbox").returncode == 2


def test_all_faults_are_told_at_once(home: Path) -> None:
    """In the file's order, before anything is opened; `config` and `doctor` tell them too."""
    file = written(home, "grace_seconds = 'x'\ntheme = 3\n")
    for name in ("inbox", "config", "serve"):
        result = run_in(home, name)
        assert result.returncode == 2
        assert result.stderr.index(f"{file}, line 1: grace_seconds") < result.stderr.index("line 2: theme")
        assert "Traceback" not in result.stderr
        assert not (home / ".local").exists()
    doctor = run_in(home, "doctor")
    assert doctor.returncode == 1
    assert "WRONG  configuration" in doctor.stdout


def test_each_wrong_filter_is_told_with_its_line(home: Path) -> None:
    """In the file or in a variable, before anything is opened, and by `doctor`: what is wrong and what to write."""
    file = written(home, '[filters]\nfine = "refund"\nmine = "is:mne"\nsure = "confidence >.9"\n')
    result = run_in(home)
    assert result.returncode == 2
    states = "is:mine, is:free, is:overdue, is:snoozed, is:may"
    assert f"{file}, line 3: filters.mine 'is:mne' is none of {states}." in result.stderr
    assert f"{file}, line 4: filters.sure '>.9' compares nothing: write it like confidence<.7" in result.stderr
    assert "WRONG  configuration" in run_in(home, "doctor").stdout
    file.write_text('[filters]\nfine = "is:mine"\n', encoding="utf-8")
    assert settings(home)["filters.fine"] == ("is:mine", "config.toml:2")
    given = run_in(home, "inbox", PUMPUP_FILTERS='{"big": "amount:4"}')
    assert (given.returncode, "PUMPUP_FILTERS: filters.big 'amount:4' begins with no key" in given.stderr) == (2, True)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("PUMPUP_GRACE_SECONDS", "soon", "PUMPUP_GRACE_SECONDS: grace_seconds"),
        ("PUMPUP_KEYS", "{", "PUMPUP_KEYS can't be read"),
        ("PUMPUP_NOTIFICATIONS__BELL", "perhaps", "PUMPUP_NOTIFICATIONS__BELL: notifications.bell"),
        ("PUMPUP_CONFIG", "none.toml", "PUMPUP_CONFIG names it"),
        ("PUMPUP_CONFIG", "/", "can't be read"),
    ],
)
def test_a_variable_is_named_like_a_line(home: Path, name: str, value: str, words: str) -> None:
    """The variable, what is wrong, what to write."""
    result = run_in(home, "inbox", **{name: value})
    assert result.returncode == 2
    assert words in result.stderr


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_can_not_be_read(home: Path) -> None:
    """It is named, with what to do."""
    written(home, "").chmod(0)
    assert "Make it readable" in run_in(home, "inbox").stderr


def test_a_file_that_is_no_text(home: Path) -> None:
    """The line of the first byte that is no UTF-8; and a file that is far too long."""
    file = written(home, "")
    file.write_bytes(b"a = 1\nb = '\xff'\n")
    assert "line 2: it is no TOML: it is no UTF-8 text" in run_in(home, "inbox").stderr
    file.write_bytes(b"#" * 300_000)
    assert "is it the right file?" in run_in(home, "inbox").stderr


def test_the_screens_begin_as_configured(home: Path, made: Made, run: Run) -> None:
    """Profile, reviewer, tags and keys of the file are those of the screens; a broken file is told before them."""
    written(home, WHOLE.replace("DATA", str(made.data)))
    with terminal(command(), environment(home)) as screen:
        screen.wait_for("alice [claims-lead]")
        screen.wait_for("A approve")
        screen.press("q")
        assert screen.end() == 0
    file = written(home, "theme = 3")
    with terminal(command(), environment(home)) as screen:
        assert screen.end() == 2
    assert f"{file}, line 1" in screen.text()
    assert b"\x1b[?1049h" not in screen.raw


def test_another_version_checks_again(home: Path, made: Made) -> None:
    """What one version of the program found right is not believed by another, whichever of its modules changed."""
    written(home, WHOLE.replace("DATA", str(made.data)))
    assert run_in(home, "inbox").returncode == 0
    (cached,) = home.rglob("configuration.json")
    document = json.loads(cached.read_text(encoding="utf-8"))
    assert any(name.endswith("rebinding.py") for name in document["checkedBy"])
    header = run_in(home, "inbox").stdout.splitlines()[0]
    document["settings"]["columns"] = {"inbox": ["id"]}
    cached.write_text(json.dumps(document), encoding="utf-8")
    assert run_in(home, "inbox").stdout.splitlines()[0].split() == ["ID"], "it is believed as long as nothing changed"
    for name in document["checkedBy"]:
        changed = {**document, "checkedBy": {**document["checkedBy"], name: 1}}
        if name.endswith(("settings.py", "rebinding.py", "request_query_faults.py")):
            cached.write_text(json.dumps(changed), encoding="utf-8")
            assert run_in(home, "inbox").stdout.splitlines()[0] == header, name
