"""`config`: the effective settings, each with its origin."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pumpup_tui.commands import config_sources
from pumpup_tui.commands.database_places import DATABASE_VARIABLE, WORKSPACE_VARIABLE, address_in, is_workspace
from pumpup_tui.commands.failure import Failed
from pumpup_tui.commands.options import PlaceOptions, writing_options
from pumpup_tui.commands.output import TableColumn, print_json, print_line, print_table

if TYPE_CHECKING:
    from pumpup_tui.commands.settings import Settings

_OPTIONS = ("profile", "reviewer", "tags")
"""Settings that an option overrides."""


@click.command()
@click.option("--path", is_flag=True, help="Print the file's path alone.")
@click.option("--example", is_flag=True, help="Print a file with every setting, each as a comment with what it does.")
@click.option("--keys", is_flag=True, help="Print each key that can be changed: its name for [keys], and what it does.")
@click.option("--json", "as_json", is_flag=True, help="Print each setting, its value and its origin as JSON.")
@writing_options
def config(options: PlaceOptions, *, path: bool, example: bool, keys: bool, as_json: bool) -> None:
    """Show the settings and where each came from; exit with 2 if any is invalid.

    One TOML file; the environment (PUMPUP_…, as in PUMPUP_NOTIFICATIONS__BELL=1) overrides it, options override both.

    Example: pumpup-tui config --example > "$(pumpup-tui config --path)"
    """
    file = config_sources.file_of(os.environ)
    if example:
        from pumpup_tui.commands.settings import example as example_file

        print_line(example_file())
        return
    if path:
        if file is None:
            raise Failed(config_sources.NO_HOME)
        print_line(str(file))
        return
    from pumpup_tui.commands import settings

    must_be_there = bool(os.environ.get(config_sources.FILE_VARIABLE))
    content = config_sources.read(file, must_be_there=must_be_there) if file else b""
    source = file or config_sources.NO_FILE
    effective = settings.usable(source, content, os.environ)
    if keys:
        _print_keys(effective.keys, as_json=as_json)
        return
    rows = list(_rows(effective, options, source, content, settings.parsed(source, content)))
    if as_json:
        print_json(
            {"file": str(file) if file else None, "settings": [dict(zip(_JSON, row, strict=True)) for row in rows]}
        )
    else:
        name = str(file) if file else config_sources.NO_HOME
        print_line(f"{name}{'' if content or not file else ': does not exist, using defaults'}", err=True)
        _print_settings(rows)


def _print_settings(rows: Iterable[tuple[str, Any, str]]) -> None:
    columns = (
        TableColumn("name", "SETTING", tone="strong"),
        TableColumn("value", "VALUE", min_width=12),
        TableColumn("from", "FROM"),
    )
    print_table(columns, [(name, _display(value), origin) for name, value, origin in rows], empty="Nothing.")


FIXED = (
    "These can't be changed: the keys of text fields (enter, arrows, ctrl+a …), those of the command palette, and tab "
    "between the parts of a screen. They belong to the terminal toolkit."
)
_JSON = ("setting", "value", "from")


def _print_keys(keymap: Mapping[str, str], *, as_json: bool) -> None:
    """Print every binding of the screens with the keys that it has now."""
    from pumpup_tui.keys.key_names import KeyNames, key_words

    listed = [(row.id, key_words(row.keys), row.tooltip) for row in KeyNames(keymap).table()]
    if as_json:
        print_json([{"binding": name, "keys": keys.split(), "does": does} for name, keys, does in listed])
        return
    columns = (
        TableColumn("binding", "BINDING", tone="strong"),
        TableColumn("keys", "KEYS"),
        TableColumn("does", "DOES", min_width=20),
    )
    print_table(columns, listed, empty="Nothing.")
    print_line(FIXED, err=True)


def _rows(
    effective: Settings, options: PlaceOptions, file: Path, content: bytes, document: Mapping[str, Any]
) -> Iterator[tuple[str, Any, str]]:
    """Yield name, value and origin of each setting; each entry of a table is a row."""
    variables = config_sources.variables(os.environ)
    for name, value in _flat((), effective.model_dump(mode="json")):
        if name[0] in _OPTIONS and getattr(options, name[0]):
            yield ".".join(name), getattr(options, name[0]), f"--{name[0].removesuffix('s')}"
        else:
            yield ".".join(name), value, _origin(name, variables, file, content, document)
    yield from _of_environment()


def _of_environment() -> Iterator[tuple[str, Any, str]]:
    """Yield what the environment says that is no setting: the place, without secrets."""
    if url := os.environ.get("PUMPUP_BASE_URL"):
        yield "url", url if "@" not in url else "(not shown: it holds a password)", "PUMPUP_BASE_URL"
    if database := os.environ.get(DATABASE_VARIABLE):
        yield "database", _shown(database), DATABASE_VARIABLE
    if workspace := os.environ.get(WORKSPACE_VARIABLE):
        yield "workspace", workspace if is_workspace(workspace) else "(no name of a workspace)", WORKSPACE_VARIABLE
    if os.environ.get("PUMPUP_API_KEY"):
        yield "api key", "(not shown)", "PUMPUP_API_KEY"


def _shown(database: str) -> str:
    """Return a database's address without its password; of a text that is none, nothing."""
    try:
        return address_in(database).shown
    except Failed:
        return "(no address of a database)"


def _flat(name: tuple[str, ...], value: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            if not (name[:1] == ("profiles",) and inner in (None, [])):
                yield from _flat((*name, key), inner)
    else:
        yield name, value


def _origin(
    name: tuple[str, ...], variables: Mapping[str, str], file: Path, content: bytes, document: Mapping[str, Any]
) -> str:
    from pumpup_tui.commands.config_errors import is_in, line_of, variable_of

    if variable := variable_of(name, variables):
        return variable
    return f"{file.name}:{line_of(content, name)}" if is_in(document, name) else "built in"


def _display(value: Any) -> str:
    if value in (None, "", [], {}):
        return "-"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
