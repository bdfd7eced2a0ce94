"""What the configuration may say, and the checking of it: a file, with the environment over it.

Loaded only where something has changed since it was last checked (see `configuration`), and by `config` and `doctor`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)
from typing_extensions import override

from pumpup_tui.commands import configuration, table_columns
from pumpup_tui.commands.config_errors import Fault, faults_of, unreadable
from pumpup_tui.commands.failure import Failed
from pumpup_tui.local_state.preferences import GRACE_SECONDS
from pumpup_tui.text.firewall import line

FILTER_NAME = 40
"""Characters of a filter's name, as the inbox keeps it."""
LONGEST_GRACE = 600.0
"""Seconds; longer than that no one remembers what is held."""


def _tags(value: Any) -> Any:
    # A variable has no lists: its parts stand between commas.
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _named(value: str) -> str:
    if not (1 <= len(value.strip()) <= 80 and value.isprintable()) or value.strip() == "platform":
        raise ValueError('must have 1 to 80 printable characters and not be "platform"')
    return value.strip()


Name = Annotated[str, AfterValidator(_named)]
Tags = Annotated[tuple[Name, ...], NoDecode, BeforeValidator(_tags)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Profile(_Part):
    """A place by name: a folder, with who works on it, or a server with its key's file."""

    data: str | None = None
    url: Annotated[str, Field(pattern=r"^https?://[^\s/]+")] | None = None
    api_key_file: str | None = None
    ca_file: str | None = None
    insecure_http: bool | None = None
    reviewer: Name | None = None
    tags: Tags = ()

    @model_validator(mode="after")
    def _one_place(self) -> Profile:
        if (self.data is None) == (self.url is None):
            raise ValueError("must name one place: either data, a folder, or url, a server")
        for name in ("api_key_file", "ca_file", "insecure_http"):
            if self.url is None and getattr(self, name) is not None:
                raise ValueError(f"{name} goes with a url: a folder has no key and needs no way to a server")
        if self.url is not None and (self.reviewer or self.tags):
            raise ValueError("on a server the key says who you are: reviewer and tags go with data")
        return self


class Notifications(_Part):
    """How you are told of a new request."""

    bell: bool = False
    desktop: bool = False


def _columns(table: str) -> AfterValidator:
    known = [column.name for column in table_columns.ALL[table]]

    def check(names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if name not in known:
                raise ValueError(f"{name!r} is no column: there are {', '.join(known)}")
        if not names or len(set(names)) != len(names):
            raise ValueError("must name at least one column, and none twice")
        return names

    return AfterValidator(check)


class Columns(_Part):
    """The columns of the commands' tables, in order."""

    inbox: Annotated[tuple[str, ...], _columns("inbox")] | None = None
    tasks: Annotated[tuple[str, ...], _columns("tasks")] | None = None
    timeline: Annotated[tuple[str, ...], _columns("timeline")] | None = None


def _theme(name: str) -> str:
    from textual.theme import BUILTIN_THEMES

    from styles.themes import THEMES

    known = sorted({*BUILTIN_THEMES, *(theme.name for theme in THEMES)})
    if name and name not in known:
        raise ValueError(f"{name!r} is no theme: there are {', '.join(known)}")
    return name


def _keys(keys: dict[str, str]) -> dict[str, str]:
    from pumpup_tui.keys.rebinding import check

    check(keys)
    return keys


def _filter_name(name: str) -> str:
    if not (1 <= len(name.strip()) <= FILTER_NAME and name.isprintable()):
        raise ValueError(f"is no name for a filter: it must have 1 to {FILTER_NAME} printable characters")
    return name


def _filter(text: str) -> str:
    from pumpup_tui.inbox.filter_check import fault_of

    if fault := fault_of(text):
        raise ValueError(fault)
    return text


def _is_there(name: str, info: ValidationInfo) -> str:
    profiles = info.data.get("profiles")
    if profiles is not None and name not in profiles:
        there = f"there are {', '.join(profiles)}" if profiles else f"write it as [profiles.{name}]"
        raise ValueError(f"{name!r} is no profile: {there}")
    return name


def _url(url: str) -> str:
    from pumpup_tui.commands.serve_limits import checked_url

    return checked_url(url)


def _limits(limits: dict[str, int]) -> dict[str, int]:
    from pumpup_tui.commands.serve_limits import check

    check(limits)
    return limits


class Serve(_Part):
    """What `serve` is told where its options say nothing."""

    public_url: Annotated[str, AfterValidator(_url)] | None = None
    limits: Annotated[dict[str, int], AfterValidator(_limits)] = {}


class Settings(BaseSettings):
    """All that can be chosen."""

    model_config = SettingsConfigDict(
        env_prefix=configuration.PREFIX,
        env_nested_delimiter="__",
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
    )

    profiles: dict[str, Profile] = {}
    profile: Annotated[str, AfterValidator(_is_there)] | None = None
    reviewer: Name | None = None
    tags: Tags = ()
    theme: Annotated[str, AfterValidator(_theme)] = ""
    grace_seconds: Annotated[float, Field(ge=0, le=LONGEST_GRACE)] = GRACE_SECONDS
    notifications: Notifications = Notifications()
    keys: Annotated[dict[str, str], AfterValidator(_keys)] = {}
    filters: dict[Annotated[str, AfterValidator(_filter_name)], Annotated[str, AfterValidator(_filter)]] = {}
    columns: Columns = Columns()
    serve: Serve = Serve()

    @override
    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        # What the file says is handed in, already read: the environment counts over it.
        return env_settings, init_settings


def parsed(file: Path, content: bytes) -> dict[str, Any]:
    """Return what the file says, unchecked.

    Raises:
        Failed: it is no TOML; the message names the line.
    """
    try:
        return tomllib.loads(content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise unreadable(file, content, fault) from None


def faults(file: Path, content: bytes, environment: Mapping[str, str]) -> tuple[Settings | None, Sequence[Fault]]:
    """Return the settings, or what is wrong with them.

    Raises:
        Failed: the file is no TOML, or a variable no JSON where it must be.
    """
    told = parsed(file, content)
    try:
        return Settings(**told), ()
    except ValidationError as fault:
        return None, faults_of(fault, file, content, told, environment)
    except SettingsError as fault:
        names = [name for name in configuration.variables(environment) if _field_of(name) in str(fault)]
        raise Failed(
            f"{' or '.join(names) or 'A variable PUMPUP_…'} can't be read: its value must be JSON, "
            'like {"decide.approve": "A"}.',
            2,
        ) from None


def usable(file: Path, content: bytes, environment: Mapping[str, str]) -> Settings:
    """Return the settings.

    Raises:
        Failed: something in them can't be used; the message names each place, fault and remedy.
    """
    settings, wrong = faults(file, content, environment)
    if settings is None:
        lines = [line(f"{one.where}: {one.words}", 2000) for one in wrong]
        raise Failed("The configuration can't be used.\n  " + "\n  ".join(lines), 2)
    return settings


def checked(file: Path, content: bytes, environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the settings that file or environment give, as JSON.

    Raises:
        Failed: something in them can't be used; the message names each place, fault and remedy.
    """
    found: dict[str, Any] = usable(file, content, environment).model_dump(mode="json", exclude_unset=True)
    given = {_field_of(name) for name in configuration.variables(environment)}
    return {**found, configuration.FROM_ENVIRONMENT: sorted(given & found.keys())}


def _field_of(variable: str) -> str:
    return variable.removeprefix(configuration.PREFIX).partition("__")[0].lower()
