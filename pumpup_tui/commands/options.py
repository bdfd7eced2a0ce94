"""The options that commands share, and what they add up to: where to work, and as whom. Imports click alone."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from difflib import get_close_matches
from functools import wraps
from pathlib import Path
from typing import Any

import click

Callback = Callable[..., Any]

FOLDER = click.Path(path_type=Path, file_okay=False)
FILE = click.Path(path_type=Path, dir_okay=False)
_META = "pumpup_tui.given"


class Moment(click.ParamType[datetime]):
    """A date or a time."""

    name = "TIME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Return the moment, aware of its zone."""
        try:
            return datetime.fromisoformat(value).astimezone()
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is no date or time: write it like 2026-01-31 or 2026-01-31T09:30.", param, ctx)


class _Text(click.types.StringParamType):
    """Text that can be stored and sent: UTF-8."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the text; in a locale without UTF-8 its bytes are UTF-8 all the same, where they can be."""
        text = super().convert(value, param, ctx)
        if text.isascii():
            return text
        given = os.fsencode(text)
        try:
            return given.decode("utf-8")
        except UnicodeDecodeError:
            from pumpup_tui.text.firewall import line

            shown = line(given.decode("utf-8", "backslashreplace"), 200)
            self.fail(f"'{shown}' is no UTF-8 text: type it in a terminal whose characters are UTF-8.", param, ctx)


TEXT = _Text()


def take_utf8(command: click.Command) -> click.Command:
    """Have every text of a command, and of the commands below it, held against `TEXT`; paths may be any bytes."""
    for param in command.params:
        if param.type is click.STRING:
            param.type = TEXT
    for below in getattr(command, "commands", {}).values():
        take_utf8(below)
    return command


def split_types(text: str) -> tuple[str, ...]:
    """Return the event types that `--types` lists, as the record spells them."""
    return tuple(part.strip().upper() for part in text.split(",") if part.strip())


def no_such(what: str, name: str, known: Sequence[str]) -> click.UsageError:
    """Return the failure of a name that is none of a fixed set; the words name all that are."""
    near = get_close_matches(name, known, n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    return click.UsageError(f"{name!r:.80} is no {what}.{hint} There are {', '.join(known)}.")


@dataclass(frozen=True)
class Given:
    """What the command line says of where to work and as whom; None or empty where it says nothing."""

    data: Path | None = None
    url: str | None = None
    api_key_file: Path | None = None
    ca_file: Path | None = None
    insecure_http: bool | None = None
    profile: str | None = None
    reviewer: str | None = None
    tags: tuple[str, ...] = ()

    @property
    def places(self) -> tuple[str, ...]:
        """The options that name a place."""
        return tuple(name for name in ("data", "url", "profile") if getattr(self, name) is not None)

    @property
    def for_a_server(self) -> str | None:
        """The first option that goes with a server alone."""
        said = {
            "--api-key-file": self.api_key_file,
            "--ca-file": self.ca_file,
            "--insecure-http": self.insecure_http or None,
        }
        return next((name for name, value in said.items() if value is not None), None)

    def over(self, before: Given) -> Given:
        """Return this with what it leaves open taken from `before`; a place that is named here is the whole place."""
        if self.places:
            before = replace(before, data=None, url=None, profile=None)
        said = {one.name: getattr(self, one.name) for one in fields(self)}
        return replace(before, **{name: value for name, value in said.items() if value not in (None, ())})


def given_before(context: click.Context) -> Given:
    """Return what was said before the command's name."""
    found: Given = context.meta.get(_META, Given())
    return found


_PLACE = (
    click.option(
        "--data", type=FOLDER, metavar="DIR", help="The data folder.  [default: pumpup-tui in your user data directory]"
    ),
    click.option("--url", metavar="URL", help="A server to work on instead of a folder.  [env var: PUMPUP_BASE_URL]"),
    click.option(
        "--api-key-file",
        type=FILE,
        metavar="FILE",
        help="A file with the server's key, readable by you alone.  [default: the key in PUMPUP_API_KEY]",
    ),
    click.option(
        "--ca-file",
        type=FILE,
        metavar="FILE",
        help="A CA of the server's own, as PEM, to trust instead of the known ones.",
    ),
    click.option(
        "--insecure-http",
        is_flag=True,
        default=None,
        help="Let the key travel in the open, to a server without TLS.",
    ),
    click.option(
        "--profile", metavar="NAME", help="A place by its name in your configuration.  [env var: PUMPUP_PROFILE]"
    ),
)
_WHO = (
    click.option(
        "--reviewer",
        metavar="NAME",
        help="The name that you decide under in a folder.  [default: your login name; env var: PUMPUP_REVIEWER]",
    ),
    click.option(
        "--tag",
        "tags",
        multiple=True,
        metavar="T",
        help="What you may do, recorded with decisions in a folder; repeatable.",
    ),
)

_SAVING = (
    click.option(
        "--save-dir", type=FOLDER, metavar="DIR", help="Let the screens save in this folder alone, and start no editor."
    ),
    click.option("--no-save", is_flag=True, help="Take the keys away that save a file or start an editor."),
)


def _with(options: Sequence[Callable[[Callback], Callback]]) -> Callable[[Callback], Callback]:
    names = [one.name for one in fields(Given)]

    def decorate(command: Callback) -> Callback:
        @wraps(command)
        def called(*args: Any, **kwargs: Any) -> Any:
            context = click.get_current_context()
            here = Given(**{name: kwargs.pop(name) for name in names if name in kwargs})
            if len(here.places) > 1:
                places = " and ".join(f"--{name}" for name in here.places)
                raise click.UsageError(f"{places} are two places: give one of them.")
            context.meta[_META] = whole = here.over(given_before(context))
            return command(*args, given=whole, **kwargs)

        wrapped: Callback = called
        for option in reversed(options):
            wrapped = option(wrapped)
        return wrapped

    return decorate


place_options = _with((*_PLACE, *_WHO))
"""Adds the options that say where to read, and as whom; the command gets `given`."""
writing_options = _with((*_PLACE, *_WHO))
"""Adds the options that say where to write, and as whom; the command gets `given`."""
folder_options = _with((_PLACE[0], _PLACE[-1], *_WHO))
"""Adds the options of a command that works on a folder alone; the command gets `given`."""

json_option = click.option("--json", "as_json", is_flag=True, help="Print it as JSON, in the shapes of the API.")


def saving_options(command: Callback) -> Callback:
    """Add the options that say where the screens may save; the command gets `save_dir` and `no_save`."""

    @wraps(command)
    def called(*args: Any, save_dir: Path | None, no_save: bool, **kwargs: Any) -> Any:
        if no_save and save_dir is not None:
            raise click.UsageError("--save-dir and --no-save exclude each other: give one of them.")
        return command(*args, save_dir=save_dir, no_save=no_save, **kwargs)

    for option in reversed(_SAVING):
        called = option(called)
    return called
