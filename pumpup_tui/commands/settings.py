"""The configuration's model, its example and its check; the environment overrides the file.

Loaded only where the configuration has changed since the last check (see `config_cache`), and by `config` and `doctor`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, cast, get_args, get_origin

from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    ValidationError,
    ValidationInfo,
)
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)
from typing_extensions import override

from pumpup_tui.commands import config_sources, table_columns
from pumpup_tui.commands.config_errors import ConfigSource, Fault, Remedies, faults_of, unreadable
from pumpup_tui.commands.failure import Failed
from pumpup_tui.commands.settings_profile import Name, Profile, SettingsTable, Tags
from pumpup_tui.local_state.preferences import DECIDED_HOURS, GRACE_SECONDS, STUCK_HOURS
from pumpup_tui.text.firewall import line

FILTER_NAME = 40
"""Most characters of a filter's name, as in the inbox."""
LONGEST_STUCK = 24 * 365.0
"""Hours."""
CODE = 80
"""Most characters of a reason code."""
LONGEST_GRACE = 600.0
"""Seconds; for longer than that nobody remembers a decision that was not sent yet."""


def _setting(default: Any, *, like: str, example: str = "", about: str = "", **limits: Any) -> Any:
    """Return a field with the texts that describe it.

    Args:
        default: The value without configuration.
        like: An example of the setting, for error messages.
        example: The setting's lines in `config --example`; empty where another setting's lines include it.
        about: The comment over these lines.
        limits: As pydantic's Field.
    """
    return Field(default, description=about, json_schema_extra={"like": like, "example": example}, **limits)


class Notifications(SettingsTable):
    """Notifications of a new request."""

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


class ColumnChoice(SettingsTable):
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
        raise ValueError(f"is no name: it must have 1 to {FILTER_NAME} printable characters")
    return name


def _filter(text: str) -> str:
    from api_client.request_query_faults import fault_of

    if fault := fault_of(text):
        raise ValueError(fault)
    return text


def _code(code: str) -> str:
    if not (1 <= len(code.strip()) <= CODE and code.isprintable()):
        raise ValueError(f"is no reason code: it must have 1 to {CODE} printable characters")
    return code.strip()


def _template(text: str) -> str:
    from pumpup_tui.decisions.note_templates import template_fault

    if fault := template_fault(text):
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


Hours = Annotated[float, Field(gt=0, le=LONGEST_STUCK)]


class StuckHours(SettingsTable):
    """Hours after which a task on which nothing happens counts as stuck."""

    hours: Hours = STUCK_HOURS
    decided_hours: Hours = DECIDED_HOURS
    projects: dict[str, Hours] = Field(default_factory=dict)


class Serve(SettingsTable):
    """Defaults for the options of `serve`."""

    public_url: Annotated[str, AfterValidator(_url)] | None = None
    limits: Annotated[dict[str, int], AfterValidator(_limits)] = Field(default_factory=dict)


_EXAMPLE_HEAD = """\
# The configuration of pumpup-tui. The environment (PUMPUP_THEME=nord, PUMPUP_NOTIFICATIONS__BELL=1) overrides it, and
# options override both. 'pumpup-tui config' shows the settings in effect. Every line here is a comment and changes
# nothing: remove the # before a setting that you want, and before the [name] of its table."""


class Settings(BaseSettings):
    """All settings."""

    model_config = SettingsConfigDict(
        env_prefix=config_sources.PREFIX,
        env_nested_delimiter="__",
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
    )

    reviewer: Name | None = _setting(
        None,
        like='reviewer = "alice"',
        about="The name and tags that decisions in a folder or database are recorded under.",
        example='reviewer = "alice"\ntags = ["claims-lead"]',
    )
    tags: Tags = _setting((), like='tags = ["claims-lead"]')
    profiles: dict[str, Profile] = _setting(
        {},
        like='[profiles.claims] with data = "~/work", or url = "https://…" and api_key_file = "~/claims.key"',
        about="Places by name: a folder on this machine, a database, or a server with a file that holds your key.",
        example='''[profiles.claims]
data = "~/claims"

[profiles.record]
database = "postgresql://pumpup@db.example.com/pumpup"
workspace = "claims"

[profiles.team]
url = "https://pumpup.example.com"
api_key_file = "~/.config/pumpup-tui/team.key"''',
    )
    profile: Annotated[str, AfterValidator(_is_there)] | None = _setting(
        None,
        like='profile = "claims"',
        about="The place that is opened where none is named; its name is one of those below.",
        example='profile = "claims"',
    )
    theme: Annotated[str, AfterValidator(_theme)] = _setting(
        "", like='theme = "nord"', about="Any theme of the command palette.", example='theme = "textual-dark"'
    )
    density: Literal["roomy", "compact"] = _setting(
        "roomy",
        like='density = "compact"',
        about="How close the screens are: compact has one line a request, and frames of one line.",
        example='density = "compact"',
    )
    grace_seconds: float = _setting(
        GRACE_SECONDS,
        like="grace_seconds = 5",
        about="Seconds that a decision can be taken back; 0 sends at once.",
        example="grace_seconds = 5",
        ge=0,
        le=LONGEST_GRACE,
    )
    notifications: Notifications = _setting(
        Notifications(),
        like="[notifications] with bell = true and desktop = true",
        about="Notifications of a new request.",
        example="[notifications]\nbell = false\ndesktop = false",
    )
    keys: Annotated[dict[str, str], AfterValidator(_keys)] = _setting(
        {},
        like='[keys] with "decide.approve" = "A"',
        about="Keys by what they do: 'pumpup-tui config --keys' lists all that can be changed.",
        example='[keys]\n"decide.deny" = "D"\n"screens.help" = "f1,?"',
    )
    filters: dict[Annotated[str, AfterValidator(_filter_name)], Annotated[str, AfterValidator(_filter)]] = _setting(
        {},
        like='[filters] with a name = "what you would type", like old = "is:overdue"',
        about="Filters of the inbox that you want again, by a name of your choice.",
        example='[filters]\nrefunds = "refund"',
    )
    stuck: StuckHours = _setting(
        StuckHours(),
        like="[stuck] with hours = 24, decided_hours = 1, and projects = { claims = 8 }",
        about="Hours without an event after which a task counts as stuck: by itself, once it was decided, by project.",
        example="[stuck]\nhours = 24\ndecided_hours = 1\nprojects = { claims_refund_v1 = 8 }",
    )
    reason_codes: dict[str, tuple[Annotated[str, AfterValidator(_code)], ...]] = _setting(
        {},
        like='[reason_codes] with a project and its codes, like claims = ["policy", "limit"]',
        about='Reason codes by project (its name or id; "*" for all): `w` offers them for a decision.',
        example='[reason_codes]\nclaims = ["policy", "over-limit"]\n"*" = ["duplicate"]',
    )
    note_templates: dict[Annotated[str, AfterValidator(_filter_name)], Annotated[str, AfterValidator(_template)]] = (
        _setting(
            {},
            like='[note_templates] with a name = "text", like receipt = "Please attach the receipt of {task}."',
            about="Notes that you write often, by name, with {task}, {request} and {reviewer} filled in.",
            example='[note_templates]\nreceipt = "Please attach the receipt of {task}."',
        )
    )
    columns: ColumnChoice = _setting(
        ColumnChoice(),
        like='[columns] with inbox = ["id", "summary"]',
        about="The columns of the commands' tables, in order.",
        example="""[columns]
inbox = ["id", "summary", "age", "needs", "recommendation", "task", "project"]
tasks = ["id", "name", "status", "step", "project"]
timeline = ["time", "type", "text", "by", "move", "task"]""",
    )
    serve: Serve = _setting(
        Serve(),
        like='[serve] with public_url = "https://reviews.example.com", and limits = { writes_per_second = 50 }',
        about="Defaults for the options of 'serve': the address that callers use, and limits by name.",
        example="""[serve]
public_url = "https://reviews.example.com/pumpup"
limits = { writes_per_second = 200, calls = 256, connections = 1000 }""",
    )

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
        # The file's content is passed in as arguments: the environment overrides it.
        return env_settings, init_settings


def example() -> str:
    """Return a file with every setting as a comment, with its description; tables come last, as TOML demands."""
    parts = [(field.description, _extra(field)["example"]) for field in Settings.model_fields.values()]
    written = [(about, text) for about, text in parts if text]
    written.sort(key=lambda part: part[1].startswith("["))
    settings = [
        f"# {about}\n" + "\n".join(f"#{row}" if row else "" for row in text.splitlines()) for about, text in written
    ]
    return "\n\n".join([_EXAMPLE_HEAD, *settings])


def known_names(model: type[BaseModel], key: tuple[str, ...]) -> Sequence[str]:
    """Return the names allowed in the table of a key, in the model's order; empty where any name is allowed."""
    if not key:
        return tuple(model.model_fields)
    field = model.model_fields.get(key[0])
    parts = (
        [part for part in (field.annotation, *get_args(field.annotation)) if isinstance(part, type)] if field else []
    )
    below = next((part for part in parts if issubclass(part, BaseModel)), None)
    if below is None:
        return ()
    is_by_name = field is not None and get_origin(field.annotation) is dict
    return known_names(below, key[2:] if is_by_name else key[1:])


def _likes() -> Mapping[str, str]:
    """Return an example of each setting, by its name."""
    return {name: _extra(field)["like"] for name, field in Settings.model_fields.items()}


def _extra(field: FieldInfo) -> dict[str, str]:
    return cast("dict[str, str]", field.json_schema_extra)


def parsed(file: Path, content: bytes) -> dict[str, Any]:
    """Return the file's settings, unchecked.

    Raises:
        Failed: it is no TOML; the message names the line.
    """
    try:
        return tomllib.loads(content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise unreadable(file, content, fault) from None


def faults(file: Path, content: bytes, environment: Mapping[str, str]) -> tuple[Settings | None, Sequence[Fault]]:
    """Return the settings, or their faults.

    Raises:
        Failed: the file is no TOML, or a variable no JSON where it must be.
    """
    document = parsed(file, content)
    remedies = Remedies(_likes(), lambda key: known_names(Settings, key))
    try:
        return Settings(**document), ()
    except ValidationError as fault:
        return None, faults_of(fault, ConfigSource(file, content, document, environment), remedies)
    except SettingsError as fault:
        names = [name for name in config_sources.variables(environment) if _field_of(name) in str(fault)]
        raise Failed(
            f"{' or '.join(names) or 'A variable PUMPUP_…'} can't be read: its value must be JSON, "
            'like {"decide.approve": "A"}.',
            2,
        ) from None


def usable(file: Path, content: bytes, environment: Mapping[str, str]) -> Settings:
    """Return the settings.

    Raises:
        Failed: they are invalid; the message names each place, fault and remedy.
    """
    settings, found_faults = faults(file, content, environment)
    if settings is None:
        lines = [line(f"{fault.place}: {fault.words}", 2000) for fault in found_faults]
        raise Failed("The configuration can't be used.\n  " + "\n  ".join(lines), 2)
    return settings


def checked(file: Path, content: bytes, environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the settings that the file or the environment sets, as JSON.

    Raises:
        Failed: they are invalid; the message names each place, fault and remedy.
    """
    settings: dict[str, Any] = usable(file, content, environment).model_dump(mode="json", exclude_unset=True)
    from_environment = {_field_of(name) for name in config_sources.variables(environment)}
    return {**settings, config_sources.FROM_ENVIRONMENT: sorted(from_environment & settings.keys())}


def _field_of(variable: str) -> str:
    return variable.removeprefix(config_sources.PREFIX).partition("__")[0].lower()
