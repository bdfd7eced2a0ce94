"""Options shared by commands: the place to work on and the reviewer. Imports nothing but click."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
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
_META = "pumpup_tui.place_options"
_ADDRESSES = ("url", "database")
"""Parameters that are not repeated in messages: a password may be in them."""
_PLACES = {
    "data": "--data",
    "url": "--url",
    "database": "--database",
    "database_file": "--database-file",
    "profile": "--profile",
}
"""The options of which each names a place, by their fields."""


class TimeParam(click.ParamType[datetime]):
    """A date or a time as people type them: 7d, yesterday, 2026-01-31, 09:30."""

    name = "TIME"

    def __init__(self, *, ends: bool = False) -> None:
        """Take what begins a range, or with `ends` what ends one: of a day then all of it belongs to the range."""
        self._ends = ends

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Return the time, with its zone."""
        from api_client.times import utc_now
        from pumpup_tui.text.time_ranges import names_period, since_of, until_of
        from pumpup_tui.text.typed_times import NotUnderstood

        if isinstance(value, datetime):
            return value
        if (moment := iso_time(value)) is not None:
            return moment
        try:
            if not self._ends and ctx is not None and names_period(value):
                ctx.meta[_PERIOD_END] = until_of(value, utc_now(), None)
            return (until_of if self._ends else since_of)(value, utc_now(), None)
        except NotUnderstood:
            self.fail(f"{value!r} is no date or time: try 7d, yesterday, 2026-01-31 or 2026-01-31T09:30.", param, ctx)


def iso_time(text: str) -> datetime | None:
    """Return the time of a text like 2026-01-31T09:30Z, in the zone that it names or else the machine's; else None."""
    try:
        return datetime.fromisoformat(text).astimezone() if "T" in text else None
    except (ValueError, OverflowError):
        return None


_PERIOD_END = "pumpup_tui.period_end"


def end_of_range(until: datetime | None) -> datetime | None:
    """Return the end of the range that was given: of `--since "last week"` alone, the end of that week."""
    period_end: datetime | None = click.get_current_context().meta.get(_PERIOD_END)
    return until or period_end


class OutcomeParam(click.ParamType[str]):
    """An outcome by its word, or as the wire spells it."""

    name = "OUTCOME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the outcome as the wire spells it."""
        from pumpup_tui.text.outcomes import OUTCOMES

        typed = str(value).casefold()
        if not typed:
            return ""
        for name, act in OUTCOMES.items():
            if typed in {name.casefold(), act.word, act.past}:
                return name
        known = ", ".join(act.word for act in OUTCOMES.values())
        return self.fail(f"{value!r} is no outcome: there are {known}.", param, ctx)


def filter_options(command: Callback) -> Callback:
    """Add the options that narrow a timeline by time, reviewer and outcome."""
    for option in reversed(_FILTER_OPTIONS):
        command = option(command)
    return command


_FILTER_OPTIONS = (
    click.option("--since", type=TimeParam(), help="From then on: 7d, yesterday, 09:30, 2026-01-31; in your zone."),
    click.option("--until", type=TimeParam(ends=True), help="Before then; of a day, up to its end."),
    click.option("--decided-by", metavar="NAME", default="", help="Only this reviewer's decisions and answers."),
    click.option(
        "--outcome", type=OutcomeParam(), default="", help="Only these decisions: approve, deny, edit, ask, escalate."
    ),
)


class _Utf8Text(click.types.StringParamType):
    """Text that can be stored and sent: UTF-8."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the text, its bytes read as UTF-8 in any locale."""
        text = super().convert(value, param, ctx)
        if text.isascii():
            return text
        encoded = os.fsencode(text)
        try:
            return encoded.decode("utf-8")
        except UnicodeDecodeError:
            if param is not None and param.name in _ADDRESSES:
                self.fail("An address must be UTF-8 text.", param, ctx)
            from pumpup_tui.text.firewall import line

            escaped = line(encoded.decode("utf-8", "backslashreplace"), 200)
            self.fail(f"'{escaped}' is not UTF-8 text: use a terminal with a UTF-8 locale.", param, ctx)


TEXT = _Utf8Text()


def take_utf8(command: click.Command) -> click.Command:
    """Check every text parameter of a command and its subcommands with `TEXT`; paths may be any bytes."""
    for param in command.params:
        if param.type is click.STRING:
            param.type = TEXT
    for subcommand in getattr(command, "commands", {}).values():
        take_utf8(subcommand)
    return command


def split_types(text: str) -> tuple[str, ...]:
    """Return the event types that `--types` lists, in upper case as in the journal."""
    return tuple(part.strip().upper() for part in text.split(",") if part.strip())


def did_you_mean(typed: str, known: Iterable[str]) -> str:
    """Return the question for the nearest of the known names, clean, with a blank before it; empty where none is."""
    names = {name.casefold(): name for name in known}
    near = get_close_matches(typed.casefold(), names, n=1)
    if not near:
        return ""
    from pumpup_tui.text.firewall import line

    return f" Did you mean {line(names[near[0]], 80)}?"


def no_such(what: str, name: str, known: Sequence[str]) -> click.UsageError:
    """Return the error for a name outside a fixed set; its message lists the known names."""
    hint = did_you_mean(name, known)
    return click.UsageError(f"Unknown {what} {name!r:.80}.{hint} Known: {', '.join(known)}.")


@dataclass(frozen=True)
class PlaceOptions:
    """The place and the reviewer as named on the command line; None or empty where an option is not given."""

    data: Path | None = None
    url: str | None = None
    api_key_file: Path | None = None
    ca_file: Path | None = None
    insecure_http: bool | None = None
    database: str | None = None
    database_file: Path | None = None
    workspace: str | None = None
    profile: str | None = None
    reviewer: str | None = None
    tags: tuple[str, ...] = ()

    @property
    def places(self) -> tuple[str, ...]:
        """The options that name a place."""
        return tuple(option for name, option in _PLACES.items() if getattr(self, name) is not None)

    @property
    def names_place(self) -> bool:
        """Whether an option names the place itself; a profile names it by way of the configuration."""
        return bool(set(self.places) - {"--profile"})

    @property
    def for_a_server(self) -> str | None:
        """The first option that goes with a server alone."""
        options = {
            "--api-key-file": self.api_key_file,
            "--ca-file": self.ca_file,
            "--insecure-http": self.insecure_http or None,
        }
        return next((name for name, value in options.items() if value is not None), None)

    def over(self, before: PlaceOptions) -> PlaceOptions:
        """Return these options, with earlier ones in the gaps; a place named here replaces the whole earlier place."""
        if self.places:
            before = replace(before, data=None, url=None, database=None, database_file=None, profile=None)
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(before, **{name: value for name, value in values.items() if value not in (None, ())})


def options_before(context: click.Context) -> PlaceOptions:
    """Return the options given before the command's name."""
    options: PlaceOptions = context.meta.get(_META, PlaceOptions())
    return options


def given_options(context: click.Context) -> PlaceOptions:
    """Return the place and the reviewer as far as they are typed, for a command line that is not complete yet."""
    options = PlaceOptions()
    names = [field.name for field in fields(PlaceOptions)]
    chain = [context]
    while chain[-1].parent is not None:
        chain.append(chain[-1].parent)
    for one in reversed(chain):
        options = PlaceOptions(**{name: one.params[name] for name in names if one.params.get(name)}).over(options)
    return options


data_option = click.option(
    "--data", type=FOLDER, metavar="DIR", help="The data folder.  [default: pumpup-tui in your user data directory]"
)
_DATABASE_OPTIONS = (
    click.option(
        "--database",
        metavar="URL",
        help="A PostgreSQL database, without a password: the process list would show it.  "
        "[env var: PUMPUP_DATABASE_URL, which may hold one]",
    ),
    click.option(
        "--database-file",
        type=FILE,
        metavar="FILE",
        help="A file with the database's address, readable only by you: it may hold a password.",
    ),
)
_WORKSPACE_OPTION = click.option(
    "--workspace",
    metavar="NAME",
    help="The workspace of the database.  [default: default; env var: PUMPUP_WORKSPACE]",
)
_PROFILE_OPTION = click.option(
    "--profile", metavar="NAME", help="A named place from your configuration.  [env var: PUMPUP_PROFILE]"
)
_PLACE_OPTIONS = (
    data_option,
    *_DATABASE_OPTIONS,
    _WORKSPACE_OPTION,
    click.option("--url", metavar="URL", help="A server to use instead of a folder.  [env var: PUMPUP_BASE_URL]"),
    click.option(
        "--api-key-file",
        type=FILE,
        metavar="FILE",
        help="A file with the API key, readable only by you.  [default: the key in PUMPUP_API_KEY]",
    ),
    click.option(
        "--ca-file",
        type=FILE,
        metavar="FILE",
        help="A CA certificate (PEM) to trust instead of the system's.",
    ),
    click.option(
        "--insecure-http",
        is_flag=True,
        default=None,
        help="Send the key unencrypted to a server without TLS.",
    ),
    _PROFILE_OPTION,
)
_REVIEWER_OPTIONS = (
    click.option(
        "--reviewer",
        metavar="NAME",
        help="Your name as the reviewer, in a folder or database.  "
        "[default: your login name; env var: PUMPUP_REVIEWER]",
    ),
    click.option(
        "--tag",
        "tags",
        multiple=True,
        metavar="T",
        help="A tag of your authority, recorded with decisions in a folder or database; repeatable.",
    ),
)

_SAVING_OPTIONS = (
    click.option(
        "--save-dir", type=FOLDER, metavar="DIR", help="Allow saving only in this folder, and no external editor."
    ),
    click.option("--no-save", is_flag=True, help="Disable saving files and external editors."),
)


def _count(names: Sequence[str]) -> str:
    return "two" if len(names) == 2 else str(len(names))


def _adding(options: Sequence[Callable[[Callback], Callback]]) -> Callable[[Callback], Callback]:
    names = [field.name for field in fields(PlaceOptions)]

    def decorate(command: Callback) -> Callback:
        @wraps(command)
        def called(*args: Any, **kwargs: Any) -> Any:
            context = click.get_current_context()
            own = PlaceOptions(**{name: kwargs.pop(name) for name in names if name in kwargs})
            if len(own.places) > 1:
                places = " and ".join(own.places)
                raise click.UsageError(f"{places} are {_count(own.places)} places: choose one.")
            context.meta[_META] = merged = own.over(options_before(context))
            return command(*args, options=merged, **kwargs)

        wrapped: Callback = called
        for option in reversed(options):
            wrapped = option(wrapped)
        return wrapped

    return decorate


place_options = _adding((*_PLACE_OPTIONS, *_REVIEWER_OPTIONS))
"""Adds the options that name the place to read and the reviewer; the command gets `options`."""
writing_options = _adding((*_PLACE_OPTIONS, *_REVIEWER_OPTIONS))
"""Adds the options that name the place to write and the reviewer; the command gets `options`."""
_STORE_OPTIONS = (data_option, *_DATABASE_OPTIONS, _WORKSPACE_OPTION, _PROFILE_OPTION)
store_options = _adding(_STORE_OPTIONS)
"""Adds the options of a command that works on a store itself, not over a server; the command gets `options`."""
record_options = _adding((*_STORE_OPTIONS, *_REVIEWER_OPTIONS))
"""The same for the commands of the record, which ignore the reviewer."""
database_options = _adding((*_DATABASE_OPTIONS, _PROFILE_OPTION))
"""Adds the options of a command that works on a database, and not on one workspace; the command gets `options`."""

key_option = click.option(
    "--key", metavar="KEY", help="The key of an earlier attempt, to find out its outcome; it is never done twice."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, as in the API.")


def saving_options(command: Callback) -> Callback:
    """Add the options that limit where the screens may save; the command gets `save_dir` and `no_save`."""

    @wraps(command)
    def called(*args: Any, save_dir: Path | None, no_save: bool, **kwargs: Any) -> Any:
        if no_save and save_dir is not None:
            raise click.UsageError("--save-dir and --no-save exclude each other: choose one.")
        return command(*args, save_dir=save_dir, no_save=no_save, **kwargs)

    for option in reversed(_SAVING_OPTIONS):
        called = option(called)
    return called
