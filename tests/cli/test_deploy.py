"""The files in `docs/deploy` parse, run commands that there are, and hold no secret."""

from __future__ import annotations

import configparser
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from pumpup_tui.cli import pumpup
from pumpup_tui.commands.serve_options import configured_options
from tests.cli.pages import ROOT, Page

FOLDER = ROOT / "docs" / "deploy"
COMPOSE = FOLDER / "compose.yaml"
UNITS = sorted(FOLDER.glob("*.service"))
PROGRAM = "/opt/pumpup/bin/pumpup-tui"
_VALUES = {
    "%i": "claims",
    "${PORT}": "7867",
    "${HOSTNAME_OF_CALLERS}": "claims.example.com",
    "${RECORD_URL}": "https://claims.example.com",
    "${RECORD_KEY}": "claims.pub",
}
_SERVE = ("host", "port", "allowed_hosts", "max_upload", "metrics", "quiet", "public_url", "limits")
EVERY_UNIT = pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)


def parsed(words: Sequence[str]) -> dict[str, Any]:
    """Return the options of a command line, as the command itself would get them; nothing is run.

    Raises:
        click.ClickException: it is not one of ours.
    """
    command: click.Command = pumpup
    context, rest = click.Context(command, info_name="pumpup-tui"), [*words]
    while isinstance(command, click.Group):
        name, found, rest = command.resolve_command(context, rest)
        assert found is not None
        command, context = found, click.Context(found, parent=context, info_name=name)
    context = command.make_context(context.info_name, rest, parent=context.parent)
    if context.info_name == "serve":
        chosen = {name: context.params[name] for name in _SERVE}
        configured_options({}, **chosen, certificate=None, key=None).check()
    return context.params


def compose() -> dict[str, Any]:
    """Return the file as Compose reads it, without its interpolation."""
    found: dict[str, Any] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    return found


def services(image: str) -> dict[str, dict[str, Any]]:
    """Return the services of an image, by name."""
    return {name: one for name, one in compose()["services"].items() if one["image"].partition(":")[0] == image}


def unit_of(path: Path) -> configparser.ConfigParser:
    """Return a unit's settings; of those that stand several times, the last."""
    parser = configparser.ConfigParser(strict=False, interpolation=None, delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string(path.read_text(encoding="utf-8"))
    return parser


def started_by(unit: Path) -> Sequence[str]:
    """Return the command line of a unit, with its values in their places."""
    words = unit_of(unit)["Service"]["ExecStart"]
    for name, value in _VALUES.items():
        words = words.replace(name, value)
    assert "$" not in words and "%" not in words
    return shlex.split(words)


def test_an_unknown_option_would_be_found() -> None:
    """The check of a command line fails where the command does not have the option, or its values contradict."""
    with pytest.raises(click.NoSuchOption):
        parsed(["serve", "--databse-file=x"])
    with pytest.raises(click.UsageError):
        parsed(["workspaces", "migrat"])
    with pytest.raises(click.ClickException):
        parsed(["serve", "--host=0.0.0.0"])


def test_the_servers_of_the_compose_file_can_be_started() -> None:
    """Two servers serve one workspace, under the name that the proxy calls them by, with an address from a secret."""
    ours = services("pumpup-tui")
    options = {name: parsed(one["command"]) for name, one in ours.items()}
    servers = {name: found for name, found in options.items() if "port" in found}
    assert len(servers) == 2
    proxy = compose()["configs"]["caddyfile"]["content"]
    for name, found in servers.items():
        assert f"{name}:{found['port']}" in proxy
        assert all(f"Host {host}\n" in proxy and proxy.startswith(host) for host in found["allowed_hosts"])
        assert found["public_url"] == f"https://{found['allowed_hosts'][0]}"
        assert found["workspace"] == "claims"
    for name, found in options.items():
        assert found["database_file"].parts[-1] in ours[name]["secrets"]


def test_a_command_in_a_comment_can_be_typed() -> None:
    """What the compose file says to type before the first start is there too."""
    text = COMPOSE.read_text(encoding="utf-8")
    typed = re.findall(r"^#   docker compose run --rm (?:-T )?migrate ([^|\n]+)", text, re.MULTILINE)
    assert len(typed) == 3
    for words in typed:
        parsed(shlex.split(words))


def test_what_the_compose_file_names_it_has() -> None:
    """Each secret, volume, configuration and service that is used is there; images are pinned to a version."""
    file = compose()
    for one in file["services"].values():
        assert set(one.get("secrets", ())) <= file["secrets"].keys()
        assert {source["source"] for source in one.get("configs", ())} <= file["configs"].keys()
        assert {name.partition(":")[0] for name in one.get("volumes", ())} <= file["volumes"].keys()
        assert set(one.get("depends_on", ())) <= file["services"].keys()
        assert re.fullmatch(r"[a-z-]+:\d[\d.]*", one["image"])


@pytest.mark.parametrize("path", [COMPOSE, *UNITS], ids=lambda path: path.name)
def test_no_secret_is_in_it(path: Path) -> None:
    """A password is a file's or the environment's: no address holds one, and no variable but a file's name."""
    text = path.read_text(encoding="utf-8")
    passwords = re.findall(r"postgres(?:ql)?://[^\s:/]*:([^\s@]*)@", text)
    assert set(passwords) <= {"…"}
    settings = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    assert re.findall(r"(?i)\w*password(?!_FILE|\b)\w*\s*[=:]", settings) == []
    assert "PASSWORD=" not in settings
    assert "PUMPUP_DATABASE_URL" not in settings


@EVERY_UNIT
def test_a_unit_starts_a_command_that_there_is(unit: Path) -> None:
    """Its command line is one of ours, and its address comes from a file of root's."""
    program, *words = started_by(unit)
    assert program == PROGRAM
    parsed(words)
    service = unit_of(unit)["Service"]
    assert "EnvironmentFile" in service
    assert service["DynamicUser"] == service["NoNewPrivileges"] == "yes"
    assert service["ProtectSystem"] == "strict"


@EVERY_UNIT
def test_a_unit_waits_for_units_that_there_are(unit: Path) -> None:
    """Of ours it names those that stand beside it; a server comes after the migrations."""
    section = unit_of(unit)["Unit"]
    named = {name for key in ("Wants", "After") for name in section[key].split() if name.startswith("pumpup-tui")}
    assert named <= {one.name for one in UNITS}
    assert ("pumpup-tui-migrate.service" in section["After"]) == ("@" in unit.name)


@EVERY_UNIT
def test_systemd_knows_each_setting_of_a_unit(unit: Path, tmp_path: Path) -> None:
    """`systemd-analyze verify`, where it is installed, finds nothing to say."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    for one in _installed(tmp_path):
        if one.name.replace("@claims", "@") == unit.name:
            done = subprocess.run(
                ["systemd-analyze", "verify", "--man=no", one],
                capture_output=True,
                text=True,
                check=False,
                env={"SYSTEMD_UNIT_PATH": f"{tmp_path}:", "PATH": "/usr/bin:/bin"},
            )
            said = [line for line in done.stderr.splitlines() if one.name in line or unit.name in line]
            assert said == []
            return
    raise AssertionError(f"{unit.name} was not written")


def _installed(folder: Path) -> Iterator[Path]:
    """Write the units, with a program that is there in place of ours."""
    for unit in UNITS:
        name = unit.name.replace("@", "@claims")
        text = unit.read_text(encoding="utf-8").replace(PROGRAM, "/bin/true")
        (folder / unit.name).write_text(text, encoding="utf-8")
        (folder / name).write_text(text, encoding="utf-8")
    for unit in UNITS:
        yield folder / unit.name.replace("@", "@claims")


def test_the_guide_leads_to_each_file() -> None:
    """The pages for operators of a database and for witnesses link to all of them."""
    pages = (Page("docs/postgres.md"), Page("docs/witness.md"))
    linked = {page.target(link)[0] for page in pages for link in page.links}
    assert {path.relative_to(ROOT).as_posix() for path in (COMPOSE, *UNITS)} <= linked
