"""`config`: each setting that holds, and where it came from."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pumpup_tui.commands import config_sources
from pumpup_tui.commands.failure import Failed
from pumpup_tui.commands.options import Given, writing_options
from pumpup_tui.commands.output import Column, tell, tell_json, tell_table

if TYPE_CHECKING:
    from pumpup_tui.commands.settings import Settings

_FLAGS = ("profile", "reviewer", "tags")
"""Settings that an option counts over."""


@click.command()
@click.option("--path", is_flag=True, help="Print the file's path alone.")
@click.option("--example", is_flag=True, help="Print a file with every setting, each as a comment with what it does.")
@click.option("--keys", is_flag=True, help="Print each key that can be changed: its name for [keys], and what it does.")
@click.option("--json", "as_json", is_flag=True, help="Print each setting, its value and its origin as JSON.")
@writing_options
def config(given: Given, *, path: bool, example: bool, keys: bool, as_json: bool) -> None:
    """Show what is configured and where each setting came from; exit with 2 where something can't be used.

    One TOML file, over it the environment (PUMPUP_…, as in PUMPUP_NOTIFICATIONS__BELL=1), over both the options.

    Example: pumpup-tui config --example > "$(pumpup-tui config --path)"
    """
    file = config_sources.file_of(os.environ)
    if example:
        from pumpup_tui.commands.settings import example as example_file

        tell(example_file())
        return
    if path:
        if file is None:
            raise Failed(config_sources.NO_HOME)
        tell(str(file))
        return
    from pumpup_tui.commands import settings

    must_be_there = bool(os.environ.get(config_sources.FILE_VARIABLE))
    content = config_sources.read(file, must_be_there=must_be_there) if file else b""
    found = settings.usable(file or config_sources.NO_FILE, content, os.environ)
    told = settings.parsed(file or config_sources.NO_FILE, content)
    if keys:
        _tell_keys(found.keys, as_json=as_json)
        return
    rows = list(_rows(found, given, file or config_sources.NO_FILE, content, told))
    if as_json:
        tell_json(
            {"file": str(file) if file else None, "settings": [dict(zip(_JSON, row, strict=True)) for row in rows]}
        )
        return
    where = str(file) if file else config_sources.NO_HOME
    tell(f"{where}{'' if content or not file else ': not there yet, so what is built in holds'}", err=True)
    columns = (Column("name", "SETTING", tone="strong"), Column("value", "VALUE", least=12), Column("from", "FROM"))
    tell_table(columns, [(name, _shown(value), origin) for name, value, origin in rows], empty="Nothing.")


FIXED = (
    "Not to be changed: what a text that is typed hears itself (enter, arrows, ctrl+a …), the keys within the command "
    "palette, and tab between the parts of a screen. They are those of the terminal's toolkit."
)
_JSON = ("setting", "value", "from")


def _tell_keys(keymap: Mapping[str, str], *, as_json: bool) -> None:
    """Print every binding of the screens with the keys that it has now."""
    from pumpup_tui.keys.key_names import KeyNames, key_words

    listed = [(row.id, key_words(row.keys), row.tooltip) for row in KeyNames(keymap).table(in_demo=True)]
    if as_json:
        tell_json([{"binding": name, "keys": keys.split(), "does": does} for name, keys, does in listed])
        return
    columns = (Column("binding", "BINDING", tone="strong"), Column("keys", "KEYS"), Column("does", "DOES", least=20))
    tell_table(columns, listed, empty="Nothing.")
    tell(FIXED, err=True)


def _rows(
    found: Settings, given: Given, file: Path, content: bytes, told: Mapping[str, Any]
) -> Iterator[tuple[str, Any, str]]:
    """Yield name, value and origin of each setting; what is one of many is told by itself."""
    variables = config_sources.variables(os.environ)
    for name, value in _flat((), found.model_dump(mode="json")):
        if name[0] in _FLAGS and getattr(given, name[0]):
            yield ".".join(name), getattr(given, name[0]), f"--{name[0].removesuffix('s')}"
        else:
            yield ".".join(name), value, _origin(name, variables, file, content, told)
    if url := os.environ.get("PUMPUP_BASE_URL"):
        yield "url", url, "PUMPUP_BASE_URL"
    if os.environ.get("PUMPUP_API_KEY"):
        yield "api key", "(not shown)", "PUMPUP_API_KEY"


def _flat(name: tuple[str, ...], value: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, dict) and value:
        for key, one in value.items():
            if not (name[:1] == ("profiles",) and one in (None, [])):
                yield from _flat((*name, key), one)
    else:
        yield name, value


def _origin(
    name: tuple[str, ...], variables: Mapping[str, str], file: Path, content: bytes, told: Mapping[str, Any]
) -> str:
    from pumpup_tui.commands.config_errors import is_in, line_of, variable_of

    if variable := variable_of(name, variables):
        return variable
    return f"{file.name}:{line_of(content, name)}" if is_in(told, name) else "built in"


def _shown(value: Any) -> str:
    if value in (None, "", [], {}):
        return "-"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
