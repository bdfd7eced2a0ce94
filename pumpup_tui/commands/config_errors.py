"""Messages for a configuration's errors: the place, the fault and the remedy."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pumpup_tui.commands import config_sources
from pumpup_tui.commands.failure import Failed

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

Key = tuple[str, ...]
KEY_MARK = "[key]"
"""Pydantic's last part of a location where the key itself is at fault."""
_TYPE_WORDS = {"model_type": "must be a table", "dict_type": "must be a table", "tuple_type": "must be a list"}
"""Messages in TOML's terms, by the type of pydantic's error: its own name classes of Python."""


@dataclass(frozen=True)
class ConfigSource:
    """A configuration as it was read."""

    file: Path
    content: bytes
    document: Mapping[str, Any]
    """The file's TOML, unchecked."""
    environment: Mapping[str, str]


@dataclass(frozen=True)
class Remedies:
    """The model's texts for the remedies of its errors."""

    likes: Mapping[str, str]
    """An example of each setting, by its name."""
    known: Callable[[Key], Sequence[str]]
    """Returns the names that may stand in a table."""


@dataclass(frozen=True)
class Fault:
    """One fault in a configuration."""

    place: str
    """The file and line, or the variable."""
    words: str


def unreadable(file: Path, content: bytes, fault: Exception) -> Failed:
    """Return the failure for a file that is no TOML."""
    if isinstance(fault, UnicodeDecodeError):
        place, words = f"line {content[: fault.start].count(10) + 1}", "it is no UTF-8 text"
    elif isinstance(fault, RecursionError):
        place, words = "line 1", "it is nested too deeply"
    else:
        words, _, position = str(fault).partition(" (at ")
        place = position.rstrip(")").partition(",")[0]
        place = f"line {content.count(10) + 1}" if not place.startswith("line ") else place
    return Failed(
        f"The configuration can't be used.\n  {file}, {place}: it is no TOML: {words}. "
        'A line is like grace_seconds = 5 or theme = "nord"; a table begins with its name, like [keys].',
        2,
    )


def faults_of(error: ValidationError, source: ConfigSource, remedies: Remedies) -> list[Fault]:
    """Return all faults of a validation, in the order of their places."""
    variables = config_sources.variables(source.environment)
    placed: list[tuple[int, Fault]] = []
    for details in error.errors():
        key = tuple(str(part) for part in details["loc"] if part != KEY_MARK)
        words = f"{_words(details, key)}{_remedy(details, key, remedies)}"
        if name := variable_of(key, variables):
            placed.append((0, Fault(name, words)))
            continue
        number = line_of(source.content, _prefix_in(source.document, _binding_key(source.document, key, words)))
        placed.append((number, Fault(f"{source.file}, line {number}", words)))
    return [fault for _, fault in sorted(placed, key=lambda pair: pair[0])]


def _binding_key(document: Mapping[str, Any], key: Key, words: str) -> Key:
    """Return the key of the binding that an error about the whole table names."""
    if key != ("keys",) or not isinstance(document.get("keys"), Mapping):
        return key
    return next(((*key, name) for name in document["keys"] if name in words), key)


def line_of(content: bytes, key: Key) -> int:
    """Return the line, from 1, that sets a key of a valid TOML file.

    The shortest beginning of the file that is valid TOML and holds the key ends with the statement that sets it; the
    statement starts after the next shorter beginning that is valid TOML.
    """
    lines = content.decode("utf-8").splitlines(keepends=True)
    start = 1
    for number in range(1, len(lines) + 1):
        try:
            document = tomllib.loads("".join(lines[:number]))
        except tomllib.TOMLDecodeError:
            continue
        if len(_prefix_in(document, key)) == len(key):
            return start
        start = number + 1
    return 1


def is_in(document: Mapping[str, Any], key: Key) -> bool:
    """Return whether the file sets a key."""
    return _prefix_in(document, key) == key


def _prefix_in(document: Any, key: Key) -> Key:
    """Return the longest beginning of a key that the document has."""
    return tuple(_parts_in(document, key))


def _parts_in(document: Any, key: Key) -> Iterator[str]:
    for part in key:
        if not isinstance(document, Mapping) or part not in document:
            return
        yield part
        document = document[part]


def variable_of(key: Key, variables: Mapping[str, str]) -> str:
    """Return the variable that sets a key; empty where none does."""
    for count in range(len(key), 0, -1):
        name = config_sources.PREFIX + "__".join(key[:count]).upper()
        if name in variables:
            return name
    return ""


def _words(error: ErrorDetails, key: Key) -> str:
    name = ".".join(key) or "all of it"
    if error["type"] == "extra_forbidden":
        return f"{name} is an unknown key"
    if words := _TYPE_WORDS.get(error["type"]):
        return f"{name} {words}"
    words = error["msg"].removeprefix("Value error, ").removeprefix("Input ")
    return f"{name} {words[:1].lower()}{words[1:]}"


def _remedy(error: ErrorDetails, key: Key, remedies: Remedies) -> str:
    if error["type"] == "extra_forbidden":
        known = remedies.known(key[:-1])
        near = get_close_matches(key[-1], known, n=1)
        return f". Did you mean {near[0]}?" if near else f". There are: {', '.join(known)}."
    if error["type"] == "value_error":
        return "."
    like = remedies.likes.get(key[0], "") if key else ""
    return f". Write it like {like}." if like else "."
