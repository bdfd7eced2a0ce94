"""Errors of a configuration in words: where each stands, what is wrong, and what to write instead."""

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
OF_THE_NAME = "[key]"
"""What pydantic puts behind a name that is itself at fault."""


@dataclass(frozen=True)
class Source:
    """A configuration as it was read."""

    file: Path
    content: bytes
    document: Mapping[str, Any]
    """The file's TOML, unchecked."""
    environment: Mapping[str, str]


@dataclass(frozen=True)
class Remedies:
    """The words of the model for its own remedies."""

    likes: Mapping[str, str]
    """How each setting is written, by its name."""
    known: Callable[[Key], Sequence[str]]
    """Returns the names that may stand in a table."""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong."""

    where: str
    """File and line, or the variable."""
    words: str


def unreadable(file: Path, content: bytes, fault: Exception) -> Failed:
    """Return the failure of a file that is no TOML."""
    if isinstance(fault, UnicodeDecodeError):
        where, words = f"line {content[: fault.start].count(10) + 1}", "it is no UTF-8 text"
    elif isinstance(fault, RecursionError):
        where, words = "line 1", "it is nested too deeply"
    else:
        words, _, at = str(fault).partition(" (at ")
        where = at.rstrip(")").partition(",")[0]
        where = f"line {content.count(10) + 1}" if not where.startswith("line ") else where
    return Failed(
        f"The configuration can't be used.\n  {file}, {where}: it is no TOML: {words}. "
        'A line is like grace_seconds = 5 or theme = "nord"; a table begins with its name, like [keys].',
        2,
    )


def faults_of(error: ValidationError, source: Source, remedies: Remedies) -> list[Fault]:
    """Return each fault with the place that it came from, in the order of the places."""
    variables = config_sources.variables(source.environment)
    placed: list[tuple[int, Fault]] = []
    for details in error.errors():
        key = tuple(str(part) for part in details["loc"] if part != OF_THE_NAME)
        words = f"{_words(details, key)}{_remedy(details, key, remedies)}"
        if name := variable_of(key, variables):
            placed.append((0, Fault(name, words)))
            continue
        number = line_of(source.content, _in(source.document, _of_one(source.document, key, words)))
        placed.append((number, Fault(f"{source.file}, line {number}", words)))
    return [fault for _, fault in sorted(placed, key=lambda pair: pair[0])]


def _of_one(told: Mapping[str, Any], key: Key, words: str) -> Key:
    """Return the key of the one binding that a fault of all of them is about."""
    if key != ("keys",) or not isinstance(told.get("keys"), Mapping):
        return key
    return next(((*key, name) for name in told["keys"] if name in words), key)


def line_of(content: bytes, key: Key) -> int:
    """Return the line, from 1, where a key of a sound TOML file is set.

    The first lines that are TOML by themselves and hold the key end with what sets it; it begins after the lines
    before those that are TOML by themselves too.
    """
    lines = content.decode("utf-8").splitlines(keepends=True)
    begins = 1
    for number in range(1, len(lines) + 1):
        try:
            told = tomllib.loads("".join(lines[:number]))
        except tomllib.TOMLDecodeError:
            continue
        if len(_in(told, key)) == len(key):
            return begins
        begins = number + 1
    return 1


def is_in(told: Mapping[str, Any], key: Key) -> bool:
    """Return whether the file sets a key."""
    return _in(told, key) == key


def _in(told: Any, key: Key) -> Key:
    """Return as much of a key as there is."""
    return tuple(_there(told, key))


def _there(told: Any, key: Key) -> Iterator[str]:
    for part in key:
        if not isinstance(told, Mapping) or part not in told:
            return
        yield part
        told = told[part]


def variable_of(key: Key, variables: Mapping[str, str]) -> str:
    """Return the variable that gives a key; empty where none does."""
    for count in range(len(key), 0, -1):
        name = config_sources.PREFIX + "__".join(key[:count]).upper()
        if name in variables:
            return name
    return ""


def _words(error: ErrorDetails, key: Key) -> str:
    name = ".".join(key) or "all of it"
    if error["type"] == "extra_forbidden":
        return f"{name} is an unknown key"
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
