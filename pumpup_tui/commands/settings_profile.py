"""The part of the configuration's model that names places."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_settings import NoDecode

from pumpup_tui.commands.database_places import is_database, is_public, is_workspace


def _tags(value: Any) -> Any:
    # A variable can hold no list: its parts are separated by commas.
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _named(value: str) -> str:
    if not (1 <= len(value.strip()) <= 80 and value.isprintable()) or value.strip() == "platform":
        raise ValueError('must have 1 to 80 printable characters and not be "platform"')
    return value.strip()


Name = Annotated[str, AfterValidator(_named)]
Tags = Annotated[tuple[Name, ...], NoDecode, BeforeValidator(_tags)]


def _address(text: str) -> str:
    # No message here shows the value: it may hold a password.
    if not is_database(text):
        raise ValueError("must be like postgresql://user@host:5432/name")
    if not is_public(text):
        raise ValueError(
            "must hold no password: put the address into a file that you alone can read, and name it as database_file"
        )
    return text


def _workspace(name: str) -> str:
    if not is_workspace(name):
        raise ValueError("must have 1 to 63 of a-z, 0-9, '.', '_' and '-', and begin with a letter or digit")
    return name


class SettingsTable(BaseModel):
    """A table of the configuration."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Profile(SettingsTable):
    """A named place: a folder or database with its reviewer, or a server with its key's file."""

    data: str | None = None
    database: Annotated[str, AfterValidator(_address)] | None = None
    database_file: str | None = None
    workspace: Annotated[str, AfterValidator(_workspace)] | None = None
    url: Annotated[str, Field(pattern=r"^https?://[^\s/@]+(/.*)?$")] | None = None
    api_key_file: str | None = None
    ca_file: str | None = None
    insecure_http: bool | None = None
    reviewer: Name | None = None
    tags: Tags = ()

    @model_validator(mode="after")
    def _one_place(self) -> Profile:
        places = [name for name in ("data", "database", "database_file", "url") if getattr(self, name) is not None]
        if len(places) != 1:
            raise ValueError(
                "must name one place: data (a folder), database or database_file (a database), or url (a server)"
            )
        for name in ("api_key_file", "ca_file", "insecure_http"):
            if self.url is None and getattr(self, name) is not None:
                raise ValueError(f"{name} goes with a url: only a server has a key and a way to it")
        if self.url is not None and (self.reviewer or self.tags):
            raise ValueError("on a server the key says who you are: reviewer and tags go with data or a database")
        if self.workspace is not None and not places[0].startswith("database"):
            raise ValueError("workspace goes with a database: a folder or server has one record")
        return self
