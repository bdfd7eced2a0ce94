"""The counted limits within a body: how many items, how much text, how deep (CONTRACT.md part 3, Limits).

They are apart from the rules of the state machine, and checked only where a body arrives: a record that was written
under other limits stays readable. The check walks over the parsed JSON, in time linear in its size, before any object
is made of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import count
from typing import Any

from api_client.errors import InvalidRequest
from api_client.wire import Json

DEEPEST = 100
"""The highest limit of levels that may be set: the journal's writer and every reader's parser allow more."""


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """The highest counts that one body may have; a body at a limit passes."""

    fields: int = 500
    """Fields of a form; its bids and its answers too."""
    options: int = 1_000
    """Options of a field, and options in one answer or bid."""
    context_entries: int = 200
    summary: int = 16_000
    """Bytes of a summary, in UTF-8."""
    text: int = 64_000
    """Bytes of any other text or key, in UTF-8."""
    nesting: int = 32
    """Levels of objects and lists; the body itself is the first."""

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if value < 1:
                raise ValueError(f"{name} must be 1 or more")
        if self.nesting > DEEPEST:
            raise ValueError(f"nesting must be {DEEPEST} or less")

    @property
    def short(self) -> int:
        """The number of characters that are within every limit, whatever they are."""
        return min(self.summary, self.text) // _BYTES_A_CHARACTER


def check_body(body: Mapping[str, Json], limits: BodyLimits) -> int:
    """Check a parsed body against the counted limits, and return how many keys all its objects have together.

    Raises:
        InvalidRequest: it is over one; the message names the place, what it holds and the limit.
    """
    for keys, items, most, noun in _counted(body, limits):
        if isinstance(items, (list, dict)) and len(items) > most:
            raise InvalidRequest(f"{_joined(keys)}: has {len(items):,} {noun}, at most {most:,} are taken")
    key_count, is_within = _scan(body, limits)
    if not is_within:
        _raise_fault(body, limits)
    return key_count


def _counted(body: Mapping[str, Json], limits: BodyLimits) -> Iterator[tuple[tuple[_Key, ...], Json, int, str]]:
    """Yield the place of each counted list or object, its value, the most items that it may have, and their name."""
    fields, bids, answers = body.get("fields"), body.get("recommendation"), body.get("answers")
    yield ("keyValueContext",), body.get("keyValueContext"), limits.context_entries, "entries"
    yield ("fields",), fields, limits.fields, "fields"
    yield ("recommendation",), bids, limits.fields, "bids"
    yield ("answers",), answers, limits.fields, "answers"
    for name, key, rows in (("fields", "options", fields), ("recommendation", "value", bids)):
        for number, row in enumerate(rows if isinstance(rows, list) else ()):
            if isinstance(row, dict):
                yield (name, number, key), row.get(key), limits.options, "options"
    for field_id, answer in answers.items() if isinstance(answers, dict) else ():
        yield ("answers", field_id), answer, limits.options, "options"


def _scan(body: Mapping[str, Json], limits: BodyLimits) -> tuple[int, bool]:
    """Return the number of keys, and whether no text is too long and nothing too deep.

    It keeps no places, and so needs a tenth of the time that the search for the one at fault needs.
    """
    short, most = limits.short, min(limits.summary, limits.text)
    level: list[Any] = [body]
    key_count, is_short = 0, True
    for _ in range(limits.nesting):
        next_level: list[Any] = []
        for container in level:
            if container.__class__ is not list:
                key_count += len(container)
                for key in container:
                    if len(key) > short and _size(key) > most:
                        is_short = False
            for value in container if container.__class__ is list else container.values():
                value_type = value.__class__
                if value_type is dict or value_type is list:
                    next_level.append(value)
                elif value_type is str and len(value) > short and _size(value) > most:
                    is_short = False
        level = next_level
    return key_count, is_short and not level


def _raise_fault(body: Mapping[str, Json], limits: BodyLimits) -> None:
    """Raise `InvalidRequest` for the first text that is too long or value that is too deep."""
    level: list[tuple[_Container, _Place]] = [(body, None)]
    for depth in count(1):
        if not level:
            return
        if depth > limits.nesting:
            raise InvalidRequest(f"{_words(level[0][1])}: the body is nested deeper than {limits.nesting} levels")
        is_last = depth == limits.nesting
        level = [inner for value, place in level for inner in _checked(value, place, limits, is_last=is_last)]


_Key = str | int
_Container = Mapping[str, Json] | list[Json]
_Place = tuple[Any, _Key] | None
"""The place of a value: that of the container that holds it, and its key there; None is the body itself."""
_BYTES_A_CHARACTER = 4
_KEY_SHOWN = 60


def _checked(
    container: _Container, place: _Place, limits: BodyLimits, *, is_last: bool
) -> Iterator[tuple[_Container, _Place]]:
    """Check one object or list, and yield those that it holds: empty ones only where there may be none."""
    short = limits.short
    if isinstance(container, dict):
        for name in container:
            if len(name) > short:
                _check_text(f"{_words(place)}: a key", name, limits.text)
    for key, value in container.items() if isinstance(container, Mapping) else enumerate(container):
        value_type = value.__class__
        if value_type is dict or value_type is list:
            if value or is_last:
                yield value, (place, key)
        elif value_type is str and len(value) > short:
            most = limits.summary if place is None and key == "summary" else limits.text
            _check_text(f"{_words((place, key))}: the text", value, most)


def _keys(place: _Place) -> list[_Key]:
    """Return the keys and indexes that lead from the body to a place."""
    keys: list[_Key] = []
    while place is not None:
        place, key = place
        keys.append(key)
    return keys[::-1]


def _words(place: _Place) -> str:
    return _joined(_keys(place))


def _joined(keys: Sequence[_Key]) -> str:
    return ".".join(str(key)[:_KEY_SHOWN] for key in keys) or "body"


def _check_text(where: str, text: str, most: int) -> None:
    if (size := _size(text)) > most:
        raise InvalidRequest(f"{where} has {size:,} bytes, at most {most:,} are taken")


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
